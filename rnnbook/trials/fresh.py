"""On trial: what an LSTM does before it is trained.

Fresh networks on noise. The trace of the first input is the distance between two runs that differ in their first
input only, over that after the first step. The gradient is sent back from the last state: all of it, and that part
which has never left the cell state.
"""

import numpy as np

from rnnbook import LSTM, RNN, diagnostics, init
from rnnbook.trials import INF, BestOf, Claim, Design, Mean, Said, Variation, trained_gradients
from rnnbook.trials.trained_gradients import highway

SIZES, INPUTS, NONE, FLOOR, FAR = (8, 32, 128), 16, -1, -16.0, 12.0  # NONE: a cell without forget gate
STEPS, LAGS = (10, 30, 50), (10, 50, 100)


def trace(rng, bias, start, units, inputs, strength):
    """What is left of the first input after some steps, in decades."""
    make = RNN if bias == NONE else LSTM
    cell = make(inputs, units, rng=rng, dtype=np.float64)
    if start == "orthogonal":
        init.orthogonal(cell, rng)
    if bias != NONE:
        init.forget_bias(cell, bias)
    x = np.repeat(strength * rng.normal(size=(STEPS[-1], 1, inputs)), 2, axis=1)
    x[0] = strength * np.array([[1.0], [-1.0]])
    hs, _ = cell(x)
    distance = np.linalg.norm(hs[:, 0] - hs[:, 1], axis=-1)
    return {f"decades_{k}": float(np.log10(max(distance[k - 1] / distance[0], 10**FLOOR))) for k in STEPS}


CELLS = (NONE, 0, 1, 3)
TRACE = Design(
    name="trace",
    run=trace,
    arms=[
        {"bias": bias, "start": start, "units": units, "inputs": inputs, "strength": strength}
        for bias, start, inputs, strength in [
            *((bias, "own", 1, 1.0) for bias in CELLS),
            *((bias, "own", INPUTS, 1.0) for bias in (NONE, 0)),
            *((bias, "own", 1, 4.0) for bias in (NONE, 0)),
            *((bias, "orthogonal", 1, 1.0) for bias in (NONE, 0)),
        ]
        for units in SIZES
    ],
    outcomes={f"decades_{k}": (FLOOR, INF) for k in STEPS},
    settings={
        "cells": "not trained, in float64",
        "start": "weights uniform between ±1/√units, all biases 0 but the forget gate's",
        "data": "normal noise, the first input 1 or -1",
        "counted": f"after {', '.join(map(str, STEPS))} steps; below {FLOOR:.0f} decades as {FLOOR:.0f}",
    },
    draws=100,
)


def gradient(rng, bias, gain, units, inputs):
    """By lag: the gradient, the part that never left the cell state over the whole, and what the gates alone leave."""
    cell = LSTM(inputs, units, rng=rng, dtype=np.float64)
    if gain:
        init.orthogonal(cell, rng, gain)
    init.forget_bias(cell, bias)
    cell(rng.normal(size=(LAGS[-1], 1, inputs)))
    dh = rng.normal(size=(1, units))
    whole, stays = (norms[:, 0] for norms in highway(cell, dh / np.linalg.norm(dh)))
    norms = diagnostics.gradient_norms(cell)[:, 0]
    outcome = {}
    for lag in LAGS:
        outcome[f"decades_{lag}"] = float(np.log10(norms[lag]))
        outcome[f"stayed_{lag}"] = float(np.clip(np.log10(stays[lag] / whole[lag]), -FAR, FAR))
        outcome[f"gates_{lag}"] = float(np.log10(stays[lag] / stays[0]))
    return outcome


BIASES, GAINS = (0, 1, 2, 4, 6), (1, 2, 4, 8)
GRADIENT = Design(
    name="fresh-gradients",
    run=gradient,
    arms=[
        {"bias": bias, "gain": gain, "units": units, "inputs": inputs}
        for bias, gain, inputs in [
            *((bias, 0, 1) for bias in BIASES),
            *((1, gain, 1) for gain in GAINS),
            *((bias, 0, INPUTS) for bias in (1, 2, 4)),
            *((1, gain, INPUTS) for gain in (1, 2, 4)),
        ]
        for units in SIZES
    ],
    outcomes={
        f"{name}_{lag}": bounds
        for lag in LAGS
        for name, bounds in {"decades": (-INF, INF), "stayed": (-FAR, FAR), "gates": (-INF, 0.0)}.items()
    },
    settings={
        "cell": "an LSTM that is not trained, in float64",
        "start": "weights uniform between ±1/√units, or the blocks of W_h orthogonal times a gain; biases 0 but the forget "
        "gate's",
        "data": f"normal noise, {LAGS[-1]} steps",
    },
    draws=40,
)
DESIGNS = (TRACE, GRADIENT)


