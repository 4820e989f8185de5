"""To Keras and back."""

from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN
from rnnbook.interop.orders import reorder

#: Keras's order of the gates, in the letters of this book.
KERAS_ORDER = {LSTM: "ifgo", GRU: "zrn", RNN: "h"}


def to_keras(cell):
    """A Keras layer with the cell's weights.

    Parameters
    ----------
    cell : RNN, LSTM or GRU
        An RNN with tanh or relu. The place of the GRU's reset becomes ``reset_after``.

    Returns
    -------
    keras.layers.SimpleRNN, keras.layers.LSTM or keras.layers.GRU
        It returns the whole sequence. Keras is batch-major: ``y (B, T, H)`` from ``x (B, T, D)``.

    Raises
    ------
    ImportError
        When Keras is not installed.
    TypeError, ValueError
        When Keras has no such cell.
    """
    keras = check.require("keras", "interop")
    kind = type(cell)
    if kind not in KERAS_ORDER:
        raise TypeError(f"cell must be an RNN, LSTM or GRU to have a Keras twin, got {kind.__name__}")
    options: dict[str, Any] = {}
    if isinstance(cell, RNN):
        options["activation"] = check.choice("cell.activation", cell.activation, ("tanh", "relu"))
    if isinstance(cell, GRU):
        options["reset_after"] = cell.reset == "after"
    layer_kind = keras.layers.SimpleRNN if kind is RNN else getattr(keras.layers, kind.__name__)
    dtype = cell.params["b"].dtype.name
    layer = layer_kind(cell.hidden_size, return_sequences=True, dtype=dtype, **options)
    layer.build((None, None, cell.input_size))
    W_x, W_h, b = (reorder(cell.params[name], cell.blocks, KERAS_ORDER[kind]) for name in ("W_x", "W_h", "b"))
    if "b_n" in cell.params:  # two biases, the second inside the recurrent product
        b_h = np.zeros_like(b)
        b_h[2 * cell.hidden_size :] = cell.params["b_n"]
        b = np.stack([b, b_h])
    layer.set_weights([W_x, W_h, b])
    return layer


def from_keras(layer):
    """A cell of this package with a Keras layer's weights.

    Parameters
    ----------
    layer : keras.layers.SimpleRNN, keras.layers.LSTM or keras.layers.GRU
        Built, with a bias and with the default activations.

    Returns
    -------
    RNN, LSTM or GRU

    Raises
    ------
    ImportError
        When Keras is not installed.
    TypeError, ValueError
        When the layer is none of the three, has not been built, has no bias or other activations.
    """
    keras = check.require("keras", "interop")
    kinds = {keras.layers.SimpleRNN: RNN, keras.layers.LSTM: LSTM, keras.layers.GRU: GRU}
    if type(layer) not in kinds:
        raise TypeError(f"layer must be a keras SimpleRNN, LSTM or GRU, got {type(layer).__name__}")
    kind, config = kinds[type(layer)], layer.get_config()
    gate = config.get("recurrent_activation", "sigmoid")
    if not layer.built or not config["use_bias"] or gate != "sigmoid":
        raise ValueError(
            "layer must be built, with a bias and sigmoid gates, got "
            f"built={layer.built}, use_bias={config['use_bias']}, recurrent_activation={gate!r}"
        )
    check.choice("layer.activation", config["activation"], ("tanh", "relu") if kind is RNN else ("tanh",))
    options = {"activation": config["activation"]} if kind is RNN else {}
    if kind is GRU:
        options["reset"] = "after" if config["reset_after"] else "before"
    W_x, W_h, b = layer.get_weights()
    cell = kind(W_x.shape[0], W_h.shape[0], rng=np.random.default_rng(0), dtype=W_x.dtype, **options)
    order, H = KERAS_ORDER[kind], cell.hidden_size
    if "b_n" in cell.params:  # only the candidate's second bias stays apart
        b, b_h = (reorder(bias, order, cell.blocks) for bias in b)
        cell.params["b_n"][...] = b_h[2 * H :]
        b[: 2 * H] += b_h[: 2 * H]
    else:
        b = reorder(b, order, cell.blocks)
    cell.params["b"][...] = b
    cell.params["W_x"][...] = reorder(W_x, order, cell.blocks)
    cell.params["W_h"][...] = reorder(W_h, order, cell.blocks)
    return cell
