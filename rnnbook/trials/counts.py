"""On trial: counting beyond the lengths that were learned.

Words aⁿbⁿ, aⁿbⁿcⁿ, and ones among zeros. After each b (and c) a network says whether these are now as
many as the a's; after each zero or one, how many ones there have been. It learns words up to n = 12, but for
multiples of four, which are for validation, or 24 zeros and ones; and it is then asked about eight times as much.

Weiss, Goldberg & Yahav (2018) show by construction that an LSTM can count in its memory, which grows by one,
while the state of a GRU is a mean of numbers between -1 and 1 and so stays there. The theorem says what
numbers of finite precision can hold, not what training finds.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from rnnbook import GRU, LSTM, Batch, Dense, Model, init, mean_squared_error, softmax_cross_entropy
from rnnbook.trials import INF, BestOf, Claim, Design, Said, Variation, training

UNITS, UPDATES, LONGER, REACH, FURTHER, SEQUENCES, BIAS = 16, 1500, 6000, 12, 8, 16, 1.0
LEARNED = [n for n in range(1, REACH + 1) if n % 4]
HELD = [n for n in range(1, REACH + 1) if n % 4 == 0]
CELLS: dict[str, Callable] = {
    "LSTM": LSTM,
    "GRU": lambda *sizes, **made: GRU(*sizes, reset="after", **made),
    "GRU before": lambda *sizes, **made: GRU(*sizes, reset="before", **made),
}


class Words:
    """Words of so many letters, each n times; whether a letter has now come as often as the a's."""

    outputs, loss = 2, staticmethod(softmax_cross_entropy)

    def __init__(self, letters):
        self.inputs = letters

    def written(self, lengths):
        """A batch with one word of each length; what is behind its end does not count."""
        n, t = np.asarray(lengths), np.arange(self.inputs * max(lengths))[:, None]
        letter = t // n
        x = (letter[..., None] == np.arange(self.inputs)).astype(float)
        target = ((t + 1) % n == 0).astype(int)
        return Batch(x, target, ((letter > 0) & (letter < self.inputs)).astype(float))

    def draw(self, rng):
        """Words to learn from, all batches equally long."""
        batch = self.written([*rng.choice(LEARNED, SEQUENCES - 1), REACH])
        batch.mask[:, -1] = 0  # it only sets the length
        return batch

    def known(self, network):
        """The loss on words held back, as a share of what the best constant answer costs."""
        batch = self.written(HELD)
        share = batch.target[batch.mask > 0].mean()
        constant = -share * np.log(share) - (1 - share) * np.log(1 - share)
        return self.loss(network(batch.x), batch.target, batch.mask)[0] / constant

    def reached(self, network):
        """How many words are right in every step, by the longest that were learned."""
        batch = self.written(range(1, FURTHER * REACH + 1))
        wrong = (network(batch.x).argmax(-1) != batch.target) & (batch.mask > 0)
        return (~wrong.any(axis=0)).sum() / REACH


class Ones:
    """Zeros and ones; a tenth of the ones there have been."""

    inputs, outputs, loss = 1, 1, staticmethod(mean_squared_error)

    def written(self, rng, steps, sequences):
        """Sequences, and their counts at every step."""
        x = rng.integers(0, 2, (steps, sequences, 1)).astype(float)
        return Batch(x, np.cumsum(x, axis=0) / 10, np.ones((steps, sequences)))

    def draw(self, rng):
        """Sequences to learn from."""
        return self.written(rng, 2 * REACH, SEQUENCES)

    def known(self, network):
        """The loss on sequences of the same length, as a share of what the best constant answer costs."""
        batch = self.written(np.random.default_rng(1), 2 * REACH, 200)
        return self.loss(network(batch.x), batch.target, batch.mask)[0] / batch.target.var()

    def reached(self, network):
        """Up to which step nine of ten rounded counts are right, by the steps that were learned."""
        batch = self.written(np.random.default_rng(2), 2 * FURTHER * REACH, 200)
        right = (np.abs(network(batch.x) - batch.target) < 0.05).mean(axis=(1, 2)) > 0.9
        return (len(right) if right.all() else right.argmin()) / (2 * REACH)


