"""On trial: "gated cells read an image pixel by pixel better than a plain
RNN", on real data.

Handwritten digits of 8 by 8 pixels, one pixel a step, 64 steps; after the
last the network says which digit it was (rnnbook.data.digits). The quantity
is the accuracy on 360 test images after 600 updates.

Effect, for each of the five gated cells: its accuracy minus that of a tanh
RNN with orthogonal start. Confirmed if it is above zero for three of the
five cells, refuted if it is below zero for three; above or below: the whole
interval, 95 % for the five together. A ReLU RNN that starts as the identity
(Le et al. 2015) stands beside them.

Fairness
    Every cell has the number of units that brings it nearest to 1200
    parameters; gated cells start with chrono initialisation for 64 steps.
    Sixteen learning rates each, drawn log-uniformly from 0.001 to 0.1, on
    the first four fifths of the training images, judged on the last; the
    middle of the best quarter of the range is used for 30 other seeds, on
    all of them.
"""

from functools import partial
from typing import Any

import numpy as np

from rnnbook import Batch, Dense, Model, data, init, softmax_cross_entropy
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

PARAMETERS, UPDATES, STEPS, RANGE = 1200, 600, 64, (1e-3, 1e-1)
MAKES = training.CELLS | {"ReLU RNN": training.RELU_RNN}


def build(cell, rng):
    """A fresh network."""
    make = MAKES[cell]
    recurrent = make(1, training.units(make, 1, PARAMETERS), rng=rng, dtype=np.float64)
    if cell == "ReLU RNN":
        init.identity(recurrent)
    elif cell == "RNN":
        init.orthogonal(recurrent, rng)
    else:
        init.chrono(recurrent, STEPS, rng)
    return Model(recurrent, Dense(recurrent.hidden_size, 10, rng=rng, dtype=np.float64))


def accuracy(network, images):
    """The share of images whose digit is the likeliest by the network."""
    return float(np.mean(network(images.x)[-1].argmax(axis=-1) == images.target[-1]))


def run(rng, cell, learning_rate, held_out=False, updates=UPDATES, compiled=True):
    """Train; the accuracy on the test images, or on those of the training that are held out."""
    images: Any = data.digits("train", np.float64)
    test: Any = data.digits("test", np.float64)
    if held_out:
        cut = images.x.shape[1] * 4 // 5
        images, test = (Batch(*(a[:, part] for a in images[:3])) for part in (slice(cut), slice(cut, None)))
    network = build(cell, rng)

    def batch():
        chosen = rng.integers(0, images.x.shape[1], 32)
        return Batch(*(array[:, chosen] for array in images[:3]))

    try:
        training.learn(network, softmax_cross_entropy, batch, learning_rate, updates, compiled)
    except FloatingPointError:
        return {"accuracy": 0.1}
    return {"accuracy": accuracy(network, test)}


def effects():
    """How far the runs lie on the claim's side, task by task."""
    rows = results("pixels")
    plain = rows_where(rows, cell="RNN")["accuracy"]
    return [
        effect(cell, rows_where(rows, cell=cell)["accuracy"], plain, n_comparisons=5)
        for cell in training.CELLS
        if cell != "RNN"
    ]


PLACE = 10, 2
CLAIMS = (
    Claim(
        words="Gated cells read an image pixel by pixel better than a plain RNN",
        said_by=(),
        section="10-long-memory",
        tasks="handwritten digits, 64 steps",
        quantity="accuracy more than the RNN's",
        tables=("pixels-tuning", "pixels"),
        need=3,
        effects=effects,
    ),
)
# accuracy jumps by whole images
SLICES = (Slice(run, "pixels", {"cell": "GRU"}, tolerance=0.03),)


def make():
    """Both tables."""
    combinations = [{"cell": cell} for cell in MAKES]
    held_out = partial(run, held_out=True)
    tune_and_run(
        run, combinations, "pixels", lambda rows: -rows["accuracy"], RANGE, draws=16, parts=4, tuning_trial=held_out
    )


if __name__ == "__main__":
    make()
