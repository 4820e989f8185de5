"""Wrong programs are named: those of the grammar, those that it never saw, two at a time; right ones are left alone."""

import importlib
import re

import numpy as np
import pytest
import unseen
from conftest import SITE

from course import diagnosis, examiner, grade, model
from course.correct import RIGHT
from course.correct.cells import functions  # noqa: F401  it registers the cells of problem set 5
from course.words import EQUATIONS, equation, numbered

SETS = ("ps1", "ps2", "ps3", "ps4", "ps5", "ps8", "ps9")


COMPARED = [
    (name, key)
    for name in SETS
    for key, _, text in grade.roles(name)[0]
    if "examine(" in text.partition(grade.HIDDEN)[2]
]


def test_mistakes_that_nobody_listed_are_named():
    (count, right, wrong), (two, one, both) = unseen.named()
    assert count > 150 and right >= 0.9 * count and wrong <= 0.02 * count
    assert two > 50 and one >= 0.8 * two and both >= 0.5 * two


def suspects(problem_set, problem):
    """The wrong programs for a problem; those that the grader made before, in another test, are not made again."""
    if (problem_set, problem) in diagnosis.SUSPECTS:
        return diagnosis.SUSPECTS[problem_set, problem]
    numbers, outputs = grade.hidden(problem_set, problem)
    known = examiner.compared(problem_set, problem)
    found = diagnosis.Suspects(problem_set, problem, numbers, outputs.split(), known)
    return diagnosis.SUSPECTS.setdefault((problem_set, problem), found)


@pytest.mark.parametrize(("problem_set", "problem"), COMPARED)
def test_the_schema_without_edits_is_the_model(problem_set, problem):
    found = suspects(problem_set, problem)
    for probe in range(len(found.probes)):
        again = found.see(lambda *args: found.schemas[""].run({}, args), probe)
        assert diagnosis.alike(again, found.due[probe])
    assert np.mean(found.idle) < 0.25, "most edits change something"


@pytest.mark.parametrize(("problem_set", "problem"), COMPARED)
def test_no_edit_s_words_give_code(problem_set, problem):
    code = model.source_of(problem_set, problem)
    for edit in suspects(problem_set, problem).edits:
        for piece in re.findall(r"`([^`]+)`", edit.words):
            assert re.fullmatch(r"\w+(\[[\w, ]+\])?", piece), edit.words
        assert not [line for line in code.splitlines()[2:] if len(line) > 12 and line.strip() in edit.words]
        assert edit.words.endswith((".", "?", ")")) and "  " not in edit.words


def test_a_right_line_is_never_accused():
    """Some of the lines of a known mistake, and nothing in the others: what is said holds of the former."""
    source = model.source_of("ps5", "peephole_step")
    for gates, old, new in (("fi", "c)", "h)"), ("fi", "c)", "np.tanh(c))"), ("f", "c)", "h)"), ("i", "c)", "h)")):
        wrong = source
        for gate in gates:
            wrong = wrong.replace(f"p_{gate} * {old}", f"p_{gate} * {new}")
        words = unseen.told("ps5", "peephole_step", wrong)
        assert "output gate" not in words and "The peepholes" not in words, words
        assert all({"f": "forget", "i": "input"}[gate] in words for gate in gates), words


def test_no_line_is_accused_where_another_could_be_wrong_to_the_same_effect():
    cases = {
        ("ps5", "gru_step", "(r * h)", "(z * h)"): ("reset gate", "candidate n, the update gate"),
        ("ps5", "gru_step", "(r * h)", "((1 - r) * h)"): ("reset gate", "candidate n, one minus the reset gate"),
        ("ps9", "delta_step", "v - kept @ k", "kept @ k - v"): ("error e, the sign", "`S_new`, the sign"),
        ("ps9", "delta_step", "e = v - kept @ k", "e = beta * (v - kept @ k)"): ("error e", "`S_new`"),
        ("ps9", "linear_backward", "hs[t - 1]", "u[t - 1]"): ("linear_forward", "state before the step, `u`"),
        ("ps9", "delta_step_back", "S_new.T @ dh", "kept.T @ dh"): ("gradient of `q`", "`S_new`"),
    }  # fmt: skip
    for (problem_set, problem, old, new), both in cases.items():
        source = model.source_of(problem_set, problem)
        assert old in source
        words = unseen.told(problem_set, problem, source.replace(old, new))
        assert "One of these" in words and all(one in words for one in both), words
    source = model.source_of("ps5", "peephole_step").replace("i * g", "i * g * p_i")
    words = unseen.told("ps5", "peephole_step", source)
    assert equation("eq-peep-cell") in words and equation("eq-peep-output") not in words, words
    source = model.source_of("ps9", "linear_backward").replace("dkeep, du, dh\n", "dkeep, du, du[0]\n")
    assert "first step of the gradient of `u`" in unseen.told("ps9", "linear_backward", source)


@pytest.mark.parametrize("seed", range(3))
def test_no_right_solution_is_told_anything(seed, monkeypatch):
    monkeypatch.setattr(examiner, "seed", 1000 + seed)
    for problem_set in SETS:
        importlib.import_module(f"course.correct.{problem_set}")
        for problem, sources in RIGHT[problem_set].items():
            if (problem_set, problem) in COMPARED:
                assert not any(unseen.told(problem_set, problem, source) for source in sources), problem


def test_what_nothing_explains_is_led_to_the_first_equation_that_fails(monkeypatch):
    cases = {
        ("ps4", "lstm_step_back", "dc_all * c * f", "np.sin(dc_all) * c * f"): ("eq-dgates", "forget gate"),
        ("ps4", "lstm_step_back", "dh_new * tanh_c * o", "np.sin(dh_new) * tanh_c * o"): ("eq-do", "output gate"),
        ("ps4", "lstm_step_back", "dc_all * f, x.T", "np.sin(dc_all) * f, x.T"): ("eq-dc-prev", "memory"),
        ("ps4", "lstm_step", "np.tanh(c_new)", "np.sin(c_new)"): ("eq-lstm-output", "new state"),
        ("ps2", "rnn_step_back", "h.T @ da", "np.sin(h).T @ da"): ("eq-rnn-dw", "W_h"),
        ("ps1", "rnn_step", "np.tanh", "np.sin"): ("eq-rnn", ""),
    }  # fmt: skip
    for url in ("", "https://book.invalid/"):
        monkeypatch.setenv("BOOK_URL", url)
        for (problem_set, problem, old, new), (label, about) in cases.items():
            source = model.source_of(problem_set, problem)
            assert old in source
            words = unseen.told(problem_set, problem, source.replace(old, new))
            assert equation(label) in words and about in words, words
            assert ("](https://book.invalid/notebooks/" in words) == bool(url)


@pytest.mark.parametrize("problem_set", SETS)
def test_every_equation_that_feedback_names_is_in_the_book(problem_set):
    assert set(EQUATIONS[problem_set].values()) <= numbered().keys()


@pytest.mark.skipif(not (SITE / "index.html").exists(), reason="needs the site")
def test_equations_have_the_numbers_of_the_site():
    for label, (number, page) in numbered().items():
        path, _, anchor = page.partition("#")
        text = (SITE / path).read_text("utf-8")
        _, _, rest = text.partition(f'id="{anchor}"')
        assert re.search(r'class="eqno">\((\d+\.\d+)\)', rest)[1] == number, label
