"""On trial: depth against width.

One layer of an LSTM against two and three that have as many parameters together, for the plain recipe of
`recipes`, on two of its tasks: characters of Shakespeare and power demand. Its third, vowels, is cut into other
folds in each run, which says more about the folds than two per cent of loss.
"""

import numpy as np

from rnnbook.trials import INF, BestOf, Claim, Design, Said, Variation, recipes, training

PARAMETERS, LESS, SPLIT, MORE = 10_000, 2500, 0, 4


def build(rng, task, layers, parameters=PARAMETERS):
    """The plain recipe with so many layers, of the units that bring it nearest to so many recurrent parameters."""

    def size(units):
        model = recipes.build(np.random.default_rng(0), task, units=units, layers=layers)
        return sum(p.size for p in model.recurrent.params.values())

    return recipes.build(rng, task, units=min(range(4, 150), key=lambda H: abs(size(H) - parameters)), layers=layers)


def run(rng, task, layers, parameters, updates, learning_rate, compiled=True):
    """Train; the loss to choose by, and minus a hundred times the logarithm of the loss to judge by."""
    network = build(rng, task, layers, parameters)
    draw, judged, reported = recipes.examples(rng, task, SPLIT, 32, np.float32)
    loss, carry = recipes.loss_of(task), task == "characters"
    try:
        training.learn(network, loss, draw, learning_rate, updates, compiled, carry=carry)
    except FloatingPointError:
        return {"validation": np.nan, "gain": -recipes.BOUNDS[1]}
    return {"validation": float(judged(network)), "gain": -recipes.per_cent(reported(network))}


def arms(task, layers, parameters=PARAMETERS, longer=1):
    """One for each number of layers."""
    updates = longer * recipes.UPDATES[task]
    return [{"task": task, "layers": L, "parameters": parameters, "updates": updates} for L in layers]


DESIGN = Design(
    name="depth",
    run=run,
    arms=[
        *arms("characters", (1, 2, 3)),
        *arms("power", (1, 2, 3)),
        *arms("characters", (1, 2), LESS),
        *arms("power", (1, 2), longer=MORE),
        *arms("power", (1, 2), MORE * PARAMETERS),
    ],
    outcomes={"gain": (-recipes.BOUNDS[1], -recipes.BOUNDS[0])},
    settings={
        "network": f"LSTMs of about {PARAMETERS} recurrent parameters, if nothing else is said",
        "start": "a forget bias of 1 in every layer, weights from ±1/√units",
        "data": "a day of power scaled by its first half",
        "budget": "1000 updates on characters, 600 on power demand, if nothing else is said",
        "training": "Adam, 32 sequences an update, gradients clipped at norm 1; no dropout, no normalisation",
    },
    rates=(1e-3, 0.1),
)
DESIGNS = (DESIGN,)


def deeper(task, layers=2, name="", **other):
    """By how much the loss of so many layers is below that of one."""
    deep, flat = arms(task, (layers, 1), **other)
    return BestOf(name=name or task, design=DESIGN, outcome="gain", arm=deep, rival=flat)


PLACE = 16, 5
CLAIMS = (
    Claim(
        words="Depth is more important than layer size",
        sentence="On characters and power demand two layers of an LSTM lose less than one with as many parameters.",
        said=(Said("graves2013speech", "of LSTMs that hear phonemes on TIMIT, one of three main conclusions"),),
        section="16-training-recipes",
        logic="on average",
        region=(2.0, INF),
        unit="per cent of loss",
        quantity="loss saved by the second layer",
        margin="two per cent: about what a single line of the recipe brings or costs",
        conditions=(deeper("characters"), deeper("power")),
        panel=(
            Variation("three layers", (deeper("characters", 3), deeper("power", 3))),
            Variation(
                "a quarter of the parameters, characters", (deeper("characters", parameters=PARAMETERS // MORE),)
            ),
            Variation("four times the updates, power", (deeper("power", longer=MORE),)),
            Variation("four times the parameters, power", (deeper("power", parameters=MORE * PARAMETERS),)),
        ),
        changes=(recipes.LEAK,),
    ),
)
