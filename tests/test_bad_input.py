"""What is wrong is said: the argument, what was expected, what came. And nothing is changed."""

import numpy as np
import pytest
from kinds import KINDS, random_cell

from rnnbook import GRU, LSTM, RNN, Bidirectional, Cell, Dense, Embedding, PeepholeLSTM, Stack

T, B, D, H = 4, 3, 2, 5
GOOD = np.zeros((T, B, D))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.zeros((T, D))}, ValueError, r"x must have shape \(T, B, D\) = \(any, any, 2\), got \(4, 2\)"),
        ({"x": np.zeros((T, B, D + 1))}, ValueError, r"x must have shape .* got \(4, 3, 3\)"),
        ({"x": np.zeros((0, B, D))}, ValueError, "at least one time step, got T = 0"),
        ({"x": np.zeros((T, B, D), int)}, TypeError, "x must hold floating-point numbers, got dtype int64"),
        ({"x": "text"}, TypeError, "x must hold floating-point numbers"),
        ({"state": np.zeros((B, H))}, ValueError, r"state must be a tuple \(h, c\), got ndarray"),
        ({"state": (np.zeros((B, H)),)}, ValueError, r"state must be a tuple \(h, c\), got 1 arrays"),
        ({"state": (np.zeros((B, H)),) * 3}, ValueError, r"state must be a tuple \(h, c\), got 3 arrays"),
        (
            {"state": (np.zeros((B, H)), np.zeros((B, H + 1)))},
            ValueError,
            r"state\[1\] \(c\) must have shape \(B, H\) = \(3, 5\), got \(3, 6\)",
        ),
        ({"lengths": [4, 4]}, ValueError, r"lengths must have shape \(B,\) = \(3,\), got \(2,\)"),
        ({"lengths": [4, 4, 4, 4]}, ValueError, r"lengths must have shape \(B,\) = \(3,\), got \(4,\)"),
        ({"lengths": [4, 0, 1]}, ValueError, "lengths must lie between 1 and T = 4, got 0 to 4"),
        ({"lengths": [4, 5, 1]}, ValueError, "lengths must lie between 1 and T = 4, got 1 to 5"),
        ({"lengths": [4.0, 1.0, 1.0]}, TypeError, "lengths must be integers, got dtype float64"),
    ],
)
def test_a_bad_call_is_refused_and_changes_nothing(arguments, error, message, rng):
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    cell(x)
    cell.backward(dhs)
    expected = {name: g.copy() for name, g in cell.grads.items()}
    with pytest.raises(error, match=message):
        cell(**({"x": GOOD} | arguments))
    cell.backward(dhs)  # still that of the good call
    assert all((cell.grads[name] == g).all() for name, g in expected.items())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((T, B, H + 1)),), r"dhs must have shape \(T, B, H\) = \(4, 3, 5\), got \(4, 3, 6\)"),
        ((np.zeros((T, B, H)), (np.zeros((B, H)),)), r"dstate must be a tuple \(h, c\), got 1 arrays"),
    ],
)
def test_a_bad_backward_is_refused_and_changes_nothing(arguments, message, rng):
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    cell(rng.normal(size=(T, B, D)))
    cell.backward(np.ones((T, B, H)))
    grads = cell.grads
    with pytest.raises(ValueError, match=message):
        cell.backward(*arguments)
    assert cell.grads is grads


def test_backward_before_forward_says_so(rng):
    with pytest.raises(RuntimeError, match="forward call first"):
        LSTM(D, H, rng=rng).backward(np.zeros((T, B, H)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((0, 1), ValueError, "input_size must be at least 1, got 0"),
        ((1, -2), ValueError, "hidden_size must be at least 1, got -2"),
        ((1.5, 1), TypeError, "input_size must be an integer, got 1.5"),
        ((1, True), TypeError, "hidden_size must be an integer, got True"),
    ],
)
def test_bad_sizes_are_refused(kind, sizes, error, message, rng):
    with pytest.raises(error, match=message):
        KINDS[kind](*sizes, rng=rng)


