"""On trial: "the last state holds the whole sentence"; "bidirectional is
always better".

Networks read sentences from film reviews (rnnbook.data.reviews) and say
whether they praise. The quantity is the share of sentences that a network
gets right of the tenth that it never saw, in ten-fold cross-validation,
three times with other folds: thirty runs. Of the other nine tenths one is
for stopping and eight are for training. What the networks know of words
they learn from these.

Every network has the recurrent parameters of an LSTM with 32 units, vectors
of 32 numbers that start small (standard deviation 0.1), dropout 0.5 before
the readout, and stops early; "large vectors", "no dropout", "no stopping",
"weight decay" are an LSTM with mean pooling where one thing differs. All
biases start at zero, but for "forget bias 1". This and "no cell", which
pools the words' vectors themselves, were added when the other networks'
results were known.

Effects, in per cent of the sentences
    "The last state holds the whole sentence": right by the last state less
    right by the mean over time, and less right by the maximum, plus two,
    for LSTM and GRU: four. Confirmed if all four are above zero, no more
    than two per cent worse; refuted if all are below.
    "Bidirectional is always better": right by an LSTM in two directions
    less right by one, with as many parameters, for last state, mean and
    maximum. Confirmed if all three are above zero, refuted if all are
    below.
    Above or below: the whole interval, 95 % for the effects of a claim
    together, corrected for folds that share what they learn from
    (Nadeau & Bengio 2003).

Fairness
    Sixteen learning rates for each network, drawn log-uniformly from 0.0005
    to 0.02, judged by the loss on the tenth for stopping, each on a fold of
    its own; the middle of the best quarter of the range is used for all
    thirty runs. Both sides of an effect have the same folds.

Beside them, for each network: the pairs of sentences in which it prefers
the right one (rnnbook.data.minimal_pairs), and the share of pairs of an
unseen sentence of praise and one of blame that it puts in the right order;
this and the share right also when each is followed by the same sentence of
28 words that praises nothing.
"""

from contextlib import suppress

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
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import paired, tune_and_run

EMBEDDED, UNITS, UPDATES, RANGE = 32, 32, 600, (5e-4, 2e-2)
WORDS = 5000  # rows of the table, more than any fold has words: one size, so that a worker compiles once
FOLDS = 30
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
    outcome = {"right": _per_cent((favour > 0) == labels)}
    for kind, pairs in data.minimal_pairs().items():
        praise, blame = (judge(list(side)) for side in zip(*pairs, strict=True))
        # a tie is half right
        outcome[kind] = _per_cent((np.sign(np.round(praise - blame, 9)) + 1) / 2)
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
        return _per_cent((praise.mean() - blame.mean()) / len(test) + 0.5)

    unseen, learned = ([sentences[k] for k in places] for places in (test, learn))
    favour, tailed = judge(unseen), judge([f"{sentence} {TAIL}" for sentence in unseen])
    logits = trained(*vocabulary.ids([sentences[k] for k in watch]))
    return {
        "validation": round(softmax_cross_entropy(logits, labels[None, watch])[0], 6),
        "right_learned": _per_cent((judge(learned) > 0) == labels[learn]),
        "right_with_tail": _per_cent((tailed > 0) == labels[test]),
        "ordered": ordered(favour),
        "ordered_with_tail": ordered(tailed),
        **scores(judge, favour, labels[test]),
    }


def _per_cent(values):
    return round(100 * float(np.mean(values)), 3)


def run(rng, network, fold, learning_rate, compiled=True):
    """Train and test one of `NETWORKS`."""
    return examine(rng, NETWORKS[network], fold, learning_rate, compiled)


def difference(name, a, b, of, shift=0.0):
    """What network `a` gets right more than `b`, fold by fold."""
    right = [rows_where(results("reviews"), network=network)["right"] for network in (a, b)]
    return paired(name, right[0] - right[1], 1 / 9, of, shift)


def last_state():
    """The last state against the mean and the maximum."""
    return [
        difference(f"{cell}, {pool}", f"{cell} last", f"{cell} {pool}", 4, shift=2.0)
        for cell in ("LSTM", "GRU")
        for pool in ("mean", "max")
    ]


def both_ways():
    """Two directions against one."""
    return [difference(pool, f"both ways {pool}", f"LSTM {pool}", 3) for pool in ("last", "mean", "max")]


PLACE = 12, 1
CLAIMS = (
    Claim(
        words="The last state holds the whole sentence",
        said_by=(),
        section="12-reviews",
        tasks="sentences from film reviews",
        quantity="per cent right by the last state, less by the others, plus two",
        tables=("reviews-tuning", "reviews"),
        need=4,
        effects=last_state,
    ),
    Claim(
        words="Bidirectional is always better",
        said_by=(),
        section="12-reviews",
        tasks="sentences from film reviews",
        quantity="per cent right in two directions, less in one",
        tables=("reviews-tuning", "reviews"),
        need=3,
        effects=both_ways,
    ),
)
SLICES = (
    Slice(run, "reviews", {"network": "LSTM last"}),
    Slice(run, "reviews", {"network": "no cell mean"}),
)


def make():
    """Both tables."""
    networks = [{"network": network} for network in NETWORKS]
    tune_and_run(run, networks, "reviews", lambda rows: rows["validation"], RANGE, **TUNING)


if __name__ == "__main__":
    make()
