"""Attention: for each query a mean of values, with weights that it chooses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnbook import check
from rnnbook.activations import d_relu, d_softmax, d_tanh, relu, softmax, tanh
from rnnbook.arrays import Array, flat, join, namespace, split
from rnnbook.cells.base import State, sequence_mask, within
from rnnbook.layers.stack import checked_state


class Attention:
    """Weights for the steps of one sequence, from each step of another, and the mean that they give.

    With queries ``q (H,)`` and keys ``k (E,)``, which are the values too::

        e = v · tanh(q W_q + k W_k)     additive (Bahdanau et al. 2015)
        e = q W · k                     multiplicative (Luong et al. 2015, "general")
        α = softmax of e over the keys of a sequence,    context = Σ α k

    Parameters
    ----------
    query_size, key_size : int
        H and E, at least 1.
    kind : {"additive", "multiplicative"}
    rng : numpy.random.Generator
        Draws ``W_q (H, A)``, ``W_k (E, A)`` and ``v (A,)``, with A = H, or ``W (H, E)``, uniformly from plus or
        minus one over the root of how many numbers are added up.
    dtype : dtype, default float32

    Raises
    ------
    ValueError, TypeError, RuntimeError
        Here and in every method, when an argument does not fit, there is no key, or `backward` came before a call.

    Attributes
    ----------
    weights : ndarray, shape (T, S, B)
        α of the last call: its sum over S is 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> attention = Attention(4, 3, kind="additive", rng=rng)
    >>> attention(rng.normal(size=(5, 2, 4)), rng.normal(size=(7, 2, 3)), np.array([7, 2])).shape
    (5, 2, 3)
    >>> attention.weights[:, 2:, 1].max()  # the second sequence has two keys
    np.float64(0.0)
    """

    def __init__(
        self, query_size: int, key_size: int, *, kind: str, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
    ) -> None:
        self.query_size = check.positive("query_size", query_size)
        self.key_size = check.positive("key_size", key_size)
        self.kind = check.choice("kind", kind, ("additive", "multiplicative"))
        H, E = query_size, key_size
        shapes = {"W_q": (H, H), "W_k": (E, H), "v": (H,)} if kind == "additive" else {"W": (H, E)}
        self.params = _drawn(shapes, rng, dtype)
        self._shapes = check.shapes(self.params)
        self.grads: dict[str, np.ndarray] = {}
        self._kept: Any = None

    def __call__(self, queries: Array, keys: Array, lengths: Array | None = None) -> Array:
        """Attend. Queries and keys are kept, not copied: leave them unchanged until `backward`.

        Parameters
        ----------
        queries : ndarray, shape (T, B, H)
        keys : ndarray, shape (S, B, E)
        lengths : ndarray of int, shape (B,), optional
            Keys of each sequence; the others get no weight, whatever they hold.

        Returns
        -------
        ndarray, shape (T, B, E)
            The contexts.
        """
        queries = check.shaped("queries", queries, (None, None, self.query_size), "(T, B, H)")
        keys = check.shaped("keys", keys, (None, queries.shape[1], self.key_size), "(S, B, E)")
        S, B, _ = keys.shape
        if S == 0:
            raise ValueError("keys must have at least one step, got S = 0")
        check.parameters(self)
        xp, p = namespace(keys), self.params
        alive = None if lengths is None else sequence_mask(check.lengths(lengths, S, B), S)
        keys = within(alive, keys)
        if self.kind == "additive":
            hidden = tanh((queries @ p["W_q"])[:, None] + keys @ p["W_k"])  # (T, S, B, A)
            scores = hidden @ p["v"]
        else:
            hidden = None
            scores = xp.einsum("tbe,sbe->tsb", queries @ p["W"], keys)
        if alive is not None:
            scores = xp.where(alive[..., 0], scores, -np.inf)
        self.weights = softmax(scores.swapaxes(1, 2)).swapaxes(1, 2)
        self._kept = queries, keys, hidden
        return xp.einsum("tsb,sbe->tbe", self.weights, keys)

    def backward(self, dcontexts: Array) -> tuple[Array, Array]:
        """Gradient ``dcontexts (T, B, E)`` to ``dqueries (T, B, H)`` and ``dkeys (S, B, E)``; fills `grads`."""
        if self._kept is None:
            raise RuntimeError("backward needs a forward call first: contexts = attention(queries, keys)")
        queries, keys, hidden = self._kept
        dcontexts = check.shaped("dcontexts", dcontexts, (*queries.shape[:2], self.key_size), "(T, B, E)")
        xp, p, alpha = namespace(keys), self.params, self.weights
        dkeys = xp.einsum("tsb,tbe->sbe", alpha, dcontexts)  # as values
        dalpha = xp.einsum("tbe,sbe->tsb", dcontexts, keys)
        dscores = alpha * (dalpha - (alpha * dalpha).sum(axis=1, keepdims=True))
        if self.kind == "additive":
            dhidden = dscores[..., None] * p["v"] * d_tanh(hidden)
            dq, dk = dhidden.sum(axis=1), dhidden.sum(axis=0)
            self.grads = {
                "W_q": flat(queries).T @ flat(dq),
                "W_k": flat(keys).T @ flat(dk),
                "v": xp.einsum("tsb,tsba->a", dscores, hidden),
            }
            return dq @ p["W_q"].T, dkeys + dk @ p["W_k"].T
        dmatched = xp.einsum("tsb,sbe->tbe", dscores, keys)  # of q W
        self.grads = {"W": flat(queries).T @ flat(dmatched)}
        dkeys = dkeys + xp.einsum("tsb,tbe->sbe", dscores, queries @ p["W"])
        return dmatched @ p["W"].T, dkeys


class SelfAttention:
    """A layer without recurrence: every step looks at all steps before it and at itself (Vaswani et al. 2017)::

        u = x W_u + positions
        q, k, v = u W_q, u W_k, u W_v
        α = softmax of q_t · k_s / √H over s ≤ t
        m = u + Σ α v
        y = m + relu(m W_1 + b_1) W_2 + b_2

    One head, and no layer normalisation. It stands where a cell stands, in a `Stack` or a `Model`.
    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1; H even, since the positions are pairs of a sine and a cosine.
    rng : numpy.random.Generator
        Draws ``W_u (D, H)``, ``W_q``, ``W_k`` and ``W_v``, which lie side by side in ``W (H, 3H)``, ``W_1 (H, 2H)``
        and ``W_2 (2H, H)``, uniformly from plus or minus one over the root of how many numbers are added up.
    dtype : dtype, default float32

    Attributes
    ----------
    weights : ndarray, shape (B, T, T)
        α of the last call.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = SelfAttention(3, 4, rng=rng, dtype=np.float64)
    >>> hs, _ = layer(rng.normal(size=(5, 2, 3)))
    >>> hs.shape, layer.weights[0].round(2)[0].tolist()  # the first step sees itself
    ((5, 2, 4), [1.0, 0.0, 0.0, 0.0, 0.0])
    """

    states: tuple[str, ...] = ()

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
    ) -> None:
        self.input_size = check.positive("input_size", input_size)
        self.hidden_size = self.output_size = H = check.positive("hidden_size", hidden_size)
        if H % 2:
            raise ValueError(f"hidden_size must be even, got {H}")
        shapes = {"W_u": (input_size, H), "W": (H, 3 * H), "W_1": (H, 2 * H), "W_2": (2 * H, H)}
        self.params = _drawn(shapes, rng, dtype) | {"b_1": np.zeros(2 * H, dtype), "b_2": np.zeros(H, dtype)}
        self._shapes = check.shapes(self.params)
        self.grads: dict[str, np.ndarray] = {}
        self._kept: Any = None

    def __call__(self, x: Array, state: State | None = None, lengths: Array | None = None) -> tuple[Array, State]:
        """Run on ``x (T, B, D)``: outputs ``(T, B, H)``, zero behind a sequence's end, and no state, ``()``.

        What stands behind its end, as `lengths` says, is ignored. `state` and ``dstate`` must be None or ``()``.
        """
        x = check.sequences("x", x, self.input_size)
        check.parameters(self)
        xp, p, (T, B, _) = namespace(x), self.params, x.shape
        checked_state(self, "state", state, (B,))
        alive = None if lengths is None else sequence_mask(check.lengths(lengths, T, B), T)
        x = within(alive, x)
        u = x @ p["W_u"] + positions(T, self.hidden_size).astype(x.dtype)[:, None]
        q, k, v = split(u @ p["W"], 3)
        scores = xp.einsum("tbh,sbh->bts", q, k) * self.hidden_size**-0.5
        self.weights = softmax(xp.where(np.tri(T, dtype=bool), scores, -np.inf))
        m = u + xp.einsum("bts,sbh->tbh", self.weights, v)
        hidden = relu(m @ p["W_1"] + p["b_1"])
        y = m + hidden @ p["W_2"] + p["b_2"]
        self._kept = x, u, (q, k, v), m, hidden, alive
        return within(alive, y), ()

    def backward(self, dhs: Array, dstate: State | None = None) -> tuple[Array, State]:
        """Gradient ``dhs (T, B, H)`` to ``dx (T, B, D)``, and no state's, as no `dstate`; fills `grads`."""
        if self._kept is None:
            raise RuntimeError("backward needs a forward call first: hs, state = layer(x)")
        checked_state(self, "dstate", dstate, (1,))
        x, u, (q, k, v), m, hidden, alive = self._kept
        p, alpha = self.params, self.weights
        dy = within(alive, check.shaped("dhs", dhs, m.shape, "(T, B, H)"))
        da = dy @ p["W_2"].T * d_relu(hidden)
        dm = dy + da @ p["W_1"].T
        dscores = d_softmax(alpha, np.einsum("tbh,sbh->bts", dm, v)) * self.hidden_size**-0.5
        dq, dk = np.einsum("bts,sbh->tbh", dscores, k), np.einsum("bts,tbh->sbh", dscores, q)
        dqkv = join([dq, dk, np.einsum("bts,tbh->sbh", alpha, dm)])
        du = dm + dqkv @ p["W"].T
        self.grads = {
            "W_u": flat(x).T @ flat(du),
            "W": flat(u).T @ flat(dqkv),
            "W_1": flat(m).T @ flat(da),
            "W_2": flat(hidden).T @ flat(dy),
            "b_1": flat(da).sum(0),
            "b_2": flat(dy).sum(0),
        }
        return du @ p["W_u"].T, ()


def _drawn(shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator, dtype: npt.DTypeLike) -> dict[str, Array]:
    """Weights, uniform from plus or minus one over the root of how many numbers are added up."""
    check.generator("rng", rng)
    dtype, bounds = check.dtype(dtype), {name: shape[0] ** -0.5 for name, shape in shapes.items()}
    return {name: rng.uniform(-bounds[name], bounds[name], shape).astype(dtype) for name, shape in shapes.items()}


def positions(T: int, H: int) -> Array:
    """Sines and cosines by which a layer tells steps apart, shape (T, H) (Vaswani et al. 2017).

    Examples
    --------
    >>> positions(3, 4).round(2).tolist()
    [[0.0, 0.0, 1.0, 1.0], [0.84, 0.01, 0.54, 1.0], [0.91, 0.02, -0.42, 1.0]]
    """
    if check.positive("H", H) % 2:
        raise ValueError(f"H must be even, got {H}")
    angles = np.arange(check.positive("T", T))[:, None] / 10_000 ** (np.arange(H // 2) / (H // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
