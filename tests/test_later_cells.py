"""The cells of chapter 19 against their equations in PyTorch, gradients by autograd: a second derivation."""

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state

from rnnbook.trials.later_cells import CELLS, MLSTM, RGLRU, S6

torch = pytest.importorskip("torch")
T, B, D, H = 7, 3, 4, 5


def lru(cell, p, xw, h, s):
    """In complex numbers."""
    u, v = xw.chunk(2, -1)
    eigenvalue = torch.exp(torch.complex(-torch.exp(p["nu"]), p["theta"]))
    z = eigenvalue * torch.complex(h, s) + torch.sqrt(1 - torch.abs(eigenvalue) ** 2) * torch.complex(u, v)
    return z.real, z.imag


def gated_rotation(cell, p, xw, h, s):
    theta, r, u, v = xw.chunk(4, -1)
    z = torch.polar(torch.sigmoid(r), theta) * torch.complex(h, s) + torch.complex(u, v)
    return z.real, z.imag


def rg_lru(cell, p, xw, h):
    r, i, u = xw.chunk(3, -1)
    a = torch.sigmoid(p["Lambda"]) ** (8 * torch.sigmoid(r))
    h = a * h + torch.sqrt(1 - a**2) * torch.sigmoid(i) * u
    return (h,)


def s6(cell, p, xw, h, S):
    delta, u, B, C = xw.split((H, H, S6.N, S6.N), -1)
    delta = torch.nn.functional.softplus(delta)
    a = torch.exp(-torch.einsum("bh,n->bhn", delta, torch.arange(1.0, S6.N + 1).double()))
    S = a * S + torch.einsum("bh,bn->bhn", delta * u, B)
    return torch.einsum("bhn,bn->bh", S, C), S


def linear_attention(cell, p, xw, h, S):
    q, k, v = xw.chunk(3, -1)
    S = S + torch.einsum("bi,bj->bij", v, k)
    return torch.einsum("bij,bj->bi", S, q), S


def delta_net(cell, p, xw, h, S):
    """As a product of matrices: S (1 - β k kᵀ) + β v kᵀ."""
    q, k, v, beta = xw.split((H, H, H, 1), -1)
    k = k / torch.sqrt((k * k).sum(-1, keepdim=True) + 1e-6)
    beta = cell.most * torch.sigmoid(beta)[..., None]
    S = S @ (torch.eye(H).double() - beta * torch.einsum("bi,bj->bij", k, k)) + beta * torch.einsum("bi,bj->bij", v, k)
    return torch.einsum("bij,bj->bi", S, q), S


def m_lstm(cell, p, xw, h, C, n, m):
    """Without a stabiliser: C and n as they are in the paper's first equations, times exp(m) at the start and end."""
    q, k, v, o, i, f = xw.split((H,) * 4 + (1, 1), -1)
    new_m = torch.maximum(torch.nn.functional.logsigmoid(f) + m, i)
    C, n = C * torch.exp(m)[..., None], n * torch.exp(m)
    f, i = torch.sigmoid(f), torch.exp(i)
    C = f[..., None] * C + i[..., None] * torch.einsum("bi,bj->bij", v, k)
    n = f * n + i * k
    size = torch.clamp((n * q).sum(-1, keepdim=True).abs(), min=1)
    h = torch.sigmoid(o) * torch.einsum("bij,bj->bi", C, q) / size
    return h, C * torch.exp(-new_m)[..., None], n * torch.exp(-new_m), new_m


def s_lstm(cell, p, xw, h, y, log_n):
    """With c and n, as in the paper."""
    i, f, o, g = (xw + h @ p["W_h"]).chunk(4, -1)
    i = torch.exp(i) if cell.gate == "exp" else torch.sigmoid(i)
    n = torch.exp(log_n)
    c = torch.sigmoid(f) * (y * n) + i * torch.tanh(g)
    n = torch.sigmoid(f) * n + i
    return torch.sigmoid(o) * c / n, c / n, torch.log(n)


STEPS = {
    "LRU": lru,
    "GatedRotation": gated_rotation,
    "RGLRU": rg_lru,
    "S6": s6,
    "LinearAttention": linear_attention,
    "DeltaNet": delta_net,
    "MLSTM": m_lstm,
    "SLSTM": s_lstm,
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.partition(" ")[0] in CELLS])
def test_a_cell_and_its_gradients_are_those_of_its_equations_in_pytorch(kind, rng):
    cell = random_cell(kind, D, H, rng)
    x, state, dhs = rng.normal(size=(T, B, D)), random_state(cell, B, rng), rng.normal(size=(T, B, H))
    dstate = random_state(cell, B, rng)
    hs, final = cell(x, state)
    dx, dstart = cell.backward(dhs, dstate)

    def leaf(value):
        return torch.tensor(value, requires_grad=True)

    p, xt, start = {name: leaf(value) for name, value in cell.params.items()}, leaf(x), [leaf(s) for s in state]
    now, outputs = tuple(start), []
    for t in range(T):
        now = STEPS[kind.partition(" ")[0]](cell, p, xt[t] @ p["W_x"] + p["b"], *now)
        outputs.append(now[0])
    for ours, theirs in zip((hs, *final), (torch.stack(outputs), *now), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    loss = (torch.stack(outputs) * torch.tensor(dhs)).sum()
    loss = loss + sum((s * torch.tensor(d)).sum() for s, d in zip(now, dstate, strict=True))
    leaves = [xt, *start, *p.values()]
    found = [dx, *dstart, *(cell.grads[name] for name in p)]
    for ours, theirs in zip(found, torch.autograd.grad(loss, leaves, allow_unused=True), strict=True):
        theirs = np.zeros(ours.shape) if theirs is None else theirs.numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.partition(" ")[0] in CELLS])
def test_gates_that_are_wide_open_or_shut_give_numbers(kind, rng):
    for size in (50.0, 2000.0):
        cell = random_cell(kind, D, H, rng, scale=1.0)
        x = size * rng.normal(size=(T, B, D))
        hs, _ = cell(x)
        dx, _ = cell.backward(rng.normal(size=hs.shape))
        assert np.isfinite(hs).all() and np.isfinite(dx).all()
        assert all(np.isfinite(g).all() for g in cell.grads.values())


def test_a_blank_input_is_read_from_a_memory_that_was_written_by_a_large_gate():
    for dtype in (np.float32, np.float64):
        for size in (100.0, 120.0, 1000.0):
            cell = MLSTM(1, 1, rng=np.random.default_rng(0), dtype=dtype)
            cell.params["W_x"][:] = 1, 1, 4, 0, 0, 0
            cell.block("b", "i")[:] = size
            hs, _ = cell(np.array([1, 0, 1], dtype).reshape(3, 1, 1))
            dx, _ = cell.backward(np.ones_like(hs))
            np.testing.assert_allclose(hs.ravel(), [2, 0, 2], atol=1e-6)
            assert np.isfinite(dx).all()


def test_a_gate_that_hardly_forgets_has_a_gradient(rng):
    """The logarithm of what is kept is below the smallest step beside 1."""
    for dtype, Lambda in ((np.float32, 18.0), (np.float64, 40.0)):
        cell = RGLRU(D, H, rng=rng, dtype=dtype)
        cell.params["Lambda"][:] = Lambda
        hs, _ = cell(rng.normal(size=(T, B, D)).astype(dtype))
        cell.backward(np.ones_like(hs))
        assert np.isfinite(cell.grads["Lambda"]).all()
