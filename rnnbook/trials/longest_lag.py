"""On trial: the longest lag that a cell learns within a budget.

One run climbs a ladder of lags, 10, 30, 100, 300, with a fresh network on
each rung, until one is not solved within 500 updates. (Timing, whose
sequences are twice as long as its lag, ends at 100.) Four claims hang on
the same runs.

"Plain RNNs cannot bridge more than ten steps" (Gers et al. 2000)
    Effect, for each of seven tasks: one half minus the share of tanh RNNs
    (orthogonal start) that solve lag 30. Confirmed if it is above zero on
    four tasks or more, refuted if it is below zero on four or more.
"The LSTM has the longest memory" (many tutorials)
    Effect, for each task: rungs climbed by the LSTM minus those climbed by
    the best of the other five cells. Confirmed if above zero on four tasks
    or more, refuted if below zero on four or more.
"ReLUs that start as the identity are as good as an LSTM"
(Le et al. 2015)
    Effect, for latch, adding and copy: rungs of the identity start minus
    those of an LSTM with forget bias 1, plus a half: half a rung may be
    missing. Confirmed if above zero on two of three, refuted if below.
"Chrono initialisation lengthens the memory" (Tallec & Ollivier 2018)
    Effect, for the same three tasks: rungs of an LSTM with chrono minus
    rungs with bias 1. Confirmed if above zero on two of three, refuted if
    below zero on two.

Above or below zero: the whole interval, 95 % for all effects of a claim
together.

Fairness
    Every cell has the number of units that brings it nearest to 600
    parameters. Sixteen learning rates for each cell, start and task, drawn
    log-uniformly from 0.001 to 0.3, climb as far as lag 100; the quarter of
    the range that climbs highest (among equals: with the fewest updates)
    gives the rate for 30 other seeds. The best of the other cells is the one
    whose four best tuning runs climb highest, not the best of the thirty.
"""

from functools import partial

import numpy as np

from rnnbook import init, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import Effect, effect, tune_and_run
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import old_share as share

LAGS = (10, 30, 100, 300)
UPDATES, PARAMETERS = 500, 600
RANGE = (1e-3, 3e-1)  # of the learning rates
TOP = {"timing": 100}  # a sequence is twice as long as the lag, and 600 steps take too long
THREE = ("latch", "adding", "copy")

# the start made for long lags: of the cell without gates, and of all others
STARTS = {cell: "orthogonal" if cell == "RNN" else "chrono" for cell in training.CELLS}


def build(cell, task, start, lag, rng):
    """A network of 600 parameters with one of the starts."""
    make = training.RELU_RNN if start == "identity ReLU" else training.CELLS[cell]
    inputs = training.TASKS[task].inputs
    network = make(inputs, training.units(make, inputs, PARAMETERS), rng=rng, dtype=np.float64)
    if start == "orthogonal":
        init.orthogonal(network, rng)
    elif start.startswith("identity"):
        init.identity(network)
    if start == "chrono":
        init.chrono(network, lag, rng)
    elif network.retention_gate is not None:
        init.forget_bias(network, 1.0)
    return training.model(network, task, rng)


def run(rng, cell, task, start, learning_rate, top=LAGS[-1], compiled=True):
    """Climb the ladder: the longest lag solved, updates on each rung."""
    updates_on_rungs = {f"updates_{lag}": np.nan for lag in LAGS}
    outcome = {"longest": 0, **updates_on_rungs}
    for lag in LAGS:
        if lag > min(top, TOP.get(task, top)):
            break
        network = build(cell, task, start, lag, rng)
        history = training.train(
            network,
            task,
            lag,
            learning_rate,
            rng,
            UPDATES,
            compiled,
            until_solved=True,
        )
        updates = training.updates_to_solve(history, task, lag)
        outcome[f"updates_{lag}"] = updates
        if np.isnan(updates):
            break
        outcome["longest"] = lag
    return outcome


def combinations():
    """Every cell on every task with its long-lag start; RNN and LSTM with the other starts on three tasks."""
    found = [{"cell": cell, "task": task, "start": start} for cell, start in STARTS.items() for task in training.TASKS]
    others = {"RNN": ("uniform", "identity", "identity ReLU"), "LSTM": ("uniform", "orthogonal", "identity")}
    return found + [
        {"cell": cell, "task": task, "start": start}
        for cell, starts in others.items()
        for task in THREE
        for start in starts
    ]


