"""On trial: "the last state holds the whole sentence"; "bidirectional is always better".

Networks read sentences from film reviews (rnnbook.data.reviews) and say whether they praise. What counts is
the per cent that a network gets right of the tenth that it never saw, in ten-fold cross-validation, three
times with other folds: thirty runs. Of the other nine tenths one is for stopping and eight are for training.
What the networks know of words they learn from these.

Every network has the recurrent parameters of an LSTM with 32 units, vectors of 32 numbers that start small
(standard deviation 0.1), dropout 0.5 before the readout, and stops early; "large vectors", "no dropout", "no
stopping", "weight decay" are an LSTM with mean pooling where one thing differs. All biases start at zero, but
for "forget bias 1". This and "no cell", which pools the words' vectors themselves, were added when the other
networks' results were known.

Sixteen learning rates for each network, drawn log-uniformly from 0.0005 to 0.02, were judged by the loss on
the tenth for stopping, each on a fold of its own; the middle of the best quarter of the range is used for all
thirty runs. Both sides of a comparison have the same folds, and are taken off fold by fold. Folds share what
they learn from, so that the spread of the differences alone makes intervals too narrow; their variance is
corrected (Nadeau & Bengio 2003), and the error of the choice of the rates is added.

Beside them, for each network: the pairs of sentences in which it prefers the right one
(rnnbook.data.minimal_pairs), and "ordered", the per cent of pairs of an unseen sentence of praise and one of
blame that it puts in the right order; this and the per cent right also when each sentence is followed by the
same 28 words, which praise nothing.
"""

from contextlib import suppress
from functools import partial

import numpy as np
from scipy.stats import rankdata

from rnnbook import (
    Batch,
    Dense,
    Embedding,
    Model,
    Monitor,
    data,
    init,
    softmax_cross_entropy,
)
from rnnbook.data.words import Vocabulary, minibatches
from rnnbook.trials import FOLDER, INF, Change, Claim, Said, Slice, Variation, results, rows_where, training
from rnnbook.trials.before import Before, Old, blurred, rate_of, tune_and_run
from rnnbook.trials.estimates import Estimate, corrected
from rnnbook.trials.sweeps import sweep

EMBEDDED, UNITS, UPDATES, RANGE = 32, 32, 600, (5e-4, 2e-2)
WORDS = 5000  # rows of the table, more than any fold has words: one size, so that a worker compiles once
FOLDS, OVERLAP = 30, 1 / 9  # the size of what is tested on by that of what is learned from
TUNING = {"draws": 16, "parts": 4, "folds": FOLDS}
TAIL = "the film runs for an hour and a half , was made in canada , and is based on a book that came out in the 1970s ."
LSTM_MEAN = {"cell": "LSTM", "pool": "mean"}
NETWORKS: dict[str, dict] = {
    f"{cell} {pool}": {"cell": cell, "pool": pool} for cell in ("LSTM", "GRU") for pool in ("last", "mean", "max")
}
NETWORKS |= {f"{cell} mean": {"cell": cell, "pool": "mean"} for cell in ("RNN", "peephole", "coupled")}
NETWORKS |= {f"both ways {pool}": {"cell": "LSTM", "pool": pool, "both": True} for pool in ("last", "mean", "max")}
NETWORKS |= {
    "large vectors": LSTM_MEAN | {"scale": 1.0},
    "no dropout": LSTM_MEAN | {"dropout": 0.0},
    "no stopping": LSTM_MEAN | {"stop": False},
    "weight decay": LSTM_MEAN | {"dropout": 0.0, "weight_decay": 1.0},
}
NETWORKS |= {"no cell mean": {"cell": "none", "pool": "mean"}}
NETWORKS |= {f"forget bias 1 {pool}": {"cell": "LSTM", "pool": pool, "forget_bias": 1.0} for pool in ("last", "mean")}


