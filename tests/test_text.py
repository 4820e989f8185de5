"""Characters: streams, bits, sampling, n-grams; and what a model needs: a state carried over, dropout, tying."""

import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from same import same_training

from rnnbook import (
    GRU,
    LSTM,
    Adam,
    Batch,
    Bidirectional,
    Dense,
    Embedding,
    Model,
    SelfAttention,
    Stack,
    TiedReadout,
    Update,
    complex_step,
    data,
    fit,
    networks,
    softmax_cross_entropy,
    text,
)
from rnnbook.data.ngrams import KneserNey
from rnnbook.networks import make

K, H = 5, 4


def model(rng, *, tied=False, dropout=0.0, stacked=False):
    made = {"rng": rng, "dtype": np.float64}
    table = Embedding(K, H if tied else 3, **made)
    cell = LSTM(table.output_size, H, **made)
    recurrent = Stack([cell, GRU(H, H, **made)], dropout=dropout) if stacked else cell
    return Model(recurrent, TiedReadout(table) if tied else Dense(H, K, **made), table, dropout=dropout)


def test_ids_and_text_are_each_others_inverse():
    assert text.decode(text.encode("to be", "beot "), "beot ") == "to be"
    with pytest.raises(ValueError, match="text must consist of the 3 characters of alphabet, it has 'd'"):
        text.encode("abcd", "abc")


@pytest.mark.parametrize(("n", "batch", "length"), [(41, 4, 5), (60, 4, 5), (61, 1, 60)])
def test_windows_cover_the_text_in_order_and_start_again(n, batch, length):
    ids = np.arange(n)
    draw = text.windows(ids, batch, length)
    count = (n - 1) // (batch * length)
    seen = [draw() for _ in range(count)]
    streams = np.concatenate([b.x for b in seen]).T
    assert (streams.ravel() == ids[: streams.size]).all()
    assert all((b.target == b.x + 1).all() and b.x.shape == (length, batch) for b in seen)
    assert (draw().x == seen[0].x).all()


def test_windows_of_a_text_too_short_are_refused():
    with pytest.raises(ValueError, match=r"ids must be longer than batch x length = 20, got 20"):
        text.windows(np.arange(20), 4, 5)
    with pytest.raises(ValueError, match=r"ids must have one axis, got shape \(2, 3\)"):
        text.windows(np.zeros((2, 3), int), 1, 1)


@pytest.mark.parametrize("batch", [1, 4])
def test_the_surprise_of_each_character_is_pytorchs(batch, rng):
    ids, network = rng.integers(0, K, 101), model(rng)
    pieces = np.reshape(ids[:-1], (batch, -1)).T
    logits = np.swapaxes(network(pieces), 0, 1).reshape(100, K)
    nats = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(ids[1:]), reduction="none")
    np.testing.assert_allclose(text.surprisal(network, ids, batch), nats / np.log(2), rtol=1e-12)


def test_a_run_in_two_parts_is_the_run_in_one(rng):
    for kind in ({}, {"stacked": True}, {"tied": True}):
        network, ids = model(rng, **kind), rng.integers(0, K, (9, 2))
        whole = network(ids)
        first, state = network.forward(ids[:4])
        second, _ = network.forward(ids[4:], state)
        np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-14)


@pytest.mark.parametrize("options", list(itertools.product([False, True], [0.0, 0.4], [False, True])), ids=str)
def test_the_gradients_of_a_model_are_exact_tied_dropped_or_stacked(options, rng):
    tied, dropout, stacked = options
    network = model(rng, tied=tied, dropout=dropout, stacked=stacked)
    ids, dy = rng.integers(0, K, (6, 3)), rng.normal(size=(6, 3, K))

    def loss(name, value):
        part, _, rest = name.rpartition(".")
        own = network
        for step in part.split("."):
            own = own.parts[step]
        old, own.params[rest] = own.params[rest], value
        y, _ = network.forward(ids, rng=np.random.default_rng(3))
        own.params[rest] = old
        return (y * dy).sum()

    loss("embedding.W", network.params["embedding.W"])
    network.backward(dy)
    grads = {name: g.copy() for name, g in network.grads.items()}
    assert grads.keys() == network.params.keys()
    for name, p in network.params.items():
        exact = complex_step(lambda v, name=name: loss(name, v), p)
        np.testing.assert_allclose(grads[name], exact, rtol=1e-10, atol=1e-13, err_msg=name)


