"""The roads a gradient takes through a cell."""

import numpy as np

from rnnbook.diagnostics.jacobians import at, identity, loss_gradient, merge, sizes, square


def path_jacobians(cell):
    """The Jacobian of every step, split into the roads a gradient can take.

    The first road, ``"direct"``, uses no weights: for an LSTM it is the highway through
    f, for a GRU that through z. Every other road leads through weights: through those of
    one gate, or a peephole. All are closed in `step_back`, whose saved values stay, and
    opened one after the other, the candidate's first; a road's part is what its opening
    adds. So the parts sum to the whole for any cell. A route that needs two sets of weights
    (a GRU's reset before the product, a peephole of the output gate) counts for the road
    opened last.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.

    Returns
    -------
    dict of str to ndarray, each (T, B, S, S)
        Keys: ``"direct"``, the gates, then parameters beside ``W_x``, ``W_h`` and biases.
        Their sum is `step_jacobians`.

    Raises
    ------
    RuntimeError
        Before the first call, or after a call with lengths.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> cell = LSTM(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> _ = cell(np.zeros((3, 1, 1)))
    >>> roads = path_jacobians(cell)
    >>> list(roads)
    ['direct', 'g', 'o', 'f', 'i']
    >>> from rnnbook.diagnostics import step_jacobians
    >>> bool(np.allclose(sum(roads.values()), step_jacobians(cell)))
    True
    """
    T, B, H, S = sizes(cell)
    eye = identity(cell, B, H, S)
    roads = _roads(cell)
    steps = [_by_road(cell, roads, t, eye) for t in range(T)]
    return {road: np.stack([merge(step[road]) for step in steps]) for road in roads}


def path_shares(cell, dh):
    """By which roads a loss's gradient came, at every lag.

    The gradient at some lag is a sum over routes, each of which takes one road of
    `path_jacobians` at every step. Weigh a route by what it contributes, which is its
    component along the whole, and count the fraction of its steps on each road: the
    weighted mean of these fractions is the road's share. Shares sum to 1; one is
    negative when what came that way mostly cancelled the rest.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.
    dh : ndarray, shape (..., B, H)
        Gradient of the loss with respect to the last output ``h_T``.

    Returns
    -------
    dict of str to ndarray, each (T + 1, ..., B)
        Entry ``[lag]`` is the share on the way over that many steps; NaN at lag 0, and where
        no gradient came back at all.

    Raises
    ------
    RuntimeError
        Before the first call, or after a call with lengths.
    ValueError
        When `dh` has another shape.

    Notes
    -----
    With ``G = g J_T … J_1`` and ``J = Σ_p J^p``, the contribution of road p is
    ``D_p = Σ_s g J_T … J_s^p … J_1``. Every term of G has as many factors as there are
    steps, k, so ``Σ_p D_p = k G`` (Euler's theorem on homogeneous functions), and the share
    is ``D_p · G / (k G · G)``.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> cell = LSTM(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_h"][:] = 0  # no other road is left
    >>> _ = cell(np.zeros((2, 1, 1)))
    >>> path_shares(cell, np.ones((1, 1)))["direct"].ravel()
    array([nan,  1.,  1.])
    """
    T, B, H, _ = sizes(cell)
    dstate = loss_gradient(cell, dh, B, H)
    roads = _roads(cell)
    via = {road: tuple(np.zeros_like(d) for d in dstate) for road in roads}
    shares = {road: [np.full(dh.shape[:-1], np.nan)] for road in roads}
    for lag in range(1, T + 1):
        t = T - lag
        here = _by_road(cell, roads, t, dstate)
        earlier = {road: cell.step_back(at(cell, t), d)[1] for road, d in via.items()}
        via = {road: _add(earlier[road], here[road]) for road in via}
        dstate = _add(*here.values())
        # only ratios matter: keep the numbers near 1, however far back
        size = np.sqrt(square(dstate))[..., None]
        with np.errstate(invalid="ignore"):  # 0 / 0 where nothing came back
            dstate = tuple(d / size for d in dstate)
            via = {road: tuple(d / size for d in part) for road, part in via.items()}
        for road, part in via.items():
            shares[road].append(sum((p * d).sum(axis=-1) for p, d in zip(part, dstate, strict=True)) / lag)
    return {road: np.stack(values) for road, values in shares.items()}


def _roads(cell):
    """For each road the parameters with which it, and those before it, are open."""
    params = cell.params
    if "W_h" not in params:  # its gates do not look at the state
        return {"direct": params}
    weights = [name for name in params if name not in ("W_x", "W_h") and not name.startswith("b")]
    opened = params | {name: np.zeros_like(params[name]) for name in ("W_h", *weights)}
    roads = {"direct": opened}
    for gate in reversed(cell.gates):  # the candidate is the last gate
        k = cell.gates.index(gate) * cell.hidden_size
        columns = slice(k, k + cell.hidden_size)
        W_h = opened["W_h"].copy()
        W_h[:, columns] = params["W_h"][:, columns]
        opened = opened | {"W_h": W_h}
        roads[gate] = opened
    for name in weights:
        opened = opened | {name: params[name]}
        roads[name] = opened
    return roads


def _by_road(cell, roads, t, dstate):
    """What comes back from step t by each road."""
    whole, before, parts = cell.params, tuple(0.0 for _ in dstate), {}
    try:
        for road, cell.params in roads.items():
            _, now = cell.step_back(at(cell, t), dstate)
            parts[road] = tuple(n - b for n, b in zip(now, before, strict=True))
            before = now
    finally:
        cell.params = whole
    return parts


def _add(*dstates):
    return tuple(sum(parts) for parts in zip(*dstates, strict=True))
