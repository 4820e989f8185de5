"""The contract of cells: the package's keep it, so do cells of another build, and a cell that does not is told why."""

import sys
from pathlib import Path

import numpy as np
import pytest
from kinds import KINDS
from test_gradients import MinimalGatedUnit

from rnnbook import LSTM, RNN, Cell, check_cell, init
from rnnbook.activations import d_tanh, tanh
from rnnbook.arrays import flat
from rnnbook.cells.base import Parameter, constant
from rnnbook.trials.later_cells import DeltaNet


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_a_cell_keeps_the_contract(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)  # tests/test_compiled.py compares every cell with itself compiled
    report = str(check_cell(make))
    assert report.count("kept") == 12 and report.count("not checked: JAX is not installed") == 1
    assert report.count("\n") == 13


class Plain(Cell):
    """A tanh cell, for its mistakes."""

    blocks, saved = ("n",), ("h",)

    def step(self, xw, state):
        (h,) = state
        h = tanh(xw + h @ self.params["W_h"])
        return (h,), (h,)

    def step_back(self, saved, dstate):
        (h,), (dh,) = saved, dstate
        da = dh * d_tanh(h)
        return da, (da @ self.params["W_h"].T,)


class Unlisted(Plain):
    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.params["u"] = np.zeros(hidden_size, dtype)


class Unseeded(Plain):
    def parameters(self):
        return super().parameters() | {
            "b": Parameter((4,), lambda _, shape: np.random.default_rng().normal(size=shape))
        }


class WideFloats(Plain):
    def step(self, xw, state):
        (h,), saved = super().step(xw, state)
        return (h * np.float64(1),), saved


class NoGradient(Plain):
    def parameters(self):
        return super().parameters() | {"gain": Parameter((self.hidden_size,), constant(1.0))}


class Remembers(Plain):
    count = 0

    def step(self, xw, state):
        self.count += 1
        return super().step(xw + 0.001 * self.count, state)


class Overwrites(Plain):
    def step_back(self, saved, dstate):
        dstate[0][...] = dstate[0] * d_tanh(saved[0])
        return dstate[0], (dstate[0] @ self.params["W_h"].T,)


class RealOnly(Plain):
    def step(self, xw, state):
        (h,) = state
        h = tanh(np.real(xw) + np.real(h) @ self.params["W_h"])
        return (h,), (h,)


class OneAtATime(Plain):
    def step_back(self, saved, dstate):
        (h,), (dh,) = saved, dstate
        da = (2 if np.ndim(dh) > 2 else 1) * dh * d_tanh(h)
        return da, (da @ self.params["W_h"].T,)


class WrongSlope(Plain):
    def step_back(self, saved, dstate):
        (h,), (dh,) = saved, dstate
        da = dh * (1 - h)
        return da, (da @ self.params["W_h"].T,)


class NumpyOnly(Plain):
    def step(self, xw, state):
        (h,) = state
        h = np.tanh(xw + h @ self.params["W_h"])
        return (h,), (h,)


class MixesItems(Plain):
    def step(self, xw, state):
        return super().step(xw + 0.1 * xw.mean(axis=0, keepdims=True), state)

    def step_back(self, saved, dstate):
        da, before = super().step_back(saved, dstate)
        return da + 0.1 * da.mean(axis=-2, keepdims=True), before

    def weight_grads(self, da):
        own = da - da.mean(axis=-2, keepdims=True) / 11  # before the mean was added
        return {**super().weight_grads(da), "W_h": flat(self.h_prev).T @ flat(own)}


class Clock(Plain):
    """It counts its steps, in twos."""

    count = 0

    def step(self, xw, state):
        self.count += 1
        return super().step(xw + 0.001 * (self.count % 2), state)


class Undeclared(Plain):
    """A vector through which the state acts, and nobody is told."""

    acts = False

    def parameters(self):
        W_x, _, b = super().parameters().items()
        return dict([W_x, b, ("u", Parameter((self.hidden_size,), constant(0.5), recurrent=self.acts))])

    def step(self, xw, state):
        (h_prev,) = state
        h = tanh(xw + self.params["u"] * h_prev)
        return (h,), (h, h_prev)

    saved = ("h", "h_prev")

    def step_back(self, saved, dstate):
        (h, _), (dh,) = saved, dstate
        da = dh * d_tanh(h)
        return da, (da * self.params["u"],)

    def weight_grads(self, da):
        grads = {"W_x": flat(self.x).T @ flat(da), "b": flat(da).sum(0)}
        return grads | {"u": flat(da * self.tape[1]).sum(0)}


