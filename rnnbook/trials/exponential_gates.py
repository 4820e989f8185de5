"""On trial: "exponential gates make the LSTM better", on what they were made for and on recall.

The xLSTM's authors give the LSTM exponential gates so that it can revise what it has stored, and show it by a search
for the nearest neighbour: of the vectors read so far, which is most like a reference, and what value came with it? Here
a step shows a number and one of eight values, and the answer at every step is the value that came with the largest
number so far: the neighbour of 1. In a variation the reference is a number that is shown first.

The other task is `recall`: keys and values are read, then keys alone. Its table for an LSTM was seen before this was
written, and so was an LSTM with weights set by hand that answers all. Of each cell and task four runs were seen, to
time them and to find a range of rates: in them the sLSTM led on both tasks, and where the reference is shown first both
cells had learned little after 500 updates.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from rnnbook import LSTM, Batch, CoupledLSTM, Dense, Model, init
from rnnbook.trials import INF, BestOf, Change, Claim, Design, Said, Variation, recall
from rnnbook.trials.later_cells import SLSTM

STEPS, UNITS, UPDATES, LONGER = 16, 32, 500, 5000
VALUES, SEQUENCES = recall.VALUES, recall.SEQUENCES
NUMBERS = 3 * UNITS  # that an sLSTM carries
CELLS = {  # each with its units
    "LSTM": (LSTM, UNITS, {}),
    "sLSTM": (SLSTM, UNITS, {}),
    "sigmoid": (SLSTM, UNITS, {"gate": "sigmoid"}),
    "coupled": (CoupledLSTM, UNITS, {}),
    "larger LSTM": (LSTM, NUMBERS // 2, {}),
}


def draw(rng, batch, task):
    """Numbers from 0 to 1 and values, one-hot; asked is the value of the number nearest to 1, or to the first."""
    numbers, values = rng.random((STEPS, batch)), rng.integers(VALUES, size=(STEPS, batch))
    reference = np.ones(batch) if task == "search" else rng.random(batch)
    away = abs(numbers - reference)
    nearest = np.array([away[: t + 1].argmin(axis=0) for t in range(STEPS)])
    target, x = np.take_along_axis(values, nearest, axis=0), np.zeros((STEPS + 1, batch, VALUES + 2))
    x[0, :, 0] = reference
    x[1:, :, 1], x[1:, :, 2:] = numbers, np.eye(VALUES)[values]
    mask = np.ones((STEPS + 1, batch))
    mask[0] = 0
    return Batch(x, np.concatenate([np.zeros((1, batch), int), target]), mask)


def run(rng, task, cell, updates, bias, learning_rate, compiled=True):
    """One row: what counts is the answer at the last step of a search, or all that recall asks for."""
    make, units, options = CELLS[cell]
    drawn = partial(recall.draw, task="once") if task == "recall" else partial(draw, task=task)
    width = drawn(np.random.default_rng(0), 1).x.shape[-1]
    recurrent = make(width, units, rng=rng, dtype=np.float64, **options)
    init.forget_bias(recurrent, bias)
    network = Model(recurrent, Dense(units, VALUES, rng=rng, dtype=np.float64))
    counts = {} if task == "recall" else {"counts": lambda right, _: right[-1]}
    return recall.judged(network, rng, drawn, learning_rate, updates, compiled, **counts)


def arm(task, cell, updates=UPDATES, bias=1.0):
    """One arm."""
    return {"task": task, "cell": cell, "updates": updates, "bias": bias}


TASKS = "search", "recall"
DESIGN = Design(
    name="exponential-gates",
    run=run,
    arms=[arm(task, cell) for task in TASKS for cell in ("LSTM", "sLSTM")],
    outcomes={"right": (0.0, 1.0)},
    settings={
        "cells": f"{UNITS} units, one layer, in float64, as the package starts them, with a forget bias of 1 if nothing"
        " else is said",
        "search": f"{STEPS} numbers from 0 to 1, each with one of {VALUES} values; asked at every step is the value of"
        " the largest so far, or of the nearest to a number that is shown first",
        "recall": recall.DESIGN.settings["task"].replace(
            "; 8 different keys written, or 16 with repetition", ", 8 written"
        ),
        "budget": f"{UPDATES} updates",
        "training": f"Adam, {SEQUENCES} sequences an update, new ones each time, gradients clipped at norm 1",
        "judged": "the share of right answers at the last step of a search, or to all questions, on 500 others",
        "validation": "the loss on 500 other sequences, as a share of a constant answer's",
    },
    rates=(2e-3, 0.6),
    nothing=1.0,
)
BIASES = (0.0, 3.0)
VARIED = replace(
    DESIGN,
    name="exponential-gates-varied",
    arms=[
        *(arm(task, cell) for task in TASKS for cell in ("sLSTM", "sigmoid", "coupled")),
        *(arm(task, cell, bias=bias) for task in TASKS for cell in ("LSTM", "sLSTM") for bias in BIASES),
    ],
    draws=24,
)
LONG = replace(
    DESIGN.longer(LONGER), arms=[arm(task, cell, LONGER) for task in (*TASKS, "first") for cell in ("LSTM", "sLSTM")]
)
EQUAL = replace(
    DESIGN,
    name="exponential-gates-numbers",
    arms=[arm(task, cell, bias=bias) for task in TASKS for cell in ("sLSTM", "larger LSTM") for bias in (1.0, 3.0)],
    settings={
        **DESIGN.settings,
        "cells": DESIGN.settings["cells"]
        + f"; an LSTM of {NUMBERS // 2} units carries {NUMBERS} numbers, as an sLSTM of"
        f" {UNITS} does",
    },
    draws=24,
)
DESIGNS = (DESIGN, VARIED, LONG, EQUAL)


def more(design=DESIGN, rival="LSTM", tasks=TASKS, **factors):
    """By how much an sLSTM's share of right answers is higher than its rival's, in each task."""
    return tuple(
        BestOf(
            name=f"{task}, {rival}",
            design=design,
            outcome="right",
            arm=arm(task, "sLSTM", **factors),
            rival=arm(task, rival, **factors),
        )
        for task in tasks
    )


PLACE = 19, 5
CLAIMS = (
    Claim(
        words="Exponential gates make the LSTM better",
        sentence="On a search for the largest number so far, and on recall, an sLSTM gives at least a twentieth more"
        " right answers than an LSTM of equally many units.",
        said=(Said("beck2024xlstm", "exponential gates as a remedy for storage decisions that cannot be revised"),),
        section="19-what-recurrence-became",
        logic="always",
        region=(0.05, INF),
        unit="the share of answers",
        quantity="right answers more than an LSTM's",
        margin="a twentieth of the answers: less would not be worth a cell with a state more",
        conditions=more(),
        panel=(
            Variation("a tenth of the answers more", region=(0.1, INF)),
            Variation("against an sLSTM with a logistic input gate", more(VARIED, "sigmoid")),
            Variation("against a coupled LSTM", more(VARIED, "coupled")),
            *(Variation(f"a forget bias of {bias:g} for both", more(VARIED, bias=bias)) for bias in BIASES),
            Variation("against an LSTM that carries as many numbers", more(EQUAL, "larger LSTM")),
            Variation(
                "against an LSTM that carries as many numbers, a forget bias of 3 for both",
                more(EQUAL, "larger LSTM", bias=3.0),
            ),
            Variation(f"{LONGER} updates", more(LONG, updates=LONGER)),
            Variation(
                f"a search whose reference is shown first, {LONGER} updates",
                more(LONG, tasks=("first",), updates=LONGER),
            ),
        ),
        changes=(
            Change(
                date="2026-11-29",
                what="an LSTM that carries as many numbers as variations",
                why="a referee found that equally many units are not equally many numbers, and in a single run that a"
                " larger LSTM with a larger bias is right in more answers on recall",
                part="variations",
            ),
        ),
    ),
)