TASKS: dict[str, Any] = {"two letters": Words(2), "three letters": Words(3), "ones": Ones()}


def run(rng, task, cell, units, updates, learning_rate, compiled=True):
    """Train up to some length; how far the network counts, in doublings of that length."""
    kind, made = TASKS[task], {"rng": rng, "dtype": np.float64}
    recurrent = CELLS[cell](kind.inputs, units, **made)
    init.forget_bias(recurrent, BIAS)
    network = Model(recurrent, Dense(units, kind.outputs, **made))
    with suppress(FloatingPointError):  # the network of before the last update is asked
        training.learn(network, kind.loss, lambda: kind.draw(rng), learning_rate, updates, compiled)
    beyond = float(np.log2(max(kind.reached(network), 1 / (2 * REACH))))
    validation = float(kind.known(network))
    return {"validation": validation if np.isfinite(validation) else 10.0, "beyond": beyond, "short": -beyond}


USUAL = {"units": UNITS, "updates": UPDATES}
VARIED: dict[str, dict] = {
    f"{4 * UNITS} units": {"units": 4 * UNITS},
    f"{LONGER} updates": {"updates": LONGER},
}
ARMS = [
    *({"task": task, "cell": cell, **USUAL} for task in TASKS for cell in ("LSTM", "GRU")),
    *({"task": "two letters", "cell": cell, **USUAL, **other} for other in VARIED.values() for cell in ("LSTM", "GRU")),
    {"task": "two letters", "cell": "GRU before", **USUAL},
]
HIGH = float(np.log2(FURTHER))
LOW = float(np.log2(1 / (2 * REACH)))
DESIGN = Design(
    name="counts",
    run=run,
    arms=ARMS,
    outcomes={"beyond": (LOW, HIGH), "short": (-HIGH, -LOW)},
    settings={
        "cells": f"{UNITS} units in float64, the bias of the gate that keeps at {BIAS:g}",
        "start": "weights uniform between ±1/√units, the other biases zero",
        "budget": f"{UPDATES} updates",
        "training": f"Adam, {SEQUENCES} words an update, gradients clipped at norm 1",
        "learned": f"n up to {REACH} but for multiples of four, or {2 * REACH} zeros and ones",
        "asked": f"n from 1 to {FURTHER * REACH}, or up to {2 * FURTHER * REACH} zeros and ones",
    },
    rates=(3e-4, 0.3),
    nothing=1.0,
)
DESIGNS = (DESIGN,)


def told(tasks=tuple(TASKS), gru="GRU", **other):
    """How far the LSTM goes beyond what it learned, and by how much the GRU falls short of twice that."""
    found = []
    for task in tasks:
        one = {"task": task, **USUAL, **other}
        lstm = BestOf(name=f"{task}: the LSTM, beyond", design=DESIGN, outcome="beyond", arm=one | {"cell": "LSTM"})
        short = BestOf(
            name=f"{task}: the GRU, short of twice",
            design=DESIGN,
            outcome="short",
            arm=one | {"cell": gru},
            minus=-1.0,
        )
        found += [lstm, short]
    return tuple(found)


PLACE = 10, 3
CLAIMS = (
    Claim(
        words="An LSTM counts beyond what it has learned, a GRU does not",
        sentence="Trained up to a length, an LSTM of 16 units counts to 1.4 times that length or more, and a GRU does"
        " not, on three tasks of counting.",
        said=(
            Said(
                "weiss2018practical",
                "LSTMs easily implement counting and learn to use it, GRUs do not, by construction and on words aⁿbⁿ"
                " and aⁿbⁿcⁿ",
            ),
        ),
        section="10-long-memory",
        logic="always",
        region=(0.5, INF),
        unit="doublings of the length",
        quantity="how far a cell counts",
        margin="half a doubling, the middle between the length that was learned and its double",
        conditions=told(),
        panel=(
            *(Variation(f"{name}, two letters", told(("two letters",), **other)) for name, other in VARIED.items()),
            Variation("a GRU that resets before the product, two letters", told(("two letters",), gru="GRU before")),
        ),
    ),
)
