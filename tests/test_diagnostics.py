"""Jacobians against the complex step; spectra against cases whose answer is known."""

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state

from rnnbook import GRU, LSTM, RNN, Cell, CoupledLSTM, check_gradients, diagnostics, init

T, B, D, H = 6, 2, 3, 4


def complex_jacobian(cell, x, state):
    """∂ final state / ∂ initial state for each sequence, one complex step an entry."""
    sizes = [s[0].size for s in state]
    jacobian = np.empty((x.shape[1], sum(sizes), sum(sizes)))
    for b in range(x.shape[1]):
        for j in range(sum(sizes)):
            start = [s.astype(complex) for s in state]
            part = np.searchsorted(np.cumsum(sizes), j, side="right")
            start[part][b].flat[j - sum(sizes[:part])] += 1e-200j
            _, final = cell(x, tuple(start))
            jacobian[b, :, j] = np.concatenate([s[b].imag.ravel() for s in final]) / 1e-200
    return jacobian


@pytest.mark.parametrize("kind", KINDS)
def test_jacobians_over_one_and_over_all_lags_are_exact(kind, rng):
    cell = random_cell(kind, D, H, rng)
    x, state = rng.normal(size=(T, B, D)), random_state(cell, B, rng)
    exact = complex_jacobian(cell, x, state)
    cell(x, state)
    by_lag, by_step = diagnostics.lag_jacobians(cell), diagnostics.step_jacobians(cell)
    np.testing.assert_allclose(by_lag[T], exact, rtol=1e-11, atol=1e-14)
    product = np.eye(exact.shape[-1])
    np.testing.assert_allclose(by_lag[0], np.broadcast_to(product, by_lag[0].shape))
    for lag in range(1, T + 1):
        product = product @ by_step[T - lag]
        np.testing.assert_allclose(by_lag[lag], product, rtol=1e-10, atol=1e-14)
    norms = np.linalg.norm(by_lag[:, :, :H], axis=(-2, -1)) / np.sqrt(H)
    np.testing.assert_allclose(diagnostics.gradient_norms(cell), norms, rtol=1e-10)
    values = np.linalg.svd(by_lag, compute_uv=False)
    np.testing.assert_allclose(diagnostics.singular_values(cell), values, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("kind", ["RNN tanh", "LSTM", "GRU before"])
def test_the_gradient_norm_of_a_given_loss_is_that_of_backward(kind, rng):
    cell = random_cell(kind, D, H, rng)
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(B, H))
    cell(x)
    norms = diagnostics.gradient_norms(cell, dh)
    assert norms.shape == (T + 1, B)
    _, dstate = cell.backward(np.concatenate([np.zeros((T - 1, B, H)), dh[None]]))
    np.testing.assert_allclose(norms[T], np.sqrt(sum((d**2).sum(-1) for d in dstate)), rtol=1e-12)
    np.testing.assert_allclose(norms[0], np.linalg.norm(dh, axis=-1))


def test_the_norms_of_many_losses_at_once_equal_those_one_by_one(rng):
    cell = random_cell("LSTM", D, H, rng)
    cell(rng.normal(size=(T, B, D)))
    dh = rng.normal(size=(7, B, H))
    together = diagnostics.gradient_norms(cell, dh)
    for k in range(7):
        np.testing.assert_allclose(together[:, k], diagnostics.gradient_norms(cell, dh[k]), rtol=1e-12)


def test_the_lyapunov_spectrum_of_a_linear_map_is_the_logarithm_of_its_eigenvalues(rng):
    cell = RNN(1, 3, activation="leaky_relu", rng=rng, dtype=np.float64)
    vectors = rng.normal(size=(3, 3))
    # a matrix with known eigenvalues, kept in relu's linear half by a large bias
    cell.params["W_h"] = vectors @ np.diag([0.9, 0.5, 0.1]) @ np.linalg.inv(vectors)
    cell.params["b"][:] = 1000
    cell.params["W_h"] *= 1.0
    cell(np.zeros((2000, 1, 1)), (np.linalg.solve(np.eye(3) - cell.params["W_h"].T, np.full(3, 1000.0))[None],))
    exponents = diagnostics.lyapunov_exponents(cell)
    slopes = np.unique(diagnostics.step_jacobians(cell).round(12), axis=0)
    assert len(slopes) == 1, "the trajectory must not cross a kink"
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(slopes[0, 0]))))[::-1]
    np.testing.assert_allclose(exponents[0], expected, atol=5e-3)


def test_the_sum_of_the_lyapunov_exponents_is_the_mean_log_determinant(rng):
    cell = random_cell("GRU after", D, H, rng)
    cell(rng.normal(size=(50, B, D)))
    _, logs = np.linalg.slogdet(diagnostics.step_jacobians(cell))
    np.testing.assert_allclose(diagnostics.lyapunov_exponents(cell).sum(-1), logs.mean(0), rtol=1e-10)


