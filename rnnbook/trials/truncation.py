"""On trial: "truncated backpropagation only makes learning approximate".

An approximation of a gradient points about where the gradient points. What is measured is the cosine
between the gradient truncated to five steps and the true one, in fresh RNNs that read forty steps of noise.
"""

import numpy as np

from rnnbook import RNN
from rnnbook.trials import INF, Claim, Design, Mean, Said, Variation

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


DESIGN = Design(
    name="truncation",
    run=run,
    arms=[{"radius": r, "every_step": e, "units": H} for r in RADII for e in (False, True) for H in (16, 64)],
    outcomes={f"cosine_{k}": (-1.0, 1.0) for k in CUTS},
    settings={"network": "a fresh tanh RNN with 2 inputs", "data": f"{STEPS} steps of noise, 4 sequences"},
    draws=60,
)
DESIGNS = (DESIGN,)


def cosines(cut, radii=RADII):
    """The cosine with the true gradient, in every setting."""
    return tuple(
        Mean(
            name=f"radius {r}, {H} units, loss on {'every' if e else 'the last'} step",
            design=DESIGN,
            outcome=f"cosine_{cut}",
            arm={"radius": r, "every_step": e, "units": H},
        )
        for r in radii
        for e in (False, True)
        for H in (16, 64)
    )


PLACE = 2, 1
CLAIMS = (
    Claim(
        words="Truncated backpropagation only makes learning approximate",
        sentence="In fresh RNNs the gradient truncated to 5 of 40 steps points within 26 degrees of the true one.",
        said=(Said("", "as the reason why one may cut long sequences; Williams & Peng compare the cuts' cost"),),
        section="02-backpropagation-through-time",
        logic="always",
        region=(0.9, INF),
        unit="cosine",
        quantity="direction of the truncated gradient",
        margin="at a cosine of 0.9 a small step still brings nine tenths of what the gradient would",
        conditions=cosines(5),
        panel=(
            Variation("a cut after 1 step", cosines(1)),
            Variation("a cut after 20 steps", cosines(20)),
            *(Variation(f"a spectral radius of {r} only", cosines(5, (r,))) for r in RADII),
        ),
        null=1.0,
    ),
)
