"""On trial: two sentences about how one sequence becomes another.

Numbers of one to six digits, in words and in figures ("three hundred and
two", "302"), are translated in both directions by an encoder and a decoder.
A number's count of digits is drawn first, so that all are equally frequent;
600 updates of 32 numbers, new ones each time. Tested on 50 numbers of each
count from one to eight, decoded greedily; a number is right if all of it is.
Seven and eight digits are longer than anything that was learned from.

"Reversing the source makes learning easier" (Sutskever et al. 2014)
    Effect, for LSTM and GRU in both directions: per cent right of the
    numbers with five and six digits when the source is read backwards, less
    when it is read forwards, both without attention. Confirmed if above
    zero for three of the four, refuted if below for three.
"One vector cannot hold a long sequence; attention mends that"
(Bahdanau et al. 2015)
    Effect, for the same four: per cent right of these numbers with
    attention, less without. Confirmed if above zero for three, refuted if
    below for three.

Above or below: the whole interval, 95 % for all effects of a claim together.

Fairness
    Encoder and decoder have the parameters of LSTMs with 48 units each;
    attention brings 2304 more, and a readout twice as wide. Sixteen learning
    rates for each network, drawn log-uniformly from 0.002 to 0.05, judged by
    the loss on 400 other numbers; the middle of the best quarter of the
    range is used for thirty other seeds.
"""

from contextlib import suppress

import numpy as np

from rnnbook import Batch, softmax_cross_entropy
from rnnbook.data.tasks import wording
from rnnbook.layers.encoder_decoder import EOS, greedy_decode, pad_sequences, shift_right
from rnnbook.trials import results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

UNITS, UPDATES, RANGE, MOST = 48, 600, (2e-3, 5e-2), 6
COUNTS = range(1, MOST + 3)
#: Symbols of each language: `EOS`, then its own.
LANGUAGES = {"words": (EOS, *wording.WORDS), "figures": (EOS, *"0123456789")}
ROOM = {"words": 24, "figures": 9}  # steps, and EOS
DIRECTIONS = {"to figures": ("words", "figures"), "to words": ("figures", "words")}
WAYS = ("forward", "backward", "attention")


def draw(rng, size, direction, backward=False, digits=None):
    """A batch of numbers, with as many digits as said or with one to six."""
    counts = rng.integers(1, MOST + 1, size) if digits is None else np.full(size, digits)
    values = [wording.number(rng, int(count)) for count in counts]
    said = {"words": [wording.in_words(n) for n in values], "figures": [list(str(n)) for n in values]}
    ids = {name: [[LANGUAGES[name].index(symbol) for symbol in row] for row in rows] for name, rows in said.items()}
    read, write = DIRECTIONS[direction]
    source, lengths = pad_sequences([row[::-1] if backward else row for row in ids[read]], ROOM[read])
    target, ends = pad_sequences(ids[write], ROOM[write])
    mask = (np.arange(ROOM[write])[:, None] <= ends).astype(np.float32)  # EOS counts once
    return Batch((source, shift_right(target)), target, mask, lengths)


def build(rng, cell, direction, attention, dtype=np.float32):
    """An encoder–decoder with or without attention."""
    read, write = (len(LANGUAGES[name]) for name in DIRECTIONS[direction])
    return training.translator(cell, UNITS, read, write, write, attention, rng=rng, dtype=dtype)


def right(model, batch):
    """Which numbers a model translates without a mistake."""
    found = greedy_decode(model, batch.x[0], batch.lengths, max_length=len(batch.target))
    return np.array(
        [row == [k for k in said if k != EOS] for row, said in zip(found, batch.target.T.tolist(), strict=True)]
    )


def run(rng, cell, direction, way, learning_rate, compiled=True, updates=UPDATES):
    """Train and test one network."""
    backward = way == "backward"
    model = build(rng, cell, direction, way == "attention")
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(
            model, softmax_cross_entropy, lambda: draw(rng, 32, direction, backward), learning_rate, updates, compiled
        )
    watch = draw(np.random.default_rng(1000), 400, direction, backward)
    loss, _ = softmax_cross_entropy(model(watch.x, watch.lengths), watch.target, watch.mask)
    outcome = {"validation": round(loss, 6)}
    for count in COUNTS:
        outcome[f"right_{count}"] = round(
            100 * float(right(model, draw(rng, 50, direction, backward, count)).mean()), 1
        )
    return outcome


def long(cell, direction, way):
    """Per cent right of the numbers with five and six digits, one a run."""
    rows = rows_where(results("translation"), cell=cell, direction=direction, way=way)
    return (rows["right_5"] + rows["right_6"]) / 2


def against_forward(way):
    """What one way brings over the plain one, for two cells and both directions."""
    return [
        effect(f"{cell}, {direction}", long(cell, direction, way), long(cell, direction, "forward"), n_comparisons=4)
        for cell in ("LSTM", "GRU")
        for direction in DIRECTIONS
    ]


def _claim(words, said_by, quantity, way):
    return Claim(
        words,
        said_by,
        "15-attention",
        "numbers of five and six digits, words and figures",
        quantity,
        ("translation-tuning", "translation"),
        3,
        lambda: against_forward(way),
    )


PLACE = 15, 1
CLAIMS = (
    _claim(
        "Reversing the source makes learning easier",
        ("sutskever2014sequence",),
        "per cent right read backwards, less read forwards",
        "backward",
    ),
    _claim(
        "One vector cannot hold a long sequence; attention mends that",
        ("bahdanau2015neural",),
        "per cent right with attention, less without",
        "attention",
    ),
)


def combinations():
    """LSTM and GRU in both directions and all three ways; the other cells to figures, with and without attention."""
    found = [
        {"cell": cell, "direction": direction, "way": way}
        for cell in ("LSTM", "GRU")
        for direction in DIRECTIONS
        for way in WAYS
    ]
    return found + [
        {"cell": cell, "direction": "to figures", "way": way}
        for cell in ("RNN", "peephole", "coupled")
        for way in ("forward", "attention")
    ]


SLICES = ()  # tests/test_trials.py compares the beginning of a run instead


def make():
    """Both tables."""
    tune_and_run(run, combinations(), "translation", lambda rows: rows["validation"], RANGE, draws=16, parts=4)


if __name__ == "__main__":
    make()
