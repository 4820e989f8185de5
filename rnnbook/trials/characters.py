"""Five cells read Shakespeare, and what truncation costs (no claim, two tables).

The quantity is bits per character on the test plays (rnnbook.data.shakespeare),
after every hundred updates of 32 streams by 64 steps, state carried over.

"characters": every cell with the number of units that brings it nearest to
20,000 parameters (the readout not counted), on the same four million
characters. At equal updates, and at equal time by "characters-clock".
"truncation-bits": the LSTM, with windows of 2, 8, 32 and 128 steps and so many
streams that an update always sees 2048 characters; for 8 and 32 also with the
state set to zero before each window.

Fairness
    Sixteen learning rates for each cell and each window, drawn
    log-uniformly from 0.001 to 0.05, judged on the validation plays after
    200 updates; the middle of the best quarter of the range is used for 30
    other seeds.
"""

from contextlib import suppress
from functools import partial

import numpy as np

from rnnbook import Dense, Embedding, Model, Monitor, TiedReadout, data, init, softmax_cross_entropy, sweep, text
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import best_rates, tune_and_run

PARAMETERS, UPDATES, EVERY, RANGE = 20_000, 500, 100, (1e-3, 5e-2)
EMBEDDED, SEEN = 16, 2048  # numbers for a character, characters in an update
LETTERS = len(data.ALPHABET)
CELLS = [cell for cell in training.CELLS if cell != "GRU before"]


def build(rng, cell="LSTM", units=None, embedded=EMBEDDED, tied=False, dropout=0.0, letters=LETTERS):
    """A network that reads characters and predicts the next one; of `PARAMETERS` if no units are given."""
    make = training.CELLS[cell]
    units = units or training.units(make, embedded, PARAMETERS)
    recurrent = make(embedded, units, rng=rng)
    if recurrent.retention_gate is None:
        init.orthogonal(recurrent, rng)
    else:
        init.forget_bias(recurrent, 1.0)
    table = Embedding(letters, embedded, rng=rng)
    return Model(recurrent, TiedReadout(table) if tied else Dense(units, letters, rng=rng), table, dropout=dropout)


def train(network, batch, learning_rate, updates, compiled=True, **options):
    """Train on characters, the state carried over unless said otherwise."""
    options = {"carry": True} | options
    return training.learn(network, softmax_cross_entropy, batch, learning_rate, updates, compiled, **options)


def run(rng, cell, learning_rate, steps=64, carry=True, part="test", updates=UPDATES, compiled=True):
    """Train; the bits per character after every hundred updates."""
    network = build(rng, cell)
    batch = text.windows(training.plays("train"), SEEN // steps, steps)
    # each run starts somewhere else in the plays
    for _ in range(int(rng.integers(len(training.plays("train")) // SEEN))):
        batch()
    outcome = {f"bits_{after}": np.log2(LETTERS) for after in range(EVERY, updates + 1, EVERY)}

    def looked(history):
        value = float(text.surprisal(network, training.plays(part)[:100_000]).mean())
        outcome[f"bits_{len(history.loss)}"] = round(value, 5)

    with suppress(FloatingPointError):
        train(
            network,
            batch,
            learning_rate,
            updates,
            compiled,
            carry=carry,
            monitor=Monitor(eval_every=EVERY, until=looked),
        )
    return outcome


def clock(rng, cell, updates=50):
    """Milliseconds of a compiled update."""
    batch = text.windows(training.plays("train"), 32, 64)()
    network = build(rng, cell)
    return {"milliseconds": training.milliseconds(network, softmax_cross_entropy, batch, updates, compiled=True)}


def best_rate(cell):
    """The learning rate with which a cell was run."""
    tuning = results("characters-tuning")
    return best_rates(tuning, ("cell",), tuning["bits_200"], RANGE, parts=4)[cell,]


def curve(**factors):
    """The bits of some runs after every hundred updates, (runs, 5), and the updates."""
    table = "truncation-bits" if "steps" in factors else "characters"
    after = np.arange(EVERY, UPDATES + 1, EVERY)
    rows = rows_where(results(table), **factors)
    return after, np.stack([rows[f"bits_{n}"] for n in after], axis=1)


def at_equal_time(cell, updates=300):
    """The bits of a cell's runs when it has computed as long as an LSTM in so many updates, on the curve's lines."""
    each = {name: rows_where(results("characters-clock"), cell=name)["milliseconds"].min() for name in (cell, "LSTM")}
    after, bits = curve(cell=cell)
    return np.array([np.interp(updates * each["LSTM"] / each[cell], after, row) for row in bits])


PLACE = 11, 1
CLAIMS = ()
SLICES = (  # their beginnings: a row has the bits of the first hundred updates too
    Slice(partial(run, updates=EVERY), "characters", {"cell": "RNN"}),
    Slice(partial(run, updates=EVERY), "truncation-bits", {"steps": 8, "carry": False}),
)


def make():
    """Both tables and the clock."""
    held_out = partial(run, part="validation", updates=200)
    combinations = [{"cell": cell} for cell in CELLS]
    tune_and_run(
        run, combinations, "characters", lambda rows: rows["bits_200"], RANGE, draws=16, parts=4, tuning_trial=held_out
    )
    windows = [{"cell": "LSTM", "steps": steps, "carry": True} for steps in (2, 8, 32, 128)]
    windows += [{"cell": "LSTM", "steps": steps, "carry": False} for steps in (8, 32)]
    tune_and_run(
        run, windows, "truncation-bits", lambda rows: rows["bits_200"], RANGE, draws=16, parts=4, tuning_trial=held_out
    )
    sweep(clock, {"cell": CELLS}, range(10), table=FOLDER / "characters-clock.csv", workers=1)
