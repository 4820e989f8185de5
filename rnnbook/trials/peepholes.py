"""On trial: peepholes where time is to be measured.

Spikes come 5 to 15 steps apart, in 60 steps; at each spike the network says how long ago the last one was. LSTMs with
and without peepholes, of 1 to 8 units, have 400 updates. Their errors are in steps (root mean square), on sequences
never seen.

Runs at one rate, which sixty others had chosen, were known before this was written, for 2, 4 and 8 units: at that rate
the cells were level, and by the best of eight of the others peepholes were ahead with two units.
"""

import numpy as np

from rnnbook import Adam, Dense, Model, Update, fit, init, mean_squared_error, tasks
from rnnbook.trials import INF, BestOf, Claim, Design, Said, Variation, training

UNITS, CELLS, BIAS = (1, 2, 4, 8), ("LSTM", "peephole"), 2.0
NEAR, FAR, REACH, UPDATES, LONGER = 5, 20, 10, 400, 4000  # REACH: the longest distance less the shortest
WORST = 10.0  # steps: three times the error of one who always says the mean


def draw(rng, batch, shortest=NEAR):
    """Spikes."""
    longest = shortest + REACH
    return tasks.spike_delays(rng, batch, 4 * longest, shortest, longest, np.float64)


def run(rng, units, cell, shortest, bias, updates, learning_rate, compiled=True):
    """Train; the error on sequences never seen, and on others to choose by."""
    recurrent = training.CELLS[cell](1, units, rng=rng, dtype=np.float64)
    init.forget_bias(recurrent, bias)
    network = Model(recurrent, Dense(units, 1, rng=rng, dtype=np.float64))
    try:
        fit(
            network,
            mean_squared_error,
            Adam(learning_rate),
            lambda: draw(rng, 32, shortest),
            steps=updates,
            update=Update(max_norm=1.0),
            compiled=compiled,
        )
    except FloatingPointError:
        return {"validation": np.nan, "decades": np.log10(WORST)}
    error = []
    for seed in (1000, 2000):
        x, target, mask, _ = draw(np.random.default_rng(seed), 1000, shortest)
        loss, _ = mean_squared_error(network(x), target, mask)
        error.append(REACH * float(np.sqrt(loss)))  # in steps
    constant = np.sqrt(((REACH + 1) ** 2 - 1) / 12)  # the error of the mean
    return {
        "validation": error[1] / constant,
        "decades": np.log10(np.clip(error[0], 1e-3, WORST)),
    }


def arms(sizes=UNITS, shortest=NEAR, bias=BIAS, updates=UPDATES):
    """Both cells, of each of these sizes."""
    shared = {"shortest": shortest, "bias": bias, "updates": updates}
    return [{"units": units, "cell": cell} | shared for units in sizes for cell in CELLS]


FEW = UNITS[1:3]
DESIGN = Design(
    name="peepholes",
    run=run,
    arms=arms(),
    outcomes={"decades": (-3.0, np.log10(WORST))},
    settings={
        "cells": "one layer and a linear readout, float64, as the package starts them, but for the forget bias",
        "start": f"a forget bias of {BIAS:g}",
        "data": f"spikes {NEAR} to {NEAR + REACH} steps apart, {4 * (NEAR + REACH)} steps, new sequences each time",
        "budget": f"{UPDATES} updates of 32 sequences",
        "training": "Adam, gradients clipped at norm 1",
        "judged": "on 1000 sequences never seen, and chosen by 1000 others",
    },
    rates=(1e-3, 0.3),
    nothing=1.0,
)
VARIED = Design(
    name="peepholes-varied",
    run=run,
    arms=[*arms(UNITS[:3], updates=LONGER), *arms(FEW, shortest=FAR), *arms(FEW, bias=0.0)],
    outcomes=DESIGN.outcomes,
    settings={
        **DESIGN.settings,
        "budget": f"{UPDATES} updates of 32 sequences, if nothing else is said",
    },
    rates=DESIGN.rates,
    draws=24,
    nothing=1.0,
)
DESIGNS = (DESIGN, VARIED)


def spared(sizes=UNITS, design=DESIGN, **other):
    """Decades of error that peepholes save, for each of these sizes."""
    found = []
    for units in sizes:
        without, seeing = arms((units,), **other)
        name = f"{units} unit{'s' * (units > 1)}"
        found.append(BestOf(name=name, design=design, outcome="decades", arm=without, rival=seeing))
    return tuple(found)


PLACE = 6, 1
CLAIMS = (
    Claim(
        words="Peepholes help with timing",
        sentence="LSTMs of 1 to 8 units say the time since the last spike with at least a fifth less error when they"
        " have peepholes.",
        said=(Said("gers2000recurrent", "introduced for tasks in which exact times are told apart or produced"),),
        section="06-peepholes",
        logic="on average",
        region=(0.1, INF),
        unit="decades",
        quantity="error without peepholes above that with them",
        margin="a tenth of a decade, a fifth of the error: less is not worth a cell that libraries do not have",
        conditions=spared(),
        panel=(
            Variation("one and two units", spared(UNITS[:2])),
            Variation(f"{LONGER} updates", spared(UNITS[:3], VARIED, updates=LONGER)),
            Variation(f"spikes {FAR} to {FAR + REACH} steps apart", spared(FEW, VARIED, shortest=FAR)),
            Variation("a forget bias of 0", spared(FEW, VARIED, bias=0.0)),
        ),
    ),
)
