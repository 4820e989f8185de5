"""Attention: for each query a mean of values, with weights that it chooses."""

import numpy as np

from rnnbook import check
from rnnbook.activations import d_tanh, softmax, tanh
from rnnbook.arrays import flat, namespace
from rnnbook.cells.base import alive_mask


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

    def __init__(self, query_size, key_size, *, kind, rng, dtype=np.float32):
        self.query_size = check.positive("query_size", query_size)
        self.key_size = check.positive("key_size", key_size)
        self.kind = check.choice("kind", kind, ("additive", "multiplicative"))
        H, E = query_size, key_size
        shapes = {"W_q": (H, H), "W_k": (E, H), "v": (H,)} if kind == "additive" else {"W": (H, E)}
        self.params = {
            name: rng.uniform(-(shape[0] ** -0.5), shape[0] ** -0.5, shape).astype(dtype)
            for name, shape in shapes.items()
        }
        self.grads: dict[str, np.ndarray] = {}

    def __call__(self, queries, keys, lengths=None):
        """Attend.

        Parameters
        ----------
        queries : ndarray, shape (T, B, H)
        keys : ndarray, shape (S, B, E)
        lengths : ndarray of int, shape (B,), optional
            Keys of each sequence; the others get no weight.

        Returns
        -------
        ndarray, shape (T, B, E)
            The contexts.

        Raises
        ------
        ValueError, TypeError
            When an argument has the wrong shape or type.
        """
        queries = check.shaped("queries", queries, (None, None, self.query_size), "(T, B, H)")
        keys = check.shaped("keys", keys, (None, queries.shape[1], self.key_size), "(S, B, E)")
        S, B, _ = keys.shape
        xp, p = namespace(keys), self.params
        if self.kind == "additive":
            hidden = tanh((queries @ p["W_q"])[:, None] + keys @ p["W_k"])  # (T, S, B, A)
            scores = hidden @ p["v"]
        else:
            hidden = None
            scores = xp.einsum("tbe,sbe->tsb", queries @ p["W"], keys)
        if lengths is not None:
            scores = xp.where(alive_mask(check.lengths(lengths, S, B), S)[..., 0], scores, -np.inf)
        self.weights = softmax(scores.swapaxes(1, 2)).swapaxes(1, 2)
        self._kept = queries, keys, hidden
        return xp.einsum("tsb,sbe->tbe", self.weights, keys)

    def backward(self, dcontexts):
        """Gradient ``dcontexts (T, B, E)`` to ``dqueries (T, B, H)`` and ``dkeys (S, B, E)``; fills `grads`."""
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
        dscored = xp.einsum("tsb,sbe->tbe", dscores, keys)  # of q W
        self.grads = {"W": flat(queries).T @ flat(dscored)}
        return dscored @ p["W"].T, dkeys + xp.einsum("tsb,tbe->sbe", dscores, queries @ p["W"])