def test_a_destroyed_direction_has_exponent_minus_infinity(rng):
    cell = RNN(1, 2, activation="relu", rng=rng, dtype=np.float64)
    cell.params["b"][:] = -1000
    cell(np.zeros((3, 1, 1)))
    assert (diagnostics.lyapunov_exponents(cell) == -np.inf).all()


def test_gate_statistics_count_open_and_closed(rng):
    cell = LSTM(1, 4, rng=rng)
    for value in cell.params.values():
        value[...] = 0
    cell.block("b", "f")[:] = [10, 10, -10, 0]
    cell(np.zeros((3, 2, 1)))
    f = diagnostics.gate_statistics(cell)["f"]
    assert f["open"] == 0.5 and f["closed"] == 0.25
    assert f["mean"] == pytest.approx((1 + 1 + 0 + 0.5) / 4, abs=1e-4)
    assert f["std"] == pytest.approx(np.std([1, 1, 0, 0.5]), abs=1e-4)
    assert diagnostics.gate_statistics(cell, low=0.6)["f"]["closed"] == 0.5


def test_diagnostics_say_what_they_need(rng):
    class Nameless(LSTM):
        saved = ()

    for tool in (diagnostics.step_jacobians, diagnostics.gradient_norms, diagnostics.gate_statistics):
        with pytest.raises(RuntimeError, match="must be called on a sequence first"):
            tool(LSTM(1, 1, rng=rng))
    cell = LSTM(1, 2, rng=rng)
    cell(np.zeros((2, 1, 1)), lengths=[1])
    with pytest.raises(RuntimeError, match="without lengths"):
        diagnostics.lag_jacobians(cell)
    cell(np.zeros((2, 1, 1)))
    with pytest.raises(ValueError, match=r"dh must have shape \(\.\.\., B, H\) = \(\.\.\., 1, 2\), got \(2, 2\)"):
        diagnostics.gradient_norms(cell, np.zeros((2, 2)))
    nameless = Nameless(1, 1, rng=rng)
    nameless(np.zeros((2, 1, 1)))
    with pytest.raises(ValueError, match=r"Nameless\.saved must name the gates"):
        diagnostics.gate_statistics(nameless)
    plain = RNN(1, 1, rng=rng)
    plain(np.zeros((2, 1, 1)))
    with pytest.raises(ValueError, match="cell must have gates, RNN has none"):
        diagnostics.gate_statistics(plain)


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.3])
def test_orthogonal_blocks_have_every_singular_value_equal_to_the_gain(gain, rng):
    cell = LSTM(3, 5, rng=rng, dtype=np.float64)
    init.orthogonal(cell, rng, gain)
    for gate in cell.blocks:
        block = cell.block("W_h", gate)
        np.testing.assert_allclose(block @ block.T, gain**2 * np.eye(5), atol=1e-12)


def test_random_orthogonal_matrices_favour_no_direction(rng):
    """Under the uniform (Haar) measure the mean trace of a 3 by 3 orthogonal matrix is 0, its variance 1."""
    traces = []
    for _ in range(2000):
        cell = RNN(1, 3, rng=rng, dtype=np.float64)
        init.orthogonal(cell, rng)
        traces.append(np.trace(cell.params["W_h"]))
    assert abs(np.mean(traces)) < 0.1 and abs(np.var(traces) - 1) < 0.15


def test_uniform_identity_and_forget_bias(rng):
    cell = CoupledLSTM(3, 16, rng=rng)
    cell.params["b"][:] = 7
    init.uniform(cell, rng)
    assert np.abs(cell.params["W_h"]).max() <= 0.25 < 1.1 * np.abs(cell.params["W_h"]).max()
    assert (cell.params["b"] == 0).all()
    init.identity(cell, 0.5)
    for gate in cell.blocks:
        assert (cell.block("W_h", gate) == 0.5 * np.eye(16)).all()
    init.forget_bias(cell, 2.0)  # coupled: a closed input gate is an open forget gate
    assert (cell.block("b", "i") == -2).all() and (cell.block("b", "o") == 0).all()
    for kind in ("LSTM", "PeepholeLSTM ifo"):
        lstm = KINDS[kind](1, 2, rng=rng)
        init.forget_bias(lstm, 3.0)
        assert (lstm.block("b", "f") == 3).all() and (lstm.block("b", "i") == 0).all()
    gru = GRU(1, 2, rng=rng)
    init.forget_bias(gru, 3.0)
    assert (gru.block("b", "z") == 3).all() and (gru.block("b", "r") == 0).all()
    with pytest.raises(ValueError, match="RNN has none"):
        init.forget_bias(RNN(1, 1, rng=rng))


