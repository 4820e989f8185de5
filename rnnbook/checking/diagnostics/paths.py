"""The paths a gradient takes through a cell."""

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells import Cell
from rnnbook.cells.base import State
from rnnbook.checking.diagnostics.jacobians import at, flat_parts, identity, length, loss_gradient, merge, sizes


def path_jacobians(cell: Cell) -> dict[str, Array]:
    """The Jacobian of every step, split into the paths a gradient can take.

    The first path, ``"direct"``, uses no weights: for an LSTM it is the highway through f, for a GRU that through z.
    Every other path leads through weights: through those of one gate, or a peephole. All are closed in `step_back`,
    whose saved values stay, and opened one after the other, the candidate's first; a path's part is what its opening
    adds. So the parts sum to the whole for any cell. A route that needs two sets of weights (a GRU's reset before the
    product, a peephole of the output gate) counts for the path opened last.

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
    >>> paths = path_jacobians(cell)
    >>> list(paths)
    ['direct', 'g', 'o', 'f', 'i']
    >>> from rnnbook.checking.diagnostics import step_jacobians
    >>> bool(np.allclose(sum(paths.values()), step_jacobians(cell)))
    True
    """
    T, B = sizes(cell)
    eye = identity(cell, B)
    paths = _paths(cell)
    steps = [_by_path(cell, paths, t, eye) for t in range(T)]
    return {path: np.stack([merge(cell, step[path]) for step in steps]) for path in paths}


def path_shares(cell: Cell, dh: Array) -> dict[str, Array]:
    """By which paths a loss's gradient came, at every lag.

    The gradient at some lag is a sum over routes, each of which takes one path of `path_jacobians` at every step.
    Weigh a route by what it contributes, which is its component along the whole, and count the fraction of its steps
    on each path: the weighted mean of these fractions is the path's share. Shares sum to 1; one is negative when what
    came that way mostly cancelled the rest.

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
    With ``G = g J_T … J_1`` and ``J = Σ_p J^p``, the contribution of path p is ``D_p = Σ_s g J_T … J_s^p … J_1``.
    Every term of G has as many factors as there are steps, k, so ``Σ_p D_p = k G`` (Euler's theorem on homogeneous
    functions), and the share is ``D_p · G / (k G · G)``.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> cell = LSTM(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_h"][:] = 0  # no other path is left
    >>> _ = cell(np.zeros((2, 1, 1)))
    >>> path_shares(cell, np.ones((1, 1)))["direct"].ravel()
    array([nan,  1.,  1.])
    """
    (T, B), dh = sizes(cell), check.floating("dh", dh, "f")
    dstate = loss_gradient(cell, dh, B)
    paths = _paths(cell)
    via = {path: tuple(np.zeros_like(d) for d in dstate) for path in paths}
    shares = {path: [np.full(dh.shape[:-1], np.nan)] for path in paths}
    for lag in range(1, T + 1):
        t = T - lag
        here = _by_path(cell, paths, t, dstate)
        earlier = {path: cell.step_back(at(cell, t), d)[1] for path, d in via.items()}
        via = {path: _add(earlier[path], here[path]) for path in via}
        dstate = _add(*here.values())
        # only ratios matter: keep the numbers near 1, however far back
        size = length(cell, dstate)
        with np.errstate(invalid="ignore"):  # 0 / 0 where nothing came back
            dstate = _divided(dstate, size)
            via = {path: _divided(part, size) for path, part in via.items()}
        for path, part in via.items():
            along = zip(flat_parts(cell, part), flat_parts(cell, dstate), strict=True)
            shares[path].append(sum((p * d).sum(axis=-1) for p, d in along) / lag)
    return {path: np.stack(values) for path, values in shares.items()}


def _paths(cell: Cell) -> dict[str, dict[str, Array]]:
    """For each path the parameters with which it, and those before it, are open."""
    recurrent = [name for name, p in cell.parameters().items() if p.recurrent]
    opened = cell.params | {name: np.zeros_like(cell.params[name]) for name in recurrent}
    paths = {"direct": opened}
    if "W_h" in recurrent:
        for block in reversed(cell.blocks):  # the candidate is the last block
            columns = cell.columns(block)
            W_h = opened["W_h"].copy()
            W_h[:, columns] = cell.params["W_h"][:, columns]
            opened = opened | {"W_h": W_h}
            paths[block] = opened
    for name in recurrent:
        if name != "W_h":
            opened = opened | {name: cell.params[name]}
            paths[name] = opened
    return paths


def _by_path(cell: Cell, paths: dict[str, dict[str, Array]], t: int, dstate: State) -> dict[str, State]:
    """What comes back from step t by each path."""
    whole, parts = cell.params, {}
    before: State = tuple(np.zeros(()) for _ in dstate)
    try:
        for path, cell.params in paths.items():
            _, now = cell.step_back(at(cell, t), dstate)
            parts[path] = tuple(n - b for n, b in zip(now, before, strict=True))
            before = now
    finally:
        cell.params = whole
    return parts


def _divided(dstate: State, size: Array) -> State:
    """A gradient by a number for each sequence, ``size (..., B)``."""
    return tuple(d / size.reshape(*size.shape, *(1,) * (d.ndim - size.ndim)) for d in dstate)


def _add(*dstates: State) -> State:
    return tuple(sum(parts) for parts in zip(*dstates, strict=True))
