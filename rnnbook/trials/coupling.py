"""On trial: "coupling the gates costs nothing".

Said by Greff et al. 2017, on other tasks. Here the tasks are those for
which the coupled cell ought to be worst, since its memory is bounded:
counting the ones among 15, 30 and 60 inputs.

Effect, for each length: log10 of the error (root mean square, after 500
updates, on sequences never seen) of the LSTM over that of the coupled LSTM,
plus 0.1: a quarter more error would still count as nothing. Confirmed if it
is above zero for two of the three lengths, refuted if it is below zero for
two; above or below: the whole interval, 95 % for the three together.

The same number of parameters: 8 units and 9. Both start with a forget bias
of 3; thirty learning rates for each cell and length, drawn log-uniformly
from 0.001 to 0.1, and thirty other seeds at the best (the middle of the best
fifth of the range).
"""

import numpy as np

from rnnbook import init
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

LENGTHS, UNITS, UPDATES, RANGE = (15, 30, 60), {"LSTM": 8, "coupled": 9}, 500, (1e-3, 1e-1)


def run(rng, length, cell, learning_rate, compiled=True):
    """Train; the root mean square error of the count, in ones."""
    recurrent = training.CELLS[cell](1, UNITS[cell], rng=rng, dtype=np.float64)
    init.forget_bias(recurrent, 3.0)
    network = training.model(recurrent, "counting", rng)
    if training.train(network, "counting", length, learning_rate, rng, UPDATES, compiled) is None:
        return {"error": float("nan")}
    return {"error": float(10 * np.sqrt(training.unseen_loss(network, "counting", length)))}


def effects():
    """How far the runs lie on the claim's side, task by task."""
    rows = results("coupling")
    found = []
    for length in LENGTHS:
        lstm, coupled = (np.log10(rows_where(rows, length=length, cell=cell)["error"]) for cell in UNITS)
        found.append(effect(f"{length} steps", lstm, coupled, n_comparisons=3, shift=0.1))
    return found


PLACE = 7, 2
CLAIMS = (
    Claim(
        words="Coupling the gates costs nothing",
        said_by=("greff2017lstm",),
        section="07-coupled-gates-and-variants",
        tasks="counting over 15, 30, 60 steps",
        quantity="decades of error less than the LSTM, plus 0.1",
        tables=("coupling-tuning", "coupling"),
        need=2,
        effects=effects,
    ),
)
SLICES = (Slice(run, "coupling", {"length": 15, "cell": "coupled"}),)


def make():
    """Both tables."""
    combinations = [{"length": length, "cell": cell} for length in LENGTHS for cell in UNITS]
    tune_and_run(run, combinations, "coupling", lambda rows: np.log10(rows["error"]), RANGE)


if __name__ == "__main__":
    make()