class IndRNN(Undeclared):
    """The same, declared: a right cell without a matrix (Li et al. 2018)."""

    acts = True


class Decay(Cell):
    """A right cell that saves nothing."""

    blocks = ("u",)

    def parameters(self):
        return {name: p for name, p in super().parameters().items() if name != "W_h"}

    def step(self, xw, state):
        return (0.5 * state[0] + xw,), ()

    def step_back(self, saved, dstate):
        return dstate[0], (0.5 * dstate[0],)

    def weight_grads(self, da):
        return {"W_x": flat(self.x).T @ flat(da), "b": flat(da).sum(0)}


class Beside(Plain):
    """A number of its own that no file keeps."""

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.scale = np.asarray(rng.uniform(0.2, 1), dtype)

    def step(self, xw, state):
        return super().step(self.scale * xw, state)

    def step_back(self, saved, dstate):
        da, before = super().step_back(saved, dstate)
        return self.scale * da, before

    def weight_grads(self, da):
        return {**super().weight_grads(da), "W_h": flat(self.h_prev).T @ flat(da / self.scale)}


class StartsElsewhere(Plain):
    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.params["b"] += 1


class CandidateForGate(MinimalGatedUnit):
    gates = ("f", "n")


class WrongSign(MinimalGatedUnit):
    retention_gate = ("f", +1)  # it overwrites: -1 is right


class WrongInputGate(LSTM):
    input_gate = "o"


class ForgetsTheInput(LSTM):
    input_gate = "f"


class OutputRetains(LSTM):
    retention_gate = ("o", +1)  # it opens the path to the output, and keeps nothing


class InputRetains(LSTM):
    retention_gate = ("i", -1)  # its tanh is steeper with less in it, and it keeps no more


class FourUnits(Plain):
    """Right for four units only."""

    def step(self, xw, state):
        (h,) = state
        h = tanh(xw + h @ self.params["W_h"][:, :4])
        return (h,), (h,)


class FourUnitsMean(Plain):
    """Right for four units, and of another slope for more of them."""

    def step(self, xw, state):
        (h,) = state
        h = tanh(xw + h @ self.params["W_h"] * (4 / self.hidden_size))
        return (h,), (h,)


class AlwaysFour(Plain):
    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        super().__init__(input_size, 4, rng=rng, dtype=dtype)


class FourAtTheStart(Plain):
    def parameters(self):
        return super().parameters() | {"b": Parameter((4,), lambda _, shape: np.zeros(self.hidden_size).reshape(4))}


class NoBlocks(Cell):
    pass


class NamedLikeTheInput(Plain):
    def parameters(self):
        return super().parameters() | {"x": Parameter((1,), constant(1.0))}


class OneArray(Plain):
    def step(self, xw, state):
        (h,), _ = super().step(xw, state)
        return h


class Misnamed(Plain):
    saved = ("h", "c")


class GateThatIsNone(Plain):
    gates = ("f",)


