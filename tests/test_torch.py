"""Values and gradients against PyTorch's own cells and against its autograd."""

from itertools import product

import numpy as np
import pytest
from kinds import random_cell, random_state
from own_cells import UpdateGateRNN

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Checkpointed,
    CoupledLSTM,
    Dense,
    Embedding,
    Model,
    SelfAttention,
    Stack,
    TiedReadout,
    interop,
)

torch = pytest.importorskip("torch")
T, B, D, H = 9, 4, 3, 5


@pytest.mark.parametrize("kind", ["RNN tanh", "RNN relu", "LSTM", "GRU after"])
def test_values_and_gradients_equal_those_of_torch_nn(kind, rng):
    cell = random_cell(kind, D, H, rng)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    state, dstate = random_state(cell, B, rng), random_state(cell, B, rng)
    hs, final = cell(x, state)
    dx, dstate0 = cell.backward(dhs, dstate)

    module = interop.to_torch(cell)
    tx = torch.tensor(x, requires_grad=True)
    ts = [torch.tensor(s[None], requires_grad=True) for s in state]
    ths, tfinal = module(tx, tuple(ts) if len(ts) > 1 else ts[0])
    tfinal = tfinal if isinstance(tfinal, tuple) else (tfinal,)
    loss = (ths * torch.tensor(dhs)).sum()
    loss = loss + sum((s[0] * torch.tensor(d)).sum() for s, d in zip(tfinal, dstate, strict=True))
    loss.backward()

    def same(ours, theirs):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)

    same(hs, ths)
    same(dx, tx.grad)
    for ours, theirs in zip(final, tfinal, strict=True):
        same(ours, theirs[0])
    for ours, theirs in zip(dstate0, ts, strict=True):
        same(ours, theirs.grad[0])
    # the gradients, given PyTorch's shape and order by way of a cell that holds them as parameters
    order = {"LSTM": "ifgo", "GRU": "rzn", "RNN": "h"}[type(cell).__name__]
    for ours, theirs in (("W_x", "weight_ih_l0"), ("W_h", "weight_hh_l0"), ("b", "bias_ih_l0")):
        blocks = dict(zip(cell.blocks, np.split(cell.grads[ours], len(cell.blocks), axis=-1), strict=True))
        same(np.concatenate([blocks[g] for g in order], axis=-1).T, getattr(module, theirs).grad)
    if "b_n" in cell.grads:
        same(cell.grads["b_n"], module.bias_hh_l0.grad[2 * H :])


def peephole(a, state, p):
    (_, c), (a_i, a_f, a_o, a_g) = state, a.chunk(4, dim=-1)
    i, f = torch.sigmoid(a_i + p["p_i"] * c), torch.sigmoid(a_f + p["p_f"] * c)
    c = f * c + i * torch.tanh(a_g)
    return torch.sigmoid(a_o + p["p_o"] * c) * torch.tanh(c), c


def coupled(a, state, p):
    (_, c), (a_i, a_o, a_g) = state, a.chunk(3, dim=-1)
    i = torch.sigmoid(a_i)
    c = (1 - i) * c + i * torch.tanh(a_g)
    return torch.sigmoid(a_o) * torch.tanh(c), c


