"""On trial: whether LSTMs solve the vanishing gradient problem.

What can be meant is the gradient of a network that has learned something over a long lag: is it still there? An
LSTM learns latch, adding and temporal order over 50 steps; then a gradient of length 1 is sent back from its last
state, in the direction that the task's own loss gives it. The quantity is its length 40 steps earlier. A GRU and a
tanh RNN stand beside it as controls.

How small is vanished? No update of Adam depends on the length of a gradient, so no theory says it. The curve over
all thresholds stands in the chapter; for the verdict a hundredth must be left.
"""

import numpy as np

from rnnbook import GRU, LSTM, RNN, diagnostics, init
from rnnbook.trials import INF, BestOf, Claim, Design, Mean, Said, Variation, training

TASKS, LENGTH, LAGS, UNITS, UPDATES, FLOOR, FAR = ("latch", "adding", "order"), 50, (20, 40), 16, 600, -30.0, 12.0


def highway(cell, dh):
    """The norm of a gradient of h_T by lag, and of the part of it that never left an LSTM's cell state."""
    whole = diagnostics.gradient_norms(cell, dh)
    _, f, o, _, _, tanh_c = cell.tape
    dc = dh * o[-1] * (1 - tanh_c[-1] ** 2)
    stays = [np.linalg.norm(dc, axis=-1)]
    for f_t in f[::-1]:
        dc = dc * f_t
        stays.append(np.linalg.norm(dc, axis=-1))
    return whole, np.array(stays)


def new_cell(kind, inputs, rng):
    """A cell by its name and its start."""
    if kind == "RNN":
        cell = RNN(inputs, UNITS, rng=rng, dtype=np.float64)
        init.orthogonal(cell, rng)
        return cell
    make = LSTM if kind.startswith("LSTM") else GRU
    cell = make(inputs, UNITS, rng=rng, dtype=np.float64)
    init.forget_bias(cell, float(kind.split()[-1]))
    return cell


def look(network, task):
    """The gradient by lag, in decades, and of an LSTM the part at lag 40 that never left the cell state."""
    x, target, mask, _ = training.TASKS[task].draw(np.random.default_rng(1000), 100, LENGTH)
    _, dy = training.TASKS[task].loss(network(x), target, mask)
    dh = network.readout.backward(dy)[-1]
    dh /= np.linalg.norm(dh, axis=-1, keepdims=True) + 1e-300
    if not isinstance(network.recurrent, LSTM):
        whole, stays = diagnostics.gradient_norms(network.recurrent, dh), None
    else:
        whole, stays = highway(network.recurrent, dh)
    found = {lag: float(np.log10(max(whole[lag].mean(), 10**FLOOR))) for lag in LAGS}
    if stays is None:
        return found, 0.0
    part = float(np.log10(max(stays[LAGS[-1]].mean(), 10**FLOOR))) - found[LAGS[-1]]
    return found, float(np.clip(part, -FAR, FAR))


def run(rng, task, kind, learning_rate, compiled=True):
    """Train; the gradient before and after, what validation says of it, and whether the task was solved."""
    network = training.model(new_cell(kind, training.TASKS[task].inputs, rng), task, rng)
    before, _ = look(network, task)
    history = training.train(network, task, LENGTH, learning_rate, rng, UPDATES, compiled)
    if history is None:  # a number was not finite
        after, stayed, validation = dict.fromkeys(LAGS, FLOOR), 0.0, float("nan")
    else:
        after, stayed = look(network, task)
        x, target, mask, _ = training.TASKS[task].draw(np.random.default_rng(2000), 1000, LENGTH)
        validation = training.TASKS[task].loss(network(x), target, mask)[0] / training.constant_loss(task, LENGTH)
    return {
        "before": before[LAGS[-1]],
        "after": after[LAGS[-1]],
        "after_20": after[LAGS[0]],
        "stayed": stayed,
        "validation": float(validation),
        "solved": float(np.isfinite(training.updates_to_solve(history, task, LENGTH))),
    }


KINDS = ("LSTM bias 2", "LSTM bias 1", "GRU bias 2", "RNN")
DESIGN = Design(
    name="trained-gradients",
    run=run,
    arms=[{"task": task, "kind": kind} for task in TASKS for kind in KINDS],
    outcomes={
        "before": (FLOOR, INF),
        "after": (FLOOR, INF),
        "after_20": (FLOOR, INF),
        "stayed": (-FAR, FAR),
        "solved": (0.0, 1.0),
    },
    settings={
        "cells": f"{UNITS} units in float64",
        "start": "weights uniform between ±1/√units; the bias named is that of the gate that keeps; "
        "the RNN's W_h is orthogonal",
        "tasks": f"over {LENGTH} steps",
        "budget": f"{UPDATES} updates",
        "training": training.SAID,
        "solved": training.SOLVED,
        "validation": "the loss on 1000 sequences, over that of the best constant answer",
    },
    rates=(2e-3, 0.2),
    nothing=1.0,
)
DESIGNS = (DESIGN,)


def left(kind=KINDS[0], outcome="after", tasks=TASKS):
    """The gradient of the best of eight, task by task."""
    return tuple(BestOf(name=task, design=DESIGN, outcome=outcome, arm={"task": task, "kind": kind}) for task in tasks)


BEFORE = tuple(Mean(name=task, design=DESIGN, outcome="before", arm={"task": task, "kind": KINDS[0]}) for task in TASKS)
PLACE = 5, 1
CLAIMS = (
    Claim(
        words="LSTMs solve the vanishing gradient problem",
        sentence="In an LSTM that has learned a task over 50 steps more than a hundredth of the gradient is left after "
        "40, whatever the task.",
        said=(Said("", "the first sentence on LSTMs in most lectures and tutorials"),),
        section="05-lstm-backwards",
        logic="always",
        region=(-2.0, INF),
        unit="decades",
        quantity="gradient of the last state 40 steps back, after training",
        margin="a hundredth; a convention, so half and twice as many decades stand beside it, and the whole curve",
        conditions=left(),
        panel=(
            Variation("a forget bias of 1", left("LSTM bias 1")),
            Variation("a lag of 20", left(outcome="after_20")),
            Variation("networks that are not trained", BEFORE),
            Variation("the latch left out", left(tasks=("adding", "order"))),
            Variation("a GRU", left("GRU bias 2")),
            Variation("a tanh RNN", left("RNN")),
        ),
    ),
)
