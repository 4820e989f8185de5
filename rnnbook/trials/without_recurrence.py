"""On trial: "attention made recurrence useless", and whether a minimal recurrence is all one needs.

Four tasks of chapter 10 at lag 30: adding, order, copy and brackets. Two layers of self-attention
(rnnbook.SelfAttention) against an LSTM and a GRU, two layers each; beside them two layers of the minimal cells
of Feng et al. (2024), whose gates do not look at the state, so that a scan computes them in parallel. Solved
means that a twentieth of the best constant answer's loss is left.

Every network has the units that bring it nearest to 5000 recurrent parameters, and starts as the package
starts it; a forget bias of 1 (for GRU and minimal cells: of the gate that keeps). Self-attention has one head
a layer and no layer normalisation.

The tables "without-recurrence" have thirty runs of each network after 500 updates. Sixteen learning rates for
each network and task, drawn log-uniformly from 0.001 to 0.1, were judged by the loss of the last fifty updates;
the middle of the best quarter of the range is used. The table "brackets-longer" gives self-attention and the
GRU five times as many updates, on the one task that self-attention did not solve. The table "minimal" has the
minimal cells and the full ones, sixty runs of each with rates of their own.
"""

import timeit
from functools import partial

import numpy as np

from rnnbook import GRU, LSTM, Cell, Dense, MinGRU, MinLSTM, Model, SelfAttention, Stack, init, sweep
from rnnbook.cells.minimal import Minimal
from rnnbook.trials import (
    FOLDER,
    INF,
    Claim,
    Design,
    Said,
    Share,
    Slice,
    Variation,
    results,
    rows_where,
    training,
)
from rnnbook.trials.before import Before, Old, tune_and_run

LAG, UPDATES, PARAMETERS, RANGE = 30, 500, 5000, (1e-3, 1e-1)
LONGER, LOOK = 5 * UPDATES, 10
TASKS = ("adding", "order", "copy", "brackets")
LAYERS = {"LSTM": LSTM, "GRU": GRU, "MinGRU": MinGRU, "MinLSTM": MinLSTM, "self-attention": SelfAttention}


def build(rng, network, task):
    """Two layers of 5000 parameters, and a readout."""
    inputs, outputs = training.TASKS[task].inputs, training.TASKS[task].outputs
    made = {"dtype": np.float64}

    def two(width, rng):
        return Stack([LAYERS[network](size, width, rng=rng, **made) for size in (inputs, width)])

    def parameters(width):
        return sum(p.size for p in two(width, np.random.default_rng(0)).params.values())

    width = min(range(4, 81, 2), key=lambda H: abs(parameters(H) - PARAMETERS))
    layers = two(width, rng)
    for layer in layers.cells:
        if isinstance(layer, Cell):
            init.forget_bias(layer, 1.0)
    return Model(layers, Dense(width, outputs, rng=rng, **made))


def run(rng, network, task, learning_rate, compiled=True):
    """Train one network on one task, and try it on sequences three times as long besides."""
    model = build(rng, network, task)
    history = training.train(model, task, LAG, learning_rate, rng, UPDATES, compiled)
    if history is None:
        return {"loss": np.nan, "updates": np.nan, "longer": np.nan}
    share = np.mean(history.loss[-training.EVERY :]) / training.constant_loss(task, LAG)
    longer = training.unseen_loss(model, task, 3 * LAG) / training.constant_loss(task, 3 * LAG)
    updates = training.updates_to_solve(history, task, LAG)
    return {"loss": round(float(share), 6), "updates": updates, "longer": round(float(longer), 6)}


def clock(rng, network, steps):
    """Milliseconds for one pass over 16 sequences of so many steps, without gradients, on NumPy: 64 units, 16 inputs.

    "loop" runs the cell step by step; "scan" all steps at once, where the cell allows it.
    """
    name, _, way = network.partition(" ")
    layer, x = LAYERS[name](16, 64, rng=rng), rng.normal(size=(steps, 16, 16)).astype(np.float32)
    call = layer.parallel if way == "scan" and isinstance(layer, Minimal) else layer
    return {"milliseconds": round(1e3 * min(timeit.repeat(lambda: call(x), number=1, repeat=3)), 4)}


def solved(network, task):
    """Whether each run solved the task."""
    return np.isfinite(rows_where(results("without-recurrence"), network=network, task=task)["updates"]).astype(float)


def run_longer(rng, network, learning_rate, compiled=True):
    """Train one network on brackets until it has solved them."""
    model = build(rng, network, "brackets")
    history = training.train(model, "brackets", LAG, learning_rate, rng, LONGER, compiled, until_solved=True, look=LOOK)
    updates = training.updates_to_solve(history, "brackets", LAG, LOOK)
    return {"solved": float(np.isfinite(updates)), "updates": updates if np.isfinite(updates) else 2.0 * LONGER}


def settings(data, updates):
    """What the two designs share, in words."""
    return {
        "network": f"two layers with {PARAMETERS} parameters together, float64; a forget bias of 1",
        "data": data,
        "budget": f"{updates} updates",
        "training": training.SAID,
        "solved": training.SOLVED,
    }


DESIGN = Design(
    name="brackets-longer",
    run=run_longer,
    arms=[{"network": network} for network in ("self-attention", "GRU")],
    outcomes={"solved": (0.0, 1.0)},
    settings=settings(f"the brackets of chapter 10, {LAG} steps", LONGER),
    rates=RANGE,
    draws=16,
    select="updates",
    nothing=2 * LONGER,
)


