"""On trial: the forget gate, on streams that never end.

The LSTM of 1997 had none: what its memory takes in stays, unless as much is added with the opposite
sign. Gers, Schmidhuber & Cummins (2000) gave it one since on a stream without marked ends it broke down.
Three streams are read in windows of 40 steps, each from the state in which the window before ended:

latest  at one step of ten a bit is marked; say at every step which was marked last
since   at one step of twenty a marker; say at every step how many ones have come since
reber   strings of the embedded Reber grammar, one after the other; say at every step what comes next,
        judged where that is the string's second symbol once more

The first two ask for a memory that is overwritten, the third for one that holds over a string and is free
for the next: it is the stream of the paper. What is judged is the second half of 2000 steps in which the
state is never set back.
"""

from contextlib import suppress
from typing import Any

import numpy as np

from rnnbook import LSTM, Batch, Dense, Model, init, mean_squared_error, softmax_cross_entropy
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.arrays import join, split
from rnnbook.trials import INF, BestOf, Claim, Design, Said, Variation, training

UNITS, UPDATES, LONGER, WINDOW, SEQUENCES, LENGTH = 16, 600, 3000, 40, 16, 2000
FORGET_BIAS, CLOSED = 1.0, -2.0
LEAST, MOST = 1e-4, 10.0  # of the constant answer's loss


class WithoutForgetGate(LSTM):
    """The LSTM before Gers et al. (2000): ``c_t = c_{t-1} + i ⊙ g``."""

    blocks, gates = ("i", "o", "g"), ("i", "o")
    saved = ("i", "o", "g", "tanh_c")
    retention_gate = None

    def step(self, xw, state):
        h, c_prev = state
        a_i, a_o, a_g = split(xw + h @ self.params["W_h"], 3)
        i, o, g = sigmoid(a_i), sigmoid(a_o), tanh(a_g)
        c = c_prev + i * g
        tanh_c = tanh(c)
        return (o * tanh_c, c), (i, o, g, tanh_c)

    def step_back(self, saved, dstate):
        i, o, g, tanh_c = saved
        dh, dc = dstate
        dc = dc + dh * o * d_tanh(tanh_c)
        da = join([dc * g * d_sigmoid(i), dh * tanh_c * d_sigmoid(o), dc * i * d_tanh(g)])
        return da, (da @ self.params["W_h"].T, dc)


CELLS: dict[str, type[LSTM]] = {"LSTM": LSTM, "without forget gate": WithoutForgetGate}


# ---------------------------------------------------------------- streams: each step depends on all before it
class Latest:
    """Bits, of which some are marked; the label is the one that was marked last."""

    inputs, outputs, loss = 2, 2, staticmethod(softmax_cross_entropy)
    constant = np.log(2)

    def __init__(self, rng, batch):
        self.rng, self.held, self.known = rng, np.zeros(batch, int), np.zeros(batch, bool)

    def draw(self, steps):
        bits = self.rng.integers(0, 2, (steps, len(self.held)))
        marked = self.rng.random(bits.shape) < 0.1
        since = np.maximum.accumulate(np.where(marked, np.arange(steps)[:, None], -1), axis=0)
        label = np.where(since < 0, self.held, np.take_along_axis(bits, np.maximum(since, 0), axis=0))
        known = (since >= 0) | self.known
        self.held, self.known = label[-1], known[-1]
        return Batch(np.stack([2.0 * bits - 1, 1.0 * marked], axis=-1), label, 1.0 * known)


class Since:
    """Ones, and markers; the target is a tenth of the ones since the last marker."""

    inputs, outputs, loss = 2, 1, staticmethod(mean_squared_error)
    constant = 0.9975  # the target's variance: of a tenth of the ones, with chance 1/2, in geometric times of mean 19

    def __init__(self, rng, batch):
        self.rng, self.count = rng, np.zeros(batch, int)

    def draw(self, steps):
        ones = self.rng.integers(0, 2, (steps, len(self.count)))
        marked = self.rng.random(ones.shape) < 0.05
        total = np.cumsum(ones, axis=0)
        since = np.maximum.accumulate(np.where(marked, np.arange(steps)[:, None], -1), axis=0)
        before = np.where(since < 0, -self.count, np.take_along_axis(total, np.maximum(since, 0), axis=0))
        count = total - before
        self.count = count[-1]
        return Batch(np.stack([ones, marked], axis=-1) * 1.0, count[..., None] / 10, np.ones(ones.shape))


class Reber:
    """Strings of the embedded Reber grammar, one after the other; the label is the symbol that comes next."""

    inputs, outputs, loss = 7, 7, staticmethod(softmax_cross_entropy)
    constant = np.log(2)  # where it is judged
    # state: by coin, the symbol that is told and the state after it; the second symbol, T or P, is told again at 9
    WAYS = (
        (("B", 1), ("B", 1)),
        (("T", 2), ("P", 2)),
        (("B", 3), ("B", 3)),
        (("T", 4), ("P", 5)),
        (("S", 4), ("X", 6)),
        (("T", 5), ("V", 7)),
        (("X", 5), ("S", 8)),
        (("P", 6), ("V", 8)),
        (("E", 9), ("E", 9)),
        (("T", 10), ("P", 10)),
        (("E", 0), ("E", 0)),
    )
    SECOND, AGAIN = 1, 9
    SYMBOL = np.array([["BTPSXVE".index(symbol) for symbol, _ in ways] for ways in WAYS])
    AFTER = np.array([[after for _, after in ways] for ways in WAYS])

    def __init__(self, rng, batch):
        self.rng, self.state, self.second = rng, np.zeros(batch, int), np.zeros(batch, int)
        self.last, self.judged = self._told(1)[0][0], None

    def _told(self, steps):
        symbols, again = np.zeros((2, steps, len(self.state)), int)
        for t, coin in enumerate(self.rng.integers(0, 2, symbols.shape)):
            coin = np.where(self.state == self.AGAIN, self.second, coin)
            self.second = np.where(self.state == self.SECOND, coin, self.second)
            symbols[t], again[t] = self.SYMBOL[self.state, coin], self.state == self.AGAIN
            self.state = self.AFTER[self.state, coin]
        return symbols, again

    def draw(self, steps):
        label, again = self._told(steps)
        x = np.eye(7)[np.concatenate([self.last[None], label[:-1]])]
        self.last, self.judged = label[-1], 1.0 * again
        return Batch(x, label, np.ones(label.shape))


