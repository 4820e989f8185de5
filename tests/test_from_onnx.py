"""What ONNX holds, read back: what `to_onnx` writes, and what PyTorch's exporter writes."""

import io
from itertools import product

import numpy as np
import pytest
from kinds import KINDS, random_cell

from rnnbook import LSTM, Bidirectional, Dense, Embedding, MinGRU, Model, Stack, interop

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from test_onnx import cells_of, mixture, same  # noqa: E402


def equal(one, other):
    assert type(one) is type(other) and one.params.keys() == other.params.keys()
    for name, value in one.params.items():
        np.testing.assert_array_equal(other.params[name], value)


@pytest.mark.parametrize("kind", [kind for kind, make in KINDS.items() if make.func in interop.parts.IMPORTS["ONNX"]])
def test_a_cell_goes_to_onnx_and_back(kind, rng, tmp_path):
    cell = random_cell(kind, 3, 5, rng, np.float32)
    for state, lengths in product((True, False), repeat=2):
        back = interop.from_onnx(interop.to_onnx(cell, state=state, lengths=lengths))
        equal(cell, back)
        for option in ("activation", "peepholes", "reset"):
            assert getattr(back, option, None) == getattr(cell, option, None)
    onnx.save(interop.to_onnx(cell), tmp_path / "cell.onnx")
    equal(cell, interop.from_onnx(tmp_path / "cell.onnx"))


def test_layers_and_directions_go_to_onnx_and_back(rng):
    both = Bidirectional(random_cell("GRU after", 3, 4, rng, np.float32), random_cell("LSTM", 3, 2, rng, np.float32))
    for layer in (mixture(rng), both):
        back = interop.from_onnx(interop.to_onnx(layer, lengths=True))
        equal(layer, back)
        assert [type(cell) for cell, _ in cells_of(back)] == [type(cell) for cell, _ in cells_of(layer)]


def exported(module, *inputs):
    """What PyTorch's older exporter writes, which needs no further package."""
    torch, file = pytest.importorskip("torch"), io.BytesIO()
    torch.onnx.export(module.eval(), inputs, file, dynamo=False)
    return onnx.load_from_string(file.getvalue())


def packing(module):
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    class Packing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = module

        def forward(self, x, lengths):
            first = module.batch_first
            packed = pack_padded_sequence(x, lengths, batch_first=first, enforce_sorted=False)
            return pad_packed_sequence(module(packed)[0], batch_first=first)[0]

    return Packing()


# the exporter warns of itself, and of sizes that it writes as they are
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("batch_first", [False, True], ids=["time first", "batch first"])
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_what_pytorch_exports_is_read(kind, layers, both, batch_first, rng):
    torch = pytest.importorskip("torch")
    module = getattr(torch.nn, kind)(3, 4, num_layers=layers, bidirectional=both, batch_first=batch_first)
    x, lengths = rng.normal(size=(6, 3, 3)).astype(np.float32), np.array([4, 6, 2])
    given = torch.from_numpy(np.ascontiguousarray(x.swapaxes(0, 1)) if batch_first else x)
    state = torch.randn(layers * (1 + both), 3, 4)
    each = [(s,) * (1 + (kind == "LSTM")) for s in state.numpy()]
    ours = [tuple(each[2 * k : 2 * k + 2]) for k in range(layers)] if both else each
    begun = tuple(ours) if layers > 1 else ours[0]
    for twin, inputs, called in (
        (module, (given,), (None, None)),
        (module, (given, (state, state) if kind == "LSTM" else state), (begun, None)),
        (packing(module), (given, torch.from_numpy(lengths)), (None, lengths)),
    ):
        theirs = twin(*inputs)
        theirs = (theirs if isinstance(theirs, torch.Tensor) else theirs[0]).detach().numpy()
        layer = interop.from_onnx(exported(twin, *inputs))
        assert isinstance(layer, Stack) == (layers > 1)
        same([layer(x, *called)[0]], [theirs.swapaxes(0, 1) if batch_first else theirs])


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_read_from_onnx_is_named(rng):
    torch = pytest.importorskip("torch")

    def changed(kind="LSTM", **attributes):
        model = interop.to_onnx(random_cell(kind, 3, 4, rng, np.float32))
        node = next(node for node in model.graph.node if node.op_type == kind.split()[0])
        for name, value in attributes.items():
            node.attribute.append(onnx.helper.make_attribute(name, value))
        return model

    class Doubled(torch.nn.Module):
        def __init__(self, begin=0.0):
            super().__init__()
            self.inner, self.begin = torch.nn.GRU(3, 4, num_layers=1), begin

        def forward(self, x):
            hs, _ = self.inner(x, torch.full((1, 2, 4), self.begin))
            return hs if self.begin else 2 * hs

    x = torch.zeros(5, 2, 3)
    model = Model(LSTM(3, 4, rng=rng), Dense(4, 2, rng=rng))
    for given, pattern in (
        (changed(clip=3.0), "none of clip"),
        (changed(activations=["Sigmoid", "Tanh", "Relu"]), "usual activations in its LSTM, got Sigmoid, Tanh, Relu"),
        (changed("GRU after", activations=["HardSigmoid", "Tanh"]), "usual activations in its GRU"),
        (interop.to_onnx(MinGRU(3, 4, rng=rng)), r"changes them|a Scan is a cell that ONNX has not"),
        (interop.to_onnx(model), r"its node .* \(MatMul\) changes them"),
        (interop.to_onnx(Embedding(3, 4, rng=rng)), "made of Gather"),
        (exported(Doubled(), x), r"\(Mul\) changes them"),
        (exported(Doubled(0.5), x), "must begin with states that are given or zero"),
        (changed(layout=1), "none of layout"),
    ):
        with pytest.raises(ValueError, match=pattern):
            interop.from_onnx(given)
    with pytest.raises(TypeError, match=r"model must be an onnx.ModelProto or the name of a file, got LSTM"):
        interop.from_onnx(LSTM(1, 1, rng=rng))
