"""Every cell, whole models and a reader's own cells in ONNX Runtime; and what ONNX holds, read back."""

import io
from functools import partial
from itertools import product

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state
from own_cells import OWN

from rnnbook import (
    GRU,
    LSTM,
    Attention,
    Bidirectional,
    Cell,
    Checkpointed,
    Dense,
    Embedding,
    EncoderDecoder,
    MinGRU,
    MinLSTM,
    Model,
    SelfAttention,
    Stack,
    TiedReadout,
    interop,
)

onnxruntime, onnx = pytest.importorskip("onnxruntime"), pytest.importorskip("onnx")
NATIVE = [kind for kind in KINDS if kind.split()[0] not in ("LayerNormLSTM", "MinGRU", "MinLSTM")]
T_AND_B = [(9, 4), (1, 3), (7, 1)]


def outputs(layer, x, feed=None, **options):
    """What ONNX Runtime computes."""
    session = onnxruntime.InferenceSession(
        interop.to_onnx(layer, **options).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x} | (feed or {}))


def same(ours, theirs):
    ours = list(ours)
    assert [a.shape for a in ours] == [a.shape for a in theirs]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def randomised(layer, rng):
    for p in layer.params.values():
        p[...] = rng.normal(scale=0.5, size=p.shape)
    return layer


def leaves(state):
    for s in state:
        yield from leaves(s) if isinstance(s, tuple) else [s]


MAKERS = {kind: partial(random_cell, kind, dtype=np.float32) for kind in KINDS}
MAKERS |= {
    kind.__name__: lambda D, H, rng, kind=kind: randomised(kind(D, H, rng=rng), rng) for kind in (MinGRU, MinLSTM, *OWN)
}


@pytest.mark.parametrize("lengths", [False, True], ids=["whole", "lengths"])
@pytest.mark.parametrize("kind", MAKERS)
def test_values_equal_those_of_onnx_runtime(kind, lengths, rng):
    cell = MAKERS[kind](3, 6, rng=rng)
    for T, B in T_AND_B:
        x = rng.normal(size=(T, B, 3)).astype(np.float32)
        state = tuple(rng.uniform(0.5, 1.5, (B, *shape)).astype(np.float32) for shape in cell.state_shapes())
        feed, given = {f"{s}_0": value for s, value in zip(cell.states, state, strict=True)}, None
        if lengths:
            feed["lengths"] = given = rng.integers(1, T + 1, B)
            x[np.arange(T)[:, None] >= given] = np.inf  # what pads is not looked at
        hs, final = cell(x, state, given)
        same((hs, *final), outputs(cell, x, feed, lengths=lengths))
    hs, _ = cell(x, None, given)
    feed = {"lengths": given} if lengths else {}
    same([hs], outputs(cell, x, feed, lengths=lengths, state=False))


def test_an_own_cell_is_a_scan_that_has_its_parameters_by_name(rng):
    graph = interop.to_onnx(Stack([MAKERS["IndRNN"](3, 4, rng=rng), LSTM(4, 2, rng=rng)])).graph
    assert [n.op_type for n in graph.node if n.op_type in ("Scan", "LSTM")] == ["Scan", "LSTM"]
    assert "0.u" in {tensor.name for tensor in graph.initializer}


def cells_of(layer, place=""):
    """Every cell and its place in the names of ONNX."""
    for name, part in layer.parts.items():
        yield from [(part, f"{place}{name}.")] if isinstance(part, Cell) else cells_of(part, f"{place}{name}.")


def mixture(rng):
    def make(kind, D, H):
        return MAKERS[kind](D, H, rng=rng)

    both = Bidirectional(make("GRU before", 5, 4), make("PeepholeLSTM ifo", 5, 3))
    return Stack([make("LSTM", 3, 5), both, make("CoupledLSTM", 7, 2)])


def test_a_mixture_of_layers_and_directions_equals_onnx_runtimes(rng):
    layer = mixture(rng)
    x = rng.normal(size=(9, 4, 3)).astype(np.float32)
    given = [(cell, place, random_state(cell, 4, rng, np.float32)) for cell, place in cells_of(layer)]
    below, ahead, back, above = (state for _, _, state in given)
    hs, final = layer(x, (below, (ahead, back), above))
    fed = {f"{place}{s}_0": v for cell, place, state in given for s, v in zip(cell.states, state, strict=True)}
    same((hs, *leaves(final)), outputs(layer, x, fed))


