"""Each cell against its equations, worked with the math module on one unit and one step at a time."""

from math import exp, tanh

import numpy as np
import pytest
from kinds import CELLS, KINDS

WEIGHTS_X = {"i": 1.0, "f": -1.0, "o": 2.0, "g": 0.5, "r": 1.0, "z": -2.0, "n": 1.5, "h": 2.0}
WEIGHTS_H = {"i": 0.5, "f": 1.0, "o": -1.0, "g": 2.0, "r": -0.5, "z": 1.0, "n": 3.0, "h": -1.0}
BIASES = {"i": 0.25, "f": 1.0, "o": 0.0, "g": -0.5, "r": 0.5, "z": 0.75, "n": -1.0, "h": 0.5}
PEEPHOLES = {"i": 0.5, "f": -1.0, "o": 2.0}
B_N = 0.75
INPUTS = (1.0, -2.0, 0.5)


def sigma(a):
    return 1 / (1 + exp(-a))


def rnn(phi):
    def step(a, state):
        h = phi(a("h"))
        return h, (h,)

    return step


def lstm(peepholes=""):
    p = {gate: PEEPHOLES[gate] if gate in peepholes else 0.0 for gate in "ifo"}

    def step(a, state):
        _, c = state
        i, f = sigma(a("i") + p["i"] * c), sigma(a("f") + p["f"] * c)
        c = f * c + i * tanh(a("g"))
        h = sigma(a("o") + p["o"] * c) * tanh(c)
        return h, (h, c)

    return step


def coupled(a, state):
    _, c = state
    i = sigma(a("i"))
    c = (1 - i) * c + i * tanh(a("g"))
    h = sigma(a("o")) * tanh(c)
    return h, (h, c)


def gru_after(a, state):
    (h,) = state
    r, z = sigma(a("r")), sigma(a("z"))
    recurrent = WEIGHTS_H["n"] * h
    n = tanh(a("n") - recurrent + r * (recurrent + B_N))
    h = (1 - z) * n + z * h
    return h, (h,)


def gru_before(a, state):
    (h,) = state
    r, z = sigma(a("r")), sigma(a("z"))
    n = tanh(a("n") - WEIGHTS_H["n"] * h + WEIGHTS_H["n"] * (r * h))
    h = (1 - z) * n + z * h
    return h, (h,)


def layer_norm(a, state):
    h, c = state
    products = {gate: h * WEIGHTS_H[gate] for gate in "ifog"}
    mean = sum(products.values()) / 4
    scale = (sum((p - mean) ** 2 for p in products.values()) / 4 + 1e-5) ** -0.5
    i, f, _, g = (a(gate) - products[gate] + (products[gate] - mean) * scale for gate in "ifog")
    c = sigma(f) * c + sigma(i) * tanh(g)
    return 0.0, (0.0, c)  # of one unit nothing is left when its mean is taken away


def min_gru(a, state):
    (h,) = state
    z = sigma(a("z", h=0))
    h = (1 - z) * a("n", h=0) + z * h
    return h, (h,)


def min_lstm(a, state):
    (h,) = state
    f, i = sigma(a("f", h=0)), sigma(a("i", h=0))
    h = f / (f + i) * h + i / (f + i) * a("n", h=0)
    return h, (h,)


BY_HAND = {
    "RNN tanh": rnn(tanh),
    "RNN relu": rnn(lambda a: max(a, 0.0)),
    "RNN leaky_relu": rnn(lambda a: a if a > 0 else 0.01 * a),
    "LSTM": lstm(),
    "PeepholeLSTM ifo": lstm("ifo"),
    "PeepholeLSTM f": lstm("f"),
    "PeepholeLSTM io": lstm("io"),
    "PeepholeLSTM none": lstm(),
    "CoupledLSTM": coupled,
    "LayerNormLSTM": layer_norm,
    "GRU after": gru_after,
    "GRU before": gru_before,
    "MinGRU": min_gru,
    "MinLSTM": min_lstm,
}


