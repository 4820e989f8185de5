"""To Equinox, a library of networks for JAX, and back."""

from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM
from rnnbook.interop.orders import reorder
from rnnbook.interop.parts import hold, plain, refusal

#: Equinox's order of the gates, in the letters of this book.
EQUINOX_ORDER = {LSTM: "ifgo", GRU: "rzn"}


def to_equinox(cell: LSTM | GRU) -> Any:
    """An Equinox cell with the cell's weights.

    Parameters
    ----------
    cell : LSTM or GRU
        The GRU with the reset after the product.

    Returns
    -------
    equinox.nn.LSTMCell or equinox.nn.GRUCell
        It makes one step for one sequence, ``cell(x (D,), state)``; `jax.vmap` and `jax.lax.scan` make of it what
        runs over a batch and over time. In float32, unless JAX has been told to use float64.

    Raises
    ------
    ImportError
        When Equinox is not installed.
    TypeError, ValueError
        When Equinox has no such cell; it says what would do.
    """
    eqx, jax = check.require("equinox", "interop"), check.require("jax", "fast")
    cell = plain(cell)
    kind = type(cell)
    if kind not in EQUINOX_ORDER:
        raise refusal("Equinox", "", cell)
    if kind is GRU:
        hold("Equinox", "", cell, "reset", ("after",))
    W_x, W_h, b = (reorder(cell.params[name], cell.blocks, EQUINOX_ORDER[kind]) for name in ("W_x", "W_h", "b"))
    made = (eqx.nn.LSTMCell if kind is LSTM else eqx.nn.GRUCell)(
        cell.input_size, cell.hidden_size, key=jax.random.PRNGKey(0)
    )
    weights = {"weight_ih": W_x.T, "weight_hh": W_h.T, "bias": b}
    if kind is GRU:
        weights["bias_n"] = cell.params["b_n"]
    return eqx.tree_at(
        lambda m: [getattr(m, name) for name in weights], made, [jax.numpy.asarray(w) for w in weights.values()]
    )


def from_equinox(layer: Any) -> LSTM | GRU:
    """A cell of this package with an Equinox cell's weights.

    Parameters
    ----------
    layer : equinox.nn.LSTMCell or equinox.nn.GRUCell
        With a bias.

    Returns
    -------
    LSTM or GRU

    Raises
    ------
    ImportError
        When Equinox is not installed.
    TypeError, ValueError
        When the layer is neither of the two, or has no bias.
    """
    eqx = check.require("equinox", "interop")
    kinds = {eqx.nn.LSTMCell: LSTM, eqx.nn.GRUCell: GRU}
    if type(layer) not in kinds:
        raise TypeError(f"layer must be an equinox LSTMCell or GRUCell, got {type(layer).__name__}")
    if not layer.use_bias:
        raise ValueError("layer must have a bias, got use_bias=False")
    kind = kinds[type(layer)]
    W_x, W_h, b = (np.asarray(w) for w in (layer.weight_ih.T, layer.weight_hh.T, layer.bias))
    cell = kind(layer.input_size, layer.hidden_size, rng=np.random.default_rng(0), dtype=W_x.dtype)
    for name, value in (("W_x", W_x), ("W_h", W_h), ("b", b)):
        cell.params[name][...] = reorder(value, EQUINOX_ORDER[kind], cell.blocks)
    if kind is GRU:
        cell.params["b_n"][...] = np.asarray(layer.bias_n)
    return cell