def test_a_tied_readout_needs_the_table(rng):
    table = Embedding(K, H, rng=rng)
    with pytest.raises(ValueError, match="embedding must be given for a TiedReadout readout, got None"):
        Model(LSTM(H, H, rng=rng), TiedReadout(table))
    with pytest.raises(ValueError, match=r"readout must take the 3 outputs of recurrent, .* have 4 numbers"):
        Model(LSTM(H, 3, rng=rng), TiedReadout(table), table)
    with pytest.raises(ValueError, match=r"dropout must lie in \[0, 1\), got 1"):
        Model(LSTM(H, H, rng=rng), TiedReadout(table), table, dropout=1)


@pytest.mark.parametrize("options", list(itertools.product([False, True], [False, True], [False, True])), ids=str)
def test_training_with_carried_state_and_dropout_is_the_same_compiled(options):
    carry, drop, tied = options
    losses = []
    for compiled in (False, True):
        network = model(np.random.default_rng(0), tied=tied, dropout=0.3, stacked=True)
        draw = text.windows(np.random.default_rng(1).integers(0, K, 800), 4, 7)
        masks = np.random.default_rng(2) if drop else None
        history = fit(
            network,
            softmax_cross_entropy,
            Adam(1e-2),
            draw,
            steps=60,
            update=Update(max_norm=1.0, carry=carry, rng=masks),
            compiled=compiled,
        )
        losses.append(history.loss)
    same_training(*losses)


def test_a_carried_state_is_remembered_across_batches():
    """What comes now and what came a step ago is asked, in batches of one step: the state alone reaches across."""
    losses = {}
    for carry in (False, True):
        network, rng = model(np.random.default_rng(1)), np.random.default_rng(0)
        seen = [rng.integers(0, 2, (1, 8))]

        def batch(rng=rng, seen=seen):
            seen.append(rng.integers(0, 2, (1, 8)))
            return Batch(seen[-1], 2 * seen[-2] + seen[-1])

        history = fit(network, softmax_cross_entropy, Adam(3e-2), batch, steps=600, update=Update(carry=carry))
        losses[carry] = np.mean(history.loss[-100:])
    assert losses[False] > 0.9 * np.log(2) and losses[True] < 0.2


def test_sampling_draws_what_the_probabilities_say(rng):
    network = model(rng)
    prompt = np.array([1, 2, 3])
    drawn = text.generate(network, np.repeat(prompt[:, None], 20_000, axis=1), 1, rng, temperature=0.8)[0]
    expected = text.probabilities(network(prompt[:, None])[-1, 0], temperature=0.8)
    np.testing.assert_allclose(np.bincount(drawn, minlength=K) / 20_000, expected, atol=0.015)


def test_sampling_goes_on_from_what_it_wrote(rng):
    network = model(rng)
    written = text.generate(network, np.array([0, 4]), 6, rng, temperature=1e-6)
    read = np.concatenate([[0, 4], written])
    assert (network(read[:-1, None])[1:, 0].argmax(-1) == written).all()
    assert text.generate(network, np.zeros((2, 3), int), 4, rng).shape == (4, 3)


@pytest.mark.parametrize("k", [1, 3, 99])
def test_top_k_keeps_the_likeliest(k, rng):
    logits = rng.normal(size=(7, K))
    p = text.probabilities(logits, top_k=k)
    assert ((p > 0).sum(-1) == min(k, K)).all() and np.allclose(p.sum(-1), 1)
    assert (p.argmax(-1) == logits.argmax(-1)).all()


@pytest.mark.parametrize("top_p", [0.01, 0.5, 0.9, 1.0])
def test_the_nucleus_is_the_smallest_set_with_that_probability(top_p, rng):
    logits = rng.normal(size=(50, K))
    full = text.probabilities(logits)
    kept = text.probabilities(logits, top_p=top_p) > 0
    for p, keep in zip(full, kept, strict=True):
        sets = [s for n in range(1, K + 1) for s in itertools.combinations(range(K), n)]
        enough = [s for s in sets if p[list(s)].sum() >= top_p - 1e-12]
        smallest = min(enough, key=lambda s: (len(s), -p[list(s)].sum()))
        assert set(np.flatnonzero(keep)) == set(smallest)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature must be positive, got 0"),
        ({"top_k": 0}, "top_k must be at least 1, got 0"),
        ({"top_p": 1.5}, r"top_p must lie in \(0, 1\], got 1.5"),
    ],
)
def test_bad_options_of_sampling_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        text.probabilities(np.zeros(3), **options)


