"""On trial: three sentences about how one sequence becomes another.

Numbers of one to six digits, in words and in figures ("three hundred and two", "302"), are translated in both
directions by an encoder and a decoder. A number's count of digits is drawn first, so that all are equally
frequent; 32 numbers an update, new ones each time. What counts is the per cent of numbers with so many digits
that are translated without a mistake, decoded greedily. Seven and eight digits are longer than anything that
was learned from.

The tables "translation" have thirty runs of each network after 600 updates, tested on 50 numbers of each count
from one to eight. Encoder and decoder have the parameters of LSTMs with 48 units each; attention brings 2304
more, and a readout twice as wide. Sixteen learning rates for each network, drawn log-uniformly from 0.002 to
0.05, were judged by the loss on 400 other numbers; the middle of the best quarter of the range is used.

The table "one-vector" has networks without attention after ten times as many updates, each with a rate of its
own. A run ends early when it has learned: when the mean loss of fifty updates is below two hundredths of a nat
a symbol.
"""

from contextlib import suppress
from functools import partial

import numpy as np

from rnnbook import Batch, Monitor, softmax_cross_entropy
from rnnbook.data.tasks import wording
from rnnbook.layers.encoder_decoder import EOS, greedy_decode, pad_sequences, shift_right
from rnnbook.trials import INF, BestOf, Claim, Design, Said, Variation, training
from rnnbook.trials.before import Before, Old, tune_and_run

UNITS, UPDATES, RANGE, MOST = 48, 600, (2e-3, 5e-2), 6
LONG, LEARNED, TESTED = 6000, 0.02, 200  # updates; nats a symbol; numbers of each count
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


def build(rng, cell, direction, attention, dtype=np.float32, units=UNITS):
    """An encoder–decoder with or without attention, each cell with the parameters of an LSTM of so many units."""
    read, write = (len(LANGUAGES[name]) for name in DIRECTIONS[direction])
    return training.translator(cell, units, read, write, write, attention, rng=rng, dtype=dtype)


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


def constant_loss(batch):
    """What the best constant answer costs, in nats a symbol."""
    shares = np.bincount(batch.target[batch.mask > 0]) / (batch.mask > 0).sum()
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def run_long(rng, cell, direction, units, learning_rate, updates=LONG):
    """Train a network without attention until it has learned, at most so many updates; test it.

    In float32 and thousands of updates rounding grows, so that it has one path, the compiled one.
    """
    model = build(rng, cell, direction, False, units=units)
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(
            model,
            softmax_cross_entropy,
            lambda: draw(rng, 32, direction),
            learning_rate,
            updates,
            True,
            monitor=Monitor(until=lambda history: bool(np.mean(history.loss[-training.EVERY :]) < LEARNED)),
        )
    watch = draw(np.random.default_rng(1000), 400, direction)
    loss, _ = softmax_cross_entropy(model(watch.x, watch.lengths), watch.target, watch.mask)
    outcome = {"validation": round(min(loss / constant_loss(watch), 10.0), 6)}
    for count in (5, 6, 7):
        outcome[f"right_{count}"] = 100 * float(right(model, draw(rng, TESTED, direction, digits=count)).mean())
    return outcome


