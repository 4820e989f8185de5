"""Jacobians over one step and over many, gradient norms, spectra."""

import math
from collections.abc import Callable

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells import Cell
from rnnbook.cells.base import Saved, State


def step_jacobians(cell: Cell) -> Array:
    """Exact Jacobian of every step of the last call.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.

    Returns
    -------
    ndarray, shape (T, B, S, S)
        ``J[t, b, i, j] = ∂ state_t[i] / ∂ state_{t-1}[j]``.

    Raises
    ------
    RuntimeError
        Before the first call, or after a call with lengths.

    Examples
    --------
    >>> from rnnbook import RNN
    >>> cell = RNN(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_h"][:] = 0.5
    >>> _ = cell(np.zeros((3, 1, 1)))
    >>> step_jacobians(cell).ravel()  # at h = 0, tanh' = 1
    array([0.5, 0.5, 0.5])
    """
    T, B = sizes(cell)
    eye = identity(cell, B)
    return np.stack([merge(cell, cell.step_back(at(cell, t), eye)[1]) for t in range(T)])


def lag_jacobians(cell: Cell) -> Array:
    """Exact Jacobians of the last state of the last call with respect to every earlier one.

    Found by the backward recurrence, never by multiplying or differencing.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.

    Returns
    -------
    ndarray, shape (T + 1, B, S, S)
        Entry ``[lag]`` is ``∂ state_T / ∂ state_{T-lag}``; entry 0 is the identity.

    Raises
    ------
    RuntimeError
        Before the first call, or after a call with lengths.

    Examples
    --------
    >>> from rnnbook import RNN
    >>> cell = RNN(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_h"][:] = 0.5
    >>> _ = cell(np.zeros((3, 1, 1)))
    >>> lag_jacobians(cell).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    T, B = sizes(cell)
    dstate = identity(cell, B)
    jacobians = [merge(cell, dstate)]
    for t in reversed(range(T)):
        _, dstate = cell.step_back(at(cell, t), dstate)
        jacobians.append(merge(cell, dstate))
    return np.stack(jacobians)


def gradient_norms(cell: Cell, dh: Array | None = None) -> Array:
    """Norm of a loss's gradient with respect to every earlier state, by lag.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.
    dh : ndarray, shape (..., B, H), optional
        Gradient of the loss with respect to the last output ``h_T``. By default the identity: the norm is then that of
        the whole Jacobian ``∂h_T/∂state_{T-lag}`` (Frobenius), divided by √H so that lag 0 gives 1.

    Returns
    -------
    ndarray, shape (T + 1, ..., B)
        Euclidean norm of the gradient with respect to the whole state (for an LSTM h and c).

    Raises
    ------
    RuntimeError
        Before the first call, or after a call with lengths.

    Examples
    --------
    >>> from rnnbook import RNN
    >>> cell = RNN(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_h"][:] = 0.5
    >>> _ = cell(np.zeros((3, 1, 1)))
    >>> gradient_norms(cell).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    (T, B), H = sizes(cell), cell.hidden_size
    whole = dh is None
    if dh is None:
        dh = np.broadcast_to(np.eye(H)[:, None, :], (H, B, H)) / np.sqrt(H)
    dstate = loss_gradient(cell, dh, B)
    norms = [length(cell, dstate, whole)]
    for t in reversed(range(T)):
        _, dstate = cell.step_back(at(cell, t), dstate)
        norms.append(length(cell, dstate, whole))
    return np.stack(norms)


def initial_gradient_norms(make: Callable[[np.random.Generator], Cell], steps: int = 100, seeds: int = 20) -> Array:
    """Gradient norms by lag of freshly made cells on white noise, one sequence each.

    Parameters
    ----------
    make : callable
        ``make(rng)`` returns a new cell.
    steps : int, default 100
        Length of the sequences, and the longest lag; below 1 it is a ValueError.
    seeds : int, default 20
        Cells; number k is made, and its input drawn, with ``numpy.random.default_rng(k)``.

    Returns
    -------
    ndarray, shape (steps + 1, seeds)
        As `gradient_norms` of the identity gives them.

    Examples
    --------
    >>> from rnnbook import RNN
    >>> initial_gradient_norms(lambda rng: RNN(1, 4, rng=rng), steps=5, seeds=3).shape
    (6, 3)
    """
    steps, seeds = check.positive("steps", steps), check.positive("seeds", seeds)
    columns = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        cell = make(rng)
        cell(rng.normal(size=(steps, 1, cell.input_size)))
        columns.append(gradient_norms(cell)[:, 0])
    return np.stack(columns, axis=1)


def singular_values(cell: Cell) -> Array:
    """Singular values of the Jacobian over every lag.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.

    Returns
    -------
    ndarray, shape (T + 1, B, S)
        Largest first; ``[lag]`` belongs to ``∂ state_T / ∂ state_{T-lag}``.

    Examples
    --------
    >>> from rnnbook import RNN, init
    >>> rng = np.random.default_rng(0)
    >>> cell = RNN(1, 2, rng=rng, dtype=np.float64)
    >>> init.orthogonal(cell, rng)
    >>> _ = cell(np.zeros((3, 1, 1)))
    >>> singular_values(cell).round(12).ravel()  # an orthogonal W_h at h = 0 keeps every length
    array([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    return np.linalg.svd(lag_jacobians(cell), compute_uv=False)


def lyapunov_exponents(cell: Cell) -> Array:
    """Lyapunov spectrum along the last call's trajectory, by repeated QR (Benettin et al. 1980).

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``, without lengths.

    Returns
    -------
    ndarray, shape (B, S)
        Mean growth rates per step of the S principal directions, largest first, in nats: below zero a perturbation
        dies, above zero it grows. ``-inf`` for a direction that a step destroys.

    Examples
    --------
    >>> from rnnbook import RNN, init
    >>> cell = RNN(1, 2, rng=np.random.default_rng(0), dtype=np.float64)
    >>> init.identity(cell, 0.5)
    >>> _ = cell(np.zeros((20, 1, 1)))
    >>> np.exp(lyapunov_exponents(cell)).round(12)
    array([[0.5, 0.5]])
    """
    jacobians = step_jacobians(cell)
    T, B, S, _ = jacobians.shape
    q, growth = np.broadcast_to(np.eye(S), (B, S, S)), np.zeros((B, S))
    with np.errstate(divide="ignore"):  # log 0 = -inf is the answer for a destroyed direction
        for jacobian in jacobians:
            q, r = np.linalg.qr(jacobian @ q)
            growth += np.log(np.abs(np.diagonal(r, axis1=-2, axis2=-1)))
    return -np.sort(-growth / T, axis=-1)


def require_call(cell: Cell) -> None:
    """Raise when there is no call to diagnose."""
    check.instance("cell", cell, Cell)
    if not hasattr(cell, "h_prev"):
        raise RuntimeError("cell must be called on a sequence first: hs, state = cell(x)")
    if cell.h_prev.dtype.kind == "c":
        raise RuntimeError("cell must be called on real numbers: its last call was a complex step's")


def sizes(cell: Cell) -> tuple[int, int]:
    """T and B of the last call."""
    require_call(cell)
    if cell.alive is not None:
        raise RuntimeError("cell must be called without lengths: a Jacobian past a sequence's end says nothing")
    T, B, _ = cell.h_prev.shape
    return T, B


def at(cell: Cell, t: int) -> Saved:
    """What the cell saved at one step."""
    return tuple(stacked[t] for stacked in cell.tape)


def identity(cell: Cell, B: int) -> State:
    """dstate whose leading axis runs over the S unit gradients, each part (S, B, …)."""
    shapes = cell.state_shapes()
    widths = [math.prod(shape) for shape in shapes]
    S = sum(widths)
    parts = np.split(np.eye(S), np.cumsum(widths)[:-1], axis=1)
    return tuple(
        np.broadcast_to(part.reshape(S, 1, *shape), (S, B, *shape)) for part, shape in zip(parts, shapes, strict=True)
    )


def loss_gradient(cell: Cell, dh: Array, B: int) -> State:
    """dstate of a loss that reads the last output only."""
    dh, H = check.floating("dh", dh, "f"), cell.hidden_size
    if dh.shape[-2:] != (B, H):
        raise ValueError(f"dh must have shape (..., B, H) = (..., {B}, {H}), got {dh.shape}")
    return (dh, *(np.zeros((*dh.shape[:-1], *shape)) for shape in cell.state_shapes()[1:]))


def flat_parts(cell: Cell, dstate: State) -> list[Array]:
    """Every part of a state's gradient with its own axes merged into one, (..., B, n)."""
    each = zip(dstate, cell.state_shapes(), strict=True)
    return [d.reshape(*d.shape[: d.ndim - len(shape)], math.prod(shape)) for d, shape in each]


def merge(cell: Cell, dstate: State) -> Array:
    """(S, B, …) parts to one (B, S, S) Jacobian."""
    return np.moveaxis(np.concatenate(flat_parts(cell, dstate), axis=-1), 0, -2)


def length(cell: Cell, dstate: State, joint: bool = False) -> Array:
    """Length of a gradient with respect to the whole state, (..., B), or of all along the first axis together.

    Squares are taken in units of a power of two, so that none is too large or too small and no digit changes.
    """
    parts = flat_parts(cell, dstate)
    most = np.max([abs(d).max(axis=-1) for d in parts], axis=0)
    _, power = np.frexp(most.max(axis=0) if joint else most)
    first, *others = [(np.ldexp(d, -power[..., None]) ** 2).sum(axis=-1) for d in parts]
    squares = sum(others, start=first)
    return np.asarray(np.ldexp(np.sqrt(squares.sum(axis=0) if joint else squares), power))