def models(rng):
    """Whole models, each with every way to pool."""
    f = {"rng": rng}

    def table():
        return Embedding(9, 3, **f)

    recurrent = {
        "cell": lambda: LSTM(3, 4, **f),
        "own": lambda: MAKERS["Delta"](3, 4, rng=rng),
        "both": lambda: Bidirectional(MAKERS["Memory"](3, 2, rng=rng), GRU(3, 2, **f)),
        "stack": lambda: Stack([GRU(3, 5, **f), Bidirectional(LSTM(5, 3, **f), MinGRU(5, 1, **f))], dropout=0.5),
        "checkpointed": lambda: Checkpointed(LSTM(3, 4, **f)),
    }
    for (name, make), pool in product(recurrent.items(), (None, "last", "mean", "max")):
        yield f"{name} {pool}", Model(make(), Dense(4, 2, **f), pool=pool, dropout=0.5)
        yield f"{name} {pool} of ids", Model(make(), Dense(4, 2, **f), table(), pool=pool)
    ids = table()
    yield "tied", Model(Stack([LSTM(3, 4, **f), MinLSTM(4, 3, **f)]), TiedReadout(ids), ids)


def test_whole_models_equal_onnx_runtimes_with_lengths_and_without(rng):
    for name, model in models(rng):
        randomised(model, rng)
        for T, B in T_AND_B:
            x = rng.integers(0, 9, (T, B)) if model.embedding else rng.normal(size=(T, B, 3)).astype(np.float32)
            same([model(x)], outputs(model, x, state=False))
            if "checkpointed" not in name:
                lengths = rng.integers(1, T + 1, B)
                same([model(x, lengths)], outputs(model, x, {"lengths": lengths}, state=False, lengths=True))


def test_a_model_hands_its_state_on(rng):
    model = randomised(Model(LSTM(3, 4, rng=rng), Dense(4, 2, rng=rng)), rng)
    x, state = rng.normal(size=(5, 2, 3)).astype(np.float32), random_state(model.recurrent, 2, rng, np.float32)
    y, final = model.forward(x, state)
    same([y, *final], outputs(model, x, {"recurrent.h_0": state[0], "recurrent.c_0": state[1]}))


def test_layers_without_time_go_too(rng):
    dense, table = randomised(Dense(3, 2, rng=rng), rng), Embedding(7, 3, rng=rng)
    x, ids = rng.normal(size=(4, 2, 3)).astype(np.float32), rng.integers(0, 7, (4, 2))
    same([dense(x)], outputs(dense, x))
    same([table(ids)], outputs(table, ids))
    between = Stack([LSTM(3, 3, rng=rng), dense, GRU(2, 3, rng=rng)])
    hs = between.cells[2](dense(between.cells[0](x)[0]))[0]
    same([hs], outputs(between, x, state=False))


def test_what_cannot_go_is_named_with_what_would_do(rng):
    f = {"rng": rng}
    pair = EncoderDecoder(LSTM(3, 4, **f), LSTM(3, 4, **f), Dense(4, 5, **f), Embedding(5, 3, **f))
    for layer, pattern in (
        (pair, r"layer \(EncoderDecoder\) has no twin in ONNX.*its encoder and its decoder go one by one"),
        (Model(Stack([SelfAttention(3, 4, **f)]), Dense(4, 1, **f)), r"recurrent\.0 \(SelfAttention\).*a cell in its"),
        (Attention(2, 2, kind="additive", **f), r"layer \(Attention\)"),
        (type("Sub", (Model,), {})(LSTM(3, 4, **f), Dense(4, 1, **f)), r"layer \(Sub\).*take it apart"),
        (3, r"layer \(int\)"),
    ):
        with pytest.raises(TypeError, match=pattern):
            interop.to_onnx(layer)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda xw, h: h * np.linalg.norm(h), "np.norm cannot be traced"),
        (lambda xw, h: np.arctanh(h), "np.arctanh cannot be traced"),
        (lambda xw, h: h if (h > 0).all() else xw, "'Traced' object has no attribute 'all'"),
        (lambda xw, h: h if h.max() > 0 else xw, "mixes the sequences"),
        (lambda xw, h: h if h[:, 0] > 0 else xw, "numbers are not there while a step is traced"),
        (lambda xw, h: np.array(h), "numbers are not there while a step is traced"),
        (lambda xw, h: h * 1j, "no complex numbers"),
        (lambda xw, h: h[h > 0], "an index must be made of"),
        (lambda xw, h: h[..., :2], r"the state h must keep its shape \('B', 4\), got \('B', 2\)"),
        (lambda xw, h: np.zeros(h.shape), "'str' object cannot be interpreted as an integer"),
        (lambda xw, h: h.reshape(-1), "the state h must keep its shape|mixes the sequences"),
    ],
)
def test_a_step_that_cannot_be_traced_says_why(step, reason, rng):
    class Own(Cell):
        blocks = ("h",)

        def step(self, xw, state):
            return (step(xw, state[0]),), ()

    with pytest.raises(TypeError, match=f"1 \\(Own\\) has a step that cannot be traced to ONNX: .*({reason}).*; write"):
        interop.to_onnx(Stack([LSTM(2, 2, rng=rng), Own(2, 4, rng=rng)]))


def equal(one, other):
    assert type(one) is type(other) and one.params.keys() == other.params.keys()
    for name, value in one.params.items():
        np.testing.assert_array_equal(other.params[name], value)


@pytest.mark.parametrize("kind", NATIVE)
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
