"""Grade a folder of submissions: ``make grade PS=4 FROM=folder``.

Each notebook runs in a sandbox of its own; the tests run here and only their numbers go in. A result is a
file that carries a fingerprint of what was graded and by what, so a run that was killed goes on where it was.
"""

import argparse
import contextlib
import hashlib
import json
import os
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course import collect, examiner, model, report
from course.sandbox import Limits, Pupil, Stopped, StudentError, refuse_without_sandbox

HERE = Path(__file__).parent
HIDDEN = "### BEGIN HIDDEN TESTS"
RESTARTS = 3


def roles(problem_set):
    """The graded cells of a problem set, from its source: tests and written questions, in order."""
    tests: list[tuple] = []
    written: list[tuple] = []
    for cell in model.notebook(problem_set)["cells"]:
        if (role := model.role(cell)) in ("test", "written"):
            about = cell["metadata"]["nbgrader"]
            (tests if role == "test" else written).append((about["grade_id"], about["points"], model.text(cell)))
    return tests, written


def limits(problem_set):
    """What a submission to this problem set may use, and which of the project's packages it may import."""
    said = model.notebook(problem_set)["metadata"].get("course", {})
    return Limits(**said.get("limits", {})), tuple(said.get("packages", ()))


def read(content):
    """The cells of a submitted notebook, as (id, kind, source, whether it is a test).

    Raises
    ------
    ValueError
        The file is no notebook.
    """
    try:
        cells = json.loads(content)["cells"]
        read = []
        for cell in cells:
            source = cell["source"]
            source = source if isinstance(source, str) else "".join(source)
            role = cell.get("metadata", {}).get("nbgrader", {})
            is_test = bool(role.get("grade")) and not role.get("solution")
            read.append((str(role.get("grade_id", "")), cell["cell_type"], source, is_test))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("The file is not a notebook: it is no JSON, or its cells are missing.") from error
    return read


class Messenger:
    """Stands for a student's function where the tests run: a call of it is a call into the sandbox."""

    def __init__(self, examination, name):
        self.examination, self.name, self.changed = examination, name, False

    def __call__(self, *args):
        """Call it; afterwards `changed` says whether it wrote into what it was given."""
        result, changed = self.examination.ask(lambda pupil: pupil.call(self.name, args))
        self.changed = bool(changed)
        return result


class Examination:
    """One submission before the examiner: starts the sandbox, again if the student's code ended it."""

    def __init__(self, cells, rules, packages, sandboxed):
        self.cells = [
            (k, source) for k, (_, kind, source, is_test) in enumerate(cells, 1) if kind == "code" and not is_test
        ]
        self.rules, self.packages, self.sandboxed = rules, packages, sandboxed
        self.errors, self.lent, self.bad, self.starts, self.pupil = [], {}, set(), 0, None

    def start(self):
        """Run the notebook's cells, and leave out one that ends the process."""
        while self.pupil is None:
            if self.starts > RESTARTS:
                raise Stopped("The notebook ended its process again and again, so the rest was not graded.")
            self.starts += 1
            pupil = Pupil(self.rules, self.packages, self.sandboxed)
            number = None
            try:
                for number, source in self.cells:
                    if number in self.bad:
                        continue
                    try:
                        pupil.run(source, number)
                    except StudentError as error:
                        if self.starts == 1:
                            self.errors.append((number, cell_error(error)))
                for name, function in self.lent.items():
                    pupil.lend(name, function)
            except Stopped as stopped:
                self.bad.add(number)
                self.errors.append((number, f"{stopped} The cell was left out."))
            else:
                self.pupil = pupil

    def ask(self, question):
        """Put a question to the sandbox."""
        self.start()
        try:
            return question(self.pupil)
        except Stopped:
            self.pupil = None
            raise

    def lend(self, name, function):
        """Let the later problems use a right function in the place of one that lost its points."""
        self.lent[name] = function
        if self.pupil:
            with contextlib.suppress(Stopped):  # it is lent again when the sandbox starts again
                self.ask(lambda pupil: pupil.lend(name, function))

    def close(self):
        """End the sandbox."""
        if self.pupil:
            self.pupil.close()


def cell_error(error):
    """The words for a cell of the student's own that stopped. No hidden number has been in the sandbox yet."""
    if error.kind == "TimeoutError":
        return "It took too long and was stopped. Does every loop end?"
    if error.kind == "OutputLimit":
        return "It printed more than a million characters and was stopped."
    if error.kind == "MemoryError":
        return "It asked for more memory than there is."
    line = f" in line {error.line}" if isinstance(error.line, int) else ""
    return f"It stopped{line} with {error.kind}: {error.words}"


def blank(submission, problem_set):
    """The result of a submission of which nothing has been graded."""
    tests, written = roles(problem_set)
    return {
        "student": submission.student,
        "file": submission.file,
        "notes": list(submission.notes),
        "problems": [{"id": key, "points": 0, "max": points, "says": ""} for key, points, _ in tests],
        "written": [{"id": key, "max": points, "answer": ""} for key, points, _ in written],
        "errors": [],
    }