def split(fold, size=3600):
    """Places of sentences: to learn from, to stop by (a ninth of `size`), and to test on.

    Folds 0 to 9, 10 to 19 and 20 to 29 are three ways to cut the sentences into ten; praise
    and blame alternate, so that every part has as much of both.
    """
    _, labels = data.reviews()
    rng = np.random.default_rng(fold // 10)
    order = np.stack([rng.permutation(np.flatnonzero(labels == label)) for label in (1, 0)], axis=1).ravel()
    order = np.roll(order, -400 * (fold % 10))
    return order[400 : 400 + size * 8 // 9], order[400 + size * 8 // 9 : 400 + size], order[:400]


class NoCell:
    """In the place of a cell: hands on what it is given."""

    def __init__(self, size):
        self.input_size = self.output_size = size
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}

    def __call__(self, x, *_):
        """The inputs, and no state."""
        return x, ()

    def backward(self, dhs, *_):
        """The gradient of the outputs is that of the inputs."""
        return dhs, ()


def build(rng, cell, pool, both=False, scale=0.1, dropout=0.5, forget_bias=None):
    """A network that reads ids of words; two logits a sentence."""
    made = {"rng": rng, "dtype": np.float64}
    table = Embedding(WORDS, EMBEDDED, **made)
    table.params["W"] *= scale
    if cell == "none":
        recurrent = NoCell(EMBEDDED)
    else:
        recurrent = training.reader(cell, EMBEDDED, UNITS, both, **made)
        if forget_bias is not None:
            init.forget_bias(recurrent, forget_bias)
    return Model(recurrent, Dense(recurrent.output_size, 2, **made), table, dropout=dropout, pool=pool)


def train(rng, cell, pool, learning_rate, fold, size=3600, stop=True, weight_decay=0.0, compiled=True, **options):
    """A vocabulary, and a network that was trained with the words of a fold."""
    sentences, labels = data.reviews()
    learn, watch, _ = split(fold, size)
    vocabulary = Vocabulary(sentences[k] for k in learn)
    ids, lengths = vocabulary.ids(sentences)
    network = build(rng, cell, pool, **options)
    seen = Batch(ids[:, watch], labels[None, watch], lengths=lengths[watch])
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(
            network,
            softmax_cross_entropy,
            minibatches(ids[:, learn], lengths[learn], labels[learn], 50, rng),
            learning_rate,
            UPDATES,
            compiled,
            weight_decay=weight_decay,
            monitor=Monitor(validation=seen, eval_every=25, patience=6) if stop else None,
            rng=rng if network.dropout else None,
        )
    return vocabulary, network


def in_favour(vocabulary, network, sentences):
    """By how much the logit of praise is above the other, for each sentence."""
    y = network(*vocabulary.ids(sentences))[0]
    return y[:, 1] - y[:, 0]


def scores(judge, favour, labels):
    """The per cent of sentences that are judged right, and of pairs of each kind.

    `judge` gives a number a sentence, above zero for praise; `favour` are those of the sentences.
    """
    outcome = {"right": per_cent((favour > 0) == labels)}
    for kind, pairs in data.minimal_pairs().items():
        praise, blame = (judge(list(side)) for side in zip(*pairs, strict=True))
        # a tie is half right
        outcome[kind] = per_cent((np.sign(np.round(praise - blame, 9)) + 1) / 2)
    return outcome


def examine(rng, network, fold, learning_rate, compiled, part=-1):
    """Train a network and test it, on the tenth that it never saw or on another part of the fold."""
    vocabulary, trained = train(rng, learning_rate=learning_rate, fold=fold, compiled=compiled, **network)
    sentences, labels = data.reviews()
    learn, watch, _ = parts = split(fold, network.get("size", 3600))
    test = parts[part]

    def judge(sentences):
        return in_favour(vocabulary, trained, sentences)

    def ordered(favour):
        praise, blame = (rankdata(favour)[labels[test] == label] for label in (1, 0))
        return per_cent((praise.mean() - blame.mean()) / len(test) + 0.5)

    unseen, learned = ([sentences[k] for k in places] for places in (test, learn))
    favour, tailed = judge(unseen), judge([f"{sentence} {TAIL}" for sentence in unseen])
    logits = trained(*vocabulary.ids([sentences[k] for k in watch]))
    return {
        "validation": round(softmax_cross_entropy(logits, labels[None, watch])[0], 6),
        "right_learned": per_cent((judge(learned) > 0) == labels[learn]),
        "right_with_tail": per_cent((tailed > 0) == labels[test]),
        "ordered": ordered(favour),
        "ordered_with_tail": ordered(tailed),
        **scores(judge, favour, labels[test]),
    }


def per_cent(values):
    """A hundred times the mean."""
    return round(100 * float(np.mean(values)), 3)


def run(rng, network, fold, learning_rate, compiled=True):
    """Train and test one of `NETWORKS`."""
    return examine(rng, NETWORKS[network], fold, learning_rate, compiled)


def over_folds(values: np.ndarray) -> Estimate:
    """The mean of thirty folds, of which two learn from much the same."""
    return corrected(values, OVERLAP)


def side(network, outcome="right"):
    """What a network gets right in each fold, and the error of its tuning."""
    old = Old("reviews", lambda rows: rows[outcome], lambda rows: rows["validation"], RANGE, TUNING["parts"])
    return old.side(network=network)


def difference(a, b, outcome="right"):
    """What network `a` gets right more than `b`, fold by fold, with the error of tuning both."""
    (right, tuning), (other, its_tuning) = side(a, outcome), side(b, outcome)
    return blurred(over_folds(right - other), tuning, its_tuning)


def behind(network, right):
    """What a method that has no rate gets right more than a network, fold by fold, with the error of its tuning."""
    own, tuning = side(network)
    return blurred(over_folds(right - own), tuning)


def less(pairs, outcome="right"):
    """Conditions: of each pair of networks, by its name, what the first gets right more than the second."""
    return tuple(
        Before(name, ("reviews-tuning", "reviews"), partial(difference, a, b, outcome), (-100.0, 100.0))
        for name, (a, b) in pairs.items()
    )


def swapped(biased, outcome):
    """The last state less the mean where the LSTM with one start has the rate chosen for that with the other."""
    start = "forget bias 1" if biased else "LSTM"
    right, tuning = side(f"{start} mean", outcome)
    return blurred(over_folds(rows_where(results("reviews-rates"), network=f"{start} last")[outcome] - right), tuning)


def with_the_others_rate(biased, outcome="right_with_tail"):
    """The condition that is made of it."""
    tables = "reviews-tuning", "reviews", "reviews-rates"
    return (Before("LSTM, against the mean", tables, partial(swapped, biased, outcome), (-100.0, 100.0)),)


LAST = {
    f"{cell}, against the {word}": (f"{cell} last", f"{cell} {pool}")
    for cell in ("LSTM", "GRU")
    for pool, word in (("mean", "mean"), ("max", "maximum"))
}
LAST_BIASED = {"LSTM, against the mean": ("forget bias 1 last", "forget bias 1 mean")}
BOTH = {pool: (f"both ways {pool}", f"LSTM {pool}") for pool in ("last", "mean", "max")}
PLACE = 12, 1
CLAIMS = (
    Claim(
        words="The last state holds the whole sentence",
        sentence="By the last state of an LSTM or a GRU sentences of reviews are judged as well as by mean or maximum.",
        said=(
            Said(
                "cho2014learning",
                "after the end of the sequence, the hidden state is a summary of the whole input sequence; translation",
            ),
            Said("", "what a readout of the last output takes for granted, the default of libraries"),
        ),
        section="12-reviews",
        logic="as good as",
        region=(-2.0, INF),
        unit="points",
        quantity="per cent judged right by the last state, less by the other pooling",
        margin="two points, the standard error of 400 answers of which seven in ten are right",
        conditions=less(LAST),
        panel=(
            Variation("a forget bias of 1", less(LAST_BIASED)),
            Variation("28 words more at the end", less(LAST, "right_with_tail")),
            Variation("a forget bias of 1 and 28 words more", less(LAST_BIASED, "right_with_tail")),
            Variation("pairs in order, not answers right", less(LAST, "ordered")),
            Variation("28 words more, at the rate of the forget bias of 1", with_the_others_rate(biased=False)),
            Variation("a forget bias of 1 and 28 words more, at the rate without", with_the_others_rate(biased=True)),
        ),
        shared=True,
        changes=(
            Change(
                date="2026-11-28",
                what="one more variation, a forget bias of 1 and 28 words more",
                why="a referee found that the two together turn the verdict",
                part="variations",
            ),
            Change(
                date="2026-11-29",
                what="two more variations, each of the two starts with the learning rate of the other",
                why="a referee found that with a forget bias of 1 the last state was trained at six times the rate",
                part="variations",
            ),
        ),
    ),
    Claim(
        words="Bidirectional is always better",
        sentence=(
            "Whichever way its outputs are pooled, an LSTM in two directions judges sentences of reviews better "
            "than one in one direction with as many parameters."
        ),
        said=(Said("", "advice for every task in which the whole sequence is there before the answer is due"),),
        section="12-reviews",
        logic="always",
        region=(0.0, INF),
        unit="points",
        quantity="per cent judged right in two directions, less in one",
        margin="none: always better is an order",
        conditions=less(BOTH),
        panel=(
            Variation("28 words more at the end", less(BOTH, "right_with_tail")),
            Variation("pairs in order, not answers right", less(BOTH, "ordered")),
        ),
        shared=True,
    ),
)
SLICES = (Slice(run, "reviews", {"network": "forget bias 1 mean"}),)  # chapter 12 makes one without a cell again


def make():
    """Three tables."""
    networks = [{"network": network} for network in NETWORKS]
    tune_and_run(run, networks, "reviews", lambda rows: rows["validation"], RANGE, **TUNING)
    starts = "LSTM last", "forget bias 1 last"
    factors = [
        {"network": start, "fold": fold, "learning_rate": rate_of("reviews", network=other)}
        for start, other in (starts, starts[::-1])
        for fold in range(FOLDS)
    ]
    sweep(run, factors, [0], table=FOLDER / "reviews-rates.csv")
