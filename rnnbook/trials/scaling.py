"""On trial: "twice the cores, half the time".

The same sixteen rows of a sweep, LSTMs of 600 parameters that learn to
latch a bit for 50 steps, 50 updates each, by `rnnbook.sweep` with one
worker and with two, on a machine with two cores and nothing else to do. The
workers are there already. "numpy" rows are run as they are, "compiled" ones
are programs of JAX, which may use both cores for one row. Thirty times.

Effects
    Seconds with one worker by seconds with two, less 1.8, for each kind.
    Confirmed if both are above zero, refuted if both are below. Above or
    below: the whole interval, 95 % for both together.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from rnnbook import LSTM, init, sweep
from rnnbook.trials import FOLDER, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect

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


def effects():
    """The speed-up, less 1.8."""
    tables = {kind: rows_where(results("scaling"), kind=kind) for kind in KINDS}
    return [effect(kind, rows["one"] / rows["two"], n_comparisons=2, shift=-1.8) for kind, rows in tables.items()]


PLACE = 18, 1
CLAIMS = (
    Claim(
        words="Twice the cores, half the time",
        said_by=(),
        section="18-clusters",
        tasks="sixteen rows of latch",
        quantity="time with one worker by time with two, less 1.8",
        tables=("scaling",),
        need=2,
        effects=effects,
    ),
)
SLICES = ()  # times


def make():
    """The table, one row at a time: it holds times."""
    sweep(run, {"kind": list(KINDS)}, range(30), table=FOLDER / "scaling.csv", workers=1)


if __name__ == "__main__":
    make()