def test_every_cell_is_worked_by_hand_here_or_in_its_docstring():
    here = {kind.partition(" ")[0] for kind in BY_HAND}
    assert all(cell.__name__ in here or ">>> hs" in cell.__doc__ for cell in CELLS)


@pytest.mark.parametrize("kind", BY_HAND)
def test_forward_equals_the_equations_worked_with_the_math_module(kind, rng):
    cell = KINDS[kind](1, 1, rng=rng, dtype=np.float64)
    for gate in cell.blocks:
        cell.block("W_x", gate)[...] = WEIGHTS_X[gate]
        if "W_h" in cell.params:
            cell.block("W_h", gate)[...] = WEIGHTS_H[gate]
        cell.block("b", gate)[...] = BIASES[gate]
    for name in cell.params:
        if name.startswith("p_"):
            cell.params[name][...] = PEEPHOLES[name[-1]]
    if "b_n" in cell.params:
        cell.params["b_n"][...] = B_N

    start = (0.5, -0.25)[: len(cell.states)]
    hs, final = cell(np.array(INPUTS).reshape(-1, 1, 1), tuple(np.full((1, 1), s) for s in start))

    state, expected = start, []
    for x in INPUTS:

        def a(gate, x=x, h=state[0]):
            return x * WEIGHTS_X[gate] + h * WEIGHTS_H[gate] + BIASES[gate]

        h, state = BY_HAND[kind](a, state)
        expected.append(h)
    np.testing.assert_allclose(hs.ravel(), expected, rtol=1e-14)
    np.testing.assert_allclose([s.item() for s in final], state, rtol=1e-14)


def test_rnn_gradient_of_two_steps_worked_on_paper(rng):
    """h1 = tanh(w x1), h2 = tanh(w x2 + u h1), L = h2, with w = 1, u = 2, x = (0, 0): every tanh' is 1."""
    cell = KINDS["RNN tanh"](1, 1, rng=rng, dtype=np.float64)
    cell.params = {"W_x": np.array([[1.0]]), "W_h": np.array([[2.0]]), "b": np.array([0.0])}
    cell(np.zeros((2, 1, 1)))
    dx, (dh0,) = cell.backward(np.array([0.0, 1.0]).reshape(2, 1, 1))
    assert dx.ravel().tolist() == [2.0, 1.0]
    assert dh0.item() == 4.0
    assert cell.grads["b"].item() == 3.0  # 1 by way of h2, 2 by way of h1
    assert cell.grads["W_x"].item() == 0.0 and cell.grads["W_h"].item() == 0.0


def test_an_lstm_with_open_forget_gate_and_closed_input_gate_keeps_its_cell_state(rng):
    cell = KINDS["LSTM"](1, 2, rng=rng, dtype=np.float64)
    for value in cell.params.values():
        value[...] = 0
    cell.block("b", "f")[:] = 1000
    cell.block("b", "i")[:] = -1000
    c0 = np.array([[0.7, -0.3]])
    _, (_, c) = cell(rng.normal(size=(50, 1, 1)), (np.zeros((1, 2)), c0))
    assert (c == c0).all()


def test_a_coupled_lstm_with_open_input_gate_replaces_its_cell_state(rng):
    cell = KINDS["CoupledLSTM"](1, 1, rng=rng, dtype=np.float64)
    for value in cell.params.values():
        value[...] = 0
    cell.block("b", "i")[:] = 1000
    cell.block("b", "g")[:] = 0.5
    _, (_, c) = cell(np.zeros((1, 1, 1)), (np.zeros((1, 1)), np.full((1, 1), 9.0)))
    assert c.item() == pytest.approx(tanh(0.5), rel=1e-15)


@pytest.mark.parametrize("kind", ["GRU after", "GRU before"])
def test_in_a_gru_z_of_one_keeps_the_old_state(kind, rng):
    cell = KINDS[kind](1, 2, rng=rng, dtype=np.float64)
    cell.block("b", "z")[:] = 1000
    h0 = np.array([[0.7, -0.3]])
    _, (h,) = cell(rng.normal(size=(20, 1, 1)), (h0,))
    assert (h == h0).all()
