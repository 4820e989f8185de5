"""On trial: what a trained GRU keeps, and how its two gates go together.

GRUs of 16 units with chrono initialisation learn three tasks in 500
updates: adding and counting over 30 steps, the latch over 50.

"A GRU remembers everything"
    R² of the best linear reading of each earlier input from the last state,
    fitted on 2000 sequences, tested on 2000 others. Effect, for each task:
    the mean over all earlier inputs, minus 0.9. Confirmed if above zero on
    two of the three tasks, refuted if below zero on two.
"The reset gate is the opposite of the update gate"
    The correlation of r and z over steps and sequences, for each unit.
    Effect, for each task: minus the mean over units, minus a half: opposites
    would be at -1. Confirmed and refuted alike.

Above or below zero: the whole interval, 95 % for the three effects of a
claim together. Thirty learning rates for each task, drawn log-uniformly
from 0.001 to 0.1, and thirty other seeds at the best (the middle of the
best fifth of the range, by the loss). Runs that do not solve their task are
left out.
"""

import numpy as np

from rnnbook import GRU, init
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

TASKS, UNITS, UPDATES, RANGE = {"adding": 30, "counting": 30, "latch": 50}, 16, 500, (1e-3, 1e-1)


def readable(cell, task):
    """R² of a linear reading of each earlier input from the last state; the last input first."""
    x = training.TASKS[task].draw(np.random.default_rng(7), 4000, TASKS[task]).x
    hs, _ = cell(x)
    state, past = np.column_stack([hs[-1], np.ones(4000)]), x[::-1, :, 0].T
    weights, *_ = np.linalg.lstsq(state[:2000], past[:2000], rcond=None)
    error = past[2000:] - state[2000:] @ weights
    return 1 - (error**2).mean(axis=0) / past[2000:].var(axis=0)


def correlations(cell, task):
    """Of r and z, for each unit."""
    cell(training.TASKS[task].draw(np.random.default_rng(9), 200, TASKS[task]).x)
    r, z = cell.tape[:2]
    return np.array([np.corrcoef(r[..., u].ravel(), z[..., u].ravel())[0, 1] for u in range(UNITS)])


def run(rng, task, learning_rate, compiled=True):
    """Train a GRU; what can be read from it, and how its gates go together."""
    cell = GRU(training.TASKS[task].inputs, UNITS, rng=rng, dtype=np.float64)
    init.chrono(cell, TASKS[task], rng)
    network = training.model(cell, task, rng)
    history = training.train(network, task, TASKS[task], learning_rate, rng, UPDATES, compiled)
    r2, together = readable(cell, task), correlations(cell, task)
    return {
        "loss": float("nan") if history is None else float(np.mean(history.loss[-training.EVERY :])),
        "updates": training.updates_to_solve(history, task, TASKS[task]),
        "read": float(np.maximum(r2, 0).mean()),
        "read_first": float(r2[-1]),
        "correlation": float(together.mean()),
        "lowest": float(together.min()),
        "highest": float(together.max()),
    }


def solved(task):
    """The runs that have learned a task."""
    rows = rows_where(results("inside-gru"), task=task)
    return rows[np.isfinite(rows["updates"])]


def remembers():
    """For each task."""
    return [effect(task, solved(task)["read"], n_comparisons=3, shift=-0.9) for task in TASKS]


def opposite():
    """For each task."""
    return [effect(task, -solved(task)["correlation"], n_comparisons=3, shift=-0.5) for task in TASKS]


PLACE = 8, 2
CLAIMS = (
    Claim(
        words="A GRU remembers everything",
        said_by=(),
        section="08-gru",
        tasks="adding, counting over 30, latch over 50 steps",
        quantity="mean R² of all earlier inputs, less 0.9",
        tables=("inside-gru-tuning", "inside-gru"),
        need=2,
        effects=remembers,
    ),
    Claim(
        words="The reset gate is the opposite of the update gate",
        said_by=(),
        section="08-gru",
        tasks="adding, counting over 30, latch over 50 steps",
        quantity="mean correlation of r and z, its sign turned, less a half",
        tables=("inside-gru-tuning", "inside-gru"),
        need=2,
        effects=opposite,
    ),
)
SLICES = (Slice(run, "inside-gru", {"task": "latch"}),)


def make():
    """Both tables."""
    tune_and_run(run, [{"task": task} for task in TASKS], "inside-gru", lambda rows: rows["loss"], RANGE)


if __name__ == "__main__":
    make()