def longer(bias=0, steps=30, start="own", inputs=1, strength=1.0):
    """By how much the trace in an LSTM is longer than in an RNN, for each size."""
    one = {"start": start, "inputs": inputs, "strength": strength}
    return tuple(
        Mean(
            name=f"{units} units",
            design=TRACE,
            outcome=f"decades_{steps}",
            arm=one | {"units": units, "bias": bias},
            rival=one | {"units": units, "bias": NONE},
        )
        for units in SIZES
    )


def stayed(biases=(1, 2, 4), lag=50, outcome="stayed", inputs=1):
    """The part of the gradient that never left the cell state, for each bias and size."""
    return tuple(
        Mean(
            name=f"bias {bias} and {units} units",
            design=GRADIENT,
            outcome=f"{outcome}_{lag}",
            arm={"bias": bias, "gain": 0, "units": units, "inputs": inputs},
        )
        for bias in biases
        for units in SIZES
    )


def size(gains=(0, 1, 2, 4), lag=100, inputs=1, bias=1):
    """The gradient, for each gain and size."""
    return tuple(
        Mean(
            name=f"{f'gain {gain}' if gain else 'own start'} and {units} units",
            design=GRADIENT,
            outcome=f"decades_{lag}",
            arm={"bias": bias, "gain": gain, "units": units, "inputs": inputs},
        )
        for gain in gains
        for units in SIZES
    )


LEARNED = tuple(
    BestOf(
        name=task,
        design=trained_gradients.DESIGN,
        outcome="stayed",
        arm={"task": task, "kind": trained_gradients.KINDS[0]},
    )
    for task in trained_gradients.TASKS
)
PLACE = 4, 2
CLAIMS = (
    Claim(
        words="An LSTM remembers because of its architecture",
        sentence="A fresh LSTM without a forget bias keeps ten times more of its first input over 30 steps of noise than a "
        "fresh tanh RNN.",
        said=(Said("", "an LSTM remembers where an RNN forgets, in most introductions"),),
        section="04-lstm-gate-by-gate",
        logic="on average",
        region=(1.0, INF),
        unit="decades",
        quantity="trace of the first input after 30 steps, against an RNN's",
        margin="ten times: a tanh RNN loses that in four or five steps, and less is hardly a memory",
        conditions=longer(),
        panel=(
            Variation("16 inputs", longer(inputs=INPUTS)),
            Variation("inputs four times as strong", longer(strength=4.0)),
            Variation("orthogonal recurrent weights on both sides", longer(start="orthogonal")),
            Variation("10 steps", longer(steps=10)),
            Variation("50 steps", longer(steps=50)),
            Variation("a forget bias of 1", longer(1)),
            Variation("a forget bias of 3", longer(3)),
        ),
    ),
    Claim(
        words="In an LSTM the gradient flows unchanged along the cell state",
        sentence="In a fresh LSTM with a forget bias of 1 to 4 the gradient over 50 steps is, but for a factor of two, "
        "the part that has never left the cell state.",
        said=(
            Said(
                "hochreiter1997long",
                "as constant error flow; their cell had no forget gate, and their way back was cut elsewhere",
            ),
        ),
        section="05-lstm-backwards",
        logic="within",
        region=(-0.3, 0.3),
        unit="decades",
        quantity="the part that never left the cell state, over the whole gradient",
        margin="a factor of two either way: below a half the other ways carry more",
        conditions=stayed(),
        panel=(
            Variation("a lag of 10", stayed(lag=10)),
            Variation("a lag of 100", stayed(lag=100)),
            Variation("16 inputs", stayed(inputs=INPUTS)),
            Variation("a forget bias of 6", stayed((6,))),
            Variation("the gates on the cell state alone", stayed(outcome="gates")),
            Variation("40 steps of LSTMs that have learned a task", LEARNED),
        ),
    ),
    Claim(
        words="The gradients of an LSTM do not explode, because the update is a sum",
        sentence="The gradient of a fresh LSTM with a forget bias of 1 does not grow over 100 steps, whatever its "
        "recurrent weights.",
        said=(Said("", "tutorials, as the second half of the sentence on vanishing gradients"),),
        section="05-lstm-backwards",
        logic="always",
        region=(-INF, 0.0),
        unit="decades",
        quantity="gradient over 100 steps",
        margin="none: growth is growth",
        conditions=size(),
        panel=(
            Variation("the weights that a cell starts with", size((0,))),
            Variation("gains of at most 1", size((0, 1))),
            Variation("a forget bias of 4 and the weights that a cell starts with", size((0,), bias=4)),
            Variation("16 inputs", size(inputs=INPUTS)),
            Variation("a lag of 50", size(lag=50)),
            Variation("a tenfold growth allowed", region=(-INF, 1.0)),
        ),
    ),
)
