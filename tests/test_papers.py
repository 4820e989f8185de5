"""The papers of problem set 7: their gradients by the complex step, and every statement about them by numbers."""

from collections import Counter

import numpy as np
import pytest

from course import examiner, model, papers
from rnnbook import GRU, LSTM

SET = model.solution("ps7")
B, D, H = 4, 3, 3


def arguments(paper, rng, **given):
    """Arguments of a paper's step: x, its states, and weights by their names."""
    names = SET.__dict__[f"{paper}_step"].__code__.co_varnames[: SET.__dict__[f"{paper}_step"].__code__.co_argcount]
    drawn = papers.numbers_for(f"{paper}_step")(np.random.default_rng(rng.integers(2**31)), 0)
    found = dict(zip(names, drawn, strict=True))
    return {name: given.get(name, value) for name, value in found.items()}


def first(result):
    return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize("paper", papers.DIFFERENCES)
def test_the_gradients_are_right(paper, rng):
    step, back = (SET.__dict__[f"{paper}_{kind}"] for kind in ("step", "step_back"))
    given = arguments(paper, rng)
    result = step(**given)
    outputs = result if isinstance(result, tuple) else (result,)
    above = [rng.normal(size=out.shape) for out in outputs]
    found = back(*above, *given.values())
    for gradient, (name, value) in zip(found, given.items(), strict=False):
        due = np.zeros(value.shape)
        if paper == "lstm97" and name == "s":
            assert gradient.shape == value.shape
        for k in np.ndindex(value.shape):
            moved = value.astype(complex)
            moved[k] += 1e-100j
            out = step(**given | {name: moved})
            out = out if isinstance(out, tuple) else (out,)
            due[k] = sum(np.imag((a * b).sum()) for a, b in zip(above, out, strict=True)) / 1e-100
        np.testing.assert_allclose(gradient, due, rtol=1e-11, atol=1e-13, err_msg=name)


def gru():
    return GRU(D, H, rng=np.random.default_rng(0), dtype=np.float64)


def test_the_statements_about_the_minimal_gated_unit(rng):
    given = arguments("mgu", rng)
    step, x, h = SET.mgu_step, given["x"], given["h"]
    full = {"b_f": np.full(4, 40.0)}
    # 1: two blocks of weights where the GRU has three
    assert len([name for name in given if name.startswith("W")]) == 2 and gru().params["W_x"].shape[1] == 3 * H
    # 2: not right, the candidate sees the input
    assert not np.allclose(step(**given | full), step(**given | full | {"x": x + 1}))
    # 3: the open gate writes; the GRU's keeps
    candidate = step(**given | full)
    assert np.allclose(candidate, step(**given | full | {"h": h}))
    assert np.allclose(candidate, np.tanh(np.hstack([h, x]) @ given["W_h"].T + given["b_h"]))
    cell = gru()
    cell.block("b", "z")[:] = 40
    before = rng.normal(size=(B, H))
    assert np.allclose(cell(rng.normal(size=(1, B, D)), (before,))[0][0], before)
    # 4: not right
    assert all(not np.allclose(step(**given), step(**given | {b: given[b] + 1})) for b in ("b_f", "b_h"))
    # 5: the gate acts before the product
    f = SET.sigmoid(np.hstack([h, x]) @ given["W_f"].T + given["b_f"])
    U, W = given["W_h"][:, :4], given["W_h"][:, 4:]
    assert np.allclose(step(**given), (1 - f) * h + f * np.tanh((f * h) @ U.T + x @ W.T + given["b_h"]))
    assert GRU.__init__.__kwdefaults__["reset"] == "after"
    # 6: not right, each part of the long vector has columns of its own
    assert given["W_h"].shape == (4, 8)


def test_the_statements_about_the_first_of_the_mutants(rng):
    given = arguments("mut1", rng)
    step, h = SET.mut1_step, given["h"]
    # 1: not right
    assert not np.allclose(step(**given), step(**given | {"W_hr": 2 * given["W_hr"]}))
    # 2: without W_hh the candidate does not see the state, and then the step is a line in it: no gate sees it either
    line = given | {"W_hh": 0 * given["W_hh"]}
    bend = step(**line | {"h": h + 2}) - 2 * step(**line | {"h": h + 1}) + step(**line)
    assert np.abs(bend).max() < 1e-12
    # 3: with all weights zero the input still reaches the candidate
    zero = {name: 0 * value for name, value in given.items() if name[0] in "Wb"}
    n = np.tanh(np.tanh(given["x"]))
    assert np.allclose(step(**given | zero), 0.5 * n + 0.5 * h)
    # 4: not right
    inside = given | {"h": np.tanh(h)}
    assert np.abs(step(**inside)).max() < 1
    # 5: the open gate writes
    assert np.abs(step(**given | {"b_z": np.full(4, 40.0)}) - h).max() > 0.1
    assert np.allclose(step(**given | {"b_z": np.full(4, -40.0)}), h)


def test_the_statements_about_the_first_lstm(rng):
    given = arguments("lstm97", rng)
    step, s = SET.lstm97_step, given["s"]
    y, s_new = step(**given)
    # 1 and 2: what is added does not depend on the memory, and nothing multiplies it
    assert np.allclose(step(**given | {"s": s + 5})[1], s_new + 5)
    # 3: more than one is written, never more than two
    loud = given | {"W_c": 100 * given["W_c"], "W_in": 0 * given["W_in"]}
    assert np.abs(2 * (step(**loud)[1] - s)).max() == pytest.approx(2, abs=1e-6)
    # 4: half as steep at zero as the LSTM's tanh
    silent = {name: 0 * given[name] for name in ("W_in", "W_out", "W_c")}
    small = {"s": np.full((4, 4), 1e-6)}
    assert step(**given | silent | small)[0][0, 0] == pytest.approx(0.5 * 0.5e-6, rel=1e-6)
    cell = LSTM(D, H, rng=np.random.default_rng(0), dtype=np.float64)
    for p in cell.params.values():
        p[:] = 0
    cell.block("b", "f")[:] = 40
    hs, _ = cell(np.zeros((1, 1, D)), (np.zeros((1, H)), np.full((1, H), 1e-6)))
    assert hs[0, 0, 0] == pytest.approx(0.5e-6, rel=1e-6)
    # 5: not right, the output gate sees this step's inputs
    assert not np.allclose(step(**given | {"W_in": silent["W_in"], "x": given["x"] + 1})[0], y)
    # 6: not right, the output is that of the new memory
    o = SET.sigmoid(np.hstack([given["x"], given["y"]]) @ given["W_out"].T)
    assert np.allclose(y, o * np.tanh(s_new / 2))


def test_names_draw_all_papers_alike():
    drawn = Counter(SET.draw(f"{k} Student") for k in range(3000))
    assert drawn.keys() == papers.DIFFERENCES.keys() and min(drawn.values()) > 900
    assert SET.draw("  ada   LOVELACE ") == SET.draw("Ada Lovelace")


@pytest.mark.parametrize("name", ["", "  ", 7, None])
def test_somebody_without_a_name_is_told_so(name):
    with pytest.raises(examiner.Lost, match="should return your name"):
        papers.judge("step", lambda: name, SET.step)


@pytest.mark.parametrize("chosen", [None, 3, [1, 2], [1, 2, 7], [1, 1, 2], ["a", "b", "c"], [[1], [2], [3]]])
def test_what_are_no_three_statements_is_told_so(chosen):
    with pytest.raises(examiner.Lost, match="three different numbers from 1 to 6"):
        papers.judge_differences(SET.name, lambda: chosen)
