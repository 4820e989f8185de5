"""On trial: Adam's default rate.

0.001, and never touched, against a rate that was chosen: for the plain recipe of `recipes` at its 400 to 1000
updates, and, as a variation, on power demand with ten times as many. That one has runs of its own, all on one split
of the days.
"""

from functools import partial

import numpy as np

from rnnbook.trials import INF, BestOf, Claim, Design, Mean, Said, Total, Variation, recipes, training
from rnnbook.trials.before import Before

UPDATES, SPLIT = 10 * recipes.UPDATES["power"], 0


def tuned(rng, task, learning_rate, compiled=True):
    """Train the plain recipe for ten times its updates; a hundred times the logarithm of the loss, and less that."""
    network = recipes.build(rng, task)
    draw, judged, reported = recipes.examples(rng, task, SPLIT, 32, np.float32)
    try:
        training.learn(network, recipes.loss_of(task), draw, learning_rate, UPDATES, compiled)
    except FloatingPointError:
        return {"validation": INF, "cost": recipes.BOUNDS[1], "gain": -recipes.BOUNDS[1]}
    cost = recipes.per_cent(reported(network))
    return {"validation": float(judged(network)), "cost": cost, "gain": -cost}


def untouched(rng, task, compiled=True):
    """The same with Adam's default."""
    return tuned(rng, task, recipes.DEFAULT, compiled)


SETTINGS = {
    "network": f"the plain recipe, an LSTM of {recipes.UNITS} units",
    "data": "a day of power scaled by its first half",
    "budget": f"{UPDATES} updates",
    "training": "Adam, 32 days an update, gradients clipped at norm 1",
}
OUTCOMES = {"cost": recipes.BOUNDS, "gain": (-recipes.BOUNDS[1], -recipes.BOUNDS[0])}
ARM = {"task": "power"}
UNTOUCHED = Design(name="default-rate", run=untouched, arms=[ARM], outcomes=OUTCOMES, settings=SETTINGS, draws=30)
TUNED = Design(
    name="default-rate-tuned", run=tuned, arms=[ARM], outcomes=OUTCOMES, settings=SETTINGS, rates=(1e-4, 1e-1)
)
DESIGNS = (UNTOUCHED, TUNED)


def cost(task):
    """What the default costs in the tables of `recipes`."""
    return recipes.over_folds(task, recipes.above_base(task, rate="default"), ("base",))


LONGER = Total(
    "power, ten times the updates",
    (
        Mean(name="0.001", design=UNTOUCHED, outcome="cost", arm=ARM),
        BestOf(name="the best of eight", design=TUNED, outcome="gain", arm=ARM),
    ),
)

PLACE = 16, 4
CLAIMS = (
    Claim(
        words="Adam's default rate is good enough",
        sentence="On three tasks an LSTM of 32 units that has 400 to 1000 updates loses less than two per cent of loss"
        " by Adam's default of 0.001 in the place of a rate of its own.",
        said=(
            Said("kingma2015adam", "a good default for the problems that were tested there"),
            Said("", "what a call of Adam without arguments says, and what most first scripts leave it at"),
        ),
        section="16-training-recipes",
        logic="as good as",
        region=(-INF, 2.0),
        unit="per cent of loss",
        quantity="what the default costs",
        margin="two per cent: about what a single line of the recipe brings or costs",
        conditions=tuple(Before(task, recipes.TABLES, partial(cost, task)) for task in recipes.UPDATES),
        panel=(Variation(f"{UPDATES} updates, on power demand", (LONGER,)),),
        changes=(recipes.LEAK,),
    ),
)
