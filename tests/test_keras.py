"""The same weights in Keras give the same numbers, in both directions."""

import os

import numpy as np
import pytest
from kinds import random_cell

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

from rnnbook import LSTM, PeepholeLSTM, interop  # noqa: E402

# Keras 3.15 hands PyTorch's parameters to NumPy in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

T, B, D, H = 7, 3, 4, 5
KINDS = ["RNN tanh", "RNN relu", "LSTM", "GRU after", "GRU before"]


def run(layer, x):
    """A time-major sequence through a batch-major layer."""
    y = layer(np.swapaxes(x, 0, 1))
    return np.swapaxes(keras.ops.convert_to_numpy(y), 0, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_a_keras_layer_with_the_cells_weights_gives_its_outputs(kind, dtype, rng):
    cell = random_cell(kind, D, H, rng, dtype)
    x = rng.normal(size=(T, B, D)).astype(dtype)
    layer = interop.to_keras(cell)
    # with the PyTorch backend Keras takes some products in float32, whatever the layer's dtype
    tolerance = 1e-6 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(run(layer, x), cell(x)[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_goes_to_keras_and_back(kind, rng):
    cell = random_cell(kind, D, H, rng)
    back = interop.from_keras(interop.to_keras(cell))
    assert type(back) is type(cell)
    assert back.params.keys() == cell.params.keys()
    for name, value in cell.params.items():
        np.testing.assert_array_equal(back.params[name], value)


@pytest.mark.parametrize("make", [keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU])
def test_a_layer_as_keras_makes_it_becomes_a_cell(make, rng):
    layer = make(H, return_sequences=True, bias_initializer="uniform")
    x = rng.normal(size=(T, B, D)).astype(np.float32)
    expected = run(layer, x)  # builds the layer
    np.testing.assert_allclose(interop.from_keras(layer)(x)[0], expected, rtol=1e-5, atol=1e-6)


def test_what_has_no_twin_is_refused(rng):
    with pytest.raises(TypeError, match="cell must be an RNN, LSTM or GRU to have a Keras twin, got PeepholeLSTM"):
        interop.to_keras(PeepholeLSTM(D, H, rng=rng))
    with pytest.raises(ValueError, match=r"cell.activation must be one of"):
        interop.to_keras(random_cell("RNN leaky_relu", D, H, rng))
    with pytest.raises(TypeError, match="layer must be a keras SimpleRNN, LSTM or GRU, got Dense"):
        interop.from_keras(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="built=False"):
        interop.from_keras(keras.layers.LSTM(H))
    for options, pattern in (
        ({"use_bias": False}, "use_bias=False"),
        ({"recurrent_activation": "hard_sigmoid"}, "recurrent_activation='hard_sigmoid'"),
        ({"activation": "relu"}, r"layer\.activation must be"),
    ):
        layer = keras.layers.LSTM(H, **options)
        layer.build((None, None, D))
        with pytest.raises(ValueError, match=pattern):
            interop.from_keras(layer)


def test_without_keras_the_message_says_how_to_get_it(rng, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ImportError, match=r"pip install rnnbook\[interop\]"):
        interop.to_keras(LSTM(D, H, rng=rng))
