"""On trial: the GRU beside the LSTM, at equal numbers of parameters.

Four tasks: adding, counting and temporal order over 30 steps, the latch over 50. A GRU of 16 units and an LSTM of 14
start with biases for the length of the task (chrono initialisation), or with the usual ones. One
table has the losses after a budget of updates, a second the updates until a task is solved, a third the time of
an update, by NumPy and compiled.

The times of the two cells are taken in turns, and what counts is their ratio, so that whatever else the machine does
slows both. It is the ratio on the machine where the table was made.
"""

from typing import Any

import numpy as np

from rnnbook import init
from rnnbook.trials import (
    INF,
    BestOf,
    Change,
    Claim,
    Computed,
    Design,
    Mean,
    Said,
    Total,
    Variation,
    judging,
    training,
)

TASKS, WIDTHS = {"adding": 30, "counting": 30, "order": 30, "latch": 50}, {"LSTM": 14, "GRU": 16}
UPDATES, SOLVE, LOOK, PATHS = 500, 1000, 10, ("NumPy", "compiled")
ROUNDS, TIMED = 7, 20  # turns, and updates in each


def network(rng, task, cell, times=1, start="chrono"):
    """A fresh network: so many times the units, and its keeping gate at a start by name."""
    recurrent = training.CELLS[cell](training.TASKS[task].inputs, times * WIDTHS[cell], rng=rng, dtype=np.float64)
    if start == "chrono":
        init.chrono(recurrent, TASKS[task], rng)
    else:
        init.forget_bias(recurrent, float(start.removeprefix("bias ")))
    return training.model(recurrent, task, rng)


def run(rng, task, cell, times, start, learning_rate, compiled=True):
    """Train; decades of the loss, beside that of the best constant answer."""
    fresh = network(rng, task, cell, times, start)
    history = training.train(fresh, task, TASKS[task], learning_rate, rng, UPDATES, compiled)
    return judging.judged(fresh, task, TASKS[task], history)


def solve(rng, task, cell, learning_rate, compiled=True):
    """Train until the task is solved; decades of the updates that it took, of twice the budget if it was not."""
    fresh = network(rng, task, cell)
    history = training.train(
        fresh, task, TASKS[task], learning_rate, rng, SOLVE, compiled, until_solved=True, look=LOOK
    )
    updates = training.updates_to_solve(history, task, TASKS[task], LOOK)
    updates = updates if np.isfinite(updates) else 2.0 * SOLVE
    return {"updates": updates, "decades": float(np.log10(updates))}


def clock(rng, task, path):
    """Decades by which an update of the LSTM takes longer than one of the GRU: the median of some turns."""
    drawn = training.TASKS[task].draw(rng, 32, TASKS[task])
    fresh = {cell: network(rng, task, cell) for cell in WIDTHS}
    turns = [
        {
            cell: training.milliseconds(one, training.TASKS[task].loss, drawn, TIMED, path == "compiled")
            for cell, one in fresh.items()
        }
        for _ in range(ROUNDS)
    ]
    return {"decades": float(np.median([np.log10(turn["LSTM"] / turn["GRU"]) for turn in turns]))}


BASE = {"cells": f"an LSTM of {WIDTHS['LSTM']} units and a GRU of {WIDTHS['GRU']}, in float64", "data": "new each time"}
PAIRS: list[dict[str, Any]] = [{"task": task, "cell": cell} for task in TASKS for cell in WIDTHS]
LOSSES = Design(
    name="lstm-or-gru",
    run=run,
    arms=[
        *(pair | {"times": 1, "start": "chrono"} for pair in PAIRS),
        *(pair | {"times": 1, "start": start} for pair in PAIRS for start in ("bias 0", "bias 1")),
        *({"task": "adding", "cell": cell, "times": 4, "start": "chrono"} for cell in WIDTHS),
    ],
    outcomes={"decades": judging.BOUNDS},
    settings=BASE
    | {
        "start": "chrono, or forget biases of 0 or 1; the rest uniform ±1/√units",
        "budget": f"{UPDATES} updates",
        "training": training.SAID,
        "judged": judging.SAID,
    },
    rates=(1e-3, 1.0),
    nothing=1.0,
)
SPEED = Design(
    name="lstm-or-gru-updates",
    run=solve,
    arms=PAIRS,
    outcomes={"decades": (float(np.log10(training.EVERY)), float(np.log10(2 * SOLVE)))},
    settings=BASE
    | {
        "start": "chrono",
        "budget": f"{SOLVE} updates",
        "training": training.SAID,
        "solved": training.SOLVED,
    },
    rates=(1e-3, 1.0),
    select="updates",
    nothing=2.0 * SOLVE,
    again=(0.02, 10.5),  # a task is counted as solved to ten updates
)
CLOCK = Design(
    name="lstm-or-gru-clock",
    run=clock,
    arms=[{"task": task, "path": path} for task in TASKS for path in PATHS],
    outcomes={"decades": (-2.0, 2.0)},
    settings=BASE | {"timed": f"{ROUNDS} turns of {TIMED} updates, with data that are there already; one core"},
    draws=12,
    timed=True,
)
DESIGNS = (LOSSES, SPEED, CLOCK)


