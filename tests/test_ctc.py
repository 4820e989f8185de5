"""CTC: every path counted by hand, PyTorch's loss and gradient, and the labelling that is really likeliest."""

from itertools import groupby, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from same import same_training

from rnnbook import GRU, Adam, Batch, Bidirectional, Dense, Model, Update, fit
from rnnbook.learning.ctc import beam_search, ctc, greedy_decode


def collapsed(path):
    return tuple(k for k, _ in groupby(path) if k)


def by_paths(logits):
    """The probability of each labelling of one sequence (T, K), as a sum over all paths."""
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    found = {}
    for path in product(range(logits.shape[1]), repeat=len(logits)):
        key = collapsed(path)
        found[key] = found.get(key, 0.0) + np.prod(p[np.arange(len(path)), path])
    return found


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_a_labelling_is_as_likely_as_its_paths_together(T, K, seed):
    logits = np.random.default_rng(seed).normal(size=(T, 1, K)) * 2
    found = by_paths(logits[:, 0])
    assert np.isclose(sum(found.values()), 1)
    for labels, p in found.items():
        value, _ = ctc(logits, np.array(labels, int).reshape(-1, 1))
        np.testing.assert_allclose(value, -np.log(p), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_value_and_gradient_are_pytorchs(masked, rng):
    T, B, K = 30, 4, 6
    logits, counts = rng.normal(size=(T, B, K)) * 3, np.array([5, 1, 9, 0])
    labels = rng.integers(1, K, (9, B)) * (np.arange(9)[:, None] < counts)
    labels[1, 0] = labels[0, 0]  # a repeated label
    frames = np.array([30, 7, 25, 3]) if masked else np.full(B, T)
    mask = (np.arange(T)[:, None] < frames).astype(float) if masked else None
    value, dlogits = ctc(logits, labels, mask)
    theirs = torch.tensor(logits, requires_grad=True)
    flat = torch.tensor(np.concatenate([labels[:n, b] for b, n in enumerate(counts)]))
    loss = torch.nn.functional.ctc_loss(
        theirs.log_softmax(-1), flat, torch.tensor(frames), torch.tensor(counts), reduction="sum"
    )
    (loss / B).backward()
    np.testing.assert_allclose(value, loss.item() / B, rtol=1e-12)
    np.testing.assert_allclose(dlogits, theirs.grad, rtol=1e-10, atol=1e-12)


def test_the_gradient_is_a_difference(rng):
    logits, labels = rng.normal(size=(6, 2, 4)), np.array([[1, 3], [1, 2], [2, 0]])
    _, dlogits = ctc(logits, labels)
    direction, step = rng.normal(size=logits.shape), 1e-6
    change = ctc(logits + step * direction, labels)[0] - ctc(logits - step * direction, labels)[0]
    np.testing.assert_allclose((dlogits * direction).sum(), change / (2 * step), rtol=1e-7)


def test_long_sequences_do_not_underflow(rng):
    logits, labels = rng.normal(size=(3000, 1, 5)) * 5, rng.integers(1, 5, (200, 1))
    value, dlogits = ctc(logits, labels)
    assert 1000 < value < 1e6 and np.isfinite(dlogits).all()


def test_what_ctc_refuses():
    with pytest.raises(ValueError, match="labels of sequence 1 need at least 3 frames, it has 2"):
        ctc(np.zeros((2, 2, 3)), np.array([[1, 2], [2, 2]]))
    with pytest.raises(ValueError, match="labels of sequence 0 need at least 2 frames, it has 1"):
        ctc(np.zeros((2, 1, 3)), np.array([[1], [2]]), np.array([[1], [0]]))
    with pytest.raises(ValueError, match=r"labels must have shape \(L, B\) = \(any, 2\), got \(2,\)"):
        ctc(np.zeros((2, 2, 3)), np.array([1, 2]))
    with pytest.raises(ValueError, match="labels must lie between 0 and K - 1 = 2, got 1 to 3"):
        ctc(np.zeros((4, 1, 3)), np.array([[1], [3]]))


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_a_wide_beam_finds_the_likeliest_labelling(T, K, seed):
    logits = np.random.default_rng(seed).normal(size=(T, K)) * 2
    found = by_paths(logits)
    labels, log_p = beam_search(logits, width=1000)
    assert np.isclose(np.exp(log_p), max(found.values())) and np.isclose(found[tuple(labels)], max(found.values()))
    narrow, log_q = beam_search(logits, width=1)
    assert log_q <= np.log(found[tuple(narrow)]) + 1e-12
    path = logits.argmax(axis=-1)
    assert tuple(greedy_decode(logits[:, None])[0]) == collapsed(path)


def test_greedy_stops_where_a_sequence_ends():
    path = np.array([[1, 2], [0, 2], [1, 1]])
    assert greedy_decode(np.eye(3)[path], np.array([[1, 1], [1, 1], [1, 0]])) == [[1, 1], [2]]


def test_training_is_the_same_compiled_and_learns(rng):
    """Labels are shown for two or three frames each, with noise; which frames, nobody says."""
    T, B, K = 12, 16, 4
    labels = rng.integers(1, K, (3, B))
    x = np.zeros((T, B, K))
    lengths = np.full(B, T)
    for b in range(B):
        at = np.repeat([0, *labels[:1, b], 0, *labels[1:2, b], 0, *labels[2:, b], 0], [1, 2, 1, 3, 1, 2, 1])
        x[np.arange(len(at)), b, at] = 1
        lengths[b] = len(at)
    x += 0.1 * rng.normal(size=x.shape)
    mask = (np.arange(T)[:, None] < lengths).astype(float)
    histories = []
    for compiled in (False, True):
        made = {"rng": np.random.default_rng(0), "dtype": np.float64}
        model = Model(Bidirectional(GRU(K, 8, **made), GRU(K, 8, **made)), Dense(16, K, **made))
        options = {"steps": 150, "update": Update(max_norm=1.0), "compiled": compiled}
        histories.append(fit(model, ctc, Adam(2e-2), lambda: Batch(x, labels, mask, lengths), **options).loss)
    same_training(*histories)
    assert histories[0][-1] < 0.1 < histories[0][0]
    assert greedy_decode(model(x, lengths), mask) == labels.T.tolist()