def test_a_bad_prompt_is_named(rng):
    with pytest.raises(ValueError, match=r"prompt must have shape \(T,\) or \(T, B\) with T at least 1, got \(0,\)"):
        text.generate(model(rng), np.zeros(0, int), 3, rng)


def kneser_ney(words, size, order, context, word):
    """Modified Kneser-Ney smoothing (Chen & Goodman 1999), written with dictionaries."""

    def level(n, context):
        if n == 0:
            return 1 / size
        grams = Counter(tuple(words[i : i + order]) for i in range(len(words) - order + 1))
        for m in range(order - 1, n - 1, -1):  # how many different characters stand before
            grams = Counter(gram[1:] for gram in grams)
            assert all(len(gram) == m for gram in grams)
        n1, n2, n3, n4 = (sum(c == k for c in grams.values()) for k in (1, 2, 3, 4))
        if 0 in (n1, n2, n3, n4):
            discounts = {1: 0.5, 2: 0.5, 3: 0.5}
        else:
            y = n1 / (n1 + 2 * n2)
            discounts = {1: 1 - 2 * y * n2 / n1, 2: 2 - 3 * y * n3 / n2, 3: 3 - 4 * y * n4 / n3}
            discounts = {k: d if d > 0 else 0.5 for k, d in discounts.items()}
        followers = defaultdict(dict)
        for gram, c in grams.items():
            followers[gram[:-1]][gram[-1]] = c
        context = tuple(context)[len(context) - n + 1 :]
        below = level(n - 1, context[1:])
        if context not in followers:
            return below
        own = followers[context]
        total = sum(own.values())
        gamma = sum(discounts[min(c, 3)] for c in own.values()) / total
        left = own.get(word, 0)
        return (left - discounts[min(left, 3)] if left else 0) / total + gamma * below

    return level(order, context)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("length", [12, 400])
def test_kneser_ney_is_the_published_formula_and_sums_to_one(order, length, rng):
    size = 4
    chain = np.minimum(rng.geometric(0.4, length) - 1, size - 1)  # some characters are rare
    fitted = KneserNey(chain, size, order)
    for context in rng.integers(0, size, (5, order - 1)):
        found = [2 ** fitted.log2_probability(np.append(context, word))[0] for word in range(size)]
        expected = [kneser_ney(chain.tolist(), size, order, context.tolist(), word) for word in range(size)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert abs(sum(found) - 1) < 1e-12


def test_kneser_ney_prefers_what_follows_in_many_contexts():
    # "b" is frequent, but only after "a"; "c" is rarer and follows everything
    text_ = text.encode("abababababab" + "acbcdcacdcbc", "abcd")
    model = KneserNey(text_, 4, 2)
    unseen = [2 ** model.levels[0].interpolated(np.array([k]), np.array([0.25]))[0] for k in (1, 2)]
    assert unseen[1] > unseen[0] and (text_ == 1).sum() > (text_ == 2).sum()


def test_bad_orders_and_ids_are_named():
    with pytest.raises(ValueError, match="order must be at most 10, got 11"):
        KneserNey(np.zeros(20, int), 2, 11)
    with pytest.raises(ValueError, match="ids must lie between 0 and 1, got 0 to 2"):
        KneserNey(np.array([0, 2]), 2, 1)


def test_the_networks_are_trained_quantised_and_read_back(tmp_path, monkeypatch):
    trained, real, plays = {}, make.training.learn, make.training.plays
    monkeypatch.setattr(make.training, "plays", lambda part: plays(part)[:60_000])
    few = make.speech.strings(np.random.default_rng(0), 40)  # to render all thousand takes most of a minute
    monkeypatch.setattr(make.speech, "corpus", lambda part: few)

    def briefly(network, loss, batch, rate, updates, compiled, **options):
        del compiled
        trained[network.readout.output_size] = network
        return real(network, loss, batch, rate, min(updates, 2), False, **options)

    monkeypatch.setattr(make.training, "learn", briefly)
    for module in (make, networks):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    make.make()
    for read in (networks.characters, networks.brackets, networks.forecaster):
        network = read()
        for name, p in trained[network.readout.output_size].params.items():
            step = np.abs(p).max(axis=0) / 127
            assert (np.abs(network.params[name] - p) <= 0.51 * step + 1e-9).all(), name


def test_the_forecaster_is_better_than_the_naive_forecast():
    x, target, _, _ = make.series(np.random.default_rng(1), 500)
    assert x.shape == (40, 500, 1) and target.shape == (1, 500, 20)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-2)
    error, naive = networks.forecaster()(x) - target, x[-1][None] - target
    assert (error**2).mean() < 0.5 * (naive**2).mean()