def losses(ours, theirs, tasks=tuple(TASKS), **where):
    """By how many decades the loss of the second cell (name and start) is smaller, for each task."""
    sides = ({"cell": cell, "start": start, "times": 1} | where for cell, start in (ours, theirs))
    arm, rival = sides
    return tuple(
        BestOf(name=task, design=LOSSES, outcome="decades", arm={"task": task} | arm, rival={"task": task} | rival)
        for task in tasks
    )


def fewer_updates(task):
    """Decades of updates that the GRU saves."""
    arm, rival = ({"task": task, "cell": cell} for cell in WIDTHS)
    return BestOf(name=task, design=SPEED, outcome="decades", arm=arm, rival=rival)


def quicker_updates(task, path):
    """Decades of time that it saves in each."""
    return Mean(name=f"{task} ({path})", design=CLOCK, outcome="decades", arm={"task": task, "path": path})


EVERYWHERE = [(task, path) for task in TASKS for path in PATHS]


def saved(lstm, gru, arrays=(7, 5)):
    """Per cent of the numbers kept for the way back: so many arrays a step of so many units, the output among them."""
    return 100 * (1 - arrays[1] * gru / (arrays[0] * lstm))


LSTM, GRU = ("LSTM", "chrono"), ("GRU", "chrono")
PLACE = 8, 1
CLAIMS = (
    Claim(
        words="Fewer operations, so faster to train",
        sentence="A GRU solves adding, counting, temporal order and the latch in less time than an LSTM of as many"
        " parameters.",
        said=(
            Said(
                "chung2014empirical",
                "ahead in CPU time and in updates on some data sets, at equal numbers of parameters",
            ),
            Said("", "three blocks of weights where the LSTM has four"),
        ),
        section="08-gru",
        logic="on average",
        region=(0.05, INF),
        unit="decades of time",
        quantity="time of the LSTM until a task is solved above that of the GRU",
        margin="a twentieth of a decade, a tenth of the time: less is not worth another cell",
        conditions=tuple(
            Total(f"{task} ({path})", (fewer_updates(task), quicker_updates(task, path))) for task, path in EVERYWHERE
        ),
        panel=(
            Variation("the time of an update alone", tuple(quicker_updates(*where) for where in EVERYWHERE)),
            Variation("the number of updates alone", tuple(fewer_updates(task) for task in TASKS)),
        ),
        shared=True,
    ),
    Claim(
        words="A GRU uses less memory than an LSTM",
        sentence="A GRU keeps at least a tenth fewer numbers for the way back than an LSTM.",
        said=(Said("", "one state where the LSTM has two"),),
        section="08-gru",
        logic="always",
        region=(10.0, INF),
        unit="per cent",
        quantity="numbers saved of those that the LSTM keeps for the way back",
        margin="a tenth: less would not allow a longer sequence or a larger batch to speak of",
        conditions=(
            Computed("as many units, 64 and 64", saved(64, 64)),
            Computed("as many parameters, 56 and 64", saved(56, 64)),
            Computed("as many units, without h and tanh c of the LSTM", saved(64, 64, (5, 5))),
            Computed("as many parameters, without h and tanh c of the LSTM", saved(56, 64, (5, 5))),
        ),
        changes=(
            Change(
                "2026-11-28",
                "the output h is counted for both cells, and the second time what can be computed again is left out",
                "the GRU's output stood among its five arrays, the LSTM's was left out of its six",
            ),
        ),
    ),
    Claim(
        words="A GRU is as good as an LSTM",
        sentence="On adding, counting, temporal order and the latch a GRU reaches at most half as much loss again as an"
        " LSTM of as many parameters.",
        said=(
            Said("chung2014empirical", "comparable, on music and speech"),
            Said("jozefowicz2015empirical", "the GRU ahead on all tasks but language modelling"),
        ),
        section="08-gru",
        logic="as good as",
        region=(-0.2, INF),
        unit="decades of loss",
        quantity="loss of the LSTM above that of the GRU",
        margin="a fifth of a decade, half as much loss again: what two seeds easily differ by",
        conditions=losses(LSTM, GRU),
        panel=(
            Variation(
                "the usual start, forget bias 1 and update bias 0", losses(("LSTM", "bias 1"), ("GRU", "bias 0"))
            ),
            Variation("biases of 1 for both", losses(("LSTM", "bias 1"), ("GRU", "bias 1"))),
            Variation("four times the units, adding", losses(LSTM, GRU, ("adding",), times=4)),
        ),
    ),
    Claim(
        words="A forget bias of 1 closes the gap between LSTM and GRU",
        sentence="On adding, counting, temporal order and the latch an LSTM with a forget bias of 1 reaches at most"
        " half as much loss again as a GRU of as many parameters.",
        said=(Said("jozefowicz2015empirical", "abstract; arithmetic, XML, language and music"),),
        section="08-gru",
        logic="as good as",
        region=(-0.2, INF),
        unit="decades of loss",
        quantity="loss of the GRU, with an update bias of 0, above that of the LSTM",
        margin="a fifth of a decade, half as much loss again, as in the claim before",
        conditions=losses(("GRU", "bias 0"), ("LSTM", "bias 1")),
        panel=(
            Variation("a forget bias of 0, where there should be a gap", losses(("GRU", "bias 0"), ("LSTM", "bias 0"))),
            Variation("a GRU with a bias of 1 as well", losses(("GRU", "bias 1"), ("LSTM", "bias 1"))),
            Variation("chrono initialisation for both", losses(GRU, LSTM)),
        ),
    ),
)
