"""Two cells of another build than the package's, with matrices for states: the contract must hold for them too.

DeltaNet (Schlag et al. 2021; Yang et al. 2024) and the matrix memory of xLSTM (Beck et al. 2024).
"""

import numpy as np

from rnnbook import Cell
from rnnbook.activations import d_sigmoid, sigmoid
from rnnbook.arrays import flat, join, namespace


def cut(a, widths):
    """Split the last axis into blocks of these widths."""
    ends = np.cumsum(widths)
    return [a[..., e - w : e] for w, e in zip(widths, ends, strict=True)]


def outer(v, k):
    return v[..., :, None] * k[..., None, :]


def read(S, q):
    return (S * q[..., None, :]).sum(-1)


def read_back(S, d):
    return (S * d[..., :, None]).sum(-2)


def dot(a, b):
    return (a * b).sum(-1)[..., None]


class Matrix(Cell):
    """A cell with a matrix for a state and without W_h."""

    states = ("h", "S")

    def state_shapes(self):
        return (self.hidden_size,), (self.hidden_size, self.hidden_size)

    def parameters(self):
        return {name: p for name, p in super().parameters().items() if name != "W_h"}

    def weight_grads(self, da):
        return {"W_x": flat(self.x).T @ flat(da), "b": flat(da).sum(0)}


class DeltaNet(Matrix):
    """``S = S + β (v - S k) kᵀ`` with ``|k| = 1``, read as ``h = S q``."""

    blocks, gates = ("q", "k", "v", "beta"), ("beta",)
    saved = ("q", "k", "length", "e", "beta", "S_prev", "S")

    def block_widths(self):
        return (self.hidden_size,) * 3 + (1,)

    def step(self, xw, state):
        q, k, v, a = cut(xw, self.block_widths())
        _, S_prev = state
        length = (dot(k, k) + 1e-6) ** 0.5
        k, beta = k / length, sigmoid(a)
        e = v - read(S_prev, k)
        S = S_prev + outer(beta * e, k)
        return (read(S, q), S), (q, k, length, e, beta, S_prev, S)

    def step_back(self, saved, dstate):
        q, k, length, e, beta, S_prev, S = saved
        dh, dS = dstate
        dS = dS + outer(dh, q)
        along = read(dS, k)
        de = beta * along
        dk = read_back(dS, beta * e) - read_back(S_prev, de)
        dk = (dk - k * dot(k, dk)) / length
        da = join([read_back(S, dh), dk, de, dot(e, along) * d_sigmoid(beta)])
        return da, (0 * dh, dS - outer(de, k))


class MatrixLSTM(Matrix):
    """The mLSTM: exponential input gate, and a state m that keeps both gates from overflowing."""

    blocks, gates = ("q", "k", "v", "o", "i", "f"), ("o",)
    states = ("h", "C", "n", "m")
    saved = ("q", "k", "v", "o", "i", "f", "sf", "first", "d", "C_prev", "n_prev", "C", "n", "m")

    def block_widths(self):
        return (self.hidden_size,) * 4 + (1, 1)

    def state_shapes(self):
        H = self.hidden_size
        return (H,), (H, H), (H,), (1,)

    def step(self, xw, state):
        q, k, v, a_o, a_i, a_f = cut(xw, self.block_widths())
        xp, (_, C_prev, n_prev, m_prev) = namespace(xw), state
        sf, o = sigmoid(a_f), sigmoid(a_o)
        log_f = xp.log(sf) + m_prev
        first = xp.real(log_f) >= xp.real(a_i)
        m = xp.where(first, log_f, a_i)
        f, i = xp.exp(log_f - m), xp.exp(a_i - m)
        C, n = f[..., None] * C_prev + outer(i * v, k), f * n_prev + i * k
        s = dot(n, q)
        d = xp.where(xp.real(s) < 0, -s, s)
        d = xp.where(xp.real(d) > xp.real(xp.exp(-m)), d, xp.exp(-m))
        return (o * read(C, q) / d, C, n, m), (q, k, v, o, i, f, sf, first, d, C_prev, n_prev, C, n, m)

    def step_back(self, saved, dstate):
        q, k, v, o, i, f, sf, first, d, C_prev, n_prev, C, n, m = saved
        (dh, dC, dn, dm), xp = dstate, namespace(q)
        y, dy = read(C, q) / d, dh * o / d
        dd, s = -dot(dy, y), dot(n, q)
        ds = xp.where(abs(s) > xp.exp(-m), dd * xp.sign(s), 0)
        dm = dm - xp.where(abs(s) > xp.exp(-m), 0, dd * d)
        dC, dn = dC + outer(dy, q), dn + ds * q
        dq, dv, dk = read_back(C, dy) + ds * n, i * read(dC, k), read_back(dC, i * v) + i * dn
        di, df = dot(read(dC, k), v) + dot(dn, k), (dC * C_prev).sum((-2, -1))[..., None] + dot(dn, n_prev)
        dm = dm - df * f - di * i
        dlog_f, da_i = df * f + xp.where(first, dm, 0), di * i + xp.where(first, 0, dm)
        da = join([dq, dk, dv, dh * y * d_sigmoid(o), da_i, dlog_f * (1 - sf)])
        return da, (0 * dh, dC * f[..., None], dn * f, dlog_f)
