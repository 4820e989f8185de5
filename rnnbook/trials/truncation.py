"""On trial: "truncated backpropagation only makes learning approximate".

Effect, for spectral radii of 0.5, 1 and 1.5: the cosine between the
gradient truncated to 5 steps and the true one, minus 0.9 (an angle of 26
degrees), in RNNs of 16 units, for a loss on the last of 40 steps. Confirmed
if it is above zero for two of the three radii, refuted if it is below zero
for two; above or below: the whole interval, 95 % for the three together.
Thirty networks each; truncation to 1 and 20 steps, a loss on every step,
and 64 units stand beside it. Nothing is trained.
"""

import numpy as np

from rnnbook import RNN, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where
from rnnbook.trials.before import SEEDS, effect
from rnnbook.trials.before import OldClaim as Claim

RADII, CUTS, STEPS = (0.5, 1.0, 1.5), (1, 5, 20), 40


def truncated(cell, x, dhs, k):
    """The gradient of W_h and W_x when no path is longer than k steps."""
    total = 0
    hs, _ = cell(x)
    states = np.concatenate([np.zeros((1, *hs.shape[1:])), hs])
    for t in range(len(x)):
        if not dhs[t].any():
            continue
        start = max(0, t + 1 - k)
        cell(x[start : t + 1], (states[start],))
        only_last = np.zeros((t + 1 - start, *dhs.shape[1:]))
        only_last[-1] = dhs[t]
        cell.backward(only_last)
        grads = [cell.grads[name].ravel() for name in ("W_x", "W_h")]
        total = total + np.concatenate(grads)
    return total


def run(rng, radius, every_step, units):
    """The cosines of the truncated gradients with the true one."""
    cell = RNN(2, units, rng=rng, dtype=np.float64)
    W_h = cell.params["W_h"]
    W_h *= radius / np.abs(np.linalg.eigvals(W_h)).max()
    x, dhs = rng.normal(size=(STEPS, 4, 2)), rng.normal(size=(STEPS, 4, units))
    if not every_step:
        dhs[:-1] = 0
    true = truncated(cell, x, dhs, STEPS)
    outcome = {}
    for k in CUTS:
        g = truncated(cell, x, dhs, k)
        outcome[f"cosine_{k}"] = float(g @ true / np.linalg.norm(g) / np.linalg.norm(true))
    return outcome


def effects():
    """How far the runs lie on the claim's side, task by task."""
    rows = rows_where(results("truncation"), every_step=False, units=16)
    return [effect(f"radius {r}", rows_where(rows, radius=r)["cosine_5"], n_comparisons=3, shift=-0.9) for r in RADII]


PLACE = 2, 1
CLAIMS = (
    Claim(
        words="Truncated backpropagation only makes learning approximate",
        said_by=("williams1990efficient",),
        section="02-backpropagation-through-time",
        tasks="noise, spectral radii 0.5, 1, 1.5",
        quantity="cosine with the true gradient, less 0.9",
        tables=("truncation",),
        need=2,
        effects=effects,
    ),
)
SLICES = (Slice(run, "truncation", {"units": 16}),)


def make():
    """The table."""
    factors = {"radius": list(RADII), "every_step": [False, True], "units": [16, 64]}
    sweep(run, factors, range(SEEDS), table=FOLDER / "truncation.csv")


if __name__ == "__main__":
    make()
