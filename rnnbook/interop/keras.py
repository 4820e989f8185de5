"""To Keras and back."""

import importlib
import importlib.util
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN
from rnnbook.interop.orders import reorder
from rnnbook.interop.parts import called, hold, plain, refusal
from rnnbook.layers import Bidirectional, Dense, Embedding, Model, Stack

#: Keras's order of the gates, in the letters of this book.
KERAS_ORDER = {LSTM: "ifgo", GRU: "zrn", RNN: "h"}


def import_keras() -> Any:
    """Keras, or an ImportError that says whether it is Keras that is missing, or what Keras computes with."""
    if importlib.util.find_spec("keras") is None:
        return check.require("keras", "interop")
    try:
        return importlib.import_module("keras")
    except ImportError as error:
        raise ImportError(
            f"Keras is installed, its backend is not ({error}): set KERAS_BACKEND to torch, jax or tensorflow, "
            "whichever is there, before Python starts"
        ) from error


def to_keras(layer: Any, *, lengths: bool = False) -> Any:
    """A Keras layer or model with the weights of a layer or of a whole model.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, Stack, Bidirectional, Dense, Embedding or Model
        An RNN with tanh or relu, a `Bidirectional` of two cells of one size. The place of the GRU's reset becomes
        ``reset_after``.
    lengths : bool, default False
        Whether the model has the steps of each sequence as a second input, ``lengths (B,)``.

    Returns
    -------
    keras.layers.Layer or keras.Model
        A SimpleRNN, LSTM, GRU, Dense or Embedding of its own, and a functional model for everything else and with
        `lengths`. Keras is batch-major: ``(B, T, H)`` from ``x (B, T, D)``, or from ids ``(B, T)``, and with
        ``pool`` one row a sequence, ``(B, K)``. States begin at zero. There is no dropout.

    Raises
    ------
    ImportError
        When Keras or its backend is not installed.
    TypeError, ValueError
        When Keras has no such layer; it says which part, and what would do.
    """
    keras = import_keras()
    top = plain(layer)
    if type(top) not in (Stack, Bidirectional, Model):
        made = _layer(keras, top, "")
        if not lengths:
            return made
    model = top if type(top) is Model else None
    parts = {"": top} if model is None else {"embedding.": model.embedding, "recurrent.": model.recurrent}
    parts = {place: part for place, part in parts.items() if part is not None}
    first = next(iter(parts.values()))
    ids, dtype = type(first) is Embedding, _dtype(top)
    x = keras.Input((None,), dtype="int32") if ids else keras.Input((None, first.input_size), dtype=dtype)
    inputs, steps, ends = [x], None, None
    if lengths:
        inputs.append(keras.Input((), dtype="int32"))
        ends = inputs[1][:, None]
        steps = keras.ops.cumsum(keras.ops.ones_like(x if ids else x[..., 0], dtype="int32"), axis=1)
    mask = None if steps is None else steps <= ends
    hs = x
    for place, part in parts.items():
        hs = _add(keras, part, place, hs, mask)
    if mask is not None:  # Keras repeats the last output behind a sequence's end
        hs = keras.ops.where(mask[..., None], hs, 0.0)
    if model is not None:
        if model.pool is not None:
            hs = _pooled(keras, model, hs, steps, ends, dtype)
        hs = _layer(keras, model.readout, "readout.")(hs)
    return keras.Model(inputs if lengths else x, hs)


def _dtype(layer):
    return next(iter(layer.params.values())).dtype.name


def _add(keras, layer, place, x, mask):
    """What a layer makes of `x`."""
    layer = plain(layer)
    if type(layer) is Stack:
        for name, part in layer.parts.items():
            x = _add(keras, part, f"{place}{name}.", x, mask)
        return x
    if type(layer) is Bidirectional:
        sizes = layer.forward_cell.output_size, layer.backward_cell.output_size
        if len(set(sizes)) > 1:  # Keras computes with them, but takes both to be as wide as the first
            raise ValueError(
                f"{called(place, layer)} must be of two cells of one size to have an equivalent in Keras, got "
                f"{sizes[0]} and {sizes[1]}; to_onnx takes it"
            )
        one = _layer(keras, layer.forward_cell, f"{place}forward_cell.")
        other = _layer(keras, layer.backward_cell, f"{place}backward_cell.", go_backwards=True)
        both = keras.layers.Bidirectional(one, backward_layer=other, dtype=_dtype(layer))
        y = both(x, mask=mask)
        both.forward_layer.set_weights(one.get_weights())  # Keras has made it anew
        return y
    made = _layer(keras, layer, place)
    return made(x, mask=mask) if type(layer) in KERAS_ORDER else made(x)


def _pooled(keras, model, hs, steps, ends, dtype):
    """One row a sequence, as `rnnbook.layers.pooling_weights` has it."""
    if model.pool == "mean":
        mask = None if steps is None else steps <= ends
        return keras.layers.GlobalAveragePooling1D(dtype=dtype)(hs, mask=mask)
    if model.pool == "max":
        if steps is not None:
            hs = keras.ops.where((steps <= ends)[..., None], hs, -np.inf)
        return keras.layers.GlobalMaxPooling1D(dtype=dtype)(hs)
    n, last = model._n_forward, hs[:, -1]
    if steps is not None:
        last = keras.ops.sum(keras.ops.where(keras.ops.equal(steps, ends)[..., None], hs, 0.0), axis=1)
    return last if n is None else keras.ops.concatenate([last[:, :n], hs[:, 0, n:]], axis=-1)


def _layer(keras, part, place, **options: Any):
    """One layer of Keras with a part's weights."""
    part = plain(part)
    kind = type(part)
    if kind not in (Dense, Embedding, *KERAS_ORDER):
        raise refusal("Keras", place, part)
    options["dtype"] = _dtype(part)
    if kind is Dense:
        made, weights = keras.layers.Dense(part.output_size, **options), [part.params["W"], part.params["b"]]
    elif kind is Embedding:
        made = keras.layers.Embedding(part.input_size, part.output_size, **options)
        weights = [part.params["W"]]
    else:
        if kind is RNN:
            hold("Keras", place, part, "activation", ("tanh", "relu"))
            options["activation"] = part.activation
        if kind is GRU:
            options["reset_after"] = part.reset == "after"
        layer_kind = keras.layers.SimpleRNN if kind is RNN else getattr(keras.layers, kind.__name__)
        made = layer_kind(part.hidden_size, return_sequences=True, **options)
        W_x, W_h, b = (reorder(part.params[name], part.blocks, KERAS_ORDER[kind]) for name in ("W_x", "W_h", "b"))
        if "b_n" in part.params:  # two biases, the second inside the recurrent product
            b_h = np.zeros_like(b)
            b_h[2 * part.hidden_size :] = part.params["b_n"]
            b = np.stack([b, b_h])
        weights = [W_x, W_h, b]
    made.build((None,) if kind is Embedding else (None, None, part.input_size))
    made.set_weights(weights)
    return made


def from_keras(layer: Any) -> RNN | LSTM | GRU:
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
        When the layer is none of the three, has not been built, has no bias or other activations, or reads backwards.
    """
    keras = import_keras()
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
    if config["go_backwards"]:
        raise ValueError(
            "layer must read forward: put what it becomes into a Bidirectional instead of go_backwards=True"
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