ARMS = [{"cell": cell, "direction": way, "units": UNITS} for cell in ("LSTM", "GRU") for way in DIRECTIONS]
SMALL = {"cell": "LSTM", "direction": "to words", "units": UNITS // 2}
DESIGN = Design(
    name="one-vector",
    run=run_long,
    arms=[*ARMS, SMALL],
    outcomes={f"right_{count}": (0.0, 100.0) for count in (5, 6, 7)},
    settings={
        "network": f"encoder and decoder with the parameters of LSTMs of {UNITS} units each, float32, no attention",
        "data": f"numbers of one to {MOST} digits, as many of each count; embeddings of 16 numbers",
        "budget": f"{LONG} updates, fewer where the mean loss of {training.EVERY} is below {LEARNED} nats a symbol",
        "training": training.SAID,
        "test": f"{TESTED} numbers of each count, decoded greedily",
    },
    rates=(1e-3, 5e-2),
    draws=16,
    nothing=1.0,
)
DESIGNS = (DESIGN,)


def old(*counts):
    """The old tables, and the per cent right of numbers with so many digits."""
    return Old(
        "translation",
        lambda rows: np.mean([rows[f"right_{count}"] for count in counts], axis=0),
        lambda rows: rows["validation"],
        RANGE,
        parts=4,
    )


TABLES = ("translation-tuning", "translation")
FOUR = tuple((cell, direction) for cell in ("LSTM", "GRU") for direction in DIRECTIONS)


def better(way, rival="forward", counts=(5, 6), networks=FOUR):
    """Conditions: per cent right in one way, less in another, after 600 updates."""

    def found(cell, direction):
        one = {"cell": cell, "direction": direction}
        return old(*counts).difference(one | {"way": way}, one | {"way": rival})

    return tuple(Before(f"{c}, {d}", TABLES, partial(found, c, d), (-100.0, 100.0)) for c, d in networks)


def held(count=5, arms=ARMS):
    """Conditions: per cent right of numbers with so many digits, by one vector, after 6000 updates."""
    return tuple(
        BestOf(name=f"{arm['cell']}, {arm['direction']}", design=DESIGN, outcome=f"right_{count}", arm=arm)
        for arm in arms
    )


def held_early(way):
    """The same of five digits after 600 updates, at rates that were chosen."""

    def found(cell, direction):
        return old(5).average(cell=cell, direction=direction, way=way)

    return tuple(Before(f"{c}, {d}", TABLES, partial(found, c, d), (0.0, 100.0)) for c, d in FOUR)


PLACE = 15, 1
CLAIMS = (
    Claim(
        words="Reversing the source makes learning easier",
        sentence=(
            "After 600 updates an encoder-decoder without attention translates more numbers of five and six digits "
            "rightly if it reads the source backwards."
        ),
        said=(
            Said(
                "sutskever2014sequence",
                "of LSTMs that translate English to French: the reversal made the optimisation problem easier",
            ),
        ),
        section="15-attention",
        logic="on average",
        region=(2.0, INF),
        unit="points",
        quantity="per cent right read backwards, less read forwards",
        margin="two points: for less nobody would turn all sources round",
        conditions=better("backward"),
        panel=(
            Variation("five digits alone", better("backward", counts=(5,))),
            Variation("six digits alone", better("backward", counts=(6,))),
            *(Variation(f"{d} alone", better("backward", networks=FOUR[k::2])) for k, d in enumerate(DIRECTIONS)),
        ),
    ),
    Claim(
        words="One vector cannot hold a long sequence",
        sentence=(
            "An encoder-decoder without attention, LSTM or GRU, translates fewer than half of the numbers of five "
            "digits rightly, after 6000 updates and by the best of eight learning rates."
        ),
        said=(
            Said(
                "bahdanau2015neural",
                "as a conjecture, that the vector is a bottleneck which may make long sentences difficult; "
                "retellings made of it that the vector cannot hold them",
            ),
        ),
        section="15-attention",
        logic="always",
        region=(-INF, 50.0),
        unit="per cent",
        quantity="numbers of five digits translated without a mistake",
        margin="a half: of what one cannot hold, most is lost",
        conditions=held(),
        panel=(
            Variation("six digits", held(6)),
            Variation("seven digits, more than were learned from", held(7)),
            Variation(f"{UNITS // 2} units", held(arms=(SMALL,))),
            Variation(f"{UPDATES} updates", held_early("forward")),
            Variation(f"{UPDATES} updates, read backwards", held_early("backward")),
        ),
    ),
    Claim(
        words="Attention gets more of a long sequence across than one vector",
        sentence=(
            "After 600 updates an encoder-decoder with attention translates more numbers of five and six digits "
            "rightly than one without."
        ),
        said=(
            Said(
                "bahdanau2015neural",
                "of sentences translated from English to French, where the gain grows with their length",
            ),
        ),
        section="15-attention",
        logic="on average",
        region=(2.0, INF),
        unit="points",
        quantity="per cent right with attention, less without",
        margin="two points, as for the reversal",
        conditions=better("attention"),
        panel=(
            Variation("against a source read backwards", better("attention", "backward")),
            Variation("up to three digits", better("attention", counts=(1, 2, 3))),
            Variation("seven and eight digits, more than were learned from", better("attention", counts=(7, 8))),
            Variation("a plain RNN, to figures", better("attention", networks=(("RNN", "to figures"),))),
        ),
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
    """The two old tables."""
    tune_and_run(run, combinations(), "translation", lambda rows: rows["validation"], RANGE, draws=16, parts=4)
