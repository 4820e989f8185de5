"""Numbers at the edge: the right answer, or an error that names the argument.

Witnesses: NumPy's long doubles, Python's own numbers, sums over all paths, PyTorch's rules written out.
"""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnbook import (
    GRU,
    LSTM,
    SGD,
    Adam,
    Attention,
    Batch,
    Dense,
    Embedding,
    MinGRU,
    MinLSTM,
    MixtureDensity,
    Model,
    Monitor,
    QuantileLoss,
    RMSProp,
    Update,
    clip_by_global_norm,
    complex_step,
    fit,
    forecast,
    gaussian_nll,
    init,
    mean_squared_error,
    softmax_cross_entropy,
    tasks,
    text,
)
from rnnbook.activations import log_softmax, softmax
from rnnbook.cells.minimal import linear_scan
from rnnbook.data import speech, words
from rnnbook.data.ngrams import KneserNey
from rnnbook.layers.attention import SelfAttention
from rnnbook.layers.checkpointed import Checkpointed
from rnnbook.layers.encoder_decoder import EncoderDecoder, pad_sequences
from rnnbook.learning.ctc import beam_search, ctc, greedy_decode

few = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
#: Sizes of numbers: all equal, denormal, ordinary, gaps of ten thousand.
scales = st.sampled_from([0.0, 1e-310, 1.0, 100.0, 1e4])
dtypes = st.sampled_from([np.float32, np.float64])
LONG = np.longdouble


def near(ours, exact, dtype, size=1.0):
    """Equal up to some roundings of the dtype; `size` is that of what was added up."""
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(exact, float), rtol=50 * eps, atol=50 * eps * size)


def long_log_softmax(x):
    x = np.asarray(x, LONG)
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


@few
@given(seeds, scales, dtypes)
def test_log_softmax_and_cross_entropy_at_any_gap(seed, scale, dtype):
    rng = np.random.default_rng(seed)
    logits, labels = (scale * rng.normal(size=(3, 2, 4))).astype(dtype), rng.integers(0, 4, (3, 2))
    exact = long_log_softmax(logits)
    near(log_softmax(logits), exact, dtype, max(scale, 1))
    value, dlogits = softmax_cross_entropy(logits, labels)
    near(value, -np.take_along_axis(exact, labels[..., None], -1).mean(), dtype, max(scale, 1))
    near(dlogits, (np.exp(exact) - (labels[..., None] == np.arange(4))) / 6, dtype)
    assert dlogits.dtype == dtype


def loss_cases(rng, dtype):
    """Each loss with predictions and targets of (4, 3)."""
    y, target = rng.normal(size=(4, 3, 6)).astype(dtype), rng.normal(size=(4, 3, 6)).astype(dtype)
    return {
        "squared": (mean_squared_error, y, target),
        "cross-entropy": (softmax_cross_entropy, y, rng.integers(0, 6, (4, 3))),
        "normal": (gaussian_nll, y, target[..., :3]),
        "quantiles": (QuantileLoss((0.1, 0.2, 0.4, 0.5, 0.7, 0.9)), y, target[..., :1]),
        "mixture": (MixtureDensity(2), y, target[..., :1]),
    }


LOSSES = ("squared", "cross-entropy", "normal", "quantiles", "mixture")


@pytest.mark.parametrize("rubbish", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("name", LOSSES)
def test_what_a_mask_leaves_out_changes_nothing(name, rubbish, rng):
    loss, y, target = loss_cases(rng, np.float32)[name]
    mask = np.array([[1, 1, 0], [1, 0, 0], [0.5, 1, 1], [0, 0, 0]])
    value, dy = loss(y, target, mask)
    y, target = y.copy(), target.copy()
    y[mask == 0] = rubbish
    target[mask == 0] = -100 if target.dtype.kind == "i" else rubbish
    again, dagain = loss(y, target, mask)
    assert again == value and np.isfinite(value)
    assert (dagain == dy).all() and (dagain[mask == 0] == 0).all()


@pytest.mark.parametrize("wide", [False, True], ids=["float32 targets", "float64 targets"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_have_the_dtype_of_the_predictions(name, wide, rng):
    loss, y, target = loss_cases(rng, np.float32)[name]
    target = target.astype(np.float64) if wide and target.dtype.kind == "f" else target
    _, dy = loss(y, target, np.ones((4, 3)))
    assert dy.dtype == np.float32
    assert loss(y.astype(float), target)[1].dtype == np.float64


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((4, 3)), "mask must leave at least one step"),
        (np.where(np.eye(4, 3) > 0, -1.0, 1.0), "mask must hold finite numbers not below 0, got -1.0 to 1.0"),
        (np.full((4, 3), np.nan), "mask must hold finite numbers not below 0"),
        (np.full((4, 3), np.inf), "mask must hold finite numbers not below 0"),
        (np.ones((4, 1)), r"mask must have shape \(T, B\) = \(4, 3\), got \(4, 1\)"),
        (np.ones(4), r"mask must have shape \(T, B\) = \(4, 3\), got \(4,\)"),
    ],
)
def test_a_mask_that_makes_no_sense_is_refused(name, mask, message, rng):
    loss, y, target = loss_cases(rng, np.float64)[name]
    with pytest.raises(ValueError, match=message):
        loss(y, target, mask)


