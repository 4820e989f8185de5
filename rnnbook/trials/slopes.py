"""On trial: whether the activation is to blame for vanishing gradients.

The quantity is the gradient at lag 50 in fresh RNNs on noise: the norm of the Jacobian of the state over 50 steps,
over √H, in decades. Who is to blame is asked by an intervention: the tanh is taken away and the matrix stays. What
the linear network loses as well is the matrix's; what the tanh network loses beyond that is the slopes'.
"""

import numpy as np

from rnnbook import RNN, diagnostics, init
from rnnbook.trials import INF, Claim, Design, Mean, Said, Variation

LAGS, SIZES, INPUTS, FLOOR = (20, 50, 100), (16, 32, 128), (1, 64), -30.0
WEIGHTS = ("own start", "gain 0.7", "gain 1.0", "gain 1.4", "gain 2.0", "identity")


def run(rng, activation, weights, units, inputs, noise):
    """The gradient by lag in decades, what the slopes lose more than the matrix, and how far it is from 1."""
    cell = RNN(inputs, units, activation=activation, rng=rng, dtype=np.float64)
    if weights.startswith("gain"):
        cell.params["W_h"][...] = float(weights.split()[1]) * rng.normal(size=(units, units)) / np.sqrt(units)
    elif weights == "identity":
        init.identity(cell)
    elif weights == "orthogonal":
        init.orthogonal(cell, rng)
    x = rng.normal(size=(LAGS[-1], 1, inputs))
    cell({"normal": x, "four times": 4 * x, "positive": np.abs(x)}[noise])
    norms = diagnostics.gradient_norms(cell)[:, 0]
    outcome = {}
    for lag in LAGS:
        decades = float(np.log10(max(norms[lag], 10**FLOOR)))
        alone = np.linalg.norm(np.linalg.matrix_power(cell.params["W_h"], lag)) / np.sqrt(units)
        outcome[f"decades_{lag}"] = decades
        outcome[f"matrix_{lag}"] = float(np.log10(alone))
        outcome[f"slopes_more_{lag}"] = 2 * float(np.log10(alone)) - decades  # (alone - whole) - (0 - alone)
        outcome[f"off_{lag}"] = abs(decades)
    return outcome


def arms(activations, weights, sizes, inputs, noise):
    """All combinations."""
    return [
        {"activation": activation, "weights": one, "units": units, "inputs": D, "noise": noise}
        for one in weights
        for units in sizes
        for D in inputs
        for activation in activations
    ]


BOTH = ("tanh", "relu")
EVERY = [
    *arms(("tanh",), ("own start", "orthogonal", "gain 1.0"), SIZES, INPUTS, "normal"),
    *arms(("tanh",), ("own start",), SIZES, INPUTS, "four times"),
    *arms(BOTH, WEIGHTS, (32,), INPUTS, "normal"),
    *arms(BOTH, WEIGHTS, (128,), (1,), "normal"),
    *arms(BOTH, WEIGHTS, (32,), (1,), "positive"),
]
DESIGN = Design(
    name="slopes",
    run=run,
    arms=[one for k, one in enumerate(EVERY) if one not in EVERY[:k]],
    outcomes={
        name: bounds
        for lag in LAGS
        for name, bounds in {
            f"decades_{lag}": (FLOOR, INF),
            f"matrix_{lag}": (-INF, INF),
            f"slopes_more_{lag}": (-INF, INF),
            f"off_{lag}": (0.0, INF),
        }.items()
    },
    settings={
        "cell": "a plain RNN that is not trained, in float64",
        "own start": "all weights uniform between ±1/√units, biases 0; elsewhere W_h is Gaussian of a gain, "
        "orthogonal or the identity",
        "data": "normal noise",
        "no gradient at all": f"counts as {FLOOR:.0f} decades",
    },
)
DESIGNS = (DESIGN,)


def blame(lag=50, weights="own start", noise="normal", inputs=INPUTS):
    """What the slopes lose more than the matrix, for each size and number of inputs."""
    return tuple(
        Mean(
            name=f"{units} units and {D} input{'s' * (D > 1)}",
            design=DESIGN,
            outcome=f"slopes_more_{lag}",
            arm={"activation": "tanh", "weights": weights, "units": units, "inputs": D, "noise": noise},
        )
        for units in SIZES
        for D in inputs
    )


def nearer(lag=50, weights=WEIGHTS, units=32, inputs=1, noise="normal"):
    """By how much ReLU brings the gradient nearer to 1 than tanh, for each start."""
    here = {"units": units, "inputs": inputs, "noise": noise}
    return tuple(
        Mean(
            name=one,
            design=DESIGN,
            outcome=f"off_{lag}",
            arm=here | {"weights": one, "activation": "tanh"},
            rival=here | {"weights": one, "activation": "relu"},
        )
        for one in weights
    )


PLACE = 3, 1
CLAIMS = (
    Claim(
        words="tanh is why the gradient vanishes",
        sentence="Of what the gradient of a fresh tanh RNN loses over 50 steps of noise the slopes take more than the "
        "matrix.",
        said=(Said("", "lectures and tutorials: the slope of tanh is below 1, so a product of many goes to 0"),),
        section="03-vanishing-and-exploding",
        logic="on average",
        region=(0.0, INF),
        unit="decades",
        quantity="what the slopes take, less what the matrix takes",
        margin="none: the larger of two causes",
        conditions=blame(),
        panel=(
            Variation("one input alone", blame(inputs=(1,))),
            Variation("64 inputs alone", blame(inputs=(64,))),
            Variation("noise four times as strong", blame(noise="four times")),
            Variation("an orthogonal matrix", blame(weights="orthogonal")),
            Variation("a Gaussian matrix of gain 1", blame(weights="gain 1.0")),
            Variation("a lag of 20", blame(20)),
            Variation("a lag of 100", blame(100)),
        ),
    ),
    Claim(
        words="ReLU fixes vanishing gradients",
        sentence="In a fresh RNN with ReLU the gradient over 50 steps is nearer to 1 than with tanh, whatever the start.",
        said=(
            Said("le2015simple", "for ReLU with the identity as start"),
            Said("", "without a word about the start: the slope of a ReLU is 1"),
        ),
        section="03-vanishing-and-exploding",
        logic="always",
        region=(0.0, INF),
        unit="decades",
        quantity="by how much the gradient is nearer to 1 than with tanh",
        margin="none: any gain would do, and a cure would be more",
        conditions=nearer(),
        panel=(
            Variation("64 inputs", nearer(inputs=64)),
            Variation("128 units", nearer(units=128)),
            Variation("a lag of 20", nearer(20)),
            Variation("inputs that are never negative", nearer(noise="positive")),
            Variation("a gain of 1.4 alone", nearer(weights=("gain 1.4",))),
            Variation("the identity alone", nearer(weights=("identity",))),
            Variation(
                "the identity alone with inputs that are never negative",
                nearer(weights=("identity",), noise="positive"),
            ),
        ),
    ),
)
