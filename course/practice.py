"""Make the tables of `rnnbook.practice`: ``make course``.

Into them go numbers, prints of the right results, and the sentences for wrong results, each locked with its result.
"""

import base64
import contextlib
import hashlib
import json
from pathlib import Path

import numpy as np

from course import diagnosis, examiner, grade, model
from rnnbook import practice

OUT = Path(practice.__file__).parent
LIKELY = diagnosis.KINDS[: diagnosis.KINDS.index("quantity") + 1]
FEWEST = 6  # numbers in a result: fewer could be found by trying


def made_of(problem_set):
    """A digest of what the sentences and the right results come from."""
    files = [Path(__file__).with_name(name) for name in ("grammar.py", "words.py", "diagnosis.py")]
    files += Path(__file__).parent.glob(f"misconceptions/{problem_set}.py")
    files += [model.SOURCE / problem_set / f"{problem_set}.ipynb"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def about(suspects):
    """The numbers for one function, the name of the right result, and the locked sentences."""
    arguments = [[written(a) for a in suspects.probes[probe]] for probe in (0, 1)]
    right, _ = practice.locked(b"", practice.key_of(suspects.right, arguments))
    sentences: dict = {}
    for edit in suspects.edits:
        if edit.kind not in LIKELY or (edit.group and edit.group[0] != suspects.name):
            continue
        with contextlib.suppress(Exception):  # it stops on all numbers
            key = practice.key_of(suspects.program(edit), arguments)
            name, text = practice.locked(edit.words.encode(), key)
            if name != right:
                sentences.setdefault(name, base64.b85encode(text).decode())
    return {"arguments": arguments, "right": right, "sentences": sentences}


def written(argument):
    """An argument as JSON has it."""
    if isinstance(argument, np.ndarray):
        return {"array": argument.tolist()}
    return [written(part) for part in argument] if isinstance(argument, list) else argument


def make(problem_set):
    """The table of a problem set; empty where nothing can be practised."""
    functions = {}
    for key, _, source in grade.roles(problem_set)[0]:
        if "examine(" not in source.partition(grade.HIDDEN)[2]:
            continue
        numbers, outputs = grade.hidden(problem_set, key)
        if any(map(callable, numbers(np.random.default_rng(0), 0))):
            continue
        known = examiner.compared(problem_set, key)
        suspects = diagnosis.Suspects(problem_set, key, numbers, outputs.split(), known)
        if sum(a.size for a in suspects.due[1]) >= FEWEST:
            functions[key] = about(suspects)
    return functions


def main():
    """Write the tables."""
    for source in sorted(model.SOURCE.glob("ps*")):
        if functions := make(source.name):
            content = json.dumps({"made_of": made_of(source.name), "functions": functions}, separators=(",", ":"))
            (OUT / f"{source.name}.json").write_text(content + "\n", "utf-8")


if __name__ == "__main__":
    main()
