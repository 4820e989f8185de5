"""On trial: whether the activation is to blame for vanishing gradients.

The gradient at lag 50 in fresh RNNs on white noise is the norm of the Jacobian of the state over 50
steps, over √H. Where no gradient comes back at all it counts as 1e-30. What the matrix alone would leave
of it is the norm of its 50th power. Nothing is trained.
"""

from dataclasses import replace

import numpy as np

from rnnbook import RNN, diagnostics, init
from rnnbook.trials import INF, Change, Claim, Design, Mean, Said, Variation

LAG, SIZES, LEAST = 50, (16, 32, 128), 1e-30
WEIGHTS = ("gain 0.7", "gain 1.0", "gain 1.2", "gain 1.4", "gain 2.0", "identity")


def run(rng, activation, weights, units, inputs, scale):
    """The gradient at lag 50, in decades; what the matrix alone would leave of it, and the share of the slopes."""
    cell = RNN(inputs, units, activation=activation, rng=rng, dtype=np.float64)
    if weights.startswith("gain"):
        gain = float(weights.split()[1])
        cell.params["W_h"][...] = gain * rng.normal(size=(units, units)) / np.sqrt(units)
    elif weights == "identity":
        init.identity(cell)
    elif weights == "orthogonal":
        init.orthogonal(cell, rng)
    cell(scale * rng.normal(size=(LAG, 1, inputs)))
    decades = np.log10(max(diagnostics.gradient_norms(cell)[LAG, 0], LEAST))
    matrix = np.log10(np.linalg.norm(np.linalg.matrix_power(cell.params["W_h"], LAG)) / np.sqrt(units))
    return {
        "decades": float(decades),
        "matrix": float(matrix),
        "off": float(abs(decades)),
        "slopes": float(1 - matrix / decades),
    }


def arm(activation, weights, units=32, inputs=1, scale=1.0):
    """The factors of an arm."""
    return {"activation": activation, "weights": weights, "units": units, "inputs": inputs, "scale": scale}


DRIVES = ((1, 1.0), (16, 1.0), (1, 0.1), (1, 3.0))  # number of inputs, size of the noise
LARGE = [("gain 1.0", 128, 1), ("gain 1.4", 128, 1), ("gain 1.0", 32, 16), ("gain 1.4", 32, 16)]
DESIGN = Design(
    name="slopes",
    run=run,
    arms=[
        *(arm("tanh", w, H, *drive) for drive in DRIVES for w in ("default", "orthogonal") for H in SIZES),
        *(arm(activation, weights) for weights in WEIGHTS for activation in ("tanh", "relu")),
        *(arm(activation, *large) for large in LARGE for activation in ("tanh", "relu")),
    ],
    outcomes={"decades": (-INF, INF), "off": (0.0, INF), "slopes": (-INF, INF)},
    settings={"data": f"{LAG} steps of white noise, one sequence", "network": "a fresh RNN, biases 0"},
    draws=100,
)
STRONG = replace(
    DESIGN,
    name="slopes-strong",
    arms=[arm("tanh", w, H, scale=20.0) for w in ("default", "orthogonal") for H in SIZES],
)
DESIGNS = (DESIGN, STRONG)


def blame(weights=("default", "orthogonal"), inputs=1, scale=1.0, design=DESIGN):
    """The share of the lost decades that is not the matrix's."""
    return tuple(
        Mean(name=f"{w} W_h, H = {H}", design=design, outcome="slopes", arm=arm("tanh", w, H, inputs, scale))
        for w in weights
        for H in SIZES
    )


def nearer(weights, units=32, inputs=1):
    """How many decades nearer to 1 the gradient is with ReLU than with tanh."""
    return tuple(
        Mean(
            name=w,
            design=DESIGN,
            outcome="off",
            arm=arm("tanh", w, units, inputs),
            rival=arm("relu", w, units, inputs),
        )
        for w in weights
    )


PLACE = 3, 1
CLAIMS = (
    Claim(
        words="tanh is why it vanishes",
        sentence="Most decades that a fresh RNN's gradient loses over 50 steps are lost by the slopes of tanh.",
        said=(Said("", "in tutorials: a product of many slopes below 1"),),
        section="03-vanishing-and-exploding",
        logic="on average",
        region=(0.5, INF),
        unit="the lost decades",
        quantity="share that the matrix alone would not lose",
        margin="a half: the larger one of two causes",
        conditions=blame(),
        panel=(
            Variation("the default start only", blame(("default",))),
            Variation("an orthogonal start only", blame(("orthogonal",))),
            Variation("16 inputs", blame(inputs=16)),
            Variation("noise a tenth as large", blame(scale=0.1)),
            Variation("noise three times as large", blame(scale=3.0)),
            Variation("noise twenty times as large", blame(scale=20.0, design=STRONG)),
            Variation("noise twenty times as large, the default start only", blame(("default",), 1, 20.0, STRONG)),
        ),
        changes=(
            Change(
                date="2026-11-29",
                what="noise twenty times as large as a variation",
                why="a referee found that then the slopes take about half of what the default start loses",
                part="variations",
            ),
        ),
        null=0.5,
    ),
    Claim(
        words="ReLU fixes it",
        sentence="A fresh RNN's gradient at lag 50 is nearer to 1 with ReLU than with tanh, however W_h is scaled.",
        said=(Said("", "in tutorials: the slope of a unit that is active is exactly 1"),),
        section="03-vanishing-and-exploding",
        logic="always",
        region=(0.0, INF),
        unit="decades",
        quantity="how much nearer to 1 than with tanh",
        margin="none: any gain would do",
        conditions=nearer(WEIGHTS),
        panel=(
            Variation("gains of 1 to 1.4 only", nearer(("gain 1.0", "gain 1.2", "gain 1.4"))),
            Variation("128 units, gains of 1 and 1.4", nearer(("gain 1.0", "gain 1.4"), units=128)),
            Variation("16 inputs, gains of 1 and 1.4", nearer(("gain 1.0", "gain 1.4"), inputs=16)),
        ),
    ),
)
