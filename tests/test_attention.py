"""Attention: weights that sum to one, exact gradients, and PyTorch's."""

import numpy as np
import pytest
import torch

from rnnbook import complex_step
from rnnbook.layers.attention import Attention

T, S, B, H, E = 4, 5, 3, 3, 2
KINDS = ("additive", "multiplicative")
LENGTHS = np.array([5, 1, 3])


def made(kind, rng):
    attention = Attention(H, E, kind=kind, rng=rng, dtype=np.float64)
    return attention, rng.normal(size=(T, B, H)), rng.normal(size=(S, B, E))


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
@pytest.mark.parametrize("kind", KINDS)
def test_all_gradients_are_exact(kind, lengths, rng):
    attention, queries, keys = made(kind, rng)
    dcontexts = rng.normal(size=(T, B, E))
    attention(queries, keys, lengths)
    dqueries, dkeys = attention.backward(dcontexts)
    grads = attention.grads

    def loss(name, value):
        if name in attention.params:
            kept, attention.params[name] = attention.params[name], value
            result = (attention(queries, keys, lengths) * dcontexts).sum()
            attention.params[name] = kept
            return result
        q, k = (value, keys) if name == "queries" else (queries, value)
        return (attention(q, k, lengths) * dcontexts).sum()

    found = {"queries": (queries, dqueries), "keys": (keys, dkeys)}
    found |= {name: (attention.params[name].copy(), grads[name]) for name in attention.params}
    assert grads.keys() == attention.params.keys()
    for name, (array, gradient) in found.items():
        exact = complex_step(lambda v, name=name: loss(name, v), array)
        np.testing.assert_allclose(gradient, exact, rtol=1e-10, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_behind_the_end_is_not_seen(kind, rng):
    attention, queries, keys = made(kind, rng)
    contexts, weights = attention(queries, keys, LENGTHS), attention.weights
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    for b, n in enumerate(LENGTHS):
        assert (weights[:, n:, b] == 0).all()
        alone = attention(queries[:, b : b + 1], keys[:n, b : b + 1])
        np.testing.assert_allclose(contexts[:, b], alone[:, 0], rtol=1e-12)
    np.testing.assert_allclose(contexts[:, 1], np.broadcast_to(keys[0, 1], (T, E)))  # one key: no choice


def test_multiplicative_attention_is_pytorchs(rng):
    attention, queries, keys = made("multiplicative", rng)
    q = torch.tensor((queries @ attention.params["W"]).transpose(1, 0, 2))
    k = torch.tensor(keys.transpose(1, 0, 2))
    mask = torch.tensor(np.arange(S) < LENGTHS[:, None])[:, None]
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, k, attn_mask=mask, scale=1.0)
    ours = attention(queries, keys, LENGTHS)
    np.testing.assert_allclose(ours, theirs.numpy().transpose(1, 0, 2), rtol=1e-10)


def test_additive_attention_by_hand():
    attention = Attention(1, 1, kind="additive", rng=np.random.default_rng(0), dtype=np.float64)
    for name in ("W_q", "W_k", "v"):
        attention.params[name][...] = 1
    q, k = np.array([[[0.5]]]), np.array([[[0.0]], [[1.0]]])
    e = np.exp(np.tanh([0.5, 1.5]))
    np.testing.assert_allclose(attention(q, k).item(), e[1] / e.sum(), rtol=1e-12)


def test_what_attention_refuses(rng):
    attention, queries, keys = made("additive", rng)
    with pytest.raises(ValueError, match="kind must be one of 'additive', 'multiplicative', got 'dot'"):
        Attention(2, 2, kind="dot", rng=rng)
    with pytest.raises(ValueError, match=r"keys must have shape \(S, B, E\) = \(any, 3, 2\), got \(5, 2, 2\)"):
        attention(queries, keys[:, :2])
    with pytest.raises(ValueError, match="lengths must lie between 1 and T = 5, got 0 to 5"):
        attention(queries, keys, np.array([5, 0, 1]))