def test_bad_options_are_refused(rng):
    with pytest.raises(ValueError, match="activation must be one of 'tanh', 'relu', 'leaky_relu', got 'softmax'"):
        RNN(1, 1, activation="softmax", rng=rng)
    with pytest.raises(ValueError, match="reset must be one of 'after', 'before', got 'never'"):
        GRU(1, 1, reset="never", rng=rng)
    for peepholes in ("ig", "ii", "x", 3):
        with pytest.raises(ValueError, match="peepholes must be distinct letters of 'ifo'"):
            PeepholeLSTM(1, 1, peepholes=peepholes, rng=rng)
    with pytest.raises(TypeError, match="positional"):
        LSTM(1, 1, rng)
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, got int"):
        LSTM(1, 1, rng=0)
    with pytest.raises(ValueError, match="dtype must be one of 'float32', 'float64', got 'int32'"):
        LSTM(1, 1, rng=rng, dtype=np.int32)


def test_a_cell_without_its_mathematics_says_what_is_missing(rng):
    class Empty(Cell):
        blocks = ("a",)

    with pytest.raises(NotImplementedError, match=r"Empty must define step\(xw, state\)"):
        Empty(1, 1, rng=rng)(np.zeros((1, 1, 1)))
    with pytest.raises(NotImplementedError, match=r"Empty must define step_back\(saved, dstate\)"):
        Empty(1, 1, rng=rng).step_back((), ())


def test_block_names_what_it_knows(rng):
    cell = LSTM(D, H, rng=rng)
    assert cell.block("W_x", "f").base is cell.params["W_x"]
    with pytest.raises(ValueError, match="block must be one of 'i', 'f', 'o', 'g', got 'z'"):
        cell.block("b", "z")
    with pytest.raises(ValueError, match="name must be one of 'W_x', 'W_h', 'b', got 'p_i'"):
        cell.block("p_i", "i")


def test_layers_refuse_what_does_not_fit(rng):
    with pytest.raises(ValueError, match="at least one cell"):
        Stack([])
    with pytest.raises(ValueError, match=r"cells\[1\] must take the 3 outputs of cells\[0\], its input_size is 4"):
        Stack([LSTM(2, 3, rng=rng), LSTM(4, 3, rng=rng)])
    with pytest.raises(ValueError, match=r"dropout must lie in \[0, 1\), got 1"):
        Stack([LSTM(2, 3, rng=rng)], dropout=1)
    with pytest.raises(ValueError, match="state must hold one state for each of the 1 cells, got 2"):
        Stack([LSTM(2, 3, rng=rng)])(np.zeros((1, 1, 2)), (None, None))
    with pytest.raises(ValueError, match="backward_cell must have input_size 2 like forward_cell, got 3"):
        Bidirectional(LSTM(2, 3, rng=rng), LSTM(3, 3, rng=rng))
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., D\) = \(\.\.\., 2\), got \(3, 4\)"):
        Dense(2, 1, rng=rng)(np.zeros((3, 4)))
    with pytest.raises(TypeError, match="ids must be integers, got dtype float64"):
        Embedding(3, 2, rng=rng)(np.zeros((2, 2)))
    for ids in ([[-1]], [[3]]):
        with pytest.raises(ValueError, match="ids must lie between 0 and 2"):
            Embedding(3, 2, rng=rng)(np.array(ids))


@pytest.mark.parametrize("kind", KINDS)
def test_single_steps_units_and_sequences_work(kind, rng):
    cell = random_cell(kind, 1, 1, rng)
    hs, state = cell(np.ones((1, 1, 1)), lengths=[1])
    dx, dstate = cell.backward(np.ones((1, 1, 1)))
    assert hs.shape == dx.shape == (1, 1, 1) and len(state) == len(dstate) == len(cell.states)
