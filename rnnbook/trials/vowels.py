"""On trial: "recurrent networks hear the order, so they beat what ignores it".

Nine men say two vowels (rnnbook.data.vowels); who speaks? The quantity is
the share that a method gets right of the tenth that it never saw, in
ten-fold cross-validation over all 640 utterances, three times with other
folds: thirty runs.

The baseline takes an utterance for a bag of frames: the mean of the
frames, the logarithms of their spreads and their correlations, ninety
numbers, go to a linear discriminant whose covariance is shrunk
(Ledoit & Wolf 2004). The networks have the recurrent parameters of an LSTM
with 32 units; the state's mean over time is read out; 400 updates of 32
utterances. Each coefficient is scaled to mean 0 and spread 1 where the
network learns (unscaled, probes of three folds had it one to four per cent
worse). "shuffled" is the LSTM when the frames of every utterance are
shuffled, to learn from and to be tested on.

Effects, in per cent of the utterances: right by the LSTM, by the GRU and by
the LSTM in two directions (of as many parameters), each less right by the
baseline. Confirmed if all three are above zero, refuted if all are below.
Above or below: the whole interval, 95 % for the three together, corrected
for folds that share what they learn from (Nadeau & Bengio 2003).

Fairness
    Sixteen learning rates for each network, drawn log-uniformly from 0.001
    to 0.05, judged by the loss on a tenth that is neither learned from nor
    tested on, each on a fold of its own; the middle of the best quarter of
    the range is used for all thirty runs. The baseline has nothing to tune,
    and learns from that tenth too.
"""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from rnnbook import Batch, Dense, Model, data, softmax_cross_entropy
from rnnbook.cells.base import sequence_mask
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import paired, tune_and_run
from rnnbook.trials.sweeps import sweep

UNITS, UPDATES, RANGE, FOLDS = 32, 400, (1e-3, 5e-2), 30
ORDERS: dict[str, dict] = {name: {"cell": name} for name in ("RNN", "LSTM", "peephole", "coupled", "GRU")}
NETWORKS = ORDERS | {f"{name} both ways": {"cell": name, "both": True} for name in ORDERS}
NETWORKS |= {"LSTM shuffled": {"cell": "LSTM", "shuffled": True}}


def utterances():
    """All utterances: frames (29, 640, 12), lengths, and who speaks."""
    (x, lengths, speaker), (more, *rest) = data.vowels("train"), data.vowels("test")
    return np.concatenate([x, more], axis=1).astype(float), *map(
        np.concatenate, zip((lengths, speaker), rest, strict=True)
    )


def scaled(x, lengths, known):
    """Each coefficient with mean 0 and spread 1 over the frames of the known utterances; zero behind an end."""
    alive = sequence_mask(lengths, len(x))
    frames = x[:, known][alive[:, known, 0]]
    return np.where(alive, (x - frames.mean(axis=0)) / frames.std(axis=0), 0)


def split(fold):
    """Places of utterances: to learn from, to judge a learning rate by, and to test on."""
    order = np.roll(np.random.default_rng(fold // 10).permutation(640), -64 * (fold % 10))
    return order[128:], order[64:128], order[:64]


def bag(x, lengths):
    """What is known of utterances when their order is not: ninety numbers for each, shape (B, 90)."""
    above = np.triu_indices(12, 1)
    rows = []
    for k, n in enumerate(lengths):
        frames = x[:n, k]
        rows.append([*frames.mean(axis=0), *np.log(frames.std(axis=0)), *np.corrcoef(frames.T)[above]])
    return np.array(rows)


def build(rng, cell, both=False):
    """A network that reads frames; nine logits an utterance."""
    made = {"rng": rng, "dtype": np.float64}
    recurrent = training.reader(cell, 12, UNITS, both, **made)
    return Model(recurrent, Dense(recurrent.output_size, 9, **made), pool="mean")


def per_cent(answers, speaker):
    """How many are right."""
    return round(100 * float(np.mean(answers == speaker)), 3)


def run(rng, network, fold, learning_rate, compiled=True):
    """Train and test one of `NETWORKS`."""
    options = dict(NETWORKS[network])
    x, lengths, speaker = utterances()
    if options.pop("shuffled", False):
        for k, n in enumerate(lengths):
            x[:n, k] = rng.permutation(x[:n, k])
    learn, watch, test = split(fold)
    x = scaled(x, lengths, learn)
    model = build(rng, **options)

    def batch():
        drawn = rng.choice(learn, 32)
        return Batch(x[:, drawn], speaker[None, drawn], lengths=lengths[drawn])

    training.learn(model, softmax_cross_entropy, batch, learning_rate, UPDATES, compiled)
    unseen, judged = (model(x[:, places], lengths[places])[0] for places in (test, watch))
    return {
        "validation": round(softmax_cross_entropy(judged[None], speaker[None, watch])[0], 6),
        "right": per_cent(unseen.argmax(axis=1), speaker[test]),
    }


def baseline(rng, fold):
    """What a linear discriminant of the bag of frames gets right."""
    del rng  # nothing is random
    x, lengths, speaker = utterances()
    learn, watch, test = split(fold)
    told, known = [*learn, *watch], bag(x, lengths)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(known[told], speaker[told])
    return {"right": per_cent(model.predict(known[test]), speaker[test])}


def effects():
    """Networks against the bag of frames, fold by fold."""
    bags = results("vowels-bag")["right"]
    names = ("LSTM", "GRU", "LSTM both ways")
    return [
        paired(name, rows_where(results("vowels"), network=name)["right"] - bags, 1 / 9, len(names)) for name in names
    ]


PLACE = 14, 1
CLAIMS = (
    Claim(
        words="Recurrent networks hear the order, so they beat what ignores it",
        said_by=(),
        section="14-speech",
        tasks="speakers of Japanese vowels",
        quantity="per cent right by the network, less by the bag of frames",
        tables=("vowels-tuning", "vowels", "vowels-bag"),
        need=3,
        effects=effects,
    ),
)
SLICES = (
    Slice(run, "vowels", {"network": "GRU"}),
    Slice(baseline, "vowels-bag", {}),
)


def make():
    """All three tables."""
    networks = [{"network": network} for network in NETWORKS]
    tune_and_run(run, networks, "vowels", lambda rows: rows["validation"], RANGE, draws=16, parts=4, folds=FOLDS)
    sweep(baseline, [{"fold": fold} for fold in range(FOLDS)], [0], table=FOLDER / "vowels-bag.csv")


if __name__ == "__main__":
    make()
