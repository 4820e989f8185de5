"""Cells that the package has not, with no more than their step: other blocks, states and parameters than an LSTM's.

With NumPy's functions or the array's own, with operators, methods and indices: whatever a reader may write.
"""

import numpy as np

from rnnbook import Cell, join, namespace, split
from rnnbook.activations import sigmoid, softmax, tanh
from rnnbook.cells.base import Parameter, constant, uniform


class UpdateGateRNN(Cell):
    """That of the API page."""

    blocks, gates = ("f", "n"), ("f",)

    def step(self, xw, state):
        (h,) = state
        a_f, a_n = split(xw + h @ self.params["W_h"], 2)
        f, n = sigmoid(a_f), tanh(a_n)
        return (h + f * (n - h),), (f, n, h)


class IndRNN(Cell):
    """Each unit sees itself only (Li et al. 2018)."""

    blocks = ("h",)

    def parameters(self):
        own = super().parameters() | {"u": Parameter((self.hidden_size,), uniform(1.0), recurrent=True)}
        return {name: p for name, p in own.items() if name != "W_h"}

    def step(self, xw, state):
        return (np.maximum(xw + self.params["u"] * state[0], 0),), ()


class Rotation(Cell):
    """A linear recurrence whose complex numbers lie in two halves (LRU, Orvieto et al. 2023)."""

    blocks = ("u",)

    def parameters(self):
        half = (self.hidden_size // 2,)
        return super().parameters() | {"nu": Parameter(half, constant(-1.0)), "theta": Parameter(half, uniform(3.0))}

    def step(self, xw, state):
        xp, p = namespace(xw), self.params
        r = np.exp(-np.exp(p["nu"]))
        a, b, gamma = r * np.cos(p["theta"]), r * np.sin(p["theta"]), (1 - r * r) ** 0.5
        real, imaginary = split(state[0], 2)
        turned = xp.concatenate([a * real - b * imaginary, a * imaginary + b * real], axis=-1)
        return (turned + join([gamma, gamma]) * xw,), (state[0],)


class Delta(Cell):
    """A matrix for a state, corrected by what is new (DeltaNet, Schlag et al. 2021)."""

    blocks, gates, states = ("q", "k", "v", "b"), ("b",), ("h", "S")

    def block_widths(self):
        return (self.hidden_size,) * 3 + (1,)

    def state_shapes(self):
        return (self.hidden_size,), (self.hidden_size, self.hidden_size)

    def step(self, xw, state):
        H, S = self.hidden_size, state[1]
        q, k, v, b = xw[..., :H], xw[..., H : 2 * H], xw[:, 2 * H : -1], xw[:, -1]
        k = k / np.sqrt((k * k).sum(-1)[..., None] + 1e-6)
        e = sigmoid(b)[:, None] * (v - np.einsum("bij,bj->bi", S, k))
        S = S + e[..., :, None] * k[..., None, :]
        return ((S @ q[..., None])[..., 0], S), (k, e)


class Memory(Cell):
    """xLSTM's matrix memory with its stabiliser (Beck et al. 2024)."""

    blocks, gates = ("q", "k", "v", "o", "i", "f"), ("o", "i", "f")
    states = ("h", "C", "n", "m")

    def block_widths(self):
        return (self.hidden_size,) * 4 + (1, 1)

    def state_shapes(self):
        H = self.hidden_size
        return (H,), (H * H,), (H,), (1,)

    def step(self, xw, state):
        xp, H = namespace(xw), self.hidden_size
        q, k, v, o = split(xw[..., : 4 * H], 4)
        a_i, log_f = xw[..., 4 * H : 4 * H + 1], np.log(sigmoid(xw[..., -1:])) + state[3]
        m = xp.where(log_f >= a_i, log_f, a_i)
        f, i = xp.exp(log_f - m), xp.exp(a_i - m)
        new = (i * v)[..., :, None] * k[..., None, :]
        C, n = f * state[1] + new.reshape(*new.shape[:-2], -1), f * state[2] + i * k
        d = np.maximum(abs((n * q).sum(axis=-1, keepdims=True)), xp.exp(-m))
        read = (C.reshape(-1, H, H).swapaxes(1, 2) * q[:, :, None]).sum(1)
        return (sigmoid(o) * read / d, C, n, m), (m,)


class Scalar(Cell):
    """xLSTM's scalar memory (Beck et al. 2024), with logaddexp for the stabiliser."""

    blocks, states = ("i", "f", "o", "g"), ("h", "c", "n", "m")

    def step(self, xw, state):
        h, c, n, m_before = state
        a_i, a_f, a_o, a_g = split(xw + np.dot(h, self.params["W_h"]), 4)
        log_f = -np.logaddexp(np.zeros_like(a_f), -a_f) + m_before
        m = np.maximum(log_f, a_i)
        f, i = np.exp(log_f - m), np.exp(a_i - m)
        c, n = f * c + i * np.tanh(a_g), f * n + i
        return (sigmoid(a_o) * c / n, c, n, m), ()


class Slots(Cell):
    """Writes into four slots and reads them by softmax, in two halves that are normalised."""

    blocks, states = ("w", "q", "v"), ("h", "M")

    def block_widths(self):
        return 4, 4, self.hidden_size

    def state_shapes(self):
        return (self.hidden_size,), (4, self.hidden_size)

    def step(self, xw, state):
        w, q, v = softmax(xw[..., :4]), softmax(xw[..., 4:8]), np.clip(xw[..., 8:], -1, 1)
        v = np.where(np.logical_and(v > -0.5, ~(v == 0)), np.log1p(np.square(v)), v)
        M = (1 - w[..., None]) * state[1] + np.stack([w[:, k : k + 1] * v for k in range(4)], axis=1)
        read = np.einsum("bk,bkh->bh", q, M).reshape((v.shape[0], 2, self.hidden_size // 2))
        read = read - read.mean(axis=-1, keepdims=True) + np.ones_like(read) * M.max(axis=(1, 2))[:, None, None]
        return (read.reshape(*v.shape), M), ()


OWN = [UpdateGateRNN, IndRNN, Rotation, Delta, Memory, Scalar, Slots]
