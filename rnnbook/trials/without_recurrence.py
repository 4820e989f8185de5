"""On trial: "attention made recurrence useless".

Four tasks of chapter 10 at lag 30: adding, order, copy and brackets.
Two layers of self-attention (rnnbook.SelfAttention) against an LSTM and a
GRU, two layers each; beside them two layers of the minimal cells of
Feng et al. (2024), whose gates do not look at the state, so that a scan
computes them in parallel. 500 updates of 32 sequences, new ones each time,
as in chapter 10; solved means that a twentieth of the best constant
answer's loss is left.

Effect, for each task: the share of the runs that solve it with
self-attention, less with the LSTM, plus a tenth: it may be that much
behind. Confirmed if above zero on three tasks or more, refuted if below on
three or more. Above or below: the whole interval, 95 % for the four
together.

Fairness
    Every network has the units that bring it nearest to 5000 recurrent
    parameters, and starts as the package starts it; a forget bias of 1 (for
    GRU and minimal cells: of the gate that keeps). Sixteen learning rates
    for each network and task, drawn log-uniformly from 0.001 to 0.1, judged
    by the loss of the last fifty updates; the middle of the best quarter of
    the range is used for thirty other seeds. 500 updates, self-attention's
    lack of layer normalisation and one head a layer favour the cells.
"""

import timeit

import numpy as np

from rnnbook import GRU, LSTM, Cell, Dense, MinGRU, MinLSTM, Model, SelfAttention, Stack, init, sweep
from rnnbook.cells.minimal import Minimal
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

LAG, UPDATES, PARAMETERS, RANGE = 30, 500, 5000, (1e-3, 1e-1)
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


def effects():
    """Self-attention against the LSTM, task by task."""
    return [
        effect(task, solved("self-attention", task), solved("LSTM", task), n_comparisons=len(TASKS), shift=0.1)
        for task in TASKS
    ]


PLACE = 15, 4
CLAIMS = (
    Claim(
        words="Attention made recurrence useless",
        said_by=(),
        section="15-attention",
        tasks="four tasks of chapter 10, lag 30",
        quantity="share of runs that solve it, less of an LSTM's, plus a tenth",
        tables=("without-recurrence-tuning", "without-recurrence"),
        need=3,
        effects=effects,
    ),
)
SLICES = (
    Slice(run, "without-recurrence", {"network": "self-attention", "task": "order"}),
    Slice(run, "without-recurrence", {"network": "MinGRU", "task": "order"}),
)


def make():
    """Both tables, and the clock's."""
    networks = [{"network": network, "task": task} for task in TASKS for network in LAYERS]
    tune_and_run(run, networks, "without-recurrence", lambda rows: rows["loss"], RANGE, draws=16, parts=4)
    timed = {
        "network": ["LSTM", "GRU", "MinGRU", "MinGRU scan", "MinLSTM", "MinLSTM scan"],
        "steps": [100, 1000, 10_000],
    }
    sweep(clock, timed, range(5), table=FOLDER / "scans-clock.csv", workers=1)


if __name__ == "__main__":
    make()