@pytest.mark.parametrize("kind", ["LSTM", "PeepholeLSTM ifo", "CoupledLSTM", "GRU after"])
def test_chrono_biases_are_logarithms_of_uniform_times(kind, rng):
    cell = KINDS[kind](1, 4000, rng=rng)
    init.chrono(cell, 101, rng)
    gate, sign = cell.retention_gate
    log_times = sign * cell.block("b", gate)
    times = np.exp(log_times.astype(float))
    assert times.min() >= 1 - 1e-4 and times.max() <= 100 + 1e-2
    assert abs(times.mean() - 50.5) < 2 and abs(times.std() - 99 / np.sqrt(12)) < 1
    if "i" in cell.blocks:
        assert (cell.block("b", "i") == -log_times).all()


def test_chrono_refuses_times_too_short(rng):
    with pytest.raises(ValueError, match="t_max must be at least 2, got 1"):
        init.chrono(LSTM(1, 1, rng=rng), 1, rng)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_cell_starts_as_it_declares(kind, rng):
    cell = KINDS[kind](3, 5, rng=np.random.default_rng(1), dtype=np.float64)
    rng = np.random.default_rng(1)
    for name, parameter in cell.parameters().items():  # drawn one after the other
        assert (cell.params[name] == parameter.start(rng, parameter.shape)).all(), name
        assert cell.params[name].shape == parameter.shape


@pytest.mark.parametrize("kind", ["RNN tanh", "LSTM", "PeepholeLSTM ifo", "LayerNormLSTM", "GRU after", "MinGRU"])
def test_a_new_cell_is_uniform_in_one_over_root_h_with_zero_biases(kind, rng):
    cell = KINDS[kind](100, 400, rng=rng)
    for name, value in cell.params.items():
        if name.startswith("b"):
            assert (value == 0).all(), name
        elif name == "gain":
            assert (value == 1).all()
        else:
            assert -0.05 <= value.min() < -0.049 and 0.049 < value.max() <= 0.05, name
            assert abs(value.mean()) < 0.005, name


def test_two_cells_from_one_generator_differ_and_from_equal_seeds_agree():
    one, two, three = (LSTM(2, 3, rng=np.random.default_rng(seed)) for seed in (0, 1, 0))
    assert (one.params["W_x"] != two.params["W_x"]).all()
    assert (one.params["W_x"] == three.params["W_x"]).all()


def test_the_base_class_keeps_no_gate():
    assert Cell.retention_gate is None


def test_norms_at_start_are_those_of_each_fresh_cell(rng):
    norms = diagnostics.initial_gradient_norms(lambda rng: LSTM(2, 3, rng=rng, dtype=np.float64), steps=7, seeds=4)
    assert norms.shape == (8, 4)
    own = np.random.default_rng(2)
    cell = LSTM(2, 3, rng=own, dtype=np.float64)
    cell(own.normal(size=(7, 1, 2)))
    np.testing.assert_allclose(norms[:, 2], diagnostics.gradient_norms(cell)[:, 0])


def test_norms_far_back_are_neither_lost_nor_infinite(rng):
    for w, T, dtype, dh in (
        (0.5, 700, np.float64, 1.0),
        (10.0, 300, np.float64, 1.0),
        (0.5, 40, np.float32, 1e-23),
    ):
        cell = RNN(1, 1, activation="relu", rng=rng, dtype=dtype)
        for name, value in (("W_x", 0), ("W_h", w), ("b", 1)):
            cell.params[name][...] = value
        cell(np.zeros((T, 1, 1), dtype))
        found = diagnostics.gradient_norms(cell, np.full((1, 1), dh, dtype)).ravel()
        exact = np.array([dh * w**lag for lag in range(T + 1)])
        np.testing.assert_allclose(found, exact, rtol=1e-6 if dtype is np.float32 else 1e-12)
        if dh == 1.0:  # the Jacobian's
            np.testing.assert_allclose(diagnostics.gradient_norms(cell).ravel(), exact, rtol=1e-6)


def test_shares_of_a_tiny_gradient_are_those_of_a_large_one(rng):
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    cell(rng.normal(size=(T, B, D)))
    dh = rng.normal(size=(B, H))
    large, tiny = (diagnostics.path_shares(cell, size * dh) for size in (1.0, 1e-170))
    for path, share in large.items():
        np.testing.assert_allclose(tiny[path], share, rtol=1e-10, atol=1e-12)


def test_a_call_with_complex_numbers_is_not_diagnosed(rng):
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    check_gradients(cell, rng.normal(size=(T, B, D)), rng=rng)
    with pytest.raises(RuntimeError, match="cell must be called on real numbers: its last call was a complex step's"):
        diagnostics.gate_statistics(cell)
