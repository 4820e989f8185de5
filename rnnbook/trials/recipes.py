"""On trial: "the learning rate is the most important hyperparameter"
(Greff et al. 2017); "Adam's default rate is good enough".

What a practitioner decides, one decision at a time, on three of the book's
tasks: characters of Shakespeare (rnnbook.data.shakespeare; 32 streams by 32
steps, 1000 updates, tested on 50,000 characters), speakers of vowels
(rnnbook.data.vowels; ten-fold cross-validation, 400 updates of 32
utterances, mean over time) and power demand (rnnbook.data.power; from the
first twelve hours of a day the other twelve, 200 days to learn from, 600
updates of 32). Thirty runs each: other seeds, and other folds or days.

"base" is an LSTM of 32 units, its biases zero but for a forget bias of 1,
weights from ±1/√H, Adam at a constant rate, gradients clipped at norm 1,
float32. Each other recipe differs from it in what its name says. Batches of
8 and 128 see as many sequences in all. "SGD" has momentum 0.9. Dropout is
0.3: "dropout" before the readout (Zaremba et al. 2014), of two layers
between these, anew in every step or one mask for all (Gal & Ghahramani
2016). "layer norm": Ba et al. 2016, as rnnbook.LayerNormLSTM has it.

The quantity is the loss on what was not seen, in per cent above that of
"base".

Effects, in per cent of the loss of "base"
    "The learning rate is the most important hyperparameter": what "base"
    loses with three times or a third of its rate, whichever is worse, less
    what the worst of the other recipes loses, for each task.
    "Adam's default rate is good enough": two per cent, less what "base"
    loses with 0.001, Adam's default, for each task.
    Confirmed if all three are above zero, refuted if all are below. Above
    or below: the whole interval, 95 % for the three together.

Fairness
    Sixteen learning rates for each recipe and task, drawn log-uniformly
    from 0.001 to 0.1 (thirty times that for SGD), each on a fold of its
    own, judged by the loss on a part for that; the middle of the best
    quarter of the range is used for all thirty runs.
"""

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from rnnbook import (
    LSTM,
    SGD,
    Adam,
    Batch,
    Dense,
    Embedding,
    LayerNormLSTM,
    Model,
    RMSProp,
    Stack,
    Update,
    data,
    fit,
    init,
    mean_squared_error,
    softmax_cross_entropy,
    sweep,
    text,
)
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import paired, rate_of, tune_and_run
from rnnbook.trials.vowels import scaled, split, utterances

UNITS, RANGE, FOLDS, DEFAULT = 32, (1e-3, 1e-1), 30, 1e-3
UPDATES = {"characters": 1000, "vowels": 400, "power": 600}
OVERLAP = {"characters": 0.0, "vowels": 1 / 8, "power": 0.0}  # tested on by learned from, where folds share it
RECIPES: dict[str, dict] = {
    "base": {},
    "SGD": {"optimiser": "SGD"},
    "RMSProp": {"optimiser": "RMSProp"},
    "falling rate": {"schedule": lambda done: 1 - done},
    "no clipping": {"max_norm": None},
    "clipping at 0.1": {"max_norm": 0.1},
    "forget bias 0": {"forget_bias": 0.0},
    "forget bias 3": {"forget_bias": 3.0},
    "orthogonal": {"orthogonal": True},
    "16 units": {"units": 16},
    "64 units": {"units": 64},
    "two layers": {"layers": 2},
    "two layers and dropout": {"layers": 2, "between": 0.3},
    "two layers and one mask": {"layers": 2, "between": 0.3, "variational": True},
    "dropout": {"dropout": 0.3},
    "batch of 8": {"size": 8},
    "batch of 128": {"size": 128},
    "float64": {"dtype": np.float64},
    "layer norm": {"make": LayerNormLSTM},
}
OPTIMISERS: dict[str, Callable] = {
    "Adam": Adam,
    "RMSProp": RMSProp,
    "SGD": lambda rate: SGD(30 * rate, momentum=0.9),
}
RATES = ("a third", "three times", "default")


def build(
    rng,
    task,
    make=LSTM,
    units=UNITS,
    layers=1,
    between=0.0,
    variational=False,
    dropout=0.0,
    forget_bias=1.0,
    orthogonal=False,
    dtype=np.float32,
):
    """A network for a task."""
    made = {"rng": rng, "dtype": dtype}
    inputs, outputs = {"characters": (16, len(data.ALPHABET)), "vowels": (12, 9), "power": (1, 12)}[task]
    cells = [make(inputs if k == 0 else units, units, **made) for k in range(layers)]
    for cell in cells:
        init.forget_bias(cell, forget_bias)
        if orthogonal:
            init.orthogonal(cell, rng)
    recurrent = cells[0] if layers == 1 else Stack(cells, dropout=between, variational=variational)
    table = Embedding(outputs, inputs, **made) if task == "characters" else None
    pool = {"characters": None, "vowels": "mean", "power": "last"}[task]
    return Model(recurrent, Dense(units, outputs, **made), table, dropout=dropout, pool=pool)


