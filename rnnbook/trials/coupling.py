"""On trial: what coupling the gates of an LSTM costs.

A coupled LSTM has f = 1 - i. Its memory is bounded, so it ought to be worst where something has to be
counted: the ones among 15, 30 and 60 inputs. It begins with an input bias of -3: it keeps 0.95 and writes
0.05. An LSTM that begins in the same way, with a forget bias of 3 and an input bias of -3, differs from
it in little but the coupling. The usual one, with a forget bias of 3 and an input bias of 0, writes a half; it is
among the variations. "coupling-units": a coupled cell of as many units, and so of a quarter fewer parameters.
"""

from dataclasses import replace

import numpy as np

from rnnbook import CoupledLSTM, init
from rnnbook.trials import INF, BestOf, Change, Claim, Design, Said, Variation, judging, training

LENGTHS, WIDTH, UPDATES, LONGER, BIAS = (15, 30, 60), 8, 500, 5000, 3.0
SAME, USUAL, COUPLED = "LSTM that writes little", "LSTM that writes half", "coupled"
NARROW = "coupled with as many units"


def run(rng, task, length, cell, width, updates, learning_rate, compiled=True):
    """Train; decades of the error (root mean square), beside that of the best constant answer."""
    inputs, kind = training.TASKS[task].inputs, "coupled" if cell == COUPLED else "LSTM"
    made = {"rng": rng, "dtype": np.float64}
    if cell == NARROW:
        recurrent = CoupledLSTM(inputs, width, **made)
    else:
        recurrent = training.reader(kind, inputs, width, False, **made)
    init.forget_bias(recurrent, BIAS)
    if cell == SAME:
        recurrent.block("b", "i")[...] = -BIAS
    network = training.model(recurrent, task, rng)
    history = training.train(network, task, length, learning_rate, rng, updates, compiled)
    found = judging.judged(network, task, length, history)
    return {"validation": found["validation"], "error": found["decades"] / 2}


COUNTING = {"task": "counting", "width": WIDTH, "updates": UPDATES}
ADDING = COUNTING | {"task": "adding", "length": 30}
WIDER = COUNTING | {"length": 30, "width": 4 * WIDTH}
LATER = COUNTING | {"length": 30, "updates": LONGER}
DESIGN = Design(
    name="coupling",
    run=run,
    arms=[
        *(COUNTING | {"length": length, "cell": cell} for length in LENGTHS for cell in (SAME, USUAL, COUPLED)),
        *(where | {"cell": cell} for where in (ADDING, WIDER, LATER) for cell in (SAME, COUPLED)),
    ],
    outcomes={"error": (judging.BOUNDS[0] / 2, judging.BOUNDS[1] / 2)},
    settings={
        "cells": f"an LSTM of {WIDTH} units and a coupled one with as many parameters, in float64",
        "start": f"forget bias {BIAS:g}; input bias {-BIAS:g}, or 0 where it writes half; the rest uniform ±1/√units",
        "budget": f"{UPDATES} updates",
        "training": training.SAID,
        "judged": judging.SAID,
    },
    rates=(3e-4, 0.3),
    nothing=1.0,
)
UNITS = replace(
    DESIGN,
    name="coupling-units",
    arms=[COUNTING | {"length": length, "cell": cell} for length in LENGTHS for cell in (SAME, NARROW)],
    settings={**DESIGN.settings, "cells": f"an LSTM and a coupled one, of {WIDTH} units each, in float64"},
    draws=32,
)
DESIGNS = (DESIGN, UNITS)


def spared(rival=SAME, lengths=LENGTHS, design=DESIGN, coupled=COUPLED, **where):
    """By how many decades the coupled cell's error is smaller, for each length."""
    return tuple(
        BestOf(
            name=f"{length} steps",
            design=design,
            outcome="error",
            arm=COUNTING | {"length": length, "cell": rival} | where,
            rival=COUNTING | {"length": length, "cell": coupled} | where,
        )
        for length in lengths
    )


PLACE = 7, 2
CLAIMS = (
    Claim(
        words="Coupling the gates costs nothing",
        sentence="An LSTM with coupled gates counts the ones of 15 to 60 inputs with at most a quarter more error"
        " than one of as many parameters without, from the same start.",
        said=(
            Said("greff2017lstm", "speech, handwriting and music: no significant loss with f = 1 - i"),
            Said("", "what one reads wherever an LSTM is to be made smaller"),
        ),
        section="07-coupled-gates-and-variants",
        logic="as good as",
        region=(-0.1, INF),
        unit="decades",
        quantity="error of the count with two gates above that with one",
        margin="a tenth of a decade, a quarter more error: two seeds differ by more",
        conditions=spared(),
        panel=(
            Variation("an LSTM that begins by writing half", spared(USUAL)),
            Variation("the adding problem", spared(lengths=(30,), task="adding")),
            Variation(f"{4 * WIDTH} units", spared(lengths=(30,), width=4 * WIDTH)),
            Variation(f"{LONGER} updates", spared(lengths=(30,), updates=LONGER)),
            Variation("as many units, a quarter fewer parameters", spared(design=UNITS, coupled=NARROW)),
        ),
        changes=(
            Change(
                date="2026-11-30",
                what="as many units as a variation",
                why="a reader found that the saving of which the chapter speaks was not on trial, and tried it",
                part="variations",
            ),
        ),
    ),
)