@few
@given(st.floats(-900, 900), st.sampled_from([0.0, 1e-300, 1e-30, 1.0, 1e5]), dtypes)
def test_normal_densities_of_any_width(log_sigma, distance, dtype):
    y, target = np.array([[[0.0, log_sigma]]], dtype), np.array([[[distance]]], dtype)
    log_sigma, distance = float(y[0, 0, 1]), float(target.item())
    sigma = np.exp(LONG(log_sigma))  # a long double reaches 1e4932
    e = distance / sigma
    exact = LONG(log_sigma) + e * e / 2 + np.log(2 * LONG(np.pi)) / 2
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for loss, before in ((gaussian_nll, 0), (MixtureDensity(1), 1)):
            value, dy = loss(np.concatenate([np.zeros((1, 1, before), dtype), y], axis=-1), target)
            assert not np.isnan(value)
            if exact < 0.1 * np.finfo(dtype).max:  # single numbers may be infinite only where the truth is too large
                rtol = 1e3 * max(1, abs(log_sigma)) * np.finfo(dtype).eps
                np.testing.assert_allclose(value, float(exact), rtol=rtol, atol=rtol)
                found = dy.ravel()[before:]
                for ours, truth in zip(found, (-e / sigma, 1 - e * e), strict=True):
                    if abs(truth) < 0.1 * np.finfo(dtype).max:
                        np.testing.assert_allclose(float(ours), float(truth), rtol=rtol, atol=rtol)


def test_a_component_without_a_share_does_not_spoil_the_others():
    y = np.array([[[0.0, 0.0, 0.0, 1e3, 0.0, -400.0]]])  # the second is far off and very narrow
    with np.errstate(over="ignore"):
        value, dy = MixtureDensity(2)(y, np.zeros((1, 1, 1)))
    np.testing.assert_allclose(value, math.log(2) + math.log(2 * math.pi) / 2, rtol=1e-12)
    np.testing.assert_allclose(dy.ravel(), [-0.5, 0.5, 0, 0, 1, 0], atol=1e-12)


@few
@given(seeds, dtypes)
def test_a_mixture_far_from_all_of_its_components_gives_the_nearest_the_share(seed, dtype):
    rng, most = np.random.default_rng(seed), np.finfo(dtype).max
    size = np.log10(float(most))
    logits, log_sigma = rng.normal(size=3).astype(dtype), rng.uniform(-0.3 * size, 0.3 * size, 3).astype(dtype)
    mu, target = (rng.normal(size=n) * 10 ** (size * rng.uniform(0.3, 0.9)) for n in (3, 1))
    mu, target = mu.astype(dtype), target.astype(dtype)
    with np.errstate(all="ignore"):
        value, dy = MixtureDensity(3)(np.concatenate([logits, mu, log_sigma])[None, None], target[None, None])
    e = (LONG(target) - mu) / np.exp(LONG(log_sigma))
    joint = long_log_softmax(logits) - LONG(log_sigma) - e * e / 2 - np.log(2 * LONG(np.pi)) / 2
    r = np.exp(joint - joint.max()) / np.exp(joint - joint.max()).sum()
    assert not np.isnan(dy).any() and not np.isnan(value)
    nearest, second = np.sort(np.abs(e))[:2]
    if second < 1.01 * nearest:  # which of two is nearer may be lost in the difference to the target
        return
    exact = np.concatenate([np.exp(long_log_softmax(logits)) - r, -r * e / np.exp(LONG(log_sigma)), r * (1 - e * e)])
    total = -joint.max() - np.log(np.exp(joint - joint.max()).sum())
    for ours, truth in zip([value, *dy.ravel()], [total, *exact], strict=True):
        if abs(truth) < 0.9 * most:
            rtol = 1e4 * float(size) * np.finfo(dtype).eps
            np.testing.assert_allclose(float(ours), float(truth), rtol=rtol, atol=rtol)
        else:
            assert ours == np.copysign(np.inf, truth) or abs(truth) < 1.1 * most


def test_a_mixture_between_two_components_that_are_too_narrow_for_the_dtype():
    y = np.array([[[0, 0, 0, 1, -50, -50]]], np.float32)
    with np.errstate(over="ignore", divide="ignore"):
        value, dy = MixtureDensity(2)(y, np.full((1, 1, 1), 0.5, np.float32))
    assert value == np.inf  # e² / 2 is 1e42
    assert dy.ravel().tolist() == [0, 0, -np.inf, np.inf, -np.inf, -np.inf]


@pytest.mark.parametrize("name", LOSSES)
def test_the_complex_step_goes_through_every_loss(name, rng):
    loss, y, target = loss_cases(rng, np.float64)[name]
    _, dy = loss(y, target)
    np.testing.assert_allclose(complex_step(lambda z: loss(z, target)[0], y), dy, rtol=1e-11, atol=1e-15)


