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
than one with a certain digit. Each run is tested on 100 strings of its own, by the labelling of the likeliest path,
at each level of noise.

How far back a network looks: at the frame where it is surest of a digit,
the gradient of that digit's log-probability by every earlier frame, exact;
"reach" is the time back within which nine tenths of these gradients'
lengths lie, on average over the clean strings (the last digit of each).

The network is tested on digits that come at random: which comes next cannot be told from those before, but
voice, pace and noise are the same for a whole string. Sixteen learning rates for each network, drawn
log-uniformly from 0.001 to 0.03, were judged by the loss on 60 further strings; the middle of the best quarter
of the range is used for all thirty seeds.
"""

from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np

from rnnbook import Dense, Model, speech
from rnnbook.activations import softmax
from rnnbook.learning.ctc import BLANK, ctc, greedy_decode
from rnnbook.trials import INF, Change, Claim, Said, Variation, results, rows_where, training
from rnnbook.trials.before import Before, Old, tune_and_run
from rnnbook.trials.estimates import best_of, difference

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
    return [[k - 1 for k in labels] for labels in greedy_decode(logits, batch.mask)]


def reach(network, batch, share=0.9):
    """Milliseconds back from the surest frame of each string's last digit within which a share of the gradients lies.

    And the gradients' lengths by lag, shape (T,), each string's scaled to sum 1: their mean.
    """
    logits = network(batch.x, batch.lengths)
    T, B, K = logits.shape
    p = softmax(logits)
    last = batch.target[(batch.target > 0).sum(axis=0) - 1, np.arange(B)]
    surest = np.where(batch.mask, p[:, np.arange(B), last], -1).argmax(axis=0)
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
    outcome = {"validation": round(ctc(model(watch.x, watch.lengths), watch.target, watch.mask)[0], 6)}
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


FARTHER, FEWER = 10.0, 5.0  # the margins: milliseconds, word errors of a hundred
TABLES = ("spoken-digits-tuning", "spoken-digits")


def old(outcome):
    """The old tables, and what is asked of them."""
    return Old("spoken-digits", outcome, lambda rows: rows["validation"], RANGE, parts=4)


def in_margins(found, margin):
    """An estimate in units of a margin."""
    return replace(found, value=found.value / margin, se=found.se / margin)


def beyond_a_word(network):
    """How much further back a network looks than a word is long."""
    return in_margins(old(lambda rows: rows["reach"] - rows["word"]).average(network=network), FARTHER)


def errors(rows):
    """The word error rate, mean over levels of noise."""
    return np.mean([rows[f"errors_{noise}"] for noise in NOISES], axis=0)


def fewer_errors(network):
    """The word error rate of the plain RNN, less a network's."""
    return in_margins(old(errors).difference({"network": "RNN"}, {"network": network}), FEWER)


def of_tuning(outcome, network):
    """An outcome of the best of eight tuning runs, by their validation loss: no rate is chosen."""
    rows = rows_where(results("spoken-digits-tuning"), network=network)
    return best_of(rows["validation"], outcome(rows))


def beyond_a_word_of_tuning(network):
    """How much further back the best of eight tuning runs looks than a word is long."""
    return in_margins(of_tuning(lambda rows: rows["reach"] - rows["word"], network), FARTHER)


def fewer_errors_of_tuning(network):
    """The word error rate of the plain RNN, less a network's, each of the best of eight tuning runs."""
    return in_margins(difference([of_tuning(errors, "RNN"), of_tuning(errors, network)]), FEWER)


def long(network="LSTM", farther=beyond_a_word, fewer=fewer_errors):
    """Conditions: it looks beyond a word, and hears better than what is said to be unable to."""
    return (
        Before(f"reach of the {network} beyond a word", TABLES, partial(farther, network)),
        Before(f"errors of the RNN, less of the {network}", TABLES, partial(fewer, network)),
    )


PLACE = 14, 2
CLAIMS = (
    Claim(
        words="LSTMs are used because speech is long",
        sentence=(
            "An LSTM hears strings of digits better than a plain RNN, and nine tenths of what moves it at a digit "
            "of a clean string reach back further than a word."
        ),
        said=(Said("", "in textbooks and lectures, as the reason why speech recognition took to LSTMs"),),
        section="14-speech",
        logic="always",
        region=(1.0, INF),
        unit="margins",
        quantity="milliseconds beyond a word by 10, and word errors saved of a hundred by 5",
        margin="10 ms, half a frame; five errors of a hundred words: of twenty pairs of LSTM seeds fewer than one "
        "differs by more",
        conditions=long(),
        own={
            "reach of the LSTM beyond a word": (FARTHER, "ms"),
            "errors of the RNN, less of the LSTM": (FEWER, "of a hundred words"),
        },
        panel=(
            Variation("a GRU", long("GRU")),
            Variation("the coupled LSTM", long("coupled")),
            Variation("the peephole LSTM", long("peephole")),
            Variation("the best of eight tuning runs", long("LSTM", beyond_a_word_of_tuning, fewer_errors_of_tuning)),
        ),
        shared=True,
        changes=(
            Change(
                date="2026-11-28",
                what="errors in silence and in the loudest noise alone are no variations any more; the peephole LSTM "
                "and the tuning runs are; the sentence says that the strings are clean",
                why="a referee found that the former two left the reach as it was, which decides, and is that of "
                "clean strings",
                part="variations",
            ),
            Change(
                date="2026-11-29",
                what="the loss that is learned from counts the frames of a string, and no longer the padding behind "
                "it; all runs were made anew",
                why="a referee found that only validation and tests had a mask: more than half of the frames were "
                "padding, and a network may say its digits there",
            ),
            Change(
                date="2026-11-29",
                what="the margin's reason",
                why="a referee counted the pairs of seeds that differ by more",
                part="words",
            ),
        ),
    ),
)
SLICES = ()  # tests/test_trials.py compares the beginning of a run instead


def make():
    """Both tables."""
    networks = [{"network": network} for network in NETWORKS]
    tune_and_run(run, networks, "spoken-digits", lambda rows: rows["validation"], RANGE, draws=16, parts=4)