@pytest.mark.parametrize(
    ("make", "clause", "sentence"),
    [
        (Unlisted, "as declared", r"parameters\(\) must declare the shapes of params"),
        (Unseeded, "as declared", "one seed gave two starts"),
        (GateThatIsNone, "as declared", r"gates \('f',\) must be among the blocks \('n',\)"),
        (WideFloats, "shapes and dtypes", "state h must be float32 where all else is, got float64"),
        (NoGradient, "shapes and dtypes", "weight_grads must give a gradient for each of"),
        (Remembers, "pure", "step, called again,.* must be equal"),
        (Overwrites, "pure", "must leave their arguments and the parameters as they are|called again"),
        (Misnamed, "pure", r"saved must name the 1 arrays that step saves, got \('h', 'c'\)"),
        (Clock, "pure", "step, called again,.* must be equal"),
        (Undeclared, "paths sum", r"u leads from state to state: parameters\(\) must declare it recurrent"),
        (Beside, "saved and loaded", "loaded into one of another seed"),
        (StartsElsewhere, "as declared", r"must start as parameters\(\) declares it; not so \['b'\]"),
        (CandidateForGate, "gates", "n is named a gate, but what is saved under this name is not between 0 and 1"),
        (WrongSign, "gates", "must retain more"),
        (WrongInputGate, "gates", "input_gate 'o': with a bias below 0 less must enter the memory"),
        (ForgetsTheInput, "gates", "input_gate 'f': with a bias below 0 less must enter the memory"),
        (OutputRetains, "gates", "must retain more"),
        (InputRetains, "gates", "must retain more"),
        (FourUnits, "shapes and dtypes", r"ValueError: .*\(with another input_size, 3, and hidden_size, 8\)"),
        (FourUnitsMean, "complex step", "that of .* is off by .*hidden_size, 8"),
        (AlwaysFour, "as declared", "hidden_size must be 8, as asked for, it is 4"),
        (FourAtTheStart, "as declared", "ValueError: .*hidden_size, 8"),
        (NamedLikeTheInput, "as declared", "must not be called as an input, a state or a file is"),
        (OneArray, "shapes and dtypes", "step must return two tuples"),
        (RealOnly, "analytic", "step must keep complex numbers"),
        (OneAtATime, "leading axes", "for three gradients at once"),
        (WrongSlope, "complex step", "that of W_x is off by"),
        (MixesItems, "a batch equals its items", "the outputs of an item alone"),
        (NumpyOnly, "compiled equals NumPy", "Use|activations has tanh"),
    ],
)
def test_a_cell_that_breaks_the_contract_is_told_which_clause_and_why(make, clause, sentence, monkeypatch):
    if make is NumpyOnly:
        pytest.importorskip("jax")
    else:
        monkeypatch.setitem(sys.modules, "jax", None)  # what breaks another clause need not be compiled
    with pytest.raises(AssertionError, match=f"(?s){make.__name__} breaks the contract.*{clause}[^\n]*: .*{sentence}"):
        check_cell(make)


@pytest.mark.parametrize("make", [IndRNN, Decay, lambda D, H, **made: LSTM(D, 6, **made)])
def test_right_cells_of_another_build_pass(make):
    check_cell(make)


def test_what_makes_no_cell_is_refused():
    with pytest.raises(TypeError, match="make must make a Cell, got ndarray"):
        check_cell(lambda D, H, **options: np.zeros((D, H)))
    for nothing in (None, LSTM(1, 1, rng=np.random.default_rng(0))):
        with pytest.raises(TypeError, match="make must be a class of cells, or what makes one, got"):
            check_cell(nothing)
    with pytest.raises(TypeError, match=r"NoBlocks must name its blocks"):
        check_cell(NoBlocks)
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator, got int"):
        check_cell(RNN, rng=0)


def test_starts_follow_the_declaration(rng):
    for make in KINDS.values():
        cell = make(3, 4, rng=np.random.default_rng(0), dtype=np.float64)
        expected = {name: value.copy() for name, value in cell.params.items()}
        for value in cell.params.values():
            value[...] = np.nan
        again = np.random.default_rng(0)
        init.uniform(cell, again)
        for name, value in expected.items():
            np.testing.assert_array_equal(cell.params[name], value, err_msg=name)


def test_a_matrix_state_is_diagnosed(rng):
    from rnnbook import diagnostics

    class Delta(DeltaNet):
        gates = ("beta",)  # as long as it reaches no further than 1

    cell = Delta(2, 3, rng=rng, dtype=np.float64)
    cell(rng.normal(size=(4, 2, 2)))
    assert diagnostics.step_jacobians(cell).shape == (4, 2, 12, 12)
    assert diagnostics.gradient_norms(cell, rng.normal(size=(2, 3))).shape == (5, 2)
    assert set(diagnostics.gate_statistics(cell)) == {"beta"}
    shares = diagnostics.path_shares(cell, rng.normal(size=(2, 3)))
    np.testing.assert_allclose(sum(shares.values())[1:], 1.0)


def test_without_recurrent_weights_all_of_the_gradient_is_direct(rng):
    from rnnbook import diagnostics

    cell = LSTM(2, 3, rng=rng, dtype=np.float64)
    cell.params["W_h"][...] = 0
    cell(rng.normal(size=(4, 2, 2)))
    parts = diagnostics.path_jacobians(cell)
    assert all(not part.any() for name, part in parts.items() if name != "direct")


def test_the_page_quotes_what_is_printed():
    pytest.importorskip("jax")
    page = (Path(__file__).parents[1] / "book/check-cell.md").read_text("utf-8")
    assert str(check_cell(KINDS["GRU before"])) in page
    with pytest.raises(AssertionError) as error:
        check_cell(WrongSlope)
    assert str(error.value).split("\n")[1].partition(": ")[2].split(";")[0] in page