def test_what_compares_numbers_takes_no_complex_ones():
    z = np.zeros((3, 1, 2), complex)
    for use in (
        lambda: ctc(z, np.array([[1]])),
        lambda: greedy_decode(z),
        lambda: beam_search(z[:, 0], 2),
        lambda: text.probabilities(z),
    ):
        with pytest.raises(TypeError, match="logits must hold real floating-point numbers, got dtype complex128"):
            use()
    clipped, norm = clip_by_global_norm({"w": np.array([3 + 4j])}, 1.0)
    assert norm == 5 and abs(clipped["w"][0] - (0.6 + 0.8j)) < 1e-15


def test_losses_whose_squares_are_too_large_but_not_their_halves():
    y, target = np.array([[[1.2283e20, 0.0627]]], np.float32), np.array([[[9.599e19]]], np.float32)
    mu, log_sigma, aim = (LONG(float(v)) for v in (y[0, 0, 0], y[0, 0, 1], target.item()))
    with np.errstate(over="ignore"):
        value, _ = gaussian_nll(y, target)
        squared, _ = mean_squared_error(np.full((1, 1, 1), 1.5e19, np.float32), np.zeros((1, 1, 1), np.float32))
    np.testing.assert_allclose(value, float(((aim - mu) / np.exp(log_sigma)) ** 2 / 2), rtol=1e-5)
    np.testing.assert_allclose(squared, 2.25e38, rtol=1e-6)


def test_a_target_that_is_not_a_number_gives_a_gradient_that_is_none():
    for dtype in (np.float32, np.float64):
        target = np.array([[[np.nan]], [[np.inf]]], dtype)
        value, dy = QuantileLoss((0.25, 0.5))(np.zeros((2, 1, 2), dtype), target)
        assert np.isnan(value) and dy.dtype == dtype
        np.testing.assert_array_equal(dy.ravel(), [np.nan, np.nan, -0.0625, -0.125])


def labelling(path):
    return tuple(k for k, _ in itertools.groupby(path) if k)


@few
@given(seeds, scales, dtypes, st.integers(1, 4))
def test_ctc_is_the_sum_over_paths_at_any_gap(seed, scale, dtype, T):
    rng = np.random.default_rng(seed)
    logits = (scale * rng.normal(size=(T, 1, 3))).astype(dtype)
    said = list(labelling(rng.integers(0, 3, T)))
    log_p = long_log_softmax(logits[:, 0])
    paths = [path for path in itertools.product(range(3), repeat=T) if labelling(path) == tuple(said)]
    scores = np.array([sum(log_p[t, k] for t, k in enumerate(path)) for path in paths])
    total = scores.max() + np.log(np.exp(scores - scores.max()).sum())
    q = np.zeros((T, 3), LONG)
    for path, score in zip(paths, scores, strict=True):
        q[np.arange(T), path] += np.exp(score - total)
    value, dlogits = ctc(logits, np.array(said, int).reshape(-1, 1))
    near(value, -total, np.float64, max(scale, 1))
    exact = (np.exp(log_p) - q).astype(float)
    np.testing.assert_allclose(dlogits[:, 0], exact, atol=1e-6 if dtype == np.float32 else 1e-9)
    assert dlogits.dtype == dtype
    labels, found = beam_search(logits[:, 0], width=100)
    best = {}
    for path in itertools.product(range(3), repeat=T):
        score = sum(log_p[t, k] for t, k in enumerate(path))
        best[labelling(path)] = np.logaddexp(best.get(labelling(path), LONG(-np.inf)), score)
    near(found, max(best.values()), np.float64, max(scale, 1))
    near(best[tuple(labels)], max(best.values()), np.float64, max(scale, 1))