def grade(submission, problem_set, sandboxed=True):
    """Grade one submission.

    Returns
    -------
    dict
        What `report` writes: points and words for each problem, the written answers, errors of cells, notes.
    """
    tests, _ = roles(problem_set)
    result = blank(submission, problem_set)
    if submission.notebook is None:
        return result
    try:
        cells = read(submission.notebook)
    except ValueError as error:
        result["notes"].append(str(error))
        return result
    answers = {key: source for key, kind, source, _ in cells if kind == "markdown"}
    for question in result["written"]:
        question["answer"] = answers.get(question["id"], "")[:20_000]
    examiner.seed = int.from_bytes(hashlib.sha256(f"{problem_set} {submission.student}".encode()).digest()[:4])
    rules, packages = limits(problem_set)
    examination = Examination(cells, rules, packages, sandboxed)
    # tests without a hidden part come first: what the notebook says then cannot repeat a hidden number
    order = sorted(range(len(tests)), key=lambda k: HIDDEN in tests[k][2])
    try:
        for k in order:
            key, points, source = tests[k]
            problem = result["problems"][k]
            problem["says"] = verdict(examination, problem_set, key, source)
            if not problem["says"]:
                problem["points"] = points
            elif model.stands_alone(problem_set, key):
                examination.lend(key, getattr(model.solution(problem_set), key))
    except Stopped as stopped:
        result["notes"].append(str(stopped))
    finally:
        examination.close()
    result["errors"] = examination.errors
    return result


def verdict(examination, problem_set, key, source):
    """Run a test: empty words if it is passed."""
    visible, _, hidden = source.partition(HIDDEN)
    code = hidden or visible
    try:
        # nothing else of the student's gets into the test, whatever name it goes by
        wanted = [name for name in examiner.free_names(code) if hasattr(model.solution(problem_set), name)]
        functions, values = examination.ask(lambda pupil: pupil.look(wanted))
        for name in wanted:
            if name not in functions and name not in values:
                return examiner.MISSING.format(name=name)
        space = values | {name: Messenger(examination, name) for name in functions} | {"np": np}
        exec(compile(code, key, "exec"), space)
    except StudentError as error:
        return examiner.complaint(key, error)
    except Stopped as stopped:
        if examination.starts > RESTARTS:
            raise
        return str(stopped)
    except examiner.Lost as lost:
        return str(lost)
    except AssertionError as error:
        return str(error)[:500]
    except Exception as error:  # what came back from the sandbox was of a kind that the test cannot use
        return f"What your notebook defines is not what the test can use ({type(error).__name__})."
    return ""


def fingerprint(submission, problem_set):
    """What a result depends on: the submission, the problem set and the grader."""
    digest = hashlib.sha256(repr((submission.student, submission.file, submission.notes)).encode())
    digest.update(submission.notebook or b"")
    digest.update(grader_version(problem_set).encode())
    return digest.hexdigest()


@cache
def grader_version(problem_set):
    """A digest of all code that decides on points or words."""
    files = [*sorted(HERE.glob("*.py")), HERE / "misconceptions" / f"{problem_set}.py"]
    files.append(model.SOURCE / problem_set / f"{problem_set}.ipynb")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def grade_all(found, problem_set, out, processes=None, sandboxed=True):
    """Grade what has no result yet, on all cores; results are files in ``out/results``.

    Returns
    -------
    list of dict
        All results, in the order of `found`.
    """
    results = out / "results"
    results.mkdir(parents=True, exist_ok=True)
    marks = {s.student: fingerprint(s, problem_set) for s in found}
    done, due = {}, []
    for submission in found:
        path = results / f"{submission.student}.json"
        stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if stored.get("fingerprint") == marks[submission.student]:
            done[submission.student] = stored
        else:
            due.append(submission)
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        jobs = {pool.submit(grade, submission, problem_set, sandboxed): submission for submission in due}
        for job in tqdm(as_completed(jobs), total=len(jobs), desc="grading", disable=None):
            try:
                result = job.result()
            except Exception as error:  # the others must not wait for it; it is tried again in the next run
                result = blank(jobs[job], problem_set)
                result["notes"].append(f"The grader itself failed here ({type(error).__name__}).")
                tqdm.write("".join(traceback.format_exception(error)), file=sys.stderr)
                done[result["student"]] = result
                continue
            result["fingerprint"] = marks[result["student"]]
            path = results / f"{result['student']}.json"
            part = path.with_suffix(".part")
            part.write_text(json.dumps(result), "utf-8")
            part.replace(path)  # all of it or nothing, whenever the power fails
            done[result["student"]] = result
    return [done[submission.student] for submission in found]


def main(arguments=None):
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.splitlines()[0])
    parser.add_argument("number", choices=sorted(p.name[2:] for p in model.SOURCE.glob("ps*")))
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--sandbox", choices=["bubblewrap", "none"], default="bubblewrap")
    options = parser.parse_args(arguments)
    problem_set = f"ps{options.number}"
    out = options.out or HERE / "graded" / problem_set
    sandboxed = options.sandbox == "bubblewrap"
    try:
        if sandboxed:
            refuse_without_sandbox()
        found = collect.submissions(options.source, problem_set)
        results = grade_all(found, problem_set, out, options.processes, sandboxed)
        report.write(results, problem_set, out)
    except (RuntimeError, ValueError) as error:
        sys.exit(str(error))
    print(f"{len(results)} submissions graded. Open {out}/summary.html; the grades are in {out}/grades.csv.")


if __name__ == "__main__":
    main()
