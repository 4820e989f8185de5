"""On trial: what the state of a plain RNN does, and what it holds.

"Without a squashing function the state explodes" needs no runs: the proof stands in the chapter, and
the runs stand beside it. "A state of H numbers remembers the last H inputs" is asked of fresh networks that
are driven by noise. How much of the input of k steps ago is linear in the state, summed over k, is
their memory capacity, which cannot be more than H. Nothing is trained.
"""

from dataclasses import replace

import numpy as np

from rnnbook import RNN, init
from rnnbook.trials import INF, Change, Claim, Computed, Design, Mean, Said, Variation

GAINS, SIZES, SCALES, STEPS = (0.9, 1.0, 1.1), (10, 20, 40), (0.1, 1.0, 10.0), 4000


def growth(rng, activation, gain, steps=200):
    """Decades by which a state without input is longer after 200 steps."""
    cell = RNN(1, 32, rng=rng, dtype=np.float64)
    init.orthogonal(cell, rng, gain)
    start = h = rng.normal(size=(1, 32))
    for _ in range(steps):
        h = h @ cell.params["W_h"]
        h = np.tanh(h) if activation == "tanh" else h
    return {"decades": float(np.log10(np.linalg.norm(h) / np.linalg.norm(start)))}


def shares(rng, units, start, scale):
    """Of the input of k steps ago the share of the variance that is linear in the state, for k < 3 H."""
    cell, delays = RNN(1, units, rng=rng, dtype=np.float64), 3 * units
    if start != "own":
        init.orthogonal(cell, rng, float(start.split()[1]))
    cell.params["W_x"] *= scale
    x = rng.uniform(-1, 1, STEPS)
    hs, _ = cell(x.reshape(-1, 1, 1))
    states = hs[delays:, 0]
    train, test = slice(0, len(states) // 2), slice(len(states) // 2, None)
    past = np.stack([x[delays - k : STEPS - k] for k in range(delays)], axis=1)
    readout, *_ = np.linalg.lstsq(states[train], past[train], rcond=None)
    left = np.mean((past[test] - states[test] @ readout) ** 2, axis=0)
    return np.maximum(0, 1 - left / past[test].var(axis=0))


def capacity(rng, units, start, scale):
    """The sum of these shares, over H."""
    return {"capacity": float(shares(rng, units, start, scale).sum()) / units}


GROWTH = Design(
    name="growth",
    run=growth,
    arms=[{"activation": activation, "gain": gain} for activation in ("none", "tanh") for gain in GAINS],
    outcomes={"decades": (-INF, INF)},
    settings={"network": "32 units, no input, W_h orthogonal times the gain"},
    draws=100,
)
STARTS = [("orthogonal 0.95", scale) for scale in SCALES]
STARTS += [("own", 1.0), ("orthogonal 0.8", 1.0), ("orthogonal 0.99", 1.0)]
CAPACITY = Design(
    name="capacity",
    run=capacity,
    arms=[{"units": units, "start": start, "scale": scale} for start, scale in STARTS for units in SIZES],
    outcomes={"capacity": (0.0, 3.0)},  # one for each unit by theory; each of 3 H estimated shares is at most 1
    settings={"input": f"{STEPS} numbers uniform in (-1, 1), read out from one half, judged by the other"},
    draws=30,
)
GENTLE = replace(CAPACITY, name="capacity-gentle", arms=[{"units": H, "start": "own", "scale": 0.1} for H in SIZES])
DESIGNS = (GROWTH, CAPACITY, GENTLE)


def held(start, *scales, design=CAPACITY):
    """Memory capacity over H, for each size and each scale of the input weights."""
    return tuple(
        Mean(
            name=f"H = {units}, {start}, input weights x{scale:g}",
            design=design,
            outcome="capacity",
            arm={"units": units, "start": start, "scale": scale},
        )
        for scale in scales
        for units in SIZES
    )


PLACE = 1, 1
CLAIMS = (
    Claim(
        words="Without a squashing function the state explodes",
        sentence="The state of a linear RNN without input grows tenfold in 200 steps.",
        said=(Said("", "in tutorials, as the reason why an RNN needs tanh"),),
        section="01-sequences-and-state",
        logic="always",
        region=(1.0, INF),
        unit="decades",
        quantity="growth of the state's length, 200 log10(gain)",
        margin="tenfold is the least that one would call an explosion",
        conditions=tuple(Computed(f"gain {gain}", 200 * float(np.log10(gain))) for gain in GAINS),
    ),
    Claim(
        words="A state of H numbers remembers the last H inputs",
        sentence="The state of a fresh tanh RNN of H units holds nine tenths of H past inputs, however it is driven.",
        said=(Said("jaeger2001short", "the bound H for linear readouts of white noise, not that it is reached"),),
        section="01-sequences-and-state",
        logic="always",
        region=(0.9, INF),
        unit="memory capacity over H",
        quantity="what is linear in the state of past inputs",
        margin="the bound is 1; a tenth is left for what the readout's estimate loses",
        conditions=held("orthogonal 0.95", *SCALES) + held("own", 1.0),
        panel=(
            Variation("gentle input only", held("orthogonal 0.95", 0.1)),
            Variation("input weights as drawn only", held("orthogonal 0.95", 1.0)),
            Variation("a gain of 0.8", held("orthogonal 0.8", 1.0)),
            Variation("a gain of 0.99", held("orthogonal 0.99", 1.0)),
            Variation("the cell's own start, gentle input", held("own", 0.1, design=GENTLE)),
        ),
        changes=(
            Change(
                date="2026-11-29",
                what="gentle input from the cell's own start as a variation",
                why="a referee found that gentle input alone does not confirm the sentence",
                part="variations",
            ),
        ),
        null=1.0,
    ),
)