def test_ctc_counts_only_the_frames_of_the_mask(rng):
    logits, labels = rng.normal(size=(6, 3, 4)), np.array([[1, 2, 0], [3, 0, 0]])
    mask = np.array([[0, 1, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]])  # begins with 0, holes, empty
    logits[mask == 0] = np.nan
    value, dlogits = ctc(logits, labels, mask)
    total = 0.0
    for b in range(2):
        one, d = ctc(logits[mask[:, b] > 0, b : b + 1], labels[:, b : b + 1])
        total += one  # of the third: no label and no frame, probability 1
        np.testing.assert_allclose(3 * dlogits[mask[:, b] > 0, b], d[:, 0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(value, total / 3, rtol=1e-12)
    assert (dlogits[mask == 0] == 0).all()
    alone = [greedy_decode(logits[mask[:, b] > 0, b : b + 1])[0] for b in range(3)]
    assert greedy_decode(logits, mask) == alone


@pytest.mark.parametrize(
    ("logits", "labels", "mask", "message"),
    [
        (np.zeros((5, 1, 3)), [[1], [0], [2]], None, "labels must stand before all zeros, those of sequence 0 have 2"),
        (np.zeros((0, 1, 3)), [[1]], None, "logits must hold at least one frame, sequence and label, got shape"),
        (np.zeros((5, 0, 3)), np.zeros((1, 0), int), None, "logits must hold at least one frame"),
        (np.zeros((5, 2, 3)), [[1, 2]], np.ones((5, 1)), r"mask must have shape \(T, B\) = \(5, 2\), got \(5, 1\)"),
        (np.zeros((5, 2, 3)), [[1, 2]], np.ones(5), r"mask must have shape \(T, B\)"),
        (np.zeros((5, 1, 3)), [[1]], np.zeros((5, 1)), "need at least 1 frames, it has 0"),
    ],
)
def test_ctc_says_what_does_not_fit(logits, labels, mask, message):
    with pytest.raises(ValueError, match=message):
        ctc(logits, np.array(labels), mask)


def test_decoders_refuse_what_has_no_order():
    with pytest.raises(ValueError, match="logits must be numbers"):
        greedy_decode(np.full((2, 1, 3), np.nan))
    with pytest.raises(ValueError, match="logits must be numbers"):
        beam_search(np.full((2, 3), np.nan), 2)
    assert beam_search(np.zeros((0, 3)), 2) == ([], 0.0)
    assert greedy_decode(np.zeros((3, 1, 4))) == [[]]  # of equals the first, the blank


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_keys_behind_the_end_are_not_seen_whatever_they_hold(kind, rng):
    attention = Attention(3, 2, kind=kind, rng=rng)
    queries, keys = (rng.normal(size=s).astype(np.float32) for s in ((4, 2, 3), (5, 2, 2)))
    lengths, dcontexts = np.array([5, 2]), rng.normal(size=(4, 2, 2)).astype(np.float32)
    clean = [attention(queries, keys, lengths), *attention.backward(dcontexts), *attention.grads.values()]
    for rubbish in (np.nan, np.inf, 1e30):
        keys[2:, 1] = rubbish
        again = [attention(queries, keys, lengths), *attention.backward(dcontexts), *attention.grads.values()]
        assert all((a == b).all() and a.dtype == np.float32 for a, b in zip(again, clean, strict=True))


@few
@given(seeds, scales)
def test_attention_at_any_gap_and_with_equal_scores(seed, scale):
    rng = np.random.default_rng(seed)
    attention = Attention(3, 3, kind="multiplicative", rng=rng, dtype=np.float64)
    attention.params["W"][...] = np.eye(3)
    queries, keys = scale * rng.normal(size=(2, 1, 3)), rng.normal(size=(4, 1, 3))
    exact = np.exp(long_log_softmax(np.asarray(queries[:, 0], LONG) @ np.asarray(keys[:, 0], LONG).T))
    np.testing.assert_allclose(attention(queries, keys)[:, 0], (exact @ keys[:, 0]).astype(float), atol=1e-10)


def test_self_attention_ignores_padding(rng):
    layer = SelfAttention(3, 4, rng=rng, dtype=np.float64)
    x, dhs, lengths = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 4)), np.array([5, 2])
    clean = [layer(x, lengths=lengths)[0], layer.backward(dhs)[0], *layer.grads.values()]
    x[2:, 1] = np.nan
    dhs[2:, 1] = np.nan
    again = [layer(x, lengths=lengths)[0], layer.backward(dhs)[0], *layer.grads.values()]
    assert all((a == b).all() for a, b in zip(again, clean, strict=True))
    assert (clean[1][2:, 1] == 0).all()


def test_a_call_in_the_wrong_order_is_named(rng):
    layers = Attention(2, 2, kind="additive", rng=rng), SelfAttention(2, 2, rng=rng), Checkpointed(GRU(2, 2, rng=rng))
    for layer in layers:
        with pytest.raises(RuntimeError, match="backward needs a"):
            layer.backward(np.zeros((1, 1, 2)))
    with pytest.raises(ValueError, match="keys must have at least one step"):
        Attention(2, 2, kind="additive", rng=rng)(np.zeros((1, 1, 2)), np.zeros((0, 1, 2)))
    with pytest.raises(ValueError, match="x must have at least one time step"):
        SelfAttention(2, 2, rng=rng)(np.zeros((0, 1, 2)))


def test_an_encoder_and_a_decoder_fit_or_are_refused(rng):
    o = {"rng": rng}
    good = {
        "encoder": GRU(2, 4, **o),
        "decoder": GRU(3, 4, **o),
        "readout": Dense(8, 5, **o),
        "target": Embedding(5, 3, **o),
        "source": Embedding(7, 2, **o),
        "attention": Attention(4, 4, kind="additive", **o),
    }
    model = EncoderDecoder(**good)
    for changed, message in (
        ({"target": Embedding(5, 2, **o)}, "decoder must take the target's 2 numbers"),
        ({"source": Embedding(7, 3, **o)}, "encoder must take the source's 3 numbers"),
        ({"attention": Attention(3, 4, kind="additive", **o)}, "attention must take the decoder's 4 numbers"),
        ({"attention": Attention(4, 3, kind="additive", **o)}, "attention must take as keys the encoder's 4 numbers"),
        ({"attention": None}, "readout must take 4 numbers, its input_size is 8"),
        ({"readout": Dense(8, 6, **o)}, "readout must give at most one number for each of the target's 5 symbols"),
        ({"decoder": LSTM(3, 4, **o)}, "decoder must have the encoder's states"),
    ):
        with pytest.raises(ValueError, match=message):
            EncoderDecoder(**(good | changed))
    with pytest.raises(ValueError, match="x must be a pair, source and decoder_input, got ndarray"):
        model(np.zeros((2, 2), int))
    with pytest.raises(ValueError, match="steps must be at least 3"):
        pad_sequences([[1, 2, 3]], 2)
    with pytest.raises(TypeError, match="sequences must hold integers"):
        pad_sequences([[1.5]])
    assert pad_sequences([])[0].shape == (0, 0)


