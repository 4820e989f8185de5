"""On trial: "LSTMs solve the vanishing gradient problem".

An LSTM of 16 units with forget bias 2 learns latch, adding and temporal
order over 50 steps, 500 updates. The quantity is the gradient of a unit
vector at h_T, in the direction of the loss's own gradient, at lag 40, mean
over 100 sequences, before and after training.

Effect, for each task, over the runs that solve it: decades of the gradient
after training, plus two: a hundredth may remain. Confirmed if above zero on
two of the three tasks, refuted if below zero on two; above or below: the
whole interval, 95 % for the three together.

Thirty learning rates drawn log-uniformly from 0.001 to 0.1, the best (the
middle of the best fifth of the range, by the loss) for thirty other seeds.
"""

import numpy as np

from rnnbook import LSTM, init
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run
from rnnbook.trials.fresh import highway

TASKS = {"latch": 50, "adding": 50, "order": 50}
LAG, UNITS, UPDATES, RANGE = 40, 16, 500, (1e-3, 1e-1)


def look(network, task):
    """The gradient at lag 40, in decades, and the share of it that never left the cell state."""
    x, target, mask, _ = training.TASKS[task].draw(np.random.default_rng(1000), 100, TASKS[task])
    _, dy = training.TASKS[task].loss(network(x), target, mask)
    dh = network.readout.backward(dy)[-1]
    whole, stays = highway(network.recurrent, dh / np.linalg.norm(dh, axis=-1, keepdims=True))
    return float(np.log10(whole[LAG].mean())), float(stays[LAG].mean() / whole[LAG].mean())


def run(rng, task, learning_rate, compiled=True):
    """Train; loss, gradient and share before and after."""
    cell = LSTM(training.TASKS[task].inputs, UNITS, rng=rng, dtype=np.float64)
    init.forget_bias(cell, 2.0)
    network = training.model(cell, task, rng)
    before, share_before = look(network, task)
    history = training.train(network, task, TASKS[task], learning_rate, rng, UPDATES, compiled)
    after, share_after = look(network, task)
    return {
        "before": before,
        "after": after,
        "share_before": share_before,
        "share_after": share_after,
        "updates": training.updates_to_solve(history, task, TASKS[task]),
        "loss": float("nan") if history is None else float(np.mean(history.loss[-training.EVERY :])),
    }


def solved(rows):
    """The rows whose run has solved its task."""
    return rows[np.isfinite(rows["updates"])]


def effects():
    """How far the runs lie on the claim's side, task by task."""
    rows = solved(results("trained-gradients"))
    return [effect(task, rows_where(rows, task=task)["after"], n_comparisons=3, shift=2) for task in TASKS]


PLACE = 5, 1
CLAIMS = (
    Claim(
        words="LSTMs solve the vanishing gradient problem",
        said_by=(),
        section="05-lstm-backwards",
        tasks="latch, adding, order over 50 steps",
        quantity="decades of the gradient at lag 40 after training, plus two",
        tables=("trained-gradients-tuning", "trained-gradients"),
        need=2,
        effects=effects,
    ),
)
SLICES = (Slice(run, "trained-gradients", {"task": "latch"}),)


def make():
    """Both tables."""
    tune_and_run(run, [{"task": task} for task in TASKS], "trained-gradients", lambda rows: rows["loss"], RANGE)


if __name__ == "__main__":
    make()