@pytest.mark.parametrize("name", ["characters", "brackets"])
def test_the_trained_networks_read_what_they_were_made_for(name):
    letters = {"characters": data.ALPHABET, "brackets": networks.BRACKETED}[name]
    network = getattr(networks, name)()
    ids = text.encode(data.shakespeare("test")[:4000], letters)
    assert (
        text.surprisal(network, ids, 4).mean()
        < 2.9
        < text.surprisal(networks.untrained(name, np.random.default_rng(0)), ids).mean()
    )


def test_what_carries_no_state_forward_neither_writes_nor_goes_on(rng):
    made = {"rng": rng, "dtype": np.float64}
    table, readout = Embedding(K, H, **made), Dense(H, K, **made)
    both = Bidirectional(LSTM(H, 2, **made), LSTM(H, 2, **made))
    ids = np.array([0, 1, 2, 3])
    for recurrent, kind in (
        (SelfAttention(H, H, **made), "SelfAttention"),
        (Stack([LSTM(H, H, **made), SelfAttention(H, H, **made)]), "SelfAttention"),
        (Stack([both]), "Bidirectional"),
    ):
        network, message = Model(recurrent, readout, table), f"must carry a state forward in time, its {kind} does not"
        with pytest.raises(ValueError, match=message):
            text.generate(network, ids, 3, rng)
        for compiled in (False, True):
            draw = text.windows(np.tile(ids, 9), 2, 3)
            with pytest.raises(ValueError, match=message):
                fit(network, softmax_cross_entropy, Adam(), draw, steps=2, update=Update(carry=True), compiled=compiled)
    with pytest.raises(ValueError, match="model must answer at every step, it has pool='last'"):
        text.generate(Model(LSTM(H, H, **made), readout, table, pool="last"), ids, 3, rng)
    # what does carry it, writes as if it had read all of the text again
    network, seen = Model(Stack([LSTM(H, H, **made), Dense(H, H, **made)]), readout, table), ids.tolist()
    for letter in text.generate(network, ids, 5, rng, top_k=1):
        assert letter == network(np.array(seen)[:, None])[-1, 0].argmax()
        seen.append(letter)


def test_what_has_no_surprise_is_refused(rng):
    made = {"rng": rng, "dtype": np.float64}
    parts = LSTM(H, H, **made), Dense(H, K, **made), Embedding(9, H, **made)
    for last, got in ((-1, "-1 to 2"), (K, f"0 to {K}")):  # an id that is only asked for, and never read
        with pytest.raises(ValueError, match=f"ids must lie between 0 and K - 1 = {K - 1}, got {got}"):
            text.surprisal(Model(*parts), np.array([0, 1, 2, last]), batch=1)
    with pytest.raises(
        ValueError, match=r"model's outputs must have shape \(T, B, K\) = \(3, 1, any\), got \(1, 1, 5\)"
    ):
        text.surprisal(Model(*parts, pool="mean"), np.array([0, 1, 2, 3]), batch=1)


def test_a_window_is_a_copy_of_the_text():
    ids = np.arange(13)
    batch = text.windows(ids, 2, 3)()
    batch.x[:], batch.target[:] = 99, 99
    assert (ids == np.arange(13)).all()


def test_n_grams_of_unsigned_ids_and_of_texts_too_short(rng):
    ids = rng.integers(60, size=300)
    expected = KneserNey(np.tile(ids, 2), 60, 10).log2_probability(ids)  # whose numbers to the base 60 fill 59 bits
    for dtype in (np.uint8, np.uint64):
        found = KneserNey(np.tile(ids, 2).astype(dtype), 60, 10).log2_probability(ids.astype(dtype))
        np.testing.assert_array_equal(found, expected)
    assert expected.mean() > -0.1  # it has seen the text
    for length in range(10):
        assert KneserNey(ids, 60, 10).log2_probability(ids[:length]).shape == (0,)