def test_checkpoints_add_weight_gradients_up_as_they_come(rng):
    cell = LSTM(4, 64, rng=rng, dtype=np.float64)
    x, dhs = rng.normal(size=(200, 1, 4)), rng.normal(size=(200, 1, 64))
    cell(x)
    cell.backward(dhs)
    whole = cell.grads
    layer = Checkpointed(cell, every=2)
    layer(x)
    tracemalloc.start()
    layer.backward(dhs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for name, g in whole.items():
        np.testing.assert_allclose(layer.grads[name], g, rtol=1e-9, atol=1e-9)
    assert peak < 10 * sum(g.nbytes for g in whole.values())  # of 100 pieces


@few
@given(st.floats(-2000, 2000), st.floats(-2000, 2000), dtypes)
def test_the_minimal_lstm_shares_out_gates_that_are_both_shut(a_f, a_i, dtype):
    cell = MinLSTM(1, 1, rng=np.random.default_rng(0), dtype=dtype)
    a_f, a_i = float(dtype(a_f)), float(dtype(a_i))
    k = cell.retention(np.array([[a_f, a_i, 0.0]], dtype))[0]
    f, i = (1 / (1 + np.exp(-LONG(a))) for a in (a_f, a_i))
    assert k.dtype == dtype
    np.testing.assert_allclose(k.item(), float(f / (f + i)), rtol=2e3 * np.finfo(dtype).eps, atol=1e-37)


@pytest.mark.parametrize("make", [MinGRU, MinLSTM])
def test_minimal_cells_with_gates_of_zero_and_one_over_a_long_time(make, rng):
    cell = make(2, 3, rng=rng, dtype=np.float32)
    x = rng.normal(size=(3000, 1, 2)).astype(np.float32)
    x[::3] *= 1e5  # gates that are exactly open or shut
    hs, _ = cell(x)
    assert np.isfinite(hs).all()
    np.testing.assert_allclose(cell.parallel(x), hs, rtol=1e-3, atol=1e-3 * np.abs(hs).max())
    cell.backward(np.ones_like(hs))
    assert all(np.isfinite(g).all() and g.dtype == np.float32 for g in cell.grads.values())


@few
@given(seeds, st.integers(0, 40))
def test_a_scan_of_gates_of_zero_and_one_is_the_loop(seed, T):
    rng = np.random.default_rng(seed)
    a, b = rng.choice([0.0, 1.0, 0.5, 1e-310], size=(T, 2)), rng.choice([0.0, 1e4, -1e-310, 1.0], size=(T, 2))
    h, loop = np.zeros(2, LONG), []
    for t in range(T):
        h = a[t] * h + b[t]
        loop.append(h)
    np.testing.assert_allclose(linear_scan(a, b), np.array(loop, float).reshape(T, 2), rtol=1e-12, atol=1e-300)


@few
@given(
    seeds, st.sampled_from([0.0, 1e-320, 1e-200, 1e-40, 1.0, 1e30, 1e200]), dtypes, st.sampled_from([1e-3, 1.0, np.inf])
)
def test_the_norm_of_gradients_of_any_size(seed, scale, dtype, max_norm):
    rng = np.random.default_rng(seed)
    scale = min(scale, 1e30) if dtype == np.float32 else scale
    grads = {"a": (scale * rng.normal(size=(3, 2))).astype(dtype), "b": (scale * rng.normal(size=4)).astype(dtype)}
    numbers = np.concatenate([g.ravel() for g in grads.values()]).astype(LONG)
    exact = np.sqrt((numbers**2).sum())
    clipped, norm = clip_by_global_norm(grads, max_norm)
    eps = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(norm, float(exact), rtol=eps if scale > 1e-300 else 1, atol=1e-300)
    factor = min(LONG(1), max_norm / exact) if exact > 0 else LONG(1)
    for name, g in grads.items():
        assert clipped[name].dtype == dtype
        np.testing.assert_allclose(clipped[name], (g * factor).astype(float), rtol=eps, atol=1e-44)


def test_clipping_far_below_one():
    clipped, norm = clip_by_global_norm({"w": np.array([3e-40, 4e-40])}, 1e-42)
    np.testing.assert_allclose([norm, *clipped["w"]], [5e-40, 6e-43, 8e-43], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(np.nan), "learning_rate must be finite, got nan"),
        (lambda: SGD(np.inf), "learning_rate must be finite, got inf"),
        (lambda: Adam(weight_decay=np.nan), "weight_decay must be finite"),
        (lambda: Adam(weight_decay=np.inf), "weight_decay must be finite"),
        (lambda: Adam(betas=0.9), "betas must be two numbers, got 0.9"),
        (lambda: Adam(betas=(0.9, 0.9, 0.9)), "betas must be two numbers"),
        (lambda: Adam(epsilon=1e-50), "epsilon must be at least 1e-15"),
        (lambda: QuantileLoss(()), "levels must hold at least one level"),
        (lambda: Update(max_norm=np.nan), "max_norm must be positive, got nan"),
    ],
)
def test_optimisers_refuse_what_is_no_number(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("make", [lambda: SGD(0.1, momentum=0.5), RMSProp, Adam])
def test_an_optimiser_knows_its_parameters(make):
    optimiser, params = make(), {"w": np.ones((3, 2), np.float32)}
    with pytest.raises(ValueError, match="grads must have the shapes of params, w has"):
        optimiser.update(params, {"w": np.ones((3, 1), np.float32)})
    assert (params["w"] == 1).all() and optimiser.state == {"t": 0}
    optimiser.update(params, {"w": np.zeros((3, 2), np.float32)})
    assert (params["w"] == 1).all() and params["w"].dtype == np.float32
    for other in ({"v": np.ones(2)}, {"w": np.ones(2)}):
        with pytest.raises(ValueError, match="from the updates before, must have the"):
            optimiser.update(other, {name: np.ones(2) for name in other})
    assert optimiser.state["t"] == 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0, None, np.ones(2)])
