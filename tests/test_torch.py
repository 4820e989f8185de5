"""Values and gradients against PyTorch's own cells and against its autograd."""

import numpy as np
import pytest
from kinds import random_cell, random_state

from rnnbook import GRU, LSTM, CoupledLSTM, interop

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
        blocks = dict(zip(cell.gates, np.split(cell.grads[ours], len(cell.gates), axis=-1), strict=True))
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


@pytest.mark.parametrize(("kind", "rule"), [("Peephole ifo", peephole), ("Coupled", coupled)])
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
    with pytest.raises(TypeError, match="got CoupledLSTM"):
        interop.to_torch(CoupledLSTM(1, 1, rng=rng))
    with pytest.raises(ValueError, match='reset="after"'):
        interop.to_torch(GRU(1, 1, reset="before", rng=rng))
    with pytest.raises(ValueError, match="'leaky_relu'"):
        interop.to_torch(random_cell("RNN leaky", 1, 1, rng))
    with pytest.raises(TypeError, match="got Linear"):
        interop.from_torch(torch.nn.Linear(1, 1))
    for options in ({"num_layers": 2}, {"bidirectional": True}, {"proj_size": 1}):
        with pytest.raises(ValueError, match="one layer"):
            interop.from_torch(torch.nn.LSTM(2, 2, **options))


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
