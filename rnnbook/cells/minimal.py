"""Gated cells whose gates do not look at the state: linear recurrences, which a scan computes in parallel."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.activations import d_sigmoid, sigmoid
from rnnbook.arrays import Array, flat, is_concrete, join, namespace, split
from rnnbook.cells.base import Cell, Parameter, Saved, State


class InputGated(Cell):
    """A cell whose gates see the input alone: there is no ``W_h``."""

    def parameters(self) -> dict[str, Parameter]:
        """Those of every cell but ``W_h``."""
        return {name: p for name, p in super().parameters().items() if name != "W_h"}

    def weight_grads(self, da: Array) -> dict[str, Array]:
        return {"W_x": flat(self.x).T @ flat(da), "b": flat(da).sum(0)}


class Minimal(InputGated):
    """``h_t = k_t ⊙ h_{t-1} + (1 - k_t) ⊙ n_t``; a subclass says in `retention` what k and n are."""

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        rng.random((hidden_size, sum(self.block_widths())))  # where W_h is drawn: the tables of chapter 15 were made so

    def retention(self, xw: Array) -> tuple[Array, ...]:
        """The share k that is kept, the new value n, and what else `step_back` needs, given ``xw (B, kH)``."""
        raise NotImplementedError(f"{type(self).__name__} must define retention(xw)")

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        (h_prev,) = state
        k, n, *others = self.retention(xw)
        return (k * h_prev + (1 - k) * n,), (k, n, *others, h_prev)

    def parallel(self, x: Array) -> Array:
        """The outputs ``hs (T, B, H)`` for ``x (T, B, D)``, from the zero state, by `linear_scan` instead of a loop."""
        x = check.shaped("x", x, (None, None, self.input_size), "(T, B, D)")
        k, n, *_ = self.retention(x @ self.params["W_x"] + self.params["b"])
        return linear_scan(k, (1 - k) * n)


class MinGRU(Minimal):
    """The minimal gated recurrent unit (Feng et al. 2024; their z is 1 - z), z keeping the old state as in `GRU`::

        z = σ(x_t W_xz + b_z)
        n = x_t W_xn + b_n
        h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> cell, x = MinGRU(3, 4, rng=rng, dtype=np.float64), rng.normal(size=(50, 2, 3))
    >>> bool(np.allclose(cell.parallel(x), cell(x)[0]))
    True
    """

    blocks, gates = ("z", "n"), ("z",)
    saved = ("z", "n", "h_prev")
    retention_gate = ("z", +1)

    def retention(self, xw: Array) -> tuple[Array, ...]:
        a_z, n = split(xw, 2)
        return sigmoid(a_z), n

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        z, n, h_prev = saved
        (dh,) = dstate
        da_z = dh * (h_prev - n) * d_sigmoid(z)
        return join([da_z, dh * (1 - z)]), (dh * z,)


class MinLSTM(Minimal):
    """The minimal long short-term memory (Feng et al. 2024): two gates that share one out between them::

        f, i = σ(x_t W_xf + b_f), σ(x_t W_xi + b_i)
        n = x_t W_xn + b_n
        h_t = f / (f + i) ⊙ h_{t-1} + i / (f + i) ⊙ n

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.
    """

    blocks, gates = ("f", "i", "n"), ("f", "i")
    saved = ("k", "n", "f", "i", "h_prev")
    retention_gate, input_gate = ("f", +1), "i"

    def retention(self, xw: Array) -> tuple[Array, ...]:
        a_f, a_i, n = split(xw, 3)
        # f / (f + i), with e^m in every term so that no exponential overflows and not all of them vanish
        xp = namespace(xw)
        m = xp.minimum(xp.minimum(a_f, a_i), 0)
        one, not_f, not_i = xp.exp(m), xp.exp(m - a_f), xp.exp(m - a_i)
        return (one + not_i) / (2 * one + not_f + not_i), n, sigmoid(a_f), sigmoid(a_i)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        k, n, f, i, h_prev = saved
        (dh,) = dstate
        dk = dh * (h_prev - n) * k * (1 - k)  # times the slope of log f, or of log i
        return join([dk * (1 - f), -dk * (1 - i), dh * (1 - k)]), (dh * k,)


def linear_scan(a: Array, b: Array) -> Array:
    """``h_t = a_t ⊙ h_{t-1} + b_t`` from ``h_{-1} = 0``, in ``log₂ T`` sweeps over whole arrays.

    Two steps in a row are a step: ``h → a₂ (a₁ h + b₁) + b₂ = (a₂ a₁) h + (a₂ b₁ + b₂)``. So each sweep
    doubles how many steps every entry stands for (Hillis & Steele 1986).

    Parameters
    ----------
    a, b : ndarray, shape (T, ...)

    Returns
    -------
    ndarray, shape (T, ...)

    Raises
    ------
    ValueError, TypeError
        When the shapes differ, there is no axis, or what is given holds no floating-point numbers; and when products
        of `a` over time may overflow. They do not for gates, whose size is at most 1.

    Examples
    --------
    >>> linear_scan(np.full(4, 0.5), np.ones(4))
    array([1.   , 1.5  , 1.75 , 1.875])
    """
    a, b = check.floating("a", a), check.floating("b", b)
    if a.shape != b.shape or a.ndim == 0:
        raise ValueError(f"a and b must have one shape (T, ...), got {a.shape} and {b.shape}")
    # what a product may grow to, as a logarithm: a sweep would multiply infinity by a state of zero
    growth = np.log(np.maximum(abs(a), 1)).sum(axis=0).max(initial=0) if is_concrete(a) else 0
    if growth > np.log(np.finfo(a.dtype).max):
        raise ValueError(f"a must have products over time that {a.dtype} holds, they may grow to exp({growth:.4g})")
    xp, steps = namespace(a), 1
    while steps < len(a):
        b = xp.concatenate([b[:steps], a[steps:] * b[:-steps] + b[steps:]])
        a = xp.concatenate([a[:steps], a[steps:] * a[:-steps]])
        steps *= 2
    return b
