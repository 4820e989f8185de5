"""On trial: the GRU beside the LSTM, at equal parameters.

Four tasks: adding, counting and temporal order over 30 steps, the latch
over 50; 500 updates. A GRU of 16 units and an LSTM of 14, both with chrono
initialisation for the length of the task.

"Fewer operations, so faster to train" (Chung et al. 2014)
    Effect, for each task: log10 of the time until the LSTM has solved it
    over that of the GRU: updates (a run that does not solve it counts as
    1000) times the time of an update, which another table has. Confirmed if
    above zero on three of the four tasks, refuted if below zero on three.
"As good as the LSTM" (Chung et al. 2014)
    Effect, for each task: log10 of the LSTM's loss after training over the
    GRU's, on sequences never seen, plus 0.2: half as much loss again is
    still as good. Losses below 1e-5 count as 1e-5. Confirmed and refuted
    alike.
"It uses less memory"
    No runs: the numbers that a forward pass keeps for the way back, counted.
    Effect: how many percent a GRU of 64 units saves against the LSTM with as
    many parameters, less five. Confirmed above zero, refuted below.

Above or below zero: the whole interval, 95 % for the four effects of a
claim together. Thirty learning rates for each cell and task, drawn
log-uniformly from 0.001 to 0.1, and thirty other seeds at the best (the
middle of the best fifth of the range).
"""

import numpy as np

from rnnbook import GRU, LSTM, init, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import Effect, effect, tune_and_run
from rnnbook.trials.before import OldClaim as Claim

TASKS, UNITS = {"adding": 30, "counting": 30, "order": 30, "latch": 50}, {"LSTM": 14, "GRU": 16}
UPDATES, RANGE = 500, (1e-3, 1e-1)


def network(rng, task, cell):
    """A fresh network."""
    recurrent = training.CELLS[cell](training.TASKS[task].inputs, UNITS[cell], rng=rng, dtype=np.float64)
    init.chrono(recurrent, TASKS[task], rng)
    return training.model(recurrent, task, rng)


def run(rng, task, cell, learning_rate, compiled=True):
    """Train; the loss on sequences never seen, and the updates until the task was solved."""
    fresh = network(rng, task, cell)
    history = training.train(fresh, task, TASKS[task], learning_rate, rng, UPDATES, compiled)
    loss = float("nan") if history is None else training.unseen_loss(fresh, task, TASKS[task])
    return {"loss": loss, "updates": training.updates_to_solve(history, task, TASKS[task])}


def clock(rng, task, cell, path):
    """Milliseconds of an update, NumPy or compiled, drawing of the data not included."""
    fresh, drawn = network(rng, task, cell), training.TASKS[task].draw(rng, 32, TASKS[task])
    return {
        "milliseconds": training.milliseconds(fresh, training.TASKS[task].loss, drawn, 100, compiled=path == "compiled")
    }


def log_loss(rows):
    """Of every row of a table."""
    return np.log10(np.maximum(rows["loss"], 1e-5))


def seconds(task, cell, path="compiled"):
    """Until each run has solved the task."""
    rows = rows_where(results("lstm-or-gru"), task=task, cell=cell)
    each = np.min(rows_where(results("lstm-or-gru-clock"), task=task, cell=cell, path=path)["milliseconds"])
    return np.where(np.isnan(rows["updates"]), 2 * UPDATES, rows["updates"]) * each / 1e3


def faster():
    """Decades of time saved, for each task."""
    return [effect(t, np.log10(seconds(t, "LSTM")), np.log10(seconds(t, "GRU")), n_comparisons=4) for t in TASKS]


def as_good():
    """Decades of loss saved, for each task."""
    rows = results("lstm-or-gru")
    both = {task: [log_loss(rows_where(rows, task=task, cell=cell)) for cell in UNITS] for task in TASKS}
    return [effect(task, lstm, gru, n_comparisons=4, shift=0.2) for task, (lstm, gru) in both.items()]


def memory():
    """What is kept, counted."""
    kept = []
    for kind, units in ((LSTM, 56), (GRU, 64)):  # as many parameters with 16 inputs
        cell = kind(16, units, rng=np.random.default_rng(0))
        cell(np.zeros((100, 32, 16), np.float32))
        kept.append(sum(array.nbytes for array in cell.tape))
    saved = 100 * (1 - kept[1] / kept[0]) - 5
    return [Effect("equal parameters", saved, saved, saved)]


PLACE = 8, 1
CLAIMS = (
    Claim(
        words="Fewer operations, so faster to train",
        said_by=("chung2014empirical",),
        section="08-gru",
        tasks="adding, counting, order over 30, latch over 50 steps",
        quantity="decades of time less than the LSTM until solved",
        tables=("lstm-or-gru-tuning", "lstm-or-gru", "lstm-or-gru-clock"),
        need=3,
        effects=faster,
    ),
    Claim(
        words="It uses less memory",
        said_by=(),
        section="08-gru",
        tasks="none: counted",
        quantity="percent of the kept numbers saved, less five",
        tables=(),
        need=1,
        effects=memory,
    ),
    Claim(
        words="As good as the LSTM",
        said_by=("chung2014empirical",),
        section="08-gru",
        tasks="adding, counting, order over 30, latch over 50 steps",
        quantity="decades of loss less than the LSTM, plus 0.2",
        tables=("lstm-or-gru-tuning", "lstm-or-gru"),
        need=3,
        effects=as_good,
    ),
)
SLICES = (Slice(run, "lstm-or-gru", {"task": "counting", "cell": "GRU"}),)


def make():
    """Three tables."""
    combinations = [{"task": task, "cell": cell} for task in TASKS for cell in UNITS]
    tune_and_run(run, combinations, "lstm-or-gru", log_loss, RANGE)
    timed = {"task": list(TASKS), "cell": list(UNITS), "path": ["numpy", "compiled"]}
    sweep(clock, timed, range(10), table=FOLDER / "lstm-or-gru-clock.csv", workers=1)


if __name__ == "__main__":
    make()
