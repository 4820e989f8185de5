"""Every cell, whole models and a reader's own cells in ONNX Runtime."""

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
    split,
)
from rnnbook.interop.traced import COMPOSED, UFUNCS

onnxruntime, _ = pytest.importorskip("onnxruntime"), pytest.importorskip("onnx")
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
MAKERS |= {kind.__name__: lambda D, H, rng, kind=kind: randomised(kind(D, H, rng=rng), rng) for kind in OWN}


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


EDGES = np.array([-np.inf, -3.7, -2.5, -1, -0.3, 0, 0.3, 0.5, 1, 1.5, 6, 1e4, np.inf, np.nan], np.float32)


@pytest.mark.parametrize("name", [*sorted({f.__name__ for f in UFUNCS | COMPOSED} - {"matmul"}), "round", "clip"])
def test_a_function_of_numpy_is_onnxs_at_the_edge_too(name):
    function = {"divmod": lambda a, b: a // b + a % b, "clip": lambda a: np.clip(a, a_min=None, a_max=0.4)}.get(name)
    function = function or getattr(np, name)
    two = getattr(function, "nin", 2 if name == "divmod" else 1) == 2

    class Own(Cell):
        blocks, states = ("a", "b"), ("h", "s")

        def step(self, xw, state):
            a, b = split(xw, 2)
            if "bitwise" in name or name == "invert":
                a, b = a > 0, b > 0
            y = function(a, b) if two else function(a)
            return (y if y.dtype.kind == "f" else np.where(y, 1.0, 0.0), state[1]), ()

    H = len(EDGES) ** 2 if two else len(EDGES)
    cell = Own(1, H, rng=np.random.default_rng(0))
    a, b = (v.ravel() for v in np.meshgrid(EDGES, EDGES, indexing="ij")) if two else (EDGES, EDGES)
    cell.params["W_x"][:], cell.params["b"][:] = 0, np.concatenate([a, b])
    x = np.zeros((2, 2, 1), np.float32)
    with np.errstate(all="ignore"):
        ours, theirs = cell(x)[0], outputs(cell, x, state=False)[0]
    wrong = ~np.isclose(ours, theirs, rtol=1e-5, atol=1e-5, equal_nan=True)[0, 0]
    assert not wrong.any(), list(zip(a[wrong], b[wrong], ours[0, 0, wrong], theirs[0, 0, wrong], strict=True))


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
        (pair, r"layer \(EncoderDecoder\) has no equivalent in ONNX.*its encoder and its decoder go one by one"),
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
        (lambda xw, h: np.copysign(h, xw), "np.copysign cannot be traced"),
        (lambda xw, h: np.hypot(h, xw), "np.hypot cannot be traced"),
        (lambda xw, h: np.modf(h)[0], "np.modf cannot be traced"),
        (lambda xw, h: np.add.reduce(h), "np.add.reduce cannot be traced"),
        (lambda xw, h: np.add(h, xw, out=h), "np.add cannot be traced with out"),
        (lambda xw, h: np.mean(h, dtype=float), "np.mean cannot be traced with such arguments: .*'dtype'"),
        (lambda xw, h: h if (h > 0).all() else xw, "an array's all cannot be traced"),
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