def test_schedules_give_numbers(wrong):
    with pytest.raises(ValueError, match="schedule must give numbers that are not negative"):
        Update(schedule=lambda done: wrong if done else 1.0).factors(3)
    with pytest.raises(TypeError, match="schedule must be callable"):
        Update(schedule=0.5)


def test_training_says_where_the_numbers_ended(rng):
    model = Model(GRU(1, 2, rng=rng), Dense(2, 1, rng=rng))
    good = Batch(np.ones((3, 2, 1), np.float32), np.ones((3, 2, 1), np.float32))
    bad = good._replace(target=good.target * np.nan)
    with pytest.raises(FloatingPointError, match="the loss is nan at step 0: look at the data"):
        fit(model, mean_squared_error, SGD(0.1), lambda: bad, steps=2)
    with pytest.raises(FloatingPointError, match="the validation loss is nan after 0 updates"):
        fit(model, mean_squared_error, SGD(0.1), lambda: good, steps=2, monitor=Monitor(validation=bad))

    def steep(y, target, mask):
        value, dy = mean_squared_error(y, target, mask)
        return value, dy * np.float32(1e25)

    with pytest.raises(FloatingPointError, match="the gradient norm is inf"):  # Adam could not square it
        fit(model, steep, Adam(), lambda: good, steps=1)
    history = fit(model, steep, Adam(), lambda: good, steps=1, update=Update(max_norm=1.0))
    assert 1e20 < history.grad_norm[0] < np.inf


@few
@given(seeds, st.sampled_from([5e-324, 1e-300, 1e-3, 1.0, 1e300, np.inf]), st.sampled_from([0.0, 1.0, 1e4]), dtypes)
def test_sampling_at_any_temperature_and_with_ties(seed, temperature, scale, dtype):
    rng = np.random.default_rng(seed)
    logits = (scale * rng.integers(-2, 3, size=(3, 6))).astype(dtype)
    p = text.probabilities(logits, temperature)
    gaps = (np.asarray(logits, LONG) - logits.max(axis=-1, keepdims=True).astype(LONG)) / LONG(temperature)
    exact = np.exp(gaps) / np.exp(gaps).sum(axis=-1, keepdims=True)
    assert p.dtype == dtype
    np.testing.assert_allclose(p, exact.astype(float), rtol=2e4 * np.finfo(dtype).eps, atol=1e-30)
    for k in (1, 3, 6):
        kept = text.probabilities(logits, temperature, top_k=k)
        positive = (exact > 1e-30).sum(axis=-1)
        assert ((kept > 1e-30).sum(axis=-1) == np.minimum(k, positive)).all()
        assert k > 1 or (kept.argmax(axis=-1) == logits.argmax(axis=-1)).all()  # of equals the first
    np.testing.assert_allclose(text.probabilities(logits, temperature, top_p=1.0), p, rtol=1e-6)
    assert ((text.probabilities(logits, temperature, top_p=1e-9) > 0).sum(axis=-1) == 1).all()


@pytest.mark.parametrize("logits", [np.full(3, np.nan), np.full(3, -np.inf), np.array([0, np.inf, 0]), np.zeros(0)])
def test_sampling_refuses_what_is_no_distribution(logits):
    with pytest.raises(ValueError, match="logits must"):
        text.probabilities(logits)


def test_mixtures_are_sampled_at_the_edge(rng):
    y = np.array([[-1e4, 0.0, -1e4, -1.0, 5.0, 1.0, -500.0, -500.0, -500.0]], np.float32)  # only the second has weight
    drawn = MixtureDensity(3).sample(np.repeat(y, 100, axis=0), 1, rng)
    assert (drawn == 5).all() and drawn.dtype == np.float32
    with pytest.raises(ValueError, match=r"y must be finite, got nan at \(0, 0\)"):
        MixtureDensity(1).sample(np.full((1, 3), np.nan), 1, rng)


