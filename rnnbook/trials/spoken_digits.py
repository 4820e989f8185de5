"""On trial: "LSTMs are used because speech is long".

Strings of two to five digits, said by code (rnnbook.data.speech): a voice, a
pace, pauses and the length of every sound are drawn for each. Networks read
twenty log-mel bands every 20 ms and learn with connectionist temporal
classification which digits were said; nobody tells them when. 1000 strings
are there to learn from, each clean or with white noise 10 or 0 decibels
weaker or 5 stronger (drawn anew in every update); 800 updates of 16
strings. Every network has as many recurrent parameters as an LSTM with 64
units. The readout starts small, a tenth of the usual, and with a bias of 5
for the blank, the logarithm of how much commoner a frame without news is
than one with a certain digit: from 0 or 3 probes needed more updates than
there are, and the plain RNN, without the tenth, never began. Each run
is tested on 100 strings of its own, by the labelling of the likeliest path,
at each level of noise.

How far back a network looks: at the frame where it is surest of a digit,
the gradient of that digit's log-probability by every earlier frame, exact;
"reach" is the time back within which nine tenths of these gradients'
lengths lie, on average over the clean strings (the last digit of each).

Effects
    How much further back the LSTM looks, in milliseconds, than a word is
    long on average; and the word error rate of the plain RNN less that of
    the LSTM, mean of the four levels of noise, in per cent. Confirmed if
    both are above zero: it looks beyond words, and the network that cannot
    is worse. Refuted if both are below. Above or below: the whole interval,
    95 % for both together.

Fairness
    Sixteen learning rates for each network, drawn log-uniformly from 0.001
    to 0.03, judged by the loss on 60 further strings; the middle of the
    best quarter of the range is used for all thirty seeds.
"""

from contextlib import suppress

import numpy as np

from rnnbook import Dense, Model, speech
from rnnbook.activations import softmax
from rnnbook.learning.ctc import BLANK, ctc, greedy_decode
from rnnbook.trials import results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

UNITS, UPDATES, RANGE = 64, 800, (1e-3, 3e-2)
NOISES = ("none", "minus10", "even", "plus5")  # the levels of speech.LEVELS, as decibels above the voice
NETWORKS: dict[str, dict] = {name: {"cell": name} for name in ("RNN", "LSTM", "peephole", "coupled", "GRU")}
NETWORKS |= {f"{name} both ways": {"cell": name, "both": True} for name in ("LSTM", "GRU")}


def build(rng, cell, both=False):
    """A network that reads bands; eleven logits a frame, the blank's first."""
    made = {"rng": rng, "dtype": np.float32}
    recurrent = training.reader(cell, speech.BANDS, UNITS, both, **made)
    readout = Dense(recurrent.output_size, 11, **made)
    readout.params["W"] *= 0.1
    readout.params["b"][BLANK] = 5
    return Model(recurrent, readout)


def hears(network, batch):
    """The digits that a network hears in each string."""
    logits = network(batch.x, batch.lengths)
    return [[k - 1 for k in labels] for labels in greedy_decode(logits, speech.alive(batch))]


def reach(network, batch, share=0.9):
    """Milliseconds back from the surest frame of each string's last digit within which a share of the gradients lies.

    And the gradients' lengths by lag, shape (T,), each string's scaled to sum 1: their mean.
    """
    logits = network(batch.x, batch.lengths)
    T, B, K = logits.shape
    p = softmax(logits)
    last = batch.target[(batch.target > 0).sum(axis=0) - 1, np.arange(B)]
    surest = np.where(speech.alive(batch), p[:, np.arange(B), last], -1).argmax(axis=0)
    one = np.zeros_like(logits)
    at = surest, np.arange(B)
    one[at] = np.eye(K)[last] - p[at]  # the gradient of log p by the logits of one frame
    lengths = np.linalg.norm(network.backward(one), axis=-1)
    by_lag = np.array([np.pad(lengths[s::-1, b], (0, T - 1 - s)) for b, s in enumerate(surest)])
    by_lag /= by_lag.sum(axis=1, keepdims=True)
    within = np.cumsum(by_lag, axis=1)
    back = (within < share).sum(axis=1) * 1000 * speech.HOP
    return float(back.mean()), by_lag.mean(axis=0)


def draws(rng, known, size=16):
    """A function that draws some of the strings, each at a level of noise."""

    def draw():
        rows = rng.integers(0, len(known), size)
        return speech.batch([known[k] for k in rows], rng.integers(0, len(speech.LEVELS), size))

    return draw


def train(rng, network, learning_rate, updates=UPDATES, compiled=True):
    """A trained network."""
    model = build(rng, **NETWORKS[network])
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(model, ctc, draws(rng, speech.corpus("train")), learning_rate, updates, compiled)
    return model


def run(rng, network, learning_rate, compiled=True, updates=UPDATES):
    """Train and test one of `NETWORKS`."""
    model = train(rng, network, learning_rate, updates, compiled)
    watched, tested = speech.corpus("validation"), speech.strings(rng, 100)
    watch = speech.batch(watched, np.arange(len(watched)) % len(speech.LEVELS))
    outcome = {"validation": round(ctc(model(watch.x, watch.lengths), watch.target, speech.alive(watch))[0], 6)}
    said = [digits for digits, _, _ in tested]
    for k, noise in enumerate(NOISES):
        heard = hears(model, speech.batch(tested, np.full(len(tested), k)))
        outcome[f"errors_{noise}"] = round(100 * speech.word_error_rate(heard, said), 3)
    if "both" not in NETWORKS[network]:
        outcome["reach"] = round(reach(model, speech.batch(tested, np.zeros(len(tested), int)))[0], 2)
    else:
        outcome["reach"] = float("nan")  # it looks ahead, too
    outcome["word"] = round(1000 * float(np.mean([seconds / len(digits) for digits, _, seconds in tested])), 2)
    return outcome


def errors(network):
    """The word error rates of a network's runs, mean over the levels of noise."""
    rows = rows_where(results("spoken-digits"), network=network)
    return np.mean([rows[f"errors_{noise}"] for noise in NOISES], axis=0)


def effects():
    """How far the LSTM looks, and what it saves."""
    rows = rows_where(results("spoken-digits"), network="LSTM")
    return [
        effect("reach beyond a word", rows["reach"] - rows["word"], n_comparisons=2),
        effect("errors of the RNN, less the LSTM's", errors("RNN"), errors("LSTM"), n_comparisons=2),
    ]


PLACE = 14, 2
CLAIMS = (
    Claim(
        words="LSTMs are used because speech is long",
        said_by=(),
        section="14-speech",
        tasks="strings of spoken digits",
        quantity="milliseconds beyond a word; per cent of the words",
        tables=("spoken-digits-tuning", "spoken-digits"),
        need=2,
        effects=effects,
    ),
)
SLICES = ()  # tests/test_trials.py compares the beginning of a run instead


def make():
    """Both tables."""
    networks = [{"network": network} for network in NETWORKS]
    tune_and_run(run, networks, "spoken-digits", lambda rows: rows["validation"], RANGE, draws=16, parts=4)


if __name__ == "__main__":
    make()