def run_minimal(rng, network, task, learning_rate, compiled=True):
    """Whether a task is solved, and whether it is at three times the length besides."""
    found = run(rng, network, task, learning_rate, compiled)
    solved = float(np.isfinite(found["updates"]))
    return {"solved": solved, "goes_on": solved * (found["longer"] < training.SHARE), "validation": found["loss"]}


MINIMAL = Design(
    name="minimal",
    run=run_minimal,
    arms=[{"network": network, "task": task} for task in TASKS for network in ("MinLSTM", "LSTM", "MinGRU", "GRU")],
    outcomes={"solved": (0.0, 1.0), "goes_on": (0.0, 1.0)},
    settings=settings(f"adding, order, copy and brackets of chapter 10, {LAG} steps", UPDATES),
    rates=RANGE,
    nothing=1.0,
)
DESIGNS = DESIGN, MINIMAL


def succeeds(rows):
    """Whether each run solved its task."""
    return np.isfinite(rows["updates"]).astype(float)


def goes_on(rows):
    """Whether it did, and solves it at three times the length."""
    return succeeds(rows) * (rows["longer"] < training.SHARE)


PAIRS = (("self-attention", "LSTM"), ("self-attention", "GRU"))


def more_often(outcome=succeeds, pairs=PAIRS, tasks=TASKS):
    """Conditions: the share of a network's runs that succeed, less of a cell's."""
    old = Old("without-recurrence", outcome, lambda rows: rows["loss"], RANGE, parts=4)

    def found(task, network, rival):
        return old.share({"network": network, "task": task}, {"network": rival, "task": task})

    return tuple(
        Before(
            f"{task}, against the {rival}",
            ("without-recurrence-tuning", "without-recurrence"),
            partial(found, task, network, rival),
            (-1.0, 1.0),
        )
        for task in tasks
        for network, rival in pairs
    )


def minimal(outcome="solved", cells=("LSTM", "GRU"), tasks=TASKS):
    """Conditions: whether one of eight rates solves a task, less of the full cell."""
    return tuple(
        Share(
            name=f"{task}, Min{cell} against the {cell}",
            design=MINIMAL,
            outcome=outcome,
            arm={"network": f"Min{cell}", "task": task},
            rival={"network": cell, "task": task},
            tries=8,
        )
        for task in tasks
        for cell in cells
    )


ON_BRACKETS = Share(
    name="brackets, against the GRU",
    design=DESIGN,
    outcome="solved",
    arm={"network": "self-attention"},
    rival={"network": "GRU"},
    tries=8,
)
PLACE = 15, 4
CLAIMS = (
    Claim(
        words="Attention made recurrence useless",
        sentence=(
            "Two layers of self-attention solve each of four tasks at lag 30 in 500 updates at least as often as two "
            "layers of an LSTM or a GRU with as many parameters."
        ),
        said=(
            Said(
                "vaswani2017attention",
                "of translation, as a title: attention is all you need, and recurrence is dispensed with",
            ),
        ),
        section="15-attention",
        logic="as good as",
        region=(-0.1, INF),
        unit="parts of one",
        quantity="share of the runs that solve a task with self-attention, less with a cell",
        margin="a tenth: three runs of thirty",
        conditions=more_often(),
        panel=(
            Variation("the LSTM alone as rival", more_often(pairs=PAIRS[:1])),
            Variation("the GRU alone as rival", more_often(pairs=PAIRS[1:])),
            Variation("brackets left out", more_often(tasks=TASKS[:3])),
            Variation(f"{LONGER} updates on the brackets alone", (ON_BRACKETS,)),
            Variation("three times the length besides", more_often(goes_on)),
        ),
    ),
    Claim(
        words="A minimal recurrence is all one needs",
        sentence=(
            "Of eight learning rates one solves each of four tasks at lag 30 in 500 updates with two layers of MinLSTM "
            "or MinGRU at least as often as with two layers of an LSTM or a GRU with as many parameters."
        ),
        said=(
            Said(
                "feng2024were",
                "as a title that asks whether RNNs were all we needed; of selective copying, locomotion and characters",
            ),
        ),
        section="15-attention",
        logic="as good as",
        region=(-0.1, INF),
        unit="parts of one",
        quantity="probability that one of eight rates solves a task with the minimal cell, less with the full one",
        margin="a tenth: one time in ten it would be missed",
        conditions=minimal(),
        panel=(
            Variation("MinLSTM alone", minimal(cells=("LSTM",))),
            Variation("MinGRU alone", minimal(cells=("GRU",))),
            Variation("brackets left out", minimal(tasks=TASKS[:3])),
            Variation("three times the length besides", minimal("goes_on")),
        ),
    ),
)
# chapter 15 makes that of MinGRU again
SLICES = (Slice(run, "without-recurrence", {"network": "self-attention", "task": "order"}),)


def make():
    """The two old tables, and the clock's."""
    networks = [{"network": network, "task": task} for task in TASKS for network in LAYERS]
    tune_and_run(run, networks, "without-recurrence", lambda rows: rows["loss"], RANGE, draws=16, parts=4)
    timed = {
        "network": ["LSTM", "GRU", "MinGRU", "MinGRU scan", "MinLSTM", "MinLSTM scan"],
        "steps": [100, 1000, 10_000],
    }
    sweep(clock, timed, range(5), table=FOLDER / "scans-clock.csv", workers=1)