def clock(rng, cell, task, lag=100, updates=50):
    """Milliseconds of a compiled update, drawing of the data not included."""
    network, drawn = build(cell, task, STARTS[cell], lag, rng), training.TASKS[task].draw(rng, 32, lag)
    return {"milliseconds": training.milliseconds(network, training.TASKS[task].loss, drawn, updates, compiled=True)}


def rungs(rows, updates=UPDATES):
    """How many rungs of the ladder each run climbed, with no more than so many updates on each."""
    within = [rows[f"updates_{lag}"] <= updates for lag in LAGS]  # never if NaN
    return np.cumprod(within, axis=0).sum(axis=0)


def updates_in_time(cell, task, updates=200):
    """How many updates a cell can do while an LSTM does `updates`."""
    rows = rows_where(results("longest-lag-clock"), task=task)
    each = {name: np.min(rows_where(rows, cell=name)["milliseconds"]) for name in (cell, "LSTM")}
    return updates * each["LSTM"] / each[cell]


def climbed(task, cell, start, table="longest-lag"):
    """The rungs of the runs of one cell on one task."""
    return rungs(rows_where(results(table), task=task, cell=cell, start=start))


def ten_steps():
    """For each task."""
    solved = {task: climbed(task, "RNN", "orthogonal") >= 2 for task in training.TASKS}
    return [Effect(e.name, -e.value, -e.high, -e.low) for e in (share(t, s, 7, -0.5) for t, s in solved.items())]


def lstm_longest():
    """For each task."""
    found = []
    for task in training.TASKS:
        others = {cell: start for cell, start in STARTS.items() if cell != "LSTM"}
        tuning = {c: rows_where(results("longest-lag-tuning"), task=task, cell=c, start=s) for c, s in others.items()}
        best = min(others, key=lambda cell: np.sort(shortfall(tuning[cell]))[:4].mean())
        lstm, other = climbed(task, "LSTM", "chrono"), climbed(task, best, others[best])
        found.append(effect(f"{task}, against {best}", lstm, other, n_comparisons=7))
    return found


def starts(cell, start, beside, shift=0.0):
    """Rungs that one start climbs more than an LSTM with another."""
    return [effect(t, climbed(t, cell, start), climbed(t, "LSTM", beside), n_comparisons=3, shift=shift) for t in THREE]


def _claim(words, said_by, tasks, quantity, need, effects):
    tables = ("longest-lag-tuning", "longest-lag")
    return Claim(words, said_by, "10-long-memory", tasks, quantity, tables, need, effects)


PLACE = 10, 1
CLAIMS = (
    _claim(
        "Plain RNNs cannot bridge more than ten steps",
        ("gers2000learning",),
        "seven tasks, lag 30",
        "a half less the share of RNNs that solve lag 30",
        4,
        ten_steps,
    ),
    _claim(
        "The LSTM has the longest memory",
        (),
        "seven tasks, lags 10 to 300",
        "rungs climbed more than the best other cell",
        4,
        lstm_longest,
    ),
    _claim(
        "ReLUs that start as the identity are as good as an LSTM",
        ("le2015simple",),
        "latch, adding, copy, lags 10 to 300",
        "rungs climbed more than an LSTM, plus a half",
        2,
        lambda: starts("RNN", "identity ReLU", "uniform", 0.5),
    ),
    _claim(
        "Chrono initialisation lengthens the memory",
        ("tallec2018can",),
        "latch, adding, copy, lags 10 to 300",
        "rungs climbed more than with a forget bias of 1",
        2,
        lambda: starts("LSTM", "chrono", "uniform"),
    ),
)


def shortfall(rows):
    """What picks the best rate: rungs missing, and less than a rung for the updates on those that were climbed."""
    updates = np.array([rows[f"updates_{lag}"] for lag in LAGS])
    return len(LAGS) - rungs(rows) + np.nansum(updates, axis=0) / (len(LAGS) * UPDATES + 1)


SLICES = (Slice(run, "longest-lag", {"task": "adding", "cell": "RNN", "start": "orthogonal"}),)


def make():
    """Three tables."""
    short = partial(run, top=100)
    tune_and_run(run, combinations(), "longest-lag", shortfall, RANGE, draws=16, parts=4, tuning_trial=short)
    timed = {"cell": list(STARTS), "task": list(training.TASKS)}
    sweep(clock, timed, range(10), table=FOLDER / "longest-lag-clock.csv", workers=1)


if __name__ == "__main__":
    make()
