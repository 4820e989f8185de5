"""On trial: "initialise the forget bias to 1".

An LSTM of 16 units on the latch, lags of 20, 50 and 100; at most 300
updates. The quantity is the number of updates until the task is solved
(trials/training.py), as a power of two; a run that does not solve it counts
as 600, twice the budget.

"Initialise the forget bias to 1" (Gers et al. 2000; Jozefowicz et al. 2015)
    Effect, for each lag: by how many doublings a bias of 1 is faster than a
    bias of 0. Confirmed if above zero at two of the three lags, refuted if
    below zero at two.
"A forget bias of 1 is enough"
    Effect, for each lag: by how many doublings a bias of 1 is faster than
    one of 4, plus one: it may be half as fast. Confirmed if above zero at
    two of the three lags, refuted if below zero at two.

Above or below zero: the whole interval, 95 % for all effects of a claim
together. For each bias and lag thirty learning rates, drawn log-uniformly
from 0.001 to 0.1, and thirty other seeds at the best (the middle of the
best fifth of the range).
"""

import numpy as np

from rnnbook import LSTM, init
from rnnbook.trials import Claim, Slice, effect, results, rows_where, training, tune_and_run

BIASES, LAGS, UNITS, UPDATES, RANGE = (0, 1, 2, 4), (20, 50, 100), 16, 300, (1e-3, 1e-1)


def run(rng, lag, bias, learning_rate, budget=UPDATES, compiled=True):
    """Train on the latch; updates until solved, NaN if it never was."""
    cell = LSTM(1, UNITS, rng=rng, dtype=np.float64)
    init.forget_bias(cell, bias)
    network = training.model(cell, "latch", rng)
    history = training.train(
        network,
        "latch",
        lag,
        learning_rate,
        rng,
        budget,
        compiled,
        until_solved=True,
    )
    return {"updates": training.updates_to_solve(history, "latch", lag)}


def doublings(rows):
    """The quantity on trial, of every row of a table."""
    return np.log2(np.where(np.isnan(rows["updates"]), 2 * UPDATES, rows["updates"]))


def faster_than(bias, shift):
    """Doublings of updates that a bias of 1 saves against another, for each lag."""
    rows = results("forget-bias")
    return [
        effect(
            f"lag {lag}",
            doublings(rows_where(rows, lag=lag, bias=bias)),
            doublings(rows_where(rows, lag=lag, bias=1)),
            n_comparisons=3,
            shift=shift,
        )
        for lag in LAGS
    ]


PLACE = 4, 1
CLAIMS = (
    Claim(
        words="Initialise the forget bias to 1",
        said_by=("gers2000learning", "jozefowicz2015empirical"),
        section="04-lstm-gate-by-gate",
        tasks="latch, lags 20, 50, 100",
        quantity="doublings of updates saved against a bias of 0",
        tables=("forget-bias-tuning", "forget-bias"),
        need=2,
        effects=lambda: faster_than(0, 0.0),
    ),
    Claim(
        words="A forget bias of 1 is enough",
        said_by=("jozefowicz2015empirical",),
        section="04-lstm-gate-by-gate",
        tasks="latch, lags 20, 50, 100",
        quantity="doublings of updates saved against a bias of 4, plus one",
        tables=("forget-bias-tuning", "forget-bias"),
        need=2,
        effects=lambda: faster_than(4, 1.0),
    ),
)
SLICES = (Slice(run, "forget-bias", {"lag": 20, "bias": 4}),)


def make():
    """Both tables."""
    combinations = [{"lag": lag, "bias": bias} for lag in LAGS for bias in BIASES]
    tune_and_run(run, combinations, "forget-bias", doublings, RANGE)


if __name__ == "__main__":
    make()
