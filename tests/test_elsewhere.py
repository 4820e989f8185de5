"""The same cells elsewhere: integers, C and Equinox; and the list of what goes where."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import processes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from own_cells import UpdateGateRNN

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Cell,
    CoupledLSTM,
    Dense,
    Embedding,
    LayerNormLSTM,
    Model,
    PeepholeLSTM,
    SelfAttention,
    Stack,
    TiedReadout,
    interop,
    networks,
)
from rnnbook.interop import parts
from rnnbook.interop.quantization import quantize

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@given(
    arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-100, 100)),
    st.integers(2, 8),
)
@settings(deadline=None)
def test_a_weight_moves_by_no_more_than_half_a_scale(p, bits):
    whole, scale = quantize(p, bits)
    top = 2 ** (bits - 1) - 1
    assert whole.dtype == np.int8 and np.abs(whole).max(initial=0) <= top
    # the scale is written with four digits, so the largest may be cut by that much
    room = scale / 2 + np.abs(p).max(axis=0) * 6e-4 + 1e-300
    assert (np.abs(whole * scale - p) <= room).all()


def test_bad_input_to_quantise_is_named():
    for bits in (1, 9, 2.5, "8"):
        with pytest.raises((ValueError, TypeError), match="bits must be"):
            quantize(np.ones(3), bits)
    with pytest.raises(TypeError, match="array must hold real floating-point numbers"):
        quantize(np.arange(3))
    with pytest.raises(ValueError, match="array must have one axis or two"):
        quantize(np.ones((2, 2, 2)))
    for bad in (np.array([np.nan, 1.0]), np.array([1.0, np.inf])):
        with pytest.raises(ValueError, match=r"array must be finite, got (nan|inf) at [01]"):
            quantize(bad)
    with pytest.raises(ValueError, match=r"and not be empty, got shape \(0, 3\)"):
        quantize(np.zeros((0, 3)))
    with pytest.raises(TypeError, match="array must hold real floating-point numbers, got dtype complex128"):
        quantize(np.array([1j]))


def rounded(model):
    """The model that the C file is of: matrices of integers times their scales, in double precision."""
    for p in model.params.values():
        if p.ndim == 2:
            whole, scale = quantize(p)
            p[...] = whole * scale
    return model


@pytest.mark.skipif(not COMPILER, reason="needs a C compiler")
@pytest.mark.parametrize(("D", "H", "K"), [(1, 1, 1), (3, 5, 2), (2, 20, 7)])
def test_the_c_file_computes_what_the_model_computes(D, H, K, rng, tmp_path):
    model = Model(LSTM(D, H, rng=rng, dtype=np.float64), Dense(H, K, rng=rng, dtype=np.float64))
    for p in model.params.values():
        p[...] = rng.normal(size=p.shape)
    model.params["recurrent.W_h"][:, 0] = 0  # a column of zeros
    source = interop.to_c(model, "tiny")
    (tmp_path / "tiny.c").write_text(source)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]
    command = [COMPILER, *strict, "-shared", "-fPIC", "-o", tmp_path / "tiny.so", tmp_path / "tiny.c", "-lm"]
    processes.run(command)
    library = ctypes.CDLL(str(tmp_path / "tiny.so"))
    state, read = (ctypes.c_float * (2 * H))(*[9.0] * (2 * H)), (ctypes.c_float * K)()
    x = rng.normal(size=(50, 1, D))
    expected = rounded(model)(x)
    library.tiny_reset(state)
    for x_t, y_t in zip(x[:, 0], expected[:, 0], strict=True):
        library.tiny_step(state, (ctypes.c_float * D)(*x_t))
        library.tiny_read(state, read)
        np.testing.assert_allclose(np.array(read), y_t, rtol=1e-4, atol=1e-4)


def test_the_forecaster_in_c_is_short():
    assert len(interop.to_c(networks.forecaster(), "forecaster").splitlines()) < 150


def test_what_has_no_c_file_is_refused(rng):
    made = {"rng": rng}
    dense = Dense(4, 2, **made)
    with pytest.raises(TypeError, match="model must be a Model of an LSTM and a Dense readout, got LSTM"):
        interop.to_c(LSTM(3, 4, **made))
    for recurrent in (GRU(3, 4, **made), PeepholeLSTM(3, 4, **made), Stack([LSTM(3, 4, **made)])):
        with pytest.raises(TypeError, match="model must be a Model of an LSTM"):
            interop.to_c(Model(recurrent, dense))
    with pytest.raises(TypeError, match="model must read numbers"):
        interop.to_c(Model(LSTM(3, 4, **made), dense, Embedding(9, 3, **made)))
    with pytest.raises(ValueError, match="has pool='mean'"):
        interop.to_c(Model(LSTM(3, 4, **made), dense, pool="mean"))
    unwell = Model(LSTM(3, 4, **made), Dense(4, 2, **made))
    unwell.params["readout.b"][1] = np.nan
    with pytest.raises(ValueError, match=r"params\['readout.b'\] must be finite, got nan at 1"):
        interop.to_c(unwell)
    for name in ("9", "a b", "", "ä", 3):
        with pytest.raises(ValueError, match="name must be a name in C"):
            interop.to_c(Model(LSTM(3, 4, **made), dense), name)


@pytest.mark.parametrize("make", [LSTM, GRU])
def test_equinox_computes_the_same_and_the_weights_come_back(make, rng):
    pytest.importorskip("equinox")
    cell = make(3, 5, rng=rng)
    for p in cell.params.values():
        p[...] = rng.normal(size=p.shape)
    theirs = interop.to_equinox(cell)
    x = rng.normal(size=(20, 3)).astype(np.float32)
    hs, _ = cell(x[:, None])
    zero = np.zeros(5, np.float32)
    state = (zero, zero) if make is LSTM else zero
    for x_t, h_t in zip(x, hs[:, 0], strict=True):
        state = theirs(x_t, state)
        np.testing.assert_allclose(state[0] if make is LSTM else state, h_t, atol=1e-5)
    back = interop.from_equinox(theirs)
    assert type(back) is make and all((back.params[name] == p).all() for name, p in cell.params.items())


def test_what_equinox_has_not_is_refused(rng):
    eqx, jax = pytest.importorskip("equinox"), pytest.importorskip("jax")
    for layer in (PeepholeLSTM(3, 4, rng=rng), Stack([LSTM(3, 4, rng=rng)])):
        with pytest.raises(
            TypeError, match=rf"layer \({type(layer).__name__}\) has no equivalent in Equinox.*; to_onnx takes"
        ):
            interop.to_equinox(layer)
    with pytest.raises(ValueError, match=r"layer \(GRU\) must have reset='after' .*; to_onnx takes it"):
        interop.to_equinox(GRU(3, 4, reset="before", rng=rng))
    key = jax.random.PRNGKey(0)
    with pytest.raises(TypeError, match="layer must be an equinox LSTMCell or GRUCell, got Linear"):
        interop.from_equinox(eqx.nn.Linear(3, 4, key=key))
    with pytest.raises(ValueError, match="layer must have a bias"):
        interop.from_equinox(eqx.nn.LSTMCell(3, 4, use_bias=False, key=key))


ROOT = Path(__file__).parents[1]
F = {"rng": np.random.default_rng(0)}
TABLE = Embedding(5, 2, **F)
#: One of each kind of part, as small as can be; where it cannot stand by itself, in a model.
EXAMPLES = {
    RNN: RNN(2, 2, **F),
    LSTM: LSTM(2, 2, **F),
    PeepholeLSTM: PeepholeLSTM(2, 2, **F),
    CoupledLSTM: CoupledLSTM(2, 2, **F),
    GRU: GRU(2, 2, **F),
    LayerNormLSTM: LayerNormLSTM(2, 2, **F),
    UpdateGateRNN: UpdateGateRNN(2, 2, **F),
    Stack: Stack([LSTM(2, 2, **F), LSTM(2, 2, **F)]),
    Bidirectional: Bidirectional(LSTM(2, 2, **F), LSTM(2, 2, **F)),
    Dense: Dense(2, 2, **F),
    Embedding: TABLE,
    TiedReadout: Model(LSTM(2, 2, **F), TiedReadout(TABLE), TABLE),
    Model: Model(LSTM(2, 2, **F), Dense(2, 1, **F)),
    SelfAttention: SelfAttention(2, 2, **F),
}
FUNCTIONS = {"ONNX": "onnx", "PyTorch": "torch", "Keras": "keras", "Equinox": "equinox", "C": "c"}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # as in test_keras.py
@pytest.mark.parametrize("library", parts.EXPORTS)
def test_the_list_of_what_goes_where_is_true(library):
    name = FUNCTIONS[library]
    os.environ.setdefault("KERAS_BACKEND", "torch")
    if library != "C":
        pytest.importorskip(name)
    there, back = getattr(interop, f"to_{name}"), getattr(interop, f"from_{name}", None)
    assert (back is None) == (library not in parts.IMPORTS)
    for kind, example in EXAMPLES.items():
        if kind in parts.EXPORTS[library] or (Cell in parts.EXPORTS[library] and issubclass(kind, Cell)):
            made = there(example)
            if kind in parts.IMPORTS.get(library, {}):
                returned = back(made)
                assert type(returned) is kind
                assert all((returned.params[key] == p).all() for key, p in example.params.items())
            elif back is not None:
                with pytest.raises((TypeError, ValueError), match="must"):
                    back(made)
        else:
            with pytest.raises(
                (TypeError, ValueError), match=r"; to_onnx takes it|; a cell in its place|must be a Model"
            ):
                there(example)


@pytest.mark.parametrize("page", ["README.md", "book/api-interop.md"])
def test_pages_show_the_list_of_what_goes_where(page):
    assert parts.table() in (ROOT / page).read_text()


def test_importing_the_room_imports_no_library():
    program = (
        "import sys, rnnbook.interop; "
        "print([m for m in ('torch', 'keras', 'onnx', 'onnxruntime', 'jax', 'equinox') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