def examples(rng, task, fold, size, dtype):
    """A function that draws a batch to learn from, and two that give a network's loss: to tune by, and to report."""
    if task == "characters":
        draw = text.windows(training.plays("train"), size, 32)
        for _ in range(int(rng.integers(500))):  # each run starts somewhere else in the plays
            draw()

        def bits(network, part):
            return float(text.surprisal(network, training.plays(part)[:50_000]).mean())

        return draw, lambda network: bits(network, "validation"), lambda network: bits(network, "test")
    if task == "vowels":
        x, lengths, speaker = utterances()
        learn, watch, test = split(fold)
        x = scaled(x, lengths, learn).astype(dtype)

        def spoken(places):
            return Batch(x[:, places], speaker[None, places], lengths=lengths[places])

        def nats(network, places):
            asked = spoken(places)
            return softmax_cross_entropy(network(asked.x, asked.lengths), asked.target)[0]

        return lambda: spoken(rng.choice(learn, size)), lambda net: nats(net, watch), lambda net: nats(net, test)
    days = np.concatenate([data.power(part)[0] for part in ("train", "test")], axis=1).astype(dtype)
    days = days[:, np.random.default_rng(fold).permutation(days.shape[1])]
    x, target = days[:12], np.swapaxes(days[12:], 0, 2)
    learn, watch, test = slice(200), slice(200, 250), slice(250, None)

    def squares(network, places):
        return mean_squared_error(network(x[:, places]), target[:, places])[0]

    draw = training.drawn_from(Batch(x[:, learn], target[:, learn]), rng, size)
    return draw, lambda network: squares(network, watch), lambda network: squares(network, test)


def trained(rng, task, recipe, fold, learning_rate, compiled=True):
    """A network that has learned by one of `RECIPES`, and the two functions of `examples` that judge it."""
    options = dict(RECIPES[recipe])
    optimiser = OPTIMISERS[options.pop("optimiser", "Adam")](learning_rate)
    schedule, max_norm, size = options.pop("schedule", None), options.pop("max_norm", 1.0), options.pop("size", 32)
    network = build(rng, task, **options)
    draw, judged, reported = examples(rng, task, fold, size, options.get("dtype", np.float32))
    drops = network.dropout or getattr(network.recurrent, "dropout", 0)
    with suppress(FloatingPointError):  # the network of before the last update is kept
        fit(
            network,
            mean_squared_error if task == "power" else softmax_cross_entropy,
            optimiser,
            draw,
            steps=UPDATES[task] * 32 // size,
            update=Update(max_norm=max_norm, carry=task == "characters", rng=rng if drops else None, schedule=schedule),
            compiled=compiled,
        )
    return network, judged, reported


def run(rng, task, recipe, fold, learning_rate, compiled=True):
    """Train a network; its losses on what it did not learn from."""
    network, judged, reported = trained(rng, task, recipe, fold, learning_rate, compiled)
    return {"validation": round(judged(network), 6), "loss": round(reported(network), 6)}


def at_rate(rng, task, rate, fold, compiled=True):
    """ "base" with a rate that is not its best, or with Adam's default."""
    best = rate_of("recipes", task=task, recipe="base")
    learning_rate = {"a third": best / 3, "three times": best * 3, "default": DEFAULT}[rate]
    return run(rng, task, "base", fold, learning_rate, compiled)


def above_base(task, recipe="base", rate=None):
    """By how many per cent of the base's mean loss each fold's loss lies above the base's."""
    base = rows_where(results("recipes"), task=task, recipe="base")["loss"]
    if rate is None:
        other = rows_where(results("recipes"), task=task, recipe=recipe)["loss"]
    else:
        other = rows_where(results("recipes-rates"), task=task, rate=rate)["loss"]
    return 100 * (other - base) / base.mean()


def change(task, recipe):
    """`above_base` as an effect, with an interval of its own."""
    return paired(recipe, above_base(task, recipe), OVERLAP[task])


def rate_or_recipe():
    """What a wrong rate costs, less what the worst recipe costs."""
    found = []
    for task in UPDATES:
        wrong = max((above_base(task, rate=rate) for rate in RATES[:2]), key=np.mean)
        worst = max((above_base(task, recipe) for recipe in RECIPES), key=np.mean)
        found.append(paired(task, wrong - worst, OVERLAP[task], n_comparisons=3))
    return found


def default_rate():
    """Two per cent, less what Adam's default rate costs."""
    return [
        paired(task, -above_base(task, rate="default"), OVERLAP[task], n_comparisons=3, shift=2) for task in UPDATES
    ]


PLACE = 16, 1
CLAIMS = (
    Claim(
        words="The learning rate is the most important hyperparameter",
        said_by=("greff2017lstm",),
        section="16-training-recipes",
        tasks="characters, vowels, power demand",
        quantity="per cent of loss: a rate three times off, less the worst other choice",
        tables=("recipes-tuning", "recipes", "recipes-rates"),
        need=3,
        effects=rate_or_recipe,
    ),
    Claim(
        words="Adam's default rate is good enough",
        said_by=(),
        section="16-training-recipes",
        tasks="characters, vowels, power demand",
        quantity="2 per cent of loss, less what a rate of 0.001 costs",
        tables=("recipes-tuning", "recipes", "recipes-rates"),
        need=3,
        effects=default_rate,
    ),
)
SLICES = (
    Slice(run, "recipes", {"task": "vowels", "recipe": "float64"}),
    Slice(run, "recipes", {"task": "power", "recipe": "float64"}),
)


def make():
    """The three tables."""
    combinations = [{"task": task, "recipe": recipe} for task in UPDATES for recipe in RECIPES]
    tuning = {"draws": 16, "parts": 4, "folds": FOLDS}
    tune_and_run(run, combinations, "recipes", lambda rows: rows["validation"], RANGE, **tuning)
    rates = {"task": list(UPDATES), "rate": list(RATES), "fold": list(range(FOLDS))}
    sweep(at_rate, rates, [0], table=FOLDER / "recipes-rates.csv")


if __name__ == "__main__":
    make()