@pytest.mark.parametrize(("kind", "rule"), [("PeepholeLSTM ifo", peephole), ("CoupledLSTM", coupled)])
def test_gradients_of_cells_pytorch_lacks_equal_its_autograd(kind, rule, rng):
    cell = random_cell(kind, D, H, rng)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    state = random_state(cell, B, rng)
    hs, _ = cell(x, state)
    dx, dstate0 = cell.backward(dhs)

    p = {name: torch.tensor(value, requires_grad=True) for name, value in cell.params.items()}
    tx = torch.tensor(x, requires_grad=True)
    start = [torch.tensor(s, requires_grad=True) for s in state]
    s, outputs = tuple(start), []
    for x_t in tx:
        s = rule(x_t @ p["W_x"] + s[0] @ p["W_h"] + p["b"], s, p)
        outputs.append(s[0])
    outputs = torch.stack(outputs)
    (outputs * torch.tensor(dhs)).sum().backward()
    np.testing.assert_allclose(hs, outputs.detach().numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dx, tx.grad.numpy(), rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(dstate0, start, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-12)
    for name, grad in cell.grads.items():
        np.testing.assert_allclose(grad, p[name].grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("make", [torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU])
def test_a_cell_from_torch_computes_what_the_module_computes(make, bias, dtype, rng):
    torch.manual_seed(0)
    module = make(D, H, bias=bias).to(dtype)
    cell = interop.from_torch(module)
    x = rng.normal(size=(T, B, D)).astype(str(dtype).split(".")[1])
    hs, _ = cell(x)
    theirs, _ = module(torch.from_numpy(x))
    assert hs.dtype == x.dtype
    tolerance = 1e-5 if dtype is torch.float32 else 1e-12
    np.testing.assert_allclose(hs, theirs.detach().numpy(), atol=tolerance)


@pytest.mark.parametrize("kind", ["RNN tanh", "RNN relu", "LSTM", "GRU after"])
def test_to_torch_and_back_keeps_every_weight(kind, rng):
    cell = random_cell(kind, D, H, rng, np.float32)
    back = interop.from_torch(interop.to_torch(cell))
    for name, value in cell.params.items():
        assert (back.params[name] == value).all(), name
    assert getattr(back, "activation", None) == getattr(cell, "activation", None)


def test_what_pytorch_has_no_twin_for_is_refused(rng):
    f = {"rng": rng}
    for layer, pattern in (
        (
            CoupledLSTM(1, 1, **f),
            r"layer \(CoupledLSTM\) has no equivalent in PyTorch, which takes .*; to_onnx takes it",
        ),
        (Stack([SelfAttention(2, 2, **f)]), r"0 \(SelfAttention\) has no equivalent in PyTorch.*; a cell in its place"),
        (
            Model(Stack([LSTM(2, 2, **f), Bidirectional(LSTM(2, 2, **f), UpdateGateRNN(2, 2, **f))]), Dense(4, 1, **f)),
            r"recurrent\.1\.backward_cell \(UpdateGateRNN\) has no equivalent in PyTorch.*; to_onnx takes it",
        ),
        (3, r"layer \(int\)"),
    ):
        with pytest.raises(TypeError, match=pattern):
            interop.to_torch(layer)
    for layer, pattern in (
        (GRU(1, 1, reset="before", **f), r"layer \(GRU\) must have reset='after' .* got 'before'; to_onnx takes it"),
        (
            random_cell("RNN leaky_relu", 1, 1, rng),
            "must have activation='tanh' or 'relu' .* got 'leaky_relu'; to_onnx",
        ),
        (Bidirectional(LSTM(2, 3, **f), LSTM(2, 4, **f)), r"one kind, size and dtype.*, got LSTM\(2, 3\) and LSTM"),
        (Stack([Bidirectional(LSTM(2, 3, **f), GRU(2, 3, **f))]), r"0 \(Bidirectional\) must be of two cells"),
    ):
        with pytest.raises(ValueError, match=pattern):
            interop.to_torch(layer)
    with pytest.raises(TypeError, match="got Linear"):
        interop.from_torch(torch.nn.Linear(1, 1))
    with pytest.raises(ValueError, match="no projection, got proj_size=1"):
        interop.from_torch(torch.nn.LSTM(2, 2, proj_size=1))


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("batch_first", [False, True], ids=["time first", "batch first"])
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_layers_and_directions_come_from_torch_and_go_back(kind, layers, both, batch_first, bias, rng):
    options = {"num_layers": layers, "bidirectional": both, "batch_first": batch_first, "bias": bias}
    module = getattr(torch.nn, kind)(D, H, **options).double()
    layer = interop.from_torch(module)
    x = rng.normal(size=(T, B, D))
    states = [rng.normal(size=(layers * (1 + both), B, H)) for _ in range(1 + (kind == "LSTM"))]

    def theirs(module):
        tx = torch.tensor(x.swapaxes(0, 1) if module.batch_first else x, requires_grad=True)
        given = tuple(map(torch.tensor, states))
        hs, final = module(tx, given if kind == "LSTM" else given[0])
        (hs**2).sum().backward()
        first = [a.detach().numpy() for a in (hs, tx.grad)]
        return [a.swapaxes(0, 1) if module.batch_first else a for a in first], [
            s.detach().numpy() for s in as_tuple(final)
        ]

    each = [tuple(s[k] for s in states) for k in range(layers * (1 + both))]
    ours = [tuple(each[2 * k : 2 * k + 2]) for k in range(layers)] if both else each
    hs, final = layer(x, tuple(ours) if layers > 1 else ours[0])
    dx, _ = layer.backward(2 * hs)
    flat = final if layers > 1 else (final,)
    if both:
        flat = [state for pair in flat for state in pair]
    again = interop.to_torch(layer, batch_first=batch_first)
    assert (again.num_layers, again.bidirectional, again.batch_first) == (layers, both, batch_first)
    for twin in (module, again):
        (their_hs, their_dx), their_final = theirs(twin)
        np.testing.assert_allclose(hs, their_hs, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(dx, their_dx, rtol=1e-9, atol=1e-12)
        for k, state in enumerate(flat):
            for s, value in zip(state, their_final, strict=True):
                np.testing.assert_allclose(s, value[k], rtol=1e-10, atol=1e-12)


def models(rng):
    """Whole models with every way to pool, with ids and numbers."""
    f = {"rng": rng, "dtype": np.float64}
    recurrent = {
        "cell": lambda: LSTM(3, 4, **f),
        "both": lambda: Bidirectional(GRU(3, 2, **f), GRU(3, 2, **f)),
        "alike": lambda: Stack([RNN(3, 4, **f), RNN(4, 4, **f)], dropout=0.5),
        "unlike": lambda: Stack([GRU(3, 5, **f), Bidirectional(LSTM(5, 2, **f), LSTM(5, 2, **f))], dropout=0.5),
        "other sizes": lambda: Stack([LSTM(3, 5, **f), LSTM(5, 4, **f)]),
        "nested": lambda: Stack([Stack([GRU(3, 5, **f), LSTM(5, 5, **f)]), LSTM(5, 4, **f)]),
        "checkpointed": lambda: Checkpointed(LSTM(3, 4, **f)),
    }
    for (name, make), pool in product(recurrent.items(), (None, "last", "mean", "max")):
        yield name, Model(make(), Dense(4, 2, **f), pool=pool, dropout=0.5)
    table = Embedding(9, 3, **f)
    yield "ids", Model(LSTM(3, 4, **f), Dense(4, 2, **f), table)
    yield "tied", Model(Stack([LSTM(3, 4, **f), GRU(4, 3, **f)]), TiedReadout(table), table)


@pytest.mark.parametrize("batch_first", [False, True], ids=["time first", "batch first"])
def test_whole_models_equal_those_of_pytorch_with_lengths_and_without(batch_first, rng):
    for name, model in models(rng):
        for p in model.params.values():
            p[...] = rng.normal(scale=0.5, size=p.shape)
        module = interop.to_torch(model, batch_first=batch_first)  # in training mode: there is no dropout
        for steps, size in ((7, 3), (1, 2), (5, 1)):
            shape = (steps, size)
            x = rng.integers(0, 9, shape) if model.embedding else rng.normal(size=(*shape, 3))
            lengths = rng.integers(1, steps + 1, size)
            tx = torch.from_numpy(np.ascontiguousarray(x.swapaxes(0, 1)) if batch_first else x)
            for given in (None, lengths) if name != "checkpointed" else (None,):
                y, _ = module(tx, lengths=None if given is None else torch.from_numpy(given))
                y = y.detach().numpy()
                np.testing.assert_allclose(model(x, given), y.swapaxes(0, 1) if batch_first else y, atol=1e-10)


def test_the_state_of_a_model_goes_on_in_pytorch(rng):
    model = Model(Stack([LSTM(3, 4, rng=rng), GRU(4, 5, rng=rng)]), Dense(5, 2, rng=rng))
    module, x = interop.to_torch(model), rng.normal(size=(8, 2, 3)).astype(np.float32)
    _, state = module(torch.from_numpy(x[:3]))
    y, _ = module(torch.from_numpy(x[3:]), state)
    np.testing.assert_allclose(model(x)[3:], y.detach().numpy(), atol=1e-5)


def test_a_tied_table_is_one_parameter_in_pytorch(rng):
    table = Embedding(9, 3, rng=rng)
    module = interop.to_torch(Model(LSTM(3, 3, rng=rng), TiedReadout(table), table))
    assert module.readout.weight is module.embedding.weight


def test_layers_without_time_go_too(rng):
    dense, table = Dense(3, 2, rng=rng), Embedding(7, 3, rng=rng)
    x, ids = rng.normal(size=(4, 2, 3)).astype(np.float32), rng.integers(0, 7, (4, 2))
    np.testing.assert_allclose(interop.to_torch(dense)(torch.from_numpy(x)).detach(), dense(x), atol=1e-6)
    np.testing.assert_array_equal(interop.to_torch(table)(torch.from_numpy(ids)).detach(), table(ids))
    between = Stack([LSTM(3, 3, rng=rng), dense, GRU(2, 3, rng=rng)])
    hs, _ = between.cells[2](dense(between.cells[0](x)[0]))
    np.testing.assert_allclose(interop.to_torch(between)(torch.from_numpy(x))[0].detach(), hs, atol=1e-5)


def test_dropout_goes_along():
    layer = interop.from_torch(torch.nn.LSTM(D, H, num_layers=2, dropout=0.3))
    assert layer.dropout == interop.to_torch(layer).dropout == 0.3
    layer.variational = True
    with pytest.raises(ValueError, match=r"layer \(Stack\) must not have variational=True, PyTorch draws a mask"):
        interop.to_torch(layer)


def test_a_missing_library_is_named_with_its_extra(rng, monkeypatch):
    import sys

    for name in ("torch", "onnx"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ImportError, match=rf"needs {name}.*pip install rnnbook\[interop\]"):
            getattr(interop, f"to_{name}")(LSTM(1, 1, rng=rng))


def test_reordering_goes_there_and_back_and_refuses_other_gates(rng):
    a = rng.normal(size=(3, 8))
    moved = interop.reorder(a, "ifog", "gofi")
    np.testing.assert_array_equal(moved[:, :2], a[:, 6:])
    np.testing.assert_array_equal(interop.reorder(moved, "gofi", "ifog"), a)
    for old, new, width in (("ifog", "ifoo", 8), ("ifog", "ifo", 8), ("ifog", "gofi", 6)):
        with pytest.raises(ValueError, match=r"old and new must name the same gates"):
            interop.reorder(np.zeros(width), old, new)
