"""On trial: whether the activation is to blame for vanishing gradients.

The quantity is the gradient at lag 50 in fresh RNNs on white noise: the
norm of the Jacobian of the state over 50 steps, over √H.

"tanh is why it vanishes"
    Effect, for 16, 32 and 128 units with their default weights: the share of
    the decades lost that is *not* lost by the matrix alone, minus a half.
    Confirmed if above zero for two of the three sizes, refuted if below.
"ReLU fixes it"
    Effect, for Gaussian matrices of gain 0.7, 1, 1.4, 2 and the identity, 32
    units: how many decades nearer to 1 the gradient is with ReLU than with
    tanh. Confirmed if above zero for three of the five, refuted if below
    zero for three.

Above or below zero: the whole interval, 95 % for all effects of a claim
together. A hundred networks each. Where no gradient comes back at all it
counts as 1e-30.
"""

import numpy as np

from rnnbook import RNN, diagnostics, init, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect

LAG, SIZES = 50, (16, 32, 128)
WEIGHTS = ("gain 0.7", "gain 1.0", "gain 1.4", "gain 2.0", "identity")


def run(rng, activation, weights, units):
    """The gradient at lag 50, in decades, and what the matrix alone would leave of it."""
    cell = RNN(1, units, activation=activation, rng=rng, dtype=np.float64)
    if weights.startswith("gain"):
        gain = float(weights.split()[1])
        cell.params["W_h"][...] = gain * rng.normal(size=(units, units)) / np.sqrt(units)
    elif weights == "identity":
        init.identity(cell)
    elif weights == "orthogonal":
        init.orthogonal(cell, rng)
    cell(rng.normal(size=(LAG, 1, 1)))
    norm = diagnostics.gradient_norms(cell)[LAG, 0]
    alone = np.linalg.norm(np.linalg.matrix_power(cell.params["W_h"], LAG)) / np.sqrt(units)
    return {"decades": float(np.log10(max(norm, 1e-30))), "matrix": float(np.log10(alone))}


def tanh():
    """The share of the slopes, for each size."""
    found = []
    for H in SIZES:
        rows = rows_where(results("slopes"), activation="tanh", weights="default", units=H)
        found.append(effect(f"H = {H}", 1 - rows["matrix"] / rows["decades"], n_comparisons=3, shift=-0.5))
    return found


def relu():
    """The gain by ReLU, for each matrix."""
    rows = rows_where(results("slopes"), units=32)
    found = []
    for weights in WEIGHTS:
        off = {a: np.abs(rows_where(rows, activation=a, weights=weights)["decades"]) for a in ("tanh", "relu")}
        found.append(effect(weights, off["tanh"], off["relu"], n_comparisons=5))
    return found


PLACE = 3, 1
CLAIMS = (
    Claim(
        words="tanh is why it vanishes",
        said_by=(),
        section="03-vanishing-and-exploding",
        tasks="noise, lag 50, 16, 32, 128 units",
        quantity="share of the lost decades that is not the matrix's, less a half",
        tables=("slopes",),
        need=2,
        effects=tanh,
    ),
    Claim(
        words="ReLU fixes it",
        said_by=(),
        section="03-vanishing-and-exploding",
        tasks="noise, lag 50, four gains and the identity",
        quantity="decades nearer to 1 than with tanh",
        tables=("slopes",),
        need=3,
        effects=relu,
    ),
)
SLICES = (Slice(run, "slopes", {}),)


def make():
    """The table."""
    sizes = [
        {"activation": "tanh", "weights": weights, "units": H} for weights in ("default", "orthogonal") for H in SIZES
    ]
    gains = [{"activation": a, "weights": weights, "units": 32} for weights in WEIGHTS for a in ("tanh", "relu")]
    sweep(run, sizes + gains, range(100), table=FOLDER / "slopes.csv")


if __name__ == "__main__":
    make()
