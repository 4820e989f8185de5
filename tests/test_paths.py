"""The paths a gradient takes: against the LSTM's equations, and against counting every route."""

from itertools import product

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state

from rnnbook import GRU, LSTM, RNN, diagnostics

T, B, D, H = 4, 2, 3, 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_roads_add_up_to_the_whole_and_leave_the_cell_as_it_was(kind, rng):
    cell = random_cell(kind, D, H, rng)
    cell(rng.normal(size=(T, B, D)), random_state(cell, B, rng))
    before = {name: value.copy() for name, value in cell.params.items()}
    paths = diagnostics.path_jacobians(cell)
    np.testing.assert_allclose(sum(paths.values()), diagnostics.step_jacobians(cell), atol=1e-14)
    recurrent = {name for name, parameter in cell.parameters().items() if parameter.recurrent}
    assert {"direct", *(cell.blocks if "W_h" in recurrent else ()), *(recurrent - {"W_h"})} <= paths.keys()
    assert all((cell.params[name] == value).all() for name, value in before.items())


def test_the_roads_of_an_lstm_are_those_of_its_equations(rng):
    cell = random_cell("LSTM", D, H, rng)
    cell(rng.normal(size=(1, 1, D)), random_state(cell, 1, rng))
    paths = {name: jacobian[0, 0] for name, jacobian in diagnostics.path_jacobians(cell).items()}
    i, f, o, g, c_prev, tanh_c = (a[0, 0] for a in cell.tape)
    dh_dc = np.diag(o * (1 - tanh_c**2))

    direct = np.zeros((2 * H, 2 * H))
    direct[H:, H:] = np.diag(f)
    direct[:H, H:] = dh_dc @ np.diag(f)
    np.testing.assert_allclose(paths["direct"], direct, atol=1e-15)

    dc_da = {"i": g * i * (1 - i), "f": c_prev * f * (1 - f), "g": i * (1 - g**2)}
    for gate, slope in dc_da.items():
        into_c = np.diag(slope) @ cell.block("W_h", gate).T
        expected = np.zeros((2 * H, 2 * H))
        expected[H:, :H] = into_c
        expected[:H, :H] = dh_dc @ into_c
        np.testing.assert_allclose(paths[gate], expected, atol=1e-15)
    through_o = np.zeros((2 * H, 2 * H))
    through_o[:H, :H] = np.diag(tanh_c * o * (1 - o)) @ cell.block("W_h", "o").T
    np.testing.assert_allclose(paths["o"], through_o, atol=1e-15)


def test_a_rnn_has_no_direct_road_and_a_gru_keeps_through_z(rng):
    rnn = random_cell("RNN tanh", D, H, rng)
    rnn(rng.normal(size=(T, B, D)))
    assert not diagnostics.path_jacobians(rnn)["direct"].any()
    for kind in ("GRU after", "GRU before"):
        gru = random_cell(kind, D, H, rng)
        gru(rng.normal(size=(T, B, D)))
        z = gru.tape[gru.saved.index("z")]
        np.testing.assert_allclose(diagnostics.path_jacobians(gru)["direct"], z[..., None] * np.eye(H), atol=1e-15)


@pytest.mark.parametrize("kind", ["LSTM", "PeepholeLSTM ifo", "CoupledLSTM", "GRU after", "GRU before"])
def test_the_shares_are_those_found_by_counting_every_route(kind, rng):
    cell = random_cell(kind, D, H, rng)
    cell(rng.normal(size=(T, B, D)))
    dh = rng.normal(size=(B, H))
    shares = diagnostics.path_shares(cell, dh)
    paths = diagnostics.path_jacobians(cell)
    S = H * len(cell.states)
    for lag in (1, 3):
        for b in range(B):
            start = np.zeros(S)
            start[:H] = dh[b]
            routes = {}
            for route in product(paths, repeat=lag):
                gradient = start
                for s, path in enumerate(route):
                    gradient = gradient @ paths[path][T - 1 - s, b]
                routes[route] = gradient
            whole = sum(routes.values())
            for path in paths:
                weighted = sum(route.count(path) / lag * (g @ whole) for route, g in routes.items())
                np.testing.assert_allclose(shares[path][lag, b], weighted / (whole @ whole), rtol=1e-9, atol=1e-12)


def test_shares_sum_to_one_over_any_lag_and_for_many_losses_at_once(rng):
    cell = LSTM(1, 4, rng=rng, dtype=np.float64)
    cell(rng.normal(size=(2000, B, 1)))  # the gradient itself underflows on the way
    dh = rng.normal(size=(5, B, 4))
    shares = diagnostics.path_shares(cell, dh)
    whole = sum(shares.values())
    assert whole.shape == (2001, 5, B) and np.isnan(whole[0]).all()
    np.testing.assert_allclose(whole[1:], 1, atol=1e-6)
    one = diagnostics.path_shares(cell, dh[3])
    np.testing.assert_allclose(one["g"], shares["g"][:, 3], rtol=1e-9, atol=1e-12)


def test_where_no_gradient_comes_back_there_are_no_shares(rng):
    cell = RNN(1, 2, rng=rng, dtype=np.float64)
    cell.params["W_h"][:] = 0
    cell(rng.normal(size=(2, 1, 1)))
    assert np.isnan(diagnostics.path_shares(cell, np.ones((1, 2)))["h"]).all()


def test_the_roads_say_what_they_need(rng):
    cell = GRU(D, H, rng=rng)
    with pytest.raises(RuntimeError, match="must be called on a sequence first"):
        diagnostics.path_jacobians(cell)
    cell(rng.normal(size=(T, B, D)))
    with pytest.raises(ValueError, match=r"dh must have shape \(..., B, H\) = \(..., 2, 3\), got \(3, 3\)"):
        diagnostics.path_shares(cell, np.zeros((3, 3)))
