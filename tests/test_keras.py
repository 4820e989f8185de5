"""The same weights in Keras give the same numbers, in both directions."""

import os
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from kinds import random_cell
from own_cells import UpdateGateRNN

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

from rnnbook import (  # noqa: E402
    GRU,
    LSTM,
    Bidirectional,
    Checkpointed,
    Dense,
    Embedding,
    Model,
    PeepholeLSTM,
    Stack,
    TiedReadout,
    interop,
)

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
    table = Embedding(9, D, rng=rng)
    tied = Model(LSTM(D, D, rng=rng), TiedReadout(table), table)
    own = Model(Stack([LSTM(D, H, rng=rng), UpdateGateRNN(H, H, rng=rng)]), Dense(H, 1, rng=rng))
    for layer, pattern in (
        (
            PeepholeLSTM(D, H, rng=rng),
            r"layer \(PeepholeLSTM\) has no equivalent in Keras, which takes .*; to_onnx takes it",
        ),
        (tied, r"readout \(TiedReadout\) has no equivalent in Keras.*; to_onnx takes it"),
        (own, r"recurrent\.1 \(UpdateGateRNN\) has no equivalent in Keras.*; to_onnx takes it"),
        (3, r"layer \(int\)"),
    ):
        for lengths in (False, True):
            with pytest.raises(TypeError, match=pattern):
                interop.to_keras(layer, lengths=lengths)
    with pytest.raises(
        ValueError, match=r"must have activation='tanh' or 'relu' .* got 'leaky_relu'; to_onnx takes it"
    ):
        interop.to_keras(random_cell("RNN leaky_relu", D, H, rng))
    with pytest.raises(TypeError, match="layer must be a keras SimpleRNN, LSTM or GRU, got Dense"):
        interop.from_keras(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="built=False"):
        interop.from_keras(keras.layers.LSTM(H))
    for options, pattern in (
        ({"use_bias": False}, "use_bias=False"),
        ({"recurrent_activation": "hard_sigmoid"}, "recurrent_activation='hard_sigmoid'"),
        ({"activation": "relu"}, r"layer\.activation must be"),
        ({"go_backwards": True}, "layer must read forward"),
    ):
        layer = keras.layers.LSTM(H, **options)
        layer.build((None, None, D))
        with pytest.raises(ValueError, match=pattern):
            interop.from_keras(layer)


def models(rng):
    """Whole models with every way to pool, with ids and numbers."""

    def cell(kind, D, H):
        return random_cell(kind, D, H, rng, np.float32)

    f = {"rng": rng}
    recurrent = {
        "cell": lambda: cell("LSTM", 3, 4),
        "both": lambda: Bidirectional(cell("GRU before", 3, 2), cell("RNN relu", 3, 2)),
        "stack": lambda: Stack([cell("GRU after", 3, 5), Bidirectional(cell("LSTM", 5, 2), cell("LSTM", 5, 2))]),
        "checkpointed": lambda: Checkpointed(cell("LSTM", 3, 4)),
    }
    for (name, make), pool in product(recurrent.items(), (None, "last", "mean", "max")):
        yield name, Model(make(), Dense(4, 2, **f), Embedding(9, 3, **f) if pool == "max" else None, pool=pool)
    yield "ids", Model(cell("LSTM", 3, 4), Dense(4, 2, **f), Embedding(9, 3, **f), dropout=0.5)


def test_whole_models_equal_those_of_keras_with_lengths_and_without(rng):
    for name, model in models(rng):
        for lengths in (False, True) if name != "checkpointed" else (False,):
            made = interop.to_keras(model, lengths=lengths)
            for steps, size in ((7, 3), (1, 2), (5, 1)):
                shape = (steps, size)
                x = rng.integers(0, 9, shape) if model.embedding else rng.normal(size=(*shape, 3)).astype(np.float32)
                given = rng.integers(1, steps + 1, size) if lengths else None
                turned = np.ascontiguousarray(x.swapaxes(0, 1))
                y = keras.ops.convert_to_numpy(made([turned, given.astype(np.int32)] if lengths else turned))
                ours = model(x, given)
                np.testing.assert_allclose(ours[0] if model.pool else ours.swapaxes(0, 1), y, rtol=1e-5, atol=1e-5)


def test_layers_without_a_readout_go_too(rng):
    dense, table = Dense(3, 2, rng=rng), Embedding(7, 3, rng=rng)
    x, ids = rng.normal(size=(4, 2, 3)).astype(np.float32), rng.integers(0, 7, (4, 2))
    between = Stack([LSTM(3, 3, rng=rng), dense, GRU(2, 3, rng=rng)])
    hs, _ = between.cells[2](dense(between.cells[0](x)[0]))
    np.testing.assert_allclose(run(interop.to_keras(between), x), hs, atol=1e-5)
    np.testing.assert_allclose(run(interop.to_keras(dense), x), dense(x), atol=1e-6)
    np.testing.assert_array_equal(run(interop.to_keras(table), ids), table(ids))
    cell, lengths = LSTM(3, 4, rng=rng), np.array([2, 4], np.int32)
    y = keras.ops.convert_to_numpy(interop.to_keras(cell, lengths=True)([x.swapaxes(0, 1), lengths]))
    np.testing.assert_allclose(y.swapaxes(0, 1), cell(x, lengths=lengths)[0], atol=1e-5)


def test_without_a_backend_the_message_says_that_it_is_the_backend():
    program = (
        "import sys\nsys.modules['tensorflow'] = None\nimport numpy as np\nfrom rnnbook import LSTM, interop\n"
        "interop.to_keras(LSTM(1, 1, rng=np.random.default_rng(0)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "ImportError: Keras is installed, its backend is not" in run.stderr
    assert "set KERAS_BACKEND to torch, jax or tensorflow" in run.stderr


def test_without_keras_the_message_says_how_to_get_it(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ImportError, match=r"pip install rnnbook\[interop\]"):
        interop.to_keras(LSTM(D, H, rng=rng))
