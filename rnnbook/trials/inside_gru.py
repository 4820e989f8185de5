"""On trial: what a trained GRU keeps, and how its two gates go together.

GRUs of 32 units learn to add and to count over 30 steps, and the latch over 30. From the last state each earlier
input is read by a linear map, fitted on 2000 sequences and tested on 2000 others. From H units no more than H
independent inputs can be read, however they were trained: with fewer units than steps the first claim could not be
confirmed. So there are more units than steps.

For the second, the correlation of r and z over steps and sequences is taken for each unit. Opposites are at -1.
"""

import numpy as np

from rnnbook import GRU, init
from rnnbook.trials import INF, BestOf, Change, Claim, Design, Said, Variation, judging, training

TASKS, UNITS, UPDATES = {"adding": 30, "counting": 30, "latch": 30}, 32, 500


def readable(cell, task, length):
    """R² of a linear reading of each earlier input from the last state; the last input first."""
    x = training.TASKS[task].draw(np.random.default_rng(7), 4000, length).x
    hs, _ = cell(x)
    state, past = np.column_stack([hs[-1], np.ones(4000)]), x[::-1, :, 0].T
    weights, *_ = np.linalg.lstsq(state[:2000], past[:2000], rcond=None)
    error = past[2000:] - state[2000:] @ weights
    return 1 - (error**2).mean(axis=0) / past[2000:].var(axis=0)


def correlations(cell, task, length):
    """Of r and z, for each unit; 0 where a gate does not move."""
    cell(training.TASKS[task].draw(np.random.default_rng(9), 200, length).x)
    r, z = (gate.reshape(-1, cell.hidden_size) for gate in cell.tape[:2])
    r, z = r - r.mean(axis=0), z - z.mean(axis=0)
    spread = np.sqrt((r**2).sum(axis=0) * (z**2).sum(axis=0))
    return np.divide((r * z).sum(axis=0), spread, where=spread > 1e-12, out=np.zeros_like(spread))


def run(rng, task, units, start, learning_rate, compiled=True):
    """Train a GRU; what can be read from it, and how its gates go together."""
    length = TASKS[task]
    cell = GRU(training.TASKS[task].inputs, units, rng=rng, dtype=np.float64)
    if start == "chrono":
        init.chrono(cell, length, rng)
    else:
        init.forget_bias(cell, 1.0)
    network = training.model(cell, task, rng)
    history = training.train(network, task, length, learning_rate, rng, UPDATES, compiled)
    found = {"validation": judging.judged(network, task, length, history)["validation"]}
    if history is None:
        return found | dict.fromkeys(("read", "read_first", "correlation", "lowest", "highest"), 0.0)
    r2, together = readable(cell, task, length), correlations(cell, task, length)
    return found | {
        "read": float(np.maximum(r2, 0).mean()),
        "read_first": float(r2[-1]),
        "correlation": float(together.mean()),
        "lowest": float(together.min()),
        "highest": float(together.max()),
    }


BASE = {"units": UNITS, "start": "chrono"}
DESIGN = Design(
    name="inside-gru",
    run=run,
    arms=[{"task": t} | BASE | other for other in ({}, {"start": "bias 1"}, {"units": 2 * UNITS}) for t in TASKS],
    outcomes={"read": (0.0, 1.0), "correlation": (-1.0, 1.0)},
    settings={
        "cell": f"a GRU of {UNITS} units in float64",
        "start": "chrono initialisation, or an update bias of 1; weights uniform ±1/√units",
        "budget": f"{UPDATES} updates",
        "training": training.SAID,
        "read": "a linear map from the last state, fitted on 2000 sequences, tested on 2000 others",
    },
    rates=(1e-3, 1.0),
    nothing=1.0,
    again=(0.05, 0.02),  # of what a map that was fitted reads
)
DESIGNS = (DESIGN,)


def asked(outcome, **other):
    """A quantity of the GRU that does best on validation data, for each task."""
    return tuple(BestOf(name=task, design=DESIGN, outcome=outcome, arm={"task": task} | BASE | other) for task in TASKS)


def variations(outcome):
    """What a referee would try first."""
    return (
        Variation("an update bias of 1", asked(outcome, start="bias 1")),
        Variation(f"{2 * UNITS} units", asked(outcome, units=2 * UNITS)),
    )


PLACE = 8, 2
CLAIMS = (
    Claim(
        words="A GRU remembers everything",
        sentence="From the last state of a trained GRU with more units than steps nine tenths of the variance of all"
        " earlier inputs can be read over 30 steps, on every task.",
        said=(Said("", "tutorials: it carries all earlier information along"),),
        section="08-gru",
        logic="always",
        region=(0.9, INF),
        unit="R²",
        quantity="mean R² of the best linear reading of each earlier input",
        margin="nine tenths: everything, with some room for noise; measured from 1",
        null=1.0,
        conditions=asked("read"),
        panel=variations("read"),
        changes=(
            Change(
                date="2026-11-28",
                what="the sentence says over how many steps",
                why="a referee read nine tenths and more from fresh networks over five",
                part="words",
            ),
        ),
    ),
    Claim(
        words="The reset gate is the opposite of the update gate",
        sentence="In trained GRUs the correlation of reset and update gate, averaged over units, is below -1/2.",
        said=(Said("", "tutorials: one forgets, the other keeps"),),
        section="08-gru",
        logic="on average",
        region=(-INF, -0.5),
        unit="correlation",
        quantity="correlation of r and z, averaged over units",
        margin="half way from no relation, 0, to opposites, -1; measured from -1",
        null=-1.0,
        conditions=asked("correlation"),
        panel=variations("correlation"),
    ),
)