def test_surprisal_of_what_was_thought_impossible(rng):
    model = Model(GRU(2, 2, rng=rng), Dense(2, 2, rng=rng), Embedding(2, 2, rng=rng))
    model.readout.params["W"][:] = 0
    model.readout.params["b"][:] = [0, 1e4]
    np.testing.assert_allclose(text.surprisal(model, np.zeros(3, int), 1), 1e4 / math.log(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: forecast.sliding_windows(np.array([1.0, np.nan, 2.0]), 1, 1), "series must be finite, got nan at 1"),
        (lambda: forecast.mase([np.nan], [1.0], [1.0, 2.0]), "forecast must be finite"),
        (lambda: forecast.coverage([0.0], [1.0], [np.nan]), "actual must hold numbers, got nan"),
        (lambda: forecast.coverage([0.0], [1.0], []), "must have one shape and not be empty"),
        (lambda: text.encode("adeb", "ab"), "it has 'd', 'e'"),
        (lambda: text.encode("a", "aa"), "alphabet must hold each character once"),
        (lambda: text.decode([-1], "ab"), "ids must lie between 0 and 1, got -1"),
        (lambda: text.windows(np.zeros(0, int), 1, 1), "ids must be longer than batch x length = 1, got 0"),
        (lambda: text.surprisal(None, np.zeros(3, int), 3), "ids must be longer than batch = 3, got 3"),
        (lambda: KneserNey(np.array([0]), 2, 2), "ids must hold at least order = 2 characters, got 1"),
        (lambda: KneserNey(np.zeros(20, int), 100, 10), "order must be so small"),
        (lambda: speech.tracks(""), "phones must name at least one phone"),
        (lambda: speech.word_error_rate([[1]], [[]]), "said must hold at least one word"),
        (lambda: speech.log_mel(np.full(16000, np.nan)), "sound must be finite"),
    ],
)
def test_data_is_looked_at(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_string_is_not_many():
    with pytest.raises(TypeError, match="sentences must be several strings, got one"):
        words.Vocabulary("a good film")
    assert text.decode([], "ab") == "" and text.encode("", "ab").shape == (0,)


@pytest.mark.parametrize(
    "call",
    [
        lambda r: tasks.adding(r, 2, 4),
        lambda r: tasks.copy(r, 2, 4),
        lambda r: tasks.latch(r, 2, 4),
        lambda r: tasks.dyck(r, 2, 4),
        lambda r: tasks.counting(r, 2, 4),
        lambda r: tasks.temporal_order(r, 2, 10),
        lambda r: tasks.spike_delays(r, 2, 10, 2, 4),
        lambda r: Attention(2, 2, kind="additive", rng=r),
        lambda r: SelfAttention(2, 2, rng=r),
        lambda r: init.uniform(GRU(1, 1, rng=np.random.default_rng(0)), r),
        lambda r: init.orthogonal(GRU(1, 1, rng=np.random.default_rng(0)), r),
        lambda r: init.chrono(GRU(1, 1, rng=np.random.default_rng(0)), 5, r),
        lambda r: MixtureDensity(1).sample(np.zeros((1, 3)), 1, r),
        lambda r: words.minibatches(np.ones((1, 2), int), np.ones(2, int), np.ones(2, int), 1, r),
        lambda r: text.generate(None, np.zeros(1, int), 1, r),
        lambda r: speech.spoken_digits(r),
        lambda r: speech.render(np.ones((3, 7)), r),
        lambda r: speech.strings(r, 1),
        lambda r: speech.add_noise(np.ones(3), 3, r),
    ],
)
def test_an_rng_is_a_generator(call):
    for wrong in (0, None, np.random):
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
            call(wrong)


@pytest.mark.parametrize("compiled_labels", [-100, 99])
def test_training_compiled_ignores_what_the_mask_leaves_out(compiled_labels):
    pytest.importorskip("jax")
    losses = []
    for compiled in (False, True):
        rng = np.random.default_rng(0)
        model = Model(GRU(1, 2, rng=rng), Dense(2, 3, rng=rng))
        labels, mask = np.full((3, 2), compiled_labels), np.zeros((3, 2), np.float32)
        labels[0], mask[0] = 1, 1
        batch = Batch(np.ones((3, 2, 1), np.float32), labels, mask)
        losses.append(fit(model, softmax_cross_entropy, SGD(0.1), lambda b=batch: b, steps=2, compiled=compiled).loss)
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_softmax_at_a_gap_beyond_every_exponential():
    assert softmax(np.array([0.0, 1e4, 1e4])).tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize("make", [Adam, RMSProp])
@pytest.mark.parametrize("g", [1e-12, 1e-16, 1e-18, 1e-20, 1e-25, 1e-40])
def test_a_gradient_whose_square_is_lost_makes_no_large_step(make, g):
    params = {"w": np.zeros(1, np.float32)}
    make(0.1, epsilon=1e-15).update(params, {"w": np.full(1, g, np.float32)})
    root = LONG(np.float32(g)) * (1 if make is Adam else np.sqrt(LONG(0.1)))  # of the mean square, by the formulas
    exact = -LONG(0.1) * LONG(np.float32(g)) / (root + LONG(1e-15))
    np.testing.assert_allclose(params["w"], float(exact), rtol=1e-2, atol=1e-44)


@pytest.mark.parametrize("make", [SGD, RMSProp, Adam])
def test_a_complex_gradient_of_a_real_parameter_changes_nothing(make):
    optimiser, params = make(0.1), {"w": np.ones(2, np.float32)}
    with pytest.raises(TypeError, match=r"grads\['w'\] must be real as its parameter is, got dtype complex128"):
        optimiser.update(params, {"w": np.ones(2, complex)})
    assert (params["w"] == 1).all() and optimiser.state["t"] == 0


def test_settings_that_are_numpys_numbers_keep_float32():
    f = np.float64
    makes = SGD(f(0.1), momentum=f(0.5)), RMSProp(f(0.1), decay=f(0.9)), Adam(f(0.1), weight_decay=f(0.1))
    for optimiser in makes:
        params = {"w": np.ones(2, np.float32)}
        optimiser.update(params, {"w": np.ones(2, np.float32)})
        kept = [optimiser.state[kind]["w"] for kind in optimiser.keeps]
        assert {a.dtype for a in (params["w"], *kept)} == {np.dtype(np.float32)}


def test_a_scan_refuses_what_it_would_get_wrong():
    a, b = np.full((4, 1), 1e200), np.array([[0.0], [0.0], [0.0], [1.0]])  # by a loop: 0, 0, 0, 1
    with pytest.raises(ValueError, match=r"a must have products over time that float64 holds.*exp\(1842\)"):
        linear_scan(a, b)
    loop = [1.0, 1e150 + 1.0, (1e150 + 1.0) * 1e150 + 1.0]
    np.testing.assert_allclose(linear_scan(np.array([1, 1e150, 1e150]), np.ones(3)), loop, rtol=1e-12)
    with pytest.raises(TypeError, match="a must hold floating-point numbers, got dtype int64"):
        linear_scan(np.full(100, 3), np.ones(100))
    with pytest.raises(ValueError, match=r"a and b must have one shape \(T, ...\), got \(\) and \(\)"):
        linear_scan(np.array(1.0), np.array(1.0))


RAGGED = [[[1.0, 2.0]], [[1.0]]]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda rng: LSTM(2, 3, rng=rng)(RAGGED), "x"),
        (lambda rng: LSTM(2, 3, rng=rng)(np.zeros((3, 2, 2)), None, [[1], [1, 2]]), "lengths"),
        (lambda rng: Dense(2, 3, rng=rng)(RAGGED), "x"),
        (lambda rng: Embedding(2, 3, rng=rng)([[1], [0, 1]]), "ids"),
        (lambda _: mean_squared_error(RAGGED, np.zeros((1, 1, 1))), "y"),
        (lambda _: softmax_cross_entropy(np.zeros((2, 1, 3)), [[1], [1, 2]]), "labels"),
        (lambda _: mean_squared_error(np.zeros((2, 1, 1)), np.zeros((2, 1, 1)), [[1], [1, 2]]), "mask"),
        (lambda _: ctc(RAGGED, [[1]]), "logits"),
        (lambda _: forecast.mase([[1.0], [1.0, 2.0]], [1.0], [1.0, 2.0]), "forecast"),
        (lambda _: pad_sequences([[1], [[1], [2, 3]]]), r"sequences\[1\]"),
    ],
)
def test_lists_that_differ_in_length_are_named(call, name, rng):
    with pytest.raises(ValueError, match=f"^{name} must be an array, got lists that differ in length"):
        call(rng)


