"""Every backward pass against complex-step derivatives and central differences."""

import numpy as np
import pytest
from kinds import KINDS, random_cell

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Cell,
    CoupledLSTM,
    PeepholeLSTM,
    Stack,
    central_difference,
    check_gradients,
    complex_step,
)
from rnnbook.activations import (
    d_leaky_relu,
    d_relu,
    d_sigmoid,
    d_softmax,
    d_tanh,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    tanh,
)

T, B, D, H = 6, 3, 4, 5


@pytest.mark.parametrize("lengths", [None, np.array([6, 1, 4])], ids=["full", "lengths"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_gradient_agrees_with_the_complex_step(kind, lengths, rng):
    cell = random_cell(kind, D, H, rng)
    report = check_gradients(cell, rng.normal(size=(T, B, D)), rng=rng, lengths=lengths)
    assert {c.name for c in report.checks} == {*cell.params, "x", *(f"{s}_0" for s in cell.states)}
    assert report.worst <= 1e-12, str(report)


@pytest.mark.parametrize("kind", ["RNN tanh", "LSTM", "PeepholeLSTM ifo", "CoupledLSTM", "GRU after", "GRU before"])
def test_every_gradient_agrees_with_central_differences(kind, rng):
    cell = random_cell(kind, D, H, rng)
    report = check_gradients(cell, rng.normal(size=(T, B, D)), rng=rng, method="central difference")
    assert report.worst <= 1e-8, str(report)


def test_stacks_of_mixed_cells_and_two_directions_pass_the_check(rng):
    stack = Stack(
        [
            Bidirectional(LSTM(2, 3, rng=rng), GRU(2, 2, rng=rng)),
            PeepholeLSTM(5, 3, rng=rng),
            Stack([CoupledLSTM(3, 2, rng=rng), RNN(2, 2, rng=rng)]),
        ]
    )
    report = check_gradients(stack, rng.normal(size=(5, 3, 2)), rng=rng, lengths=np.array([5, 2, 3]))
    assert report.worst <= 1e-12, str(report)
    assert "2.0.W_x" in {c.name for c in report.checks}


class MinimalGatedUnit(Cell):
    """A cell the package does not have (Zhou et al. 2016): one gate that resets and updates."""

    blocks, gates = ("f", "n"), ("f",)
    saved = ("f", "n", "h_prev")

    def step(self, xw, state):
        (h,), H, W_h = state, self.hidden_size, self.params["W_h"]
        f = sigmoid(xw[..., :H] + h @ W_h[:, :H])
        n = np.tanh(xw[..., H:] + (f * h) @ W_h[:, H:])
        return (h + f * (n - h),), (f, n, h)

    def step_back(self, saved, dstate):
        (f, n, h), (dh,), H, W_h = saved, dstate, self.hidden_size, self.params["W_h"]
        da_n = dh * f * d_tanh(n)
        dm = da_n @ W_h[:, H:].T
        da_f = (dh * (n - h) + dm * h) * d_sigmoid(f)
        return np.concatenate([da_f, da_n], axis=-1), (dh * (1 - f) + dm * f + da_f @ W_h[:, :H].T,)

    def weight_grads(self, da):
        f, _, h = self.tape
        grads, H = super().weight_grads(da), self.hidden_size
        grads["W_h"][:, H:] = np.einsum("tbi,tbj->ij", f * h, da[..., H:])
        return grads


def test_a_students_own_cell_gets_time_lengths_stacks_checks_and_diagnostics(rng):
    from rnnbook import diagnostics

    own = MinimalGatedUnit(2, 3, rng=rng, dtype=np.float64)
    stack = Stack([own, GRU(3, 2, rng=rng)])
    report = check_gradients(stack, rng.normal(size=(5, 3, 2)), rng=rng, lengths=np.array([5, 2, 3]))
    assert report.worst <= 1e-12, str(report)
    own(rng.normal(size=(7, 2, 2)))
    assert diagnostics.lag_jacobians(own).shape == (8, 2, 3, 3)
    assert diagnostics.lyapunov_exponents(own).shape == (2, 3)
    assert set(diagnostics.gate_statistics(own)) == {"f"}


def test_a_wrong_gradient_is_found_and_its_place_named(rng):
    class Wrong(RNN):
        def weight_grads(self, da):
            grads = super().weight_grads(da)
            grads["W_h"][1, 2] *= 1.01
            return grads

    report = check_gradients(Wrong(2, 3, rng=rng), rng.normal(size=(4, 2, 2)), rng=rng)
    bad = [c for c in report.checks if c.error > 1e-12]
    assert [(c.name, c.where) for c in bad] == [("W_h", (1, 2))]
    assert report.worst == bad[0].error
    text = str(report)
    assert "W_h" in text and "(1, 2)" in text and "complex step" in text


def test_a_check_leaves_the_parameters_as_they_were(rng):
    cell = LSTM(2, 3, rng=rng)
    before = {name: value.copy() for name, value in cell.params.items()}
    arrays = dict(cell.params)
    check_gradients(cell, rng.normal(size=(3, 2, 2)), rng=rng)
    for name, value in cell.params.items():
        assert value is arrays[name] and (value == before[name]).all() and value.dtype == np.float32


def test_a_check_restores_the_parameters_when_the_cell_fails(rng):
    class Failing(RNN):
        def step_back(self, saved, dstate):
            raise ZeroDivisionError

    cell = Failing(2, 3, rng=rng)
    arrays = dict(cell.params)
    with pytest.raises(ZeroDivisionError):
        check_gradients(cell, np.zeros((3, 2, 2)), rng=rng)
    assert all(cell.params[name] is value for name, value in arrays.items())


def test_an_all_zero_gradient_is_compared_absolutely(rng):
    cell = RNN(1, 2, rng=rng)
    report = check_gradients(cell, np.zeros((1, 1, 1)), rng=rng)  # x = 0: no gradient for W_x
    assert {c.name: c.error for c in report.checks}["W_x"] == 0


def test_gradcheck_refuses_what_it_cannot_do(rng):
    with pytest.raises(ValueError, match="method must be one of 'complex step'"):
        check_gradients(RNN(1, 1, rng=rng), np.zeros((1, 1, 1)), rng=rng, method="magic")
    with pytest.raises(TypeError, match="x must hold real floating-point numbers"):
        check_gradients(RNN(1, 1, rng=rng), np.zeros((1, 1, 1), int), rng=rng)
    with pytest.raises(ValueError, match="step must be positive"):
        central_difference(np.sum, np.zeros(2), step=0)


def test_numerical_gradients_leave_their_point_alone():
    x = np.array([1.0, 2.0])
    for differentiate in (complex_step, central_difference):
        differentiate(lambda v: (v**2).sum(), x)
        assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("phi", "d_phi"),
    [(sigmoid, d_sigmoid), (tanh, d_tanh), (relu, d_relu), (leaky_relu, d_leaky_relu)],
    ids=["sigmoid", "tanh", "relu", "leaky_relu"],
)
def test_each_derivative_in_terms_of_the_output_is_the_derivative(phi, d_phi):
    x = np.array([-30.0, -2.0, -0.1, 0.3, 1.0, 5.0])
    exact = phi(x + 1e-200j).imag / 1e-200
    np.testing.assert_allclose(d_phi(phi(x)), exact, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("phi", [sigmoid, tanh, relu, leaky_relu, softmax])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_keep_the_dtype_and_stay_finite_at_both_ends(phi, dtype):
    y = phi(np.array([-1e4, -1.0, 0.0, 1.0, 1e4], dtype))
    assert y.dtype == dtype and np.isfinite(y).all()


@pytest.mark.parametrize("phi", [sigmoid, tanh, relu, leaky_relu])
def test_not_a_number_passes_through_an_activation(phi):
    assert np.isnan(phi(np.array([np.nan]))).all()


def test_softmax_and_its_derivative(rng):
    x, dy = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    np.testing.assert_allclose(softmax(x).sum(axis=-1), 1)
    np.testing.assert_allclose(softmax(x), np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True), rtol=1e-14)
    exact = complex_step(lambda v: (softmax(v) * dy).sum(), x)
    np.testing.assert_allclose(d_softmax(softmax(x), dy), exact, rtol=1e-12)
