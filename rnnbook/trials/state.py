"""On trial: what the state of a plain RNN does, and what it holds.

Without squashing and without input the state is multiplied by the same matrix at every step. What comes of it
follows from the matrix; no runs decide it, and the claim about it is computed. The runs stand beside the theorem.

What the state holds is measured by the memory capacity (Jaeger 2001): a linear readout says the input of k steps
ago from the present state, and the shares of variance that it explains are added up over all k.
"""

import numpy as np

from rnnbook import RNN, init
from rnnbook.trials import INF, Claim, Computed, Design, Mean, Said, Variation

UNITS, STEPS, GAINS = 32, 200, (0.8, 0.9, 1.0, 1.1, 1.2)


def growth(rng, activation, gain, steps=STEPS):
    """Decades by which a state without input is longer after 200 steps."""
    cell = RNN(1, UNITS, rng=rng, dtype=np.float64)
    init.orthogonal(cell, rng, gain)
    start = h = rng.normal(size=(1, UNITS))
    for _ in range(steps):
        h = h @ cell.params["W_h"]
        h = np.tanh(h) if activation == "tanh" else h
    return {"decades": float(np.log10(np.linalg.norm(h) / np.linalg.norm(start)))}


GROWTH = Design(
    name="growth",
    run=growth,
    arms=[{"activation": activation, "gain": gain} for activation in ("none", "tanh") for gain in GAINS],
    outcomes={"decades": (-INF, INF)},
    settings={"cell": f"{UNITS} units without input, W_h orthogonal times a gain", "steps": STEPS},
    draws=100,
)

SIZES, SCALES, INPUTS, LENGTH, DELAYS = (10, 20, 40), (0.01, 0.1, 1.0, 10.0), 4, 6000, 5
STARTS = ("own", "orthogonal 0.8", "orthogonal 0.95", "orthogonal 0.99")


def capacity(rng, start, units, scale, inputs):
    """The memory capacity over the number of units: 1 is the bound."""
    cell, delays = RNN(inputs, units, rng=rng, dtype=np.float64), DELAYS * units
    if start != "own":
        init.orthogonal(cell, rng, float(start.split()[-1]))
    cell.params["W_x"] *= scale
    x = rng.uniform(-1, 1, (LENGTH, 1, inputs))
    states = cell(x)[0][delays:, 0]
    train, test = slice(0, len(states) // 2), slice(len(states) // 2, None)
    past = np.concatenate([x[delays - k : LENGTH - k, 0] for k in range(delays)], axis=1)
    readout, *_ = np.linalg.lstsq(states[train], past[train], rcond=None)
    left = np.mean((past[test] - states[test] @ readout) ** 2, axis=0)
    return {"of_the_bound": float(np.maximum(0, 1 - left / past[test].var(axis=0)).sum()) / units}


ORDINARY = ("own", "orthogonal 0.95")
CAPACITY = Design(
    name="capacity",
    run=capacity,
    arms=[
        {"start": start, "units": units, "scale": scale, "inputs": inputs}
        for start, scale, inputs in [
            *((start, scale, 1) for start in ORDINARY for scale in SCALES),
            *((start, 1.0, INPUTS) for start in ORDINARY),
            *((start, 1.0, 1) for start in STARTS if start not in ORDINARY),
        ]
        for units in SIZES
    ],
    outcomes={"of_the_bound": (0.0, 1.1)},  # an estimate may lie above 1
    settings={
        "cell": "a tanh RNN that is not trained, in float64",
        "own start": "all weights uniform between ±1/√units; otherwise W_h is orthogonal times a gain",
        "input": f"independent numbers from [-1, 1], {LENGTH} steps",
        "readout": f"least squares on half of the steps, judged on the other; delays up to {DELAYS} times the units",
    },
    draws=30,
)
DESIGNS = (GROWTH, CAPACITY)


def held(starts=ORDINARY, scale=1.0, inputs=1):
    """The capacity for each start and size."""
    return tuple(
        Mean(
            name=f"{start} start of {units} units",
            design=CAPACITY,
            outcome="of_the_bound",
            arm={"start": start, "units": units, "scale": scale, "inputs": inputs},
        )
        for start in starts
        for units in SIZES
    )


PLACE = 1, 1
CLAIMS = (
    Claim(
        words="Without a squashing function the state explodes",
        sentence="Without squashing and without input the state of an RNN is ten times longer after 200 steps.",
        said=(Said("", "where lectures and tutorials say what the tanh is there for"),),
        section="01-sequences-and-state",
        logic="always",
        region=(1.0, INF),
        unit="decades",
        quantity="growth of the state in 200 steps, which is 200 log₁₀ of the gain",
        margin="ten times: less is no explosion",
        conditions=tuple(Computed(f"gain {gain}", round(STEPS * float(np.log10(gain)), 6)) for gain in GAINS),
    ),
    Claim(
        words="A state of H numbers remembers the last H inputs",
        sentence="A linear readout finds in the state of a fresh tanh RNN of 10 to 40 units nine tenths of that many "
        "inputs of noise.",
        said=(Said("jaeger2001short", "as the bound: at most H of independent inputs; linear networks reach it"),),
        section="01-sequences-and-state",
        logic="always",
        region=(0.9, INF),
        unit="inputs for each unit",
        quantity="memory capacity over the number of units",
        margin="nine tenths: the bound is 1, and a readout that is estimated never quite reaches it",
        conditions=held(),
        panel=(
            Variation("inputs a tenth as strong", held(scale=0.1)),
            Variation("inputs a hundredth as strong", held(scale=0.01)),
            Variation("inputs ten times as strong", held(scale=10.0)),
            Variation(f"{INPUTS} inputs a step", held(inputs=INPUTS)),
            Variation("an orthogonal start alone", held(("orthogonal 0.95",))),
            Variation("orthogonal starts of gains 0.8 and 0.99", held(("orthogonal 0.8", "orthogonal 0.99"))),
        ),
        null=1.0,
    ),
)
