"""Initial weights. Each function sets the parameters of a cell in place."""

from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells.base import Cell


def uniform(cell: Cell, rng: np.random.Generator) -> None:
    """Draw every parameter anew as its cell declares: weights from ±1/√H, biases zero, gains one.

    A TypeError when `cell` is no cell, or `rng` no generator.

    Parameters
    ----------
    cell : Cell
    rng : numpy.random.Generator

    Examples
    --------
    >>> from rnnbook import RNN
    >>> cell = RNN(3, 4, rng=np.random.default_rng(0))
    >>> uniform(cell, np.random.default_rng(1))
    >>> bool(abs(cell.params["W_h"]).max() <= 0.5)
    True
    """
    check.generator("rng", rng)
    for name, parameter in check.instance("cell", cell, Cell).parameters().items():
        cell.params[name][...] = parameter.start(rng, parameter.shape)


def orthogonal(cell: Cell, rng: np.random.Generator, gain: float = 1.0) -> None:
    """Make every block of ``W_h`` a random orthogonal matrix times `gain` (Saxe et al. 2014).

    Parameters
    ----------
    cell : Cell
    rng : numpy.random.Generator
    gain : float, default 1
        Every singular value of the block.

    Raises
    ------
    ValueError
        When the cell has no ``W_h``, or one of its blocks is not square.

    Examples
    --------
    >>> from rnnbook import RNN
    >>> cell = RNN(3, 4, rng=np.random.default_rng(0), dtype=np.float64)
    >>> orthogonal(cell, np.random.default_rng(1), gain=0.9)
    >>> np.linalg.svd(cell.params["W_h"], compute_uv=False).round(12)
    array([0.9, 0.9, 0.9, 0.9])
    """
    check.generator("rng", rng)
    check.real("gain", gain)
    for block in _square_blocks(cell):
        q, r = np.linalg.qr(rng.normal(size=(cell.hidden_size, cell.hidden_size)))
        block[...] = gain * q * np.sign(np.diag(r))  # the signs make q uniform


def identity(cell: Cell, scale: float = 1.0) -> None:
    """Make every block of ``W_h`` the identity times `scale` (IRNN, Le et al. 2015).

    Parameters
    ----------
    cell : Cell
    scale : float, default 1

    Raises
    ------
    ValueError
        When the cell has no ``W_h``, or one of its blocks is not square.

    Examples
    --------
    >>> from rnnbook import RNN
    >>> cell = RNN(3, 2, activation="relu", rng=np.random.default_rng(0))
    >>> identity(cell)
    >>> cell.params["W_h"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    check.real("scale", scale)
    for block in _square_blocks(cell):
        block[...] = scale * np.eye(cell.hidden_size)


def forget_bias(cell: Cell, value: Any = 1.0) -> None:
    """Set the bias of the gate that keeps the memory, so that it starts open (Gers et al. 2000).

    For a positive `value` the cell keeps more, whatever the gate is called: the bias of f
    becomes `value`, that of z (GRU) `value`, and that of i in a coupled LSTM ``-value``.

    Parameters
    ----------
    cell : Cell
        With a gate that keeps: any but `RNN`.
    value : float or ndarray of shape (H,), default 1

    Raises
    ------
    ValueError
        When the cell has no such gate, or `value` another shape or a number that is not finite.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> cell = LSTM(3, 2, rng=np.random.default_rng(0))
    >>> forget_bias(cell, 1.0)
    >>> cell.block("b", "f")
    array([1., 1.], dtype=float32)
    """
    kept = check.instance("cell", cell, Cell).retention_gate
    if kept is None:
        raise ValueError(f"cell must have a gate that keeps its memory, {type(cell).__name__} has none")
    gate, sign = kept
    biases, value = cell.block("b", gate), check.finite("value", check.numbers("value", value))
    if value.shape not in ((), biases.shape):
        raise ValueError(f"value must be one number or have shape (H,) = {biases.shape}, got {value.shape}")
    biases[...] = sign * value


def chrono(cell: Cell, t_max: int, rng: np.random.Generator) -> None:
    """Chrono initialisation: time constants 1 / (1 - f) spread from 2 to `t_max` (Tallec & Ollivier 2018).

    The keeping gate's bias is ``log u`` with u uniform on [1, t_max - 1], so that its
    time constant is u + 1 steps; where the input gate is separate, its bias is ``-log u``.

    Parameters
    ----------
    cell : Cell
        With a gate that keeps: any but `RNN`.
    t_max : int
        The longest lag expected, in steps; at least 2.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        When the cell has no such gate, or `t_max` is less than 2.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> cell = LSTM(1, 100, rng=np.random.default_rng(0))
    >>> chrono(cell, 50, np.random.default_rng(1))
    >>> b_f = cell.block("b", "f")
    >>> bool(b_f.min() >= 0), bool(b_f.max() <= np.log(49)), bool((cell.block("b", "i") == -b_f).all())
    (True, True, True)
    """
    if check.positive("t_max", t_max) < 2:
        raise ValueError(f"t_max must be at least 2, got {t_max}")
    check.generator("rng", rng)
    forget_bias(cell)  # which refuses a cell without the gate, before anything is drawn
    log_times = np.log(rng.uniform(1, t_max - 1, cell.hidden_size))
    forget_bias(cell, log_times)
    if cell.input_gate is not None:
        cell.block("b", cell.input_gate)[...] = -log_times


def _square_blocks(cell: Cell) -> list[Array]:
    """The blocks of ``W_h`` as views, or an error."""
    if "W_h" not in check.instance("cell", cell, Cell).params:
        raise ValueError(f"cell must have the parameter W_h, {type(cell).__name__} has {', '.join(cell.params)}")
    if set(cell.block_widths()) != {cell.hidden_size}:
        raise ValueError(f"blocks of W_h must all be {cell.hidden_size} columns wide, got {cell.block_widths()}")
    return [cell.block("W_h", name) for name in cell.blocks]
