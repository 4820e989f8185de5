"""On trial: whether truncated backpropagation only makes learning approximate.

The true gradient of a loss on forty steps, and the same with no path longer than a few steps: how far apart do
they point? The measure is the cosine of the angle between them. Nothing is trained but where it says so.
"""

import numpy as np

from rnnbook import RNN, Adam, Dense, Model, Update, fit, mean_squared_error
from rnnbook.learning.training import Batch
from rnnbook.trials import INF, Claim, Design, Mean, Said, Variation

RADII, CUTS, STEPS, CUT, DELAY, UPDATES = (0.5, 1.0, 1.5), (1, 5, 20), 40, 5, 10, 100


def gradient(cell, x, dhs, start, stop, state):
    """Of W_x and W_h, over the steps from start to stop."""
    cell(x[start:stop], (state,))
    cell.backward(dhs)
    return np.concatenate([cell.grads[name].ravel() for name in ("W_x", "W_h")])


def truncated(cell, x, dhs, k):
    """The gradient when no path is longer than k steps."""
    hs, _ = cell(x)
    states = np.concatenate([np.zeros((1, *hs.shape[1:])), hs])
    total = 0
    for t in range(len(x)):
        if dhs[t].any():
            start = max(0, t + 1 - k)
            only_last = np.zeros((t + 1 - start, *dhs.shape[1:]))
            only_last[-1] = dhs[t]
            total = total + gradient(cell, x, only_last, start, t + 1, states[start])
    return total


def in_chunks(cell, x, dhs, k):
    """The gradient as libraries cut it: the steps in chunks of k, and no path leaves its chunk."""
    hs, _ = cell(x)
    states = np.concatenate([np.zeros((1, *hs.shape[1:])), hs])
    chunks = range(0, len(x), k)
    return sum(gradient(cell, x, dhs[start : start + k], start, start + k, states[start]) for start in chunks)


def delayed(rng):
    """Sequences of which each number is to be said ten steps later."""
    x = rng.uniform(-1, 1, (STEPS, 4, 1))
    mask = np.ones((STEPS, 4))
    mask[:DELAY] = 0
    return Batch(x, np.roll(x, DELAY, axis=0), mask)


def learning(rng, units):
    """A network on its way to learn the delay; inputs, and the gradients of the task's own loss at its states."""
    network = Model(RNN(1, units, rng=rng, dtype=np.float64), Dense(units, 1, rng=rng, dtype=np.float64))
    fit(network, mean_squared_error, Adam(3e-3), lambda: delayed(rng), steps=UPDATES, update=Update(max_norm=1.0))
    x, target, mask, _ = delayed(rng)
    _, dy = mean_squared_error(network(x), target, mask)
    return network.recurrent, x, network.readout.backward(dy)


def run(rng, weights, every_step, units):
    """The cosines of the truncated gradients with the true one."""
    if weights == "learning":
        cell, x, dhs = learning(rng, units)
    else:
        cell = RNN(2, units, rng=rng, dtype=np.float64)
        W_h = cell.params["W_h"]
        if weights.startswith("radius"):
            W_h *= float(weights.split()[1]) / np.abs(np.linalg.eigvals(W_h)).max()
        x, dhs = rng.normal(size=(STEPS, 4, 2)), rng.normal(size=(STEPS, 4, units))
        if not every_step:
            dhs[:-1] = 0
    true = truncated(cell, x, dhs, STEPS)
    cut = {f"cosine_{k}": truncated(cell, x, dhs, k) for k in CUTS}
    cut[f"chunks_{CUT}"] = in_chunks(cell, x, dhs, CUT)
    return {name: float(g @ true / np.linalg.norm(g) / np.linalg.norm(true)) for name, g in cut.items()}


SIZES = (16, 64)
FRESH = ("own start", *(f"radius {radius}" for radius in RADII))
DESIGN = Design(
    name="truncation",
    run=run,
    arms=[
        {"weights": weights, "every_step": every_step, "units": units}
        for weights, losses in [*((one, (False, True)) for one in FRESH), ("learning", (True,))]
        for every_step in losses
        for units in SIZES
    ],
    outcomes=dict.fromkeys([*(f"cosine_{k}" for k in CUTS), f"chunks_{CUT}"], (-1.0, 1.0)),
    settings={
        "cell": "a tanh RNN in float64, weights uniform between ±1/√units and then scaled to a spectral radius",
        "data": f"noise, {STEPS} steps of 4 sequences; the loss has a random gradient at the last state or at each",
        "learning": f"the delay of {DELAY} steps after {UPDATES} updates of Adam(0.003), with the true gradient",
    },
)
DESIGNS = (DESIGN,)


def cosines(outcome=f"cosine_{CUT}", weights=FRESH[1:], losses=(False, True), units=SIZES[0]):
    """For each kind of weights, a loss on the last step and on each."""
    return tuple(
        Mean(
            name=f"{one} with a loss on {'every' if every_step else 'the last'} step",
            design=DESIGN,
            outcome=outcome,
            arm={"weights": one, "every_step": every_step, "units": units},
        )
        for one in weights
        for every_step in losses
    )


PLACE = 2, 1
CLAIMS = (
    Claim(
        words="Truncated backpropagation only makes learning approximate",
        sentence=f"In fresh RNNs the gradient truncated to {CUT} of {STEPS} steps points nearly where the true one "
        "points.",
        said=(
            Said("williams1990efficient", 'they name it a "gradient approximation technique"'),
            Said("", "that it is no more than that, in tutorials"),
        ),
        section="02-backpropagation-through-time",
        logic="always",
        region=(0.9, INF),
        unit="cosine",
        quantity="direction of the truncated gradient against the true one",
        margin="a cosine of 0.9, 26 degrees: a small step along it gains nine tenths of what the true one gains",
        conditions=cosines(),
        panel=(
            Variation(f"{SIZES[1]} units", cosines(units=SIZES[1])),
            Variation("the weights that a cell starts with", cosines(weights=("own start",))),
            Variation("paths of 1 step", cosines("cosine_1")),
            Variation("paths of 20 steps", cosines("cosine_20")),
            Variation(f"chunks of {CUT} steps", cosines(f"chunks_{CUT}", losses=(True,))),
            Variation(f"networks that learn a delay of {DELAY} steps", cosines(weights=("learning",), losses=(True,))),
            Variation("a cosine above 0 asked for", region=(0.0, INF)),
        ),
        null=1.0,
    ),
)
