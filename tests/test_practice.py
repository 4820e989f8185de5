"""Practice at home: mistakes are named, and neither solutions nor sentences can be read out of the tables."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import processes
import pytest

from course import examiner, model
from course import practice as maker
from course.correct import RIGHT
from rnnbook import practice

ROOT = Path(__file__).parents[1]
SETS = ("ps1", "ps2", "ps3", "ps4", "ps5", "ps8", "ps9")


def checked(problem_set, name, function):
    return practice.check(problem_set, vars(model.solution(problem_set)) | {name: function})[name]


@pytest.mark.parametrize("problem_set", SETS)
def test_right_solutions_are_right(problem_set):
    assert set(practice.check(problem_set, vars(model.solution(problem_set))).values()) == {practice.RIGHT}
    importlib.import_module(f"course.correct.{problem_set}")
    for name in practice.table(problem_set):
        for source in RIGHT[problem_set][name]:
            space = dict(vars(model.solution(problem_set)))
            exec(source, space)
            assert checked(problem_set, name, space[name]) == practice.RIGHT, source


def test_known_mistakes_are_named():
    cases = [
        (problem_set, m)
        for problem_set in SETS
        for m in examiner.mistakes(problem_set)
        if not m.general and m.replaces == m.problem and m.problem in practice.table(problem_set)
    ]
    assert len(cases) > 120
    said = [checked(problem_set, m.problem, m.function) for problem_set, m in cases]
    named = [words == m.says for words, (_, m) in zip(said, cases, strict=True)]
    assert np.mean(named) > 0.97
    others = [words for words, good in zip(said, named, strict=True) if not good]
    assert all(words == practice.WRONG or words.startswith("Stops with") for words in others), others


@pytest.mark.parametrize("problem_set", SETS)
def test_a_table_gives_nothing_away(problem_set):
    text = (ROOT / f"rnnbook/practice/{problem_set}.json").read_text("utf-8")
    sentences = [m.says for m in examiner.mistakes(problem_set)]
    assert not [says for says in sentences if says in text or json.dumps(says)[1:-1] in text]
    for name, about in practice.table(problem_set).items():
        right = getattr(model.solution(problem_set), name)
        for numbers in about["arguments"]:
            result = right(*map(practice.argument, numbers))
            parts = [np.ravel(part) for part in (result if isinstance(result, tuple | list) else [result])]
            assert sum(part.size for part in parts) >= maker.FEWEST, "it could be found by trying"
            values = np.concatenate(parts)
            given = json.dumps(numbers)  # a state that stands still is in it
            assert not [
                v for v in values if v % 1 and f"{abs(v):.9f}"[1:] in text.replace(given, "") and str(v) not in given
            ]
        # a sentence opens with its own result only
        key = practice.key_of(right, about["arguments"])
        assert practice.locked(b"", key)[0] not in about["sentences"]
        assert about["sentences"].keys().isdisjoint({about["right"]})


@pytest.mark.parametrize("problem_set", SETS)
def test_the_tables_are_those_of_the_course_as_it_is(problem_set):
    stored = json.loads((ROOT / f"rnnbook/practice/{problem_set}.json").read_text("utf-8"))
    assert stored["made_of"] == maker.made_of(problem_set), "run make course"


def test_locking_twice_opens():
    key = b"k" * 32
    name, text = practice.locked(b"a sentence that is longer than one block of the stream", key)
    assert practice.locked(text, key) == (name, b"a sentence that is longer than one block of the stream")
    assert practice.locked(text, b"l" * 32)[1] != b"a sentence that is longer than one block of the stream"


def test_what_cannot_be_judged_is_said():
    def stops(*_):
        raise KeyError("x")

    def empty(*_):
        raise NotImplementedError

    assert checked("ps1", "rnn_step", stops) == "Stops with KeyError: 'x'"
    assert checked("ps1", "rnn_step", empty) == "Not written yet."
    assert checked("ps1", "rnn_step", lambda *_: None).startswith("Stops with ValueError: result must be finite")
    assert checked("ps1", "rnn_step", lambda *_: np.ones((4, 4))) == practice.WRONG
    assert practice.check("ps1", {})["rnn_step"] == "There is no `rnn_step`."
    with pytest.raises(ValueError, match=r"problem_set must be one of ps1, .*, got 'ps10'"):
        practice.check("ps10", {})


def test_from_the_command_line(tmp_path):
    path = tmp_path / "ps4 (1).ipynb"
    wrong = model.source_of("ps4", "lstm_step").replace("np.tanh(c_new), c_new", "c_new, c_new")
    content = json.loads(model.submission("ps4", {"lstm_step": wrong}))
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"]).partition("### BEGIN HIDDEN TESTS")[0]
    path.write_text(json.dumps(content))
    done = processes.run([sys.executable, "-m", "rnnbook.practice", str(path)], check=False, cwd=tmp_path)
    assert "lstm_step: h is the output gate times the memory itself." in done.stdout
    assert f"lstm_step_back: {practice.RIGHT}" in done.stdout and "Traceback" not in done.stdout
    done = processes.run([sys.executable, "-m", "rnnbook.practice"], check=False)
    assert done.returncode == 1 and "usage" in done.stderr
