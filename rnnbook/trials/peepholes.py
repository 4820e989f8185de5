"""On trial: peepholes where time is to be measured.

Spikes come 5 to 15 steps apart, in 60 steps; at each spike the network says how long ago the last one was. LSTMs with
and without peepholes, of 2, 4 and 8 units, start with a forget bias of 2 and have 400 updates. Their errors are
in steps (root mean square, on sequences never seen).

Its tables are older than the rule by which they are judged here: thirty learning rates for each cell and size, drawn
log-uniformly from 0.001 to 0.1, and thirty other seeds at the best, the middle of the best fifth of the range. What
that choice adds to the error is in the intervals.
"""

from functools import partial

import numpy as np

from rnnbook import Adam, Dense, Model, Update, fit, init, mean_squared_error, tasks
from rnnbook.trials import INF, Claim, Said, Slice, training
from rnnbook.trials.before import Before, Old, tune_and_run

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


def log_error(rows):
    """The quantity on trial, of every row of a table."""
    return np.log10(rows["error"])


TABLES = Old("peepholes", log_error, log_error, RANGE)


def spared(units):
    """Decades of error that peepholes save, for one size."""
    without, seeing = ({"units": units, "cell": cell} for cell in CELLS)
    return TABLES.difference(without, seeing)


PLACE = 6, 1
CLAIMS = (
    Claim(
        words="Peepholes help with timing",
        sentence="LSTMs of 2 to 8 units say the time since the last spike with at least a fifth less error when they"
        " have peepholes.",
        said=(Said("gers2000recurrent", "introduced for tasks in which exact times are told apart or produced"),),
        section="06-peepholes",
        logic="on average",
        region=(0.1, INF),
        unit="decades",
        quantity="error without peepholes above that with them",
        margin="a tenth of a decade, a fifth of the error: less is not worth a cell that libraries do not have",
        conditions=tuple(
            Before(f"{units} units", ("peepholes-tuning", "peepholes"), partial(spared, units)) for units in UNITS
        ),
    ),
)
SLICES = (Slice(run, "peepholes", {"units": 2, "cell": "peephole"}),)


def make():
    """Both tables."""
    combinations = [{"units": units, "cell": cell} for units in UNITS for cell in CELLS]
    tune_and_run(run, combinations, "peepholes", log_error, RANGE)
