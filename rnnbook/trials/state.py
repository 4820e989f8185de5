"""On trial: what the state of a plain RNN does, and what it holds.

"Without a squashing function the state explodes"
    Networks of 32 units without input, W_h orthogonal times a gain.
    Effect, for gains of 0.9, 1 and 1.1: decades by which the state of a
    linear network is longer after 200 steps, minus one: it explodes when it
    grows at least tenfold. Confirmed if above zero for two of the three
    gains, refuted if below zero for two.
"A state of H numbers remembers the last H inputs"
    Effect, for H = 10, 20 and 40: memory capacity over H, minus 0.9, with
    the input weights that a cell starts with. Confirmed if above zero for
    two of the three sizes, refuted if below zero for two.

Above or below zero: the whole interval, 95 % for all effects of a claim
together. A hundred networks for each gain, thirty for each size and each
of four sizes of the input weights. Nothing is trained.
"""

import numpy as np

from rnnbook import RNN, init, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where
from rnnbook.trials.before import SEEDS, effect
from rnnbook.trials.before import OldClaim as Claim

GAINS, SIZES, SCALES = (0.9, 1.0, 1.1), (10, 20, 40), (0.01, 0.1, 1.0, 10.0)


def growth(rng, activation, gain, steps=200):
    """Decades by which a state without input is longer after 200 steps."""
    cell = RNN(1, 32, rng=rng, dtype=np.float64)
    init.orthogonal(cell, rng, gain)
    start = h = rng.normal(size=(1, 32))
    for _ in range(steps):
        h = h @ cell.params["W_h"]
        h = np.tanh(h) if activation == "tanh" else h
    return {"decades": float(np.log10(np.linalg.norm(h) / np.linalg.norm(start)))}


def capacity(rng, units, scale, steps=4000):
    """Total share of past inputs that is linear in the state, over as many delays as three times the units."""
    cell, delays = RNN(1, units, rng=rng, dtype=np.float64), 3 * units
    init.orthogonal(cell, rng, 0.95)
    cell.params["W_x"] *= scale
    x = rng.uniform(-1, 1, steps)
    hs, _ = cell(x.reshape(-1, 1, 1))
    states = hs[delays:, 0]
    train, test = slice(0, len(states) // 2), slice(len(states) // 2, None)
    past = np.stack([x[delays - k : steps - k] for k in range(delays)], axis=1)
    readout, *_ = np.linalg.lstsq(states[train], past[train], rcond=None)
    left = np.mean((past[test] - states[test] @ readout) ** 2, axis=0)
    return {"capacity": float(np.maximum(0, 1 - left / past[test].var(axis=0)).sum())}


def explodes():
    """For each gain."""
    rows = results("growth")
    return [
        effect(f"gain {gain}", rows_where(rows, gain=gain, activation="none")["decades"], n_comparisons=3, shift=-1)
        for gain in GAINS
    ]


def remembers():
    """For each size."""
    rows = results("capacity")
    return [
        effect(f"H = {H}", rows_where(rows, units=H, scale=1.0)["capacity"] / H, n_comparisons=3, shift=-0.9)
        for H in SIZES
    ]


PLACE = 1, 1
CLAIMS = (
    Claim(
        words="Without a squashing function the state explodes",
        said_by=(),
        section="01-sequences-and-state",
        tasks="no input, gains 0.9, 1, 1.1",
        quantity="decades of growth in 200 steps, less one",
        tables=("growth",),
        need=2,
        effects=explodes,
    ),
    Claim(
        words="A state of H numbers remembers the last H inputs",
        said_by=("jaeger2001short",),
        section="01-sequences-and-state",
        tasks="noise, 10, 20, 40 units",
        quantity="memory capacity over H, less 0.9",
        tables=("capacity",),
        need=2,
        effects=remembers,
    ),
)
SLICES = (
    Slice(growth, "growth", {}),
    Slice(capacity, "capacity", {"units": 10}),
)


def make():
    """Both tables."""
    sweep(growth, {"activation": ["none", "tanh"], "gain": list(GAINS)}, range(100), table=FOLDER / "growth.csv")
    sweep(capacity, {"units": list(SIZES), "scale": list(SCALES)}, range(SEEDS), table=FOLDER / "capacity.csv")


if __name__ == "__main__":
    make()
