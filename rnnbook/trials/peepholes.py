"""On trial: "peepholes help with timing".

Said by Gers & Schmidhuber 2000. The task is one of theirs: spikes 5 to 15
steps apart, 60 steps; at each spike the network says how long ago the last
one was.

Effect, for cells of 2, 4 and 8 units: log10 of the error (root mean square,
in steps, after 400 updates) without peepholes over that with them.
Confirmed if it is above zero for two of the three sizes, refuted if it is
below zero for two; above or below: the whole interval, 95 % for the three
together.

Both cells start with a forget bias of 2; thirty learning rates for each
cell and size, drawn log-uniformly from 0.001 to 0.1, and thirty other seeds
at the best (the middle of the best fifth of the range).
"""

import numpy as np

from rnnbook import Adam, Dense, Model, Update, fit, init, mean_squared_error, tasks
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

UNITS, CELLS = (2, 4, 8), ("LSTM", "peephole")
SHORTEST, LONGEST, LENGTH, UPDATES, RANGE = 5, 15, 60, 400, (1e-3, 1e-1)


def draw(rng, batch):
    """Spikes."""
    return tasks.spike_delays(rng, batch, LENGTH, SHORTEST, LONGEST, np.float64)


def run(rng, units, cell, learning_rate, compiled=True):
    """Train; the root mean square error on sequences never seen, in steps."""
    recurrent = training.CELLS[cell](1, units, rng=rng, dtype=np.float64)
    init.forget_bias(recurrent, 2.0)
    network = Model(recurrent, Dense(units, 1, rng=rng, dtype=np.float64))
    fit(
        network,
        mean_squared_error,
        Adam(learning_rate),
        lambda: draw(rng, 32),
        steps=UPDATES,
        update=Update(max_norm=1.0),
        compiled=compiled,
    )
    x, target, mask, _ = draw(np.random.default_rng(1000), 1000)
    loss, _ = mean_squared_error(network(x), target, mask)
    return {"error": float(np.sqrt(loss) * (LONGEST - SHORTEST))}


def effects():
    """How far the runs lie on the claim's side, task by task."""
    rows = results("peepholes")
    found = []
    for units in UNITS:
        without, seeing = (np.log10(rows_where(rows, units=units, cell=cell)["error"]) for cell in CELLS)
        found.append(effect(f"{units} units", without, seeing, n_comparisons=3))
    return found


PLACE = 6, 1
CLAIMS = (
    Claim(
        words="Peepholes help with timing",
        said_by=("gers2000recurrent",),
        section="06-peepholes",
        tasks="spike distances, 2, 4, 8 units",
        quantity="decades of error less with peepholes",
        tables=("peepholes-tuning", "peepholes"),
        need=2,
        effects=effects,
    ),
)
SLICES = (Slice(run, "peepholes", {"units": 2, "cell": "peephole"}),)


def make():
    """Both tables."""
    combinations = [{"units": units, "cell": cell} for units in UNITS for cell in CELLS]
    tune_and_run(run, combinations, "peepholes", lambda rows: np.log10(rows["error"]), RANGE)


if __name__ == "__main__":
    make()