STREAMS: dict[str, Any] = {"latest": Latest, "since": Since, "reber": Reber}


def build(rng, stream, cell, units, start):
    """A network of as many parameters as an LSTM of `units` has."""
    inputs, outputs = STREAMS[stream].inputs, STREAMS[stream].outputs
    parameters = training.parameters_of(LSTM, inputs, units)
    recurrent = CELLS[cell](inputs, training.units(CELLS[cell], inputs, parameters), rng=rng, dtype=np.float64)
    if cell == "LSTM":
        init.forget_bias(recurrent, FORGET_BIAS)
    if start == "closed":
        recurrent.block("b", "i")[...] = CLOSED
    return Model(recurrent, Dense(recurrent.hidden_size, outputs, rng=rng, dtype=np.float64))


def judged(network, stream, seed):
    """The loss in the second half of a long stream, as a share of what the best constant answer costs."""
    kind = STREAMS[stream]
    source = kind(np.random.default_rng(seed), SEQUENCES)
    batch, part = source.draw(LENGTH), slice(LENGTH // 2, None)
    mask = source.judged if stream == "reber" else batch.mask
    loss = kind.loss(network(batch.x)[part], batch.target[part], mask[part])[0] / kind.constant
    return float(np.clip(loss, LEAST, MOST)) if np.isfinite(loss) else MOST


def run(rng, stream, cell, units, start, carry, updates, learning_rate, compiled=True):
    """Train on a stream; how well the network reads others, that nobody cuts."""
    network, source = build(rng, stream, cell, units, start), STREAMS[stream](rng, SEQUENCES)
    with suppress(FloatingPointError):  # the network of before the last update is judged
        loss = STREAMS[stream].loss
        training.learn(network, loss, lambda: source.draw(WINDOW), learning_rate, updates, compiled, carry=carry)
    return {"validation": judged(network, stream, 1), "decades": float(np.log10(judged(network, stream, 2)))}


USUAL = {"units": UNITS, "start": "open", "carry": True, "updates": UPDATES}
ARMS = [
    *({"stream": stream, "cell": cell, **USUAL} for stream in STREAMS for cell in CELLS),
    *({"stream": stream, "cell": cell, **USUAL, "carry": False} for stream in ("latest", "reber") for cell in CELLS),
    *({"stream": stream, "cell": "without forget gate", **USUAL, "start": "closed"} for stream in ("latest", "reber")),
    *({"stream": "reber", "cell": cell, **USUAL, "updates": LONGER} for cell in CELLS),
    *({"stream": "latest", "cell": cell, **USUAL, "units": 4 * UNITS} for cell in CELLS),
]
DESIGN = Design(
    name="streams",
    run=run,
    arms=ARMS,
    outcomes={"decades": (float(np.log10(LEAST)), float(np.log10(MOST)))},
    settings={
        "cells": f"an LSTM of {UNITS} units with a forget bias of {FORGET_BIAS:g}, and one without forget gate of as"
        " many parameters, in float64",
        "start": "weights uniform between ±1/√units, the other biases zero",
        "budget": f"{UPDATES} updates",
        "training": f"Adam, {SEQUENCES} streams in windows of {WINDOW} steps, the state carried from one to the next,"
        " gradients clipped at norm 1",
        "judged": f"on steps {LENGTH // 2} to {LENGTH} of {SEQUENCES} other streams",
    },
    rates=(1e-3, 1.0),
    nothing=1.0,
)
DESIGNS = (DESIGN,)


def lost(streams=tuple(STREAMS), start="open", **other):
    """By how many decades the loss is larger without forget gate, for each stream."""
    return tuple(
        BestOf(
            name=stream,
            design=DESIGN,
            outcome="decades",
            arm={"stream": stream, "cell": "without forget gate", **USUAL, "start": start, **other},
            rival={"stream": stream, "cell": "LSTM", **USUAL, **other},
        )
        for stream in streams
    )


PLACE = 7, 3
CLAIMS = (
    Claim(
        words="On streams that never end an LSTM needs a forget gate",
        sentence="On three streams that are never cut an LSTM without forget gate is left with at least twice the loss"
        " of one with it, of as many parameters.",
        said=(
            Said(
                "gers2000learning",
                "without resets the state may grow indefinitely, so that the network breaks down; shown on strings of"
                " the embedded Reber grammar, one after the other",
            ),
        ),
        section="07-coupled-gates-and-variants",
        logic="always",
        region=(0.3, INF),
        unit="decades of loss",
        quantity="loss without forget gate above the loss with it",
        margin="three tenths of a decade, twice the loss: what one needs is not worth less than that",
        conditions=lost(),
        panel=(
            Variation("windows that start from zero in training", lost(("latest", "reber"), carry=False)),
            Variation(
                "input gates that start closed, where there is no forget gate", lost(("latest", "reber"), "closed")
            ),
            Variation(f"{LONGER} updates, on the Reber strings", lost(("reber",), updates=LONGER)),
            Variation(f"{4 * UNITS} units, on the latest bit", lost(("latest",), units=4 * UNITS)),
        ),
    ),
)
