"""Sentences: tokens, vocabulary, batches; one answer a sentence; which words moved it."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from same import same_training
from scipy import stats

from rnnbook import (
    GRU,
    LSTM,
    Adam,
    Bidirectional,
    Dense,
    Embedding,
    Model,
    Stack,
    Update,
    complex_step,
    data,
    fit,
    softmax_cross_entropy,
    words,
)
from rnnbook.layers import pooling_weights
from rnnbook.trials import few_reviews, moving_words, reviews
from rnnbook.trials.estimates import corrected

D, H, K = 3, 4, 2
POOLS = ("last", "mean", "max")
RECURRENT = {
    "cell": lambda made: LSTM(D, H, **made),
    "both ways": lambda made: Bidirectional(GRU(D, H, **made), LSTM(D, 2, **made)),
    "stack": lambda made: Stack([LSTM(D, 2, **made), Bidirectional(LSTM(2, H, **made), GRU(2, 2, **made))]),
}


def model(rng, pool, kind="cell", embedding=False, dropout=0.0):
    made = {"rng": rng, "dtype": np.float64}
    recurrent = RECURRENT[kind](made)
    table = Embedding(7, D, **made) if embedding else None
    return Model(recurrent, Dense(recurrent.output_size, K, **made), table, pool=pool, dropout=dropout)


@given(st.text())
def test_tokens_hold_every_letter_once_and_no_space(sentence):
    found = words.tokenize(sentence)
    assert "".join(found) == "".join(sentence.lower().split()) and all(not any(map(str.isspace, t)) for t in found)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: words.tokenize(None), "sentence must be a str, got NoneType"),
        (lambda: words.Vocabulary(None), "sentences must be several strings, got NoneType"),
        (lambda: words.Vocabulary(["a", 3]), r"sentences\[1\] must be a string, got int"),
        (lambda: words.Vocabulary(["a", ["b"]]), r"sentences\[1\] must be a string, got list"),
        (lambda: words.Vocabulary(["a a"]).ids([b"a"]), r"sentences\[0\] must be a string, got bytes"),
        (lambda: words.Vocabulary(["a a"]).ids(s for s in ("a", " ")), "sentences must have at least one word each"),
        (lambda: batches(ids=np.zeros((3, 4))), "ids must be integers, got dtype float64"),
        (lambda: batches(labels=np.zeros(4)), "labels must be integers, got dtype float64"),
        (lambda: batches(lengths=np.full(4, 9)), "lengths must lie between 1 and T = 3, got 9 to 9"),
        (lambda: batches(lengths=np.zeros(4, int)), "lengths must lie between 1 and T = 3, got 0 to 0"),
        (lambda: batches(lengths=np.full(4, 2.0)), "lengths must be integers, got dtype float64"),
        (lambda: batches(np.zeros((3, 0), int), np.zeros(0, int), np.zeros(0, int)), "labels must hold at least one"),
        (lambda: batches(batch=0), "batch must be at least 1, got 0"),
        (lambda: batches(batch=5), "batch must be at most the number of sentences, 4, got 5"),
    ],
)
def test_odd_sentences_and_batches_are_named(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()


def batches(ids=None, lengths=None, labels=None, batch=2):
    ids = np.zeros((3, 4), int) if ids is None else ids
    lengths, labels = (np.ones(4, int) if a is None else a for a in (lengths, labels))
    return words.minibatches(ids, lengths, labels, batch, np.random.default_rng(0))


def test_the_same_sentence_twice_and_no_sentence_are_no_trouble():
    vocabulary = words.Vocabulary(s for s in ("a film", "a film"))
    assert vocabulary.words == [words.UNKNOWN, "a", "film"]
    assert words.Vocabulary([]).words == [words.UNKNOWN]
    ids, lengths = vocabulary.ids([])
    assert ids.shape == (0, 0) and lengths.shape == (0,)


def test_the_reviews_are_cut_where_their_collectors_cut_them():
    sentences, _ = data.reviews()
    same = [words.tokenize(s) == s.split() for s in sentences]
    assert np.mean(same) > 0.85  # the rest has marks inside words, such as action/comedy


def test_a_vocabulary_has_the_words_that_are_frequent_enough():
    sentences, _ = data.reviews()
    counts = Counter(itertools.chain.from_iterable(map(words.tokenize, sentences[:500])))
    vocabulary = words.Vocabulary(sentences[:500], at_least=3)
    assert set(vocabulary.words[1:]) == {w for w, n in counts.items() if n >= 3}
    falling = [counts[w] for w in vocabulary.words[1:]]
    assert falling == sorted(falling, reverse=True) and len(vocabulary) == len(falling) + 1
    ids, lengths = vocabulary.ids(sentences[500:520])
    for k, sentence in enumerate(sentences[500:520]):
        tokens = words.tokenize(sentence)
        back = [vocabulary.words[i] for i in ids[: lengths[k], k]]
        assert [b if b != words.UNKNOWN else None for b in back] == [t if counts[t] >= 3 else None for t in tokens]
        assert (ids[lengths[k] :, k] == 0).all()


def test_what_a_vocabulary_refuses():
    with pytest.raises(ValueError, match="at_least must be at least 1, got 0"):
        words.Vocabulary(["a"], at_least=0)
    with pytest.raises(ValueError, match="sentences must have at least one word each, got ' '"):
        words.Vocabulary(["a"]).ids(["a", " "])


def test_every_sentence_comes_once_each_time_through(rng):
    ids, labels = np.arange(10)[None], np.arange(10) % 2
    draw = words.minibatches(ids, np.ones(10, int), labels, 5, rng)
    rounds = [np.concatenate([draw().x[0], draw().x[0]]) for _ in range(3)]
    assert all(sorted(seen) == list(range(10)) for seen in rounds) and (rounds[0] != rounds[1]).any()
    batch = draw()
    assert (batch.target[0] == batch.x[0] % 2).all() and batch.lengths.shape == (5,)
    with pytest.raises(ValueError, match="batch must be at most the number of sentences, 10, got 11"):
        words.minibatches(ids, np.ones(10, int), labels, 11, rng)


@pytest.mark.parametrize("lengths", [None, np.array([5, 1, 3])])
@pytest.mark.parametrize("pool", POOLS)
def test_pooling_is_what_its_name_says(pool, lengths, rng):
    hs = rng.normal(size=(5, 3, H))
    w = pooling_weights(pool, hs, lengths, n_forward=3)
    np.testing.assert_allclose(w.sum(axis=0), 1, rtol=1e-12)
    for b, T in enumerate([5, 5, 5] if lengths is None else lengths):
        own = torch.tensor(hs[:T, b])
        expected = {
            "last": torch.cat([own[-1, :3], own[0, 3:]]),
            "mean": own.mean(dim=0),
            "max": own.max(dim=0).values,
        }[pool]
        np.testing.assert_allclose((w * hs).sum(axis=0)[b], expected, rtol=1e-12)


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("pool", POOLS)
def test_a_model_that_pools_has_exact_gradients_and_does_not_see_padding(pool, kind, rng):
    network, lengths = model(rng, pool, kind), np.array([6, 2, 4])
    x, dy = rng.normal(size=(6, 3, D)), rng.normal(size=(1, 3, K))
    y = network(x, lengths)
    assert y.shape == (1, 3, K)
    for b, T in enumerate(lengths):
        np.testing.assert_allclose(y[:, b], network(x[:T, b : b + 1])[:, 0], rtol=1e-12)
    network(x, lengths)
    dx = network.backward(dy)
    grads = network.grads
    # the comparison of complex numbers is by their real part: the weights of the maximum stay as they are
    exact = complex_step(lambda v: (network(v, lengths) * dy).sum(), x)
    np.testing.assert_allclose(dx, exact, rtol=1e-10, atol=1e-14)
    for name, p in network.params.items():
        direction, change = rng.normal(size=p.shape), []
        for step in (1e-6, -1e-6):
            p += step * direction
            change.append((network(x, lengths) * dy).sum())
            p -= step * direction
        np.testing.assert_allclose((grads[name] * direction).sum(), (change[0] - change[1]) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("pool", POOLS)
def test_a_model_that_pools_is_pytorchs(pool, rng):
    network, lengths = model(rng, pool), np.array([6, 2, 4])
    x, labels = rng.normal(size=(6, 3, D)), np.array([[1, 0, 1]])
    value, dy = softmax_cross_entropy(network(x, lengths), labels)
    network.backward(dy)
    lstm = torch.nn.LSTM(D, H, dtype=torch.float64)
    order = np.concatenate([np.arange(k * H, (k + 1) * H) for k in (0, 1, 3, 2)])  # theirs is i f g o
    with torch.no_grad():
        for theirs, ours in (("weight_ih_l0", "W_x"), ("weight_hh_l0", "W_h"), ("bias_ih_l0", "b")):
            getattr(lstm, theirs).copy_(torch.tensor(network.recurrent.params[ours].T[order]))
        lstm.bias_hh_l0.zero_()
    W, b = (torch.tensor(network.readout.params[n], requires_grad=True) for n in ("W", "b"))
    pooled = []
    for k, T in enumerate(lengths):
        hs, _ = lstm(torch.tensor(x[:T, k]))
        pooled.append({"last": hs[-1], "mean": hs.mean(0), "max": hs.max(0).values}[pool])
    loss = torch.nn.functional.cross_entropy(torch.stack(pooled) @ W + b, torch.tensor(labels[0]))
    loss.backward()
    np.testing.assert_allclose(value, loss.item(), rtol=1e-12)
    np.testing.assert_allclose(network.grads["readout.W"], W.grad, rtol=1e-10)
    np.testing.assert_allclose(network.grads["recurrent.W_x"].T[order], lstm.weight_ih_l0.grad, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(("pool", "kind"), [("last", "both ways"), ("mean", "stack"), ("max", "cell")])
def test_training_a_model_that_pools_is_the_same_compiled(pool, kind):
    losses = []
    for compiled in (False, True):
        rng = np.random.default_rng(0)
        network = model(rng, pool, kind, embedding=True, dropout=0.3)
        draw = words.minibatches(rng.integers(0, 7, (6, 20)), rng.integers(1, 7, 20), rng.integers(0, 2, 20), 8, rng)
        options = {"steps": 30, "update": Update(rng=np.random.default_rng(1)), "compiled": compiled}
        losses.append(fit(network, softmax_cross_entropy, Adam(1e-2, weight_decay=0.5), draw, **options).loss)
    same_training(*losses)


def test_an_unknown_pooling_is_refused(rng):
    with pytest.raises(ValueError, match=r"pool must be one of None, 'last', 'mean', 'max', got 'sum'"):
        model(rng, "sum")


def test_weight_decay_is_pytorchs(rng):
    ours, theirs = {"w": rng.normal(size=5)}, None
    theirs = torch.tensor(ours["w"].copy(), requires_grad=True)
    adam, adamw = Adam(0.1, weight_decay=0.3), torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.3)
    for _ in range(5):
        g = rng.normal(size=5)
        adam.update(ours, {"w": g})
        theirs.grad = torch.tensor(g)
        adamw.step()
    np.testing.assert_allclose(ours["w"], theirs.detach(), rtol=1e-12)
    with pytest.raises(ValueError, match="weight_decay must not be negative, got -1"):
        Adam(0.1, weight_decay=-1)


def test_minimal_pairs_differ_in_one_thing():
    pairs = data.minimal_pairs()
    for praise, blame in pairs["order"]:
        assert sorted(praise.split()) == sorted(blame.split()) and praise != blame
    for side in zip(*pairs["negation"], strict=True):
        with_not = ["not" in s.split() for s in side]
        assert np.mean(with_not) == 0.5
    for praise, blame in pairs["negation"]:
        more, fewer = sorted((praise.split(), blame.split()), key=len, reverse=True)
        assert Counter(more) - Counter(fewer) == Counter(["not"])
    for praise, blame in pairs["scope"]:
        assert "not" in praise.split() and sum(a != b for a, b in zip(praise.split(), blame.split(), strict=True)) == 1


def test_folds_share_nothing_and_are_half_praise():
    _, labels = data.reviews()
    for first in (0, 10, 20):
        tested = np.concatenate([reviews.split(first + k)[2] for k in range(10)])
        assert sorted(tested) == list(range(4000))
    for fold, size in ((3, 3600), (17, 225), (29, 900)):
        learn, watch, test = reviews.split(fold, size)
        together = np.concatenate([learn, watch, test])
        assert len(set(together)) == len(together) == size + 400 and len(watch) == size // 9
        assert labels[test].mean() == labels[learn].mean() == 0.5


def test_a_corrected_interval_is_a_t_interval_with_a_larger_variance(rng):
    d = rng.normal(1, 2, 30)
    half = stats.t.interval(0.95, 29, scale=d.std(ddof=1) * np.sqrt(1 / 30 + 1 / 9))[1]
    np.testing.assert_allclose(corrected(d, 1 / 9).interval(), [d.mean() - half, d.mean() + half], rtol=1e-12)
    np.testing.assert_allclose(corrected(d, 0).interval(), stats.ttest_1samp(d, 0).confidence_interval(), rtol=1e-12)


@pytest.fixture
def reader(rng):
    return model(rng, "last", embedding=True)


def test_the_gradient_of_a_judgement_is_exact(reader, rng):
    ids, lengths = rng.integers(1, 7, (5, 2)), np.array([5, 3])
    found = moving_words.by_gradient(reader, ids, lengths)
    inner, vectors = Model(reader.recurrent, reader.readout, pool="last"), reader.embedding(ids)

    def judgement(scale):  # by how much each word's vector counts
        return (inner(vectors * scale[..., None], lengths)[0] @ [-1, 1]).sum()

    exact = complex_step(judgement, np.ones((5, 2)))
    np.testing.assert_allclose(found, exact, rtol=1e-10, atol=1e-14)
    assert (found[3:, 1] == 0).all()


def test_occlusion_is_the_change_when_a_word_is_unknown(reader, rng):
    ids, lengths = rng.integers(1, 7, (5, 2)), np.array([5, 3])
    found = moving_words.by_occlusion(reader, ids, lengths)
    hidden = ids.copy()
    hidden[2, 0] = 0
    change = (reader(ids, lengths) - reader(hidden, lengths))[0, 0] @ [-1, 1]
    np.testing.assert_allclose(found[2, 0], change, rtol=1e-12)
    assert (found[3:, 1] == 0).all()


def test_what_words_wrote_and_the_gates_kept_is_the_memory(reader, rng):
    ids, lengths = rng.integers(1, 7, (5, 2)), np.array([5, 3])
    cell = reader.recurrent
    cell.block("b", "g")[:] = 9  # everything that is written is positive
    kept = moving_words.by_gates(reader, ids, lengths)
    _, (_, c) = cell(reader.embedding(ids), lengths=lengths)
    np.testing.assert_allclose(kept.sum(axis=0), c.sum(axis=-1), rtol=1e-12)
    written = moving_words.by_gates(reader, ids, lengths, kept=False)
    assert (written >= kept).all() and (written[4, 0], written[2, 1]) == (kept[4, 0], kept[2, 1])


def test_shares_of_opinions_by_hand():
    opinion = moving_words.opinions("an amazing film", {"amazing": 2.8, "film": 0.5})
    np.testing.assert_array_equal(opinion, [0, 1, np.nan])
    assert moving_words.higher(np.array([3.0, 2.0, 9.0]), opinion) == 0
    assert moving_words.higher(np.array([2.0, 2.0, 9.0]), opinion) == 0.5
    assert moving_words.higher(np.array([2.0, 2.0]), np.array([0, 0])) is None


def test_agreement_is_spearmans(rng):
    measures = {"gates": rng.normal(size=(7, 2)), "gradient": rng.normal(size=(7, 2))}
    found = moving_words.agreement(measures, np.array([7, 4]))  # a sentence of four words is too short
    a, b = measures["gates"][:, 0], measures["gradient"][:, 0]
    expected = {"gates_gradient": (a, b), "gates_place": (a, np.arange(7)), "gradient_place": (b, np.arange(7))}
    assert found == {name: round(stats.spearmanr(*two).statistic, 4) for name, two in expected.items()}


def test_a_blind_model_gets_half_of_the_pairs_and_counts_ties_half():
    outcome = few_reviews.baseline(None, "naive Bayes", 0, size=450)
    assert outcome["order"] == 50 and outcome["negation"] == 50
    assert 55 < outcome["right"] < 75
    lexicon = few_reviews.baseline(None, "lexicon", 0)
    assert lexicon["negation"] == 87.5 and 58 < lexicon["right"] < 70


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_network_that_blows_up_is_a_row_too(monkeypatch):
    monkeypatch.setattr(reviews, "UPDATES", 3)
    outcome = reviews.run(np.random.default_rng(0), "both ways last", 0, 1e300, compiled=False)
    assert outcome.keys() >= {"right", "ordered", "order", "validation"}
    monkeypatch.setattr(reviews, "UPDATES", 2)
    outcome = reviews.run(np.random.default_rng(0), "forget bias 1 last", 0, 1e-3, compiled=False)
    assert 40 < outcome["right"] < 60
