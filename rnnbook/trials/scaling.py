"""On trial: a second core for a sweep.

The same sixteen rows of a sweep, LSTMs of 600 parameters that learn to
latch a bit for 50 steps, 50 updates each, by `rnnbook.sweep` with one
worker and with two, on a machine with two cores and nothing else to do. The
workers are there already. "numpy" rows are run as they are, "compiled" ones
are programs of JAX, which may use both cores for one row. Thirty times.
"""

import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from rnnbook import LSTM, init, sweep
from rnnbook.trials import FOLDER, Claim, Said, results, rows_where, training
from rnnbook.trials.before import Before
from rnnbook.trials.estimates import mean

KINDS, ROWS, UPDATES, LAG, PARAMETERS = ("numpy", "compiled"), 16, 50, 50, 600


def row(rng, compiled):
    """One row of the sweep that is timed."""
    cell = LSTM(1, training.units(LSTM, 1, PARAMETERS), rng=rng, dtype=np.float64)
    init.forget_bias(cell, 1.0)
    network = training.model(cell, "latch", rng)
    history = training.train(network, "latch", LAG, 0.01, rng, UPDATES, compiled)
    return {"loss": history.loss[-1]}


def seconds(compiled, workers, rows):
    """How long a sweep takes."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        table = Path(folder, "rows.csv")
        sweep(row, {"compiled": [compiled]}, range(rows), table=table, workers=workers, progress=False)
        return time.perf_counter() - start


def run(rng, kind):
    """Time the sweep with one worker and with two."""
    del rng  # the rows are always the same
    compiled = kind == "compiled"
    for workers in (1, 2):  # starts the workers, and compiles in them
        seconds(compiled, workers, rows=4)
    return {name: round(seconds(compiled, workers, ROWS), 4) for name, workers in (("one", 1), ("two", 2))}


def times_as_fast(kind):
    """How many times as fast the sweep is with two workers, in each repetition."""
    rows = rows_where(results("scaling"), kind=kind)
    return rows["one"] / rows["two"]


def speed_up(kind):
    """Its mean over the repetitions."""
    return mean(times_as_fast(kind))


PLACE = 18, 1
CLAIMS = (
    Claim(
        words="Twice the cores, half the time",
        sentence="A sweep of sixteen rows of a second or less takes half the time with two workers as with one, on a"
        " machine with two cores.",
        said=(Said("", "what one hopes for who rents a second core"),),
        section="18-clusters",
        logic="within",
        region=(1.8, 2.2),
        unit="times",
        quantity="the time with one worker by that with two",
        margin="a tenth off two: who plans an evening does not notice less",
        conditions=tuple(Before(kind, ("scaling",), partial(speed_up, kind), (0.0, float("inf"))) for kind in KINDS),
        null=2.0,
    ),
)
SLICES = ()  # times


def make():
    """The table, one row at a time: it holds times."""
    sweep(run, {"kind": list(KINDS)}, range(30), table=FOLDER / "scaling.csv", workers=1)
