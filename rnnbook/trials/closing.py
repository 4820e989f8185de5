"""On trial: "an LSTM can close a bracket a hundred characters away, an
n-gram can't".

Shakespeare has no brackets. Code puts two kinds into the plays, ( ) and
[ ], each as often: after a stretch of 2 to 10 characters one opens at the
start of a word, and closes at the end of a word 2 to 200 characters later
(both drawn log-uniformly). Which kind must close it is decided by the one
that opened it. Networks of 20,000 parameters read that text, 16 streams by
128 steps.

After training, 100 passages of the test plays with an opening bracket in
front: of the probability that the network gives to the two closing brackets
at the end of a word so many characters on, which share has the right one?
The quantity is the mean share over the passages, each with both kinds. An
n-gram of at most eight characters has no way to know the kind once it is
eight characters back: its share is a half.

Effect, a hundred characters after the bracket, for the better of two starts
(forget bias 1, chrono for 100 steps; the better in tuning): that share, less
0.75, half way between guessing and knowing. Confirmed if it is above zero
with the whole interval for the LSTM, refuted if it is below zero. GRU and
plain RNN stand beside it.

Fairness
    Sixteen learning rates for each cell and start, drawn log-uniformly from
    0.002 to 0.05, judged on the share at 30 characters after 600 updates; the
    middle of the best quarter of the range is used for 30 other seeds.
"""

import numpy as np

from rnnbook import data, init, networks, text
from rnnbook.activations import sigmoid
from rnnbook.trials import Slice, characters, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

OPEN, CLOSE = (len(data.ALPHABET) + np.array(kinds) for kinds in ((0, 1), (2, 3)))
UPDATES, RANGE, DISTANCES, BEFORE = 600, (2e-3, 5e-2), (5, 10, 30, 100), 50
NETWORKS = [("RNN", "orthogonal"), *((cell, start) for cell in ("LSTM", "GRU") for start in ("bias 1", "chrono"))]
SPACE = [data.ALPHABET.index(mark) for mark in "\n "]


def words(ids):
    """The places of the first and of the last letters of words, but for a word at either end of the text."""
    spaces = np.isin(ids, SPACE)
    return np.flatnonzero(spaces[:-1] & ~spaces[1:]) + 1, np.flatnonzero(~spaces[:-1] & spaces[1:])


def bracketed(rng, ids):
    """A text with brackets around some of its passages."""
    starts, ends = words(ids)
    ends = ends + 1  # a bracket closes after the last letter
    at, marks, place = [], [], 0
    while True:
        gap, inside = np.exp(rng.uniform(np.log((2, 2)), np.log((10, 200))))
        k = np.searchsorted(starts, place + gap)
        if k == len(starts):
            break
        e = np.searchsorted(ends, starts[k] + inside)
        if e == len(ends):
            break
        kind = rng.integers(2)
        at += [starts[k], ends[e]]
        marks += [OPEN[kind], CLOSE[kind]]
        place = ends[e]
    return np.insert(ids, at, marks)


def right_share(model, passages=100):
    """The right bracket's share of the probability of both, by distance from where it was opened."""
    ids, rng = training.plays("test"), np.random.default_rng(1)
    firsts, ends = words(ids)
    starts = rng.choice(firsts[(firsts > BEFORE) & (firsts < len(ids) - 300)], passages, replace=False)
    plain = np.stack([ids[s - BEFORE : s + max(DISTANCES) + 30] for s in starts], axis=1)
    shares = []
    for kind in range(2):
        logits = model(np.insert(plain, BEFORE, OPEN[kind], axis=0))[BEFORE + 1 :].astype(float)
        right, wrong = logits[..., CLOSE[kind]], logits[..., CLOSE[1 - kind]]
        shares.append(sigmoid(right - wrong))
    outcome = {}
    for distance in DISTANCES:
        at = ends[np.searchsorted(ends, starts + distance)] - starts
        outcome[f"right_{distance}"] = round(float(np.mean([s[at, np.arange(passages)] for s in shares])), 5)
    return outcome


def run(rng, cell, start, learning_rate, updates=UPDATES, compiled=True):
    """Train on bracketed plays; the right closing bracket's share, by distance."""
    model = characters.build(rng, cell, letters=len(networks.BRACKETED))
    if start == "chrono":
        init.chrono(model.recurrent, 100, rng)
    first = rng.integers(1_000_000)
    ids = bracketed(rng, training.plays("train")[first : first + 1_000_000])
    try:
        history = characters.train(model, text.windows(ids, 16, 128), learning_rate, updates, compiled)
    except FloatingPointError:
        return {"loss": 9.0} | {f"right_{distance}": 0.5 for distance in DISTANCES}
    return {"loss": round(float(np.mean(history.loss[-50:])), 5)} | right_share(model)


def effects():
    """How far above half way between guessing and knowing, at a hundred characters."""
    tuning = {start: rows_where(results("closing-tuning"), cell="LSTM", start=start) for start in ("bias 1", "chrono")}
    start = max(tuning, key=lambda start: np.sort(tuning[start]["right_30"])[-4:].mean())
    return [
        effect(f"LSTM, {start}", rows_where(results("closing"), cell="LSTM", start=start)["right_100"], shift=-0.75)
    ]


PLACE = 11, 3
CLAIMS = (
    Claim(
        words="An LSTM can close a bracket a hundred characters away, an n-gram can't",
        said_by=("karpathy2015visualizing",),
        section="11-characters",
        tasks="Shakespeare with brackets, 100 characters",
        quantity="share of the right bracket, less 0.75",
        tables=("closing-tuning", "closing"),
        need=1,
        effects=effects,
    ),
)
SLICES = (Slice(run, "closing", {"cell": "LSTM", "start": "bias 1"}),)


def make():
    """Both tables."""
    combinations = [{"cell": cell, "start": start} for cell, start in NETWORKS]
    tune_and_run(run, combinations, "closing", lambda rows: -rows["right_30"], RANGE, draws=16, parts=4)


if __name__ == "__main__":
    make()
