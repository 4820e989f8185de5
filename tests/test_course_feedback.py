"""Feedback in words that students have seen: the names of their notebook, the terms of the book, and plain English."""

import importlib
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from course import diagnosis, examiner, grade, grammar, model
from course.words import EQUATIONS, phrase

ROOT = Path(__file__).parents[1]
SETS = [f"ps{k}" for k in range(1, 10)]
TERMS = set(re.findall(r"[a-z]+", " ".join(re.findall(r"(?m)^[^\s:#].*$", (ROOT / "book/glossary.md").read_text()))))
#: What is neither in the glossary nor in every notebook, and is understood by whoever knows linear algebra and Python.
PLAIN = set(
    re.findall(
        r"\w+",
        """
    added after already another applied away axes axis base batch before behind belong belongs bias block blocks by
    case cases closed collected columns come comes comparison counted divide divides division does due early else
    end entries entry every exchanged exp expression factor far first get goes half handed identity if imaginary
    index itself keeps lacks last late left line logarithm loop many mask matrices mean minus more multiplies
    multiply neighbour no not number on once only open opposite order other others out over overwritten own part
    parts place power product read relu result returned returns root second should sigmoid sign size smaller
    smallest so something split square squares stand stands start started subtracted sum summand sums take taken
    takes term terms than their them there too transposed treated turned twice used was went where whole wrong zeros
    """,
    )
)


@cache
def notebook(problem_set):
    """A set as it is given out: all its text, and the names in its code, in backticks and in its mathematics."""
    cells = json.loads((ROOT / f"course/release/{problem_set}/{problem_set}.ipynb").read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    shown = [
        text if cell["cell_type"] == "code" else " ".join(re.findall(r"`[^`]+`|\$[^$]+\$", text))
        for cell, text in zip(cells, texts, strict=True)
    ]
    return "\n".join(texts), set(re.findall(r"[A-Za-z_]\w*", "\n".join(shown)))


@cache
def made(problem_set):
    """All sentences that the grammar can make for a set, and the names of the quantities that an equation is for."""
    found = {phrase(name.rpartition(".")[2]) for name in EQUATIONS.get(problem_set, {})}
    for problem, _, text in grade.roles(problem_set)[0]:
        if "examine(" not in text.partition(grade.HIDDEN)[2]:
            continue
        numbers, outputs = grade.hidden(problem_set, problem)
        probe = numbers(np.random.default_rng([2027, 0]), 0)
        extras = diagnosis.EXTRAS.get(problem)
        found |= {edit.words for edit in grammar.Schema(problem_set, problem, probe, outputs.split(), extras).edits}
    return sorted(found)


def written(problem_set):
    """The sentences that were written by hand."""
    return [mistake.says for mistake in examiner.mistakes(problem_set)]


@pytest.mark.parametrize("problem_set", SETS)
def test_every_name_stands_in_the_notebook(problem_set):
    _, names = notebook(problem_set)
    for says in [*made(problem_set), *written(problem_set)]:
        strange = set(re.findall(r"[A-Za-z_]\w*", " ".join(re.findall(r"`([^`]+)`", says)))) - names
        assert not strange, (strange, says)


@pytest.mark.parametrize("problem_set", SETS)
def test_every_word_is_plain_or_in_the_glossary_or_in_the_notebook(problem_set):
    text, names = notebook(problem_set)
    known = PLAIN | TERMS | set(re.findall(r"[a-z]+", text.lower()))
    for says in made(problem_set):
        words = re.findall(r"[A-Za-z]+", re.sub(r"`[^`]+`", "", says).replace("'s", ""))
        strange = {word for word in words if word.lower() not in known and word not in names}
        assert not strange, (strange, says)


@pytest.mark.parametrize("problem_set", SETS)
def test_gates_are_named_only_where_there_are_some(problem_set):
    """A letter means one thing in one set: `g` is a gradient in the third, and a candidate in the fourth."""
    named = [says for says in made(problem_set) if re.search(r"\b(gate|candidate|memory)\b", says)]
    assert "gate" in notebook(problem_set)[0] or not named


@pytest.mark.parametrize("problem_set", SETS)
def test_a_place_ends_with_a_comma_and_no_plural_has_the_verb_of_one(problem_set):
    for says in made(problem_set):
        plain = says.replace("array of the gates", "array")
        assert not re.search(r"\bthe part\b|\b(states|gates|gradients) (is|stands|does|goes|has)\b", plain), says
        assert not re.match(r"In [^,]*$", says), says


def test_every_problem_set_has_sentences():
    importlib.import_module("course.misconceptions")
    assert all(written(name) for name in SETS) and sum(len(made(name)) for name in SETS) > 5000
    assert all(model.solution(name) for name in SETS)