def test_the_sequence_that_is_none_is_named():
    with pytest.raises(TypeError, match=r"sequences\[1\] must be a sequence of integers, got 'ab'"):
        pad_sequences([[1], "ab"])


def test_gradients_to_be_clipped_are_looked_at():
    with pytest.raises(TypeError, match="grads must be a Mapping, got list"):
        clip_by_global_norm([np.ones(2)], 1.0)
    with pytest.raises(TypeError, match=r"grads\['w'\] must hold floating-point numbers, got dtype int64"):
        clip_by_global_norm({"w": np.array([3, 4])}, 1.0)


def test_sound_stays_in_its_dtype_and_noise_in_its_range(rng):
    sound = rng.normal(size=16000)
    for dtype in (np.float32, np.float64):
        ours = sound.astype(dtype)
        assert speech.log_mel(ours).dtype == speech.add_noise(ours, 10.0, rng).dtype == dtype
    np.testing.assert_allclose(speech.log_mel(sound.astype(np.float32)), speech.log_mel(sound), rtol=1e-4, atol=1e-4)
    for wrong, message in ((np.zeros(0), "sound must hold at least one"), (np.full(3, np.nan), "sound must be finite")):
        with pytest.raises(ValueError, match=message):
            speech.add_noise(wrong, 3.0, rng)
    with pytest.raises(ValueError, match="decibels must lie between -300 and 300, got -4000"):
        speech.add_noise(sound, -4000.0, rng)
