"""On trial: what an LSTM does before it is trained.

Fresh LSTMs and RNNs read white noise. The *trace* of the first input is the distance between two runs
that differ in their first input only, over that after the first step. The *gradient* is that of a unit
vector at h_T; the part of it that has never left the cell state is computed apart. "stream-gradients": the
same over the next hundred steps, when the cell has read a hundred already and its memory is full.
"""

from dataclasses import replace

import numpy as np

from rnnbook import LSTM, RNN, diagnostics, init
from rnnbook.trials import INF, Change, Claim, Design, Mean, Said, Variation

SIZES, NONE = (8, 32, 128), -1  # NONE: a cell without forget gate
LAGS, TRACED, BEFORE = (10, 50, 100), 30, 100


def trace(rng, bias, units, inputs):
    """What is left of the first input, in decades."""
    kind = RNN if bias == NONE else LSTM
    cell = kind(inputs, units, rng=rng, dtype=np.float64)
    if bias != NONE:
        init.forget_bias(cell, bias)
    x = np.repeat(rng.normal(size=(TRACED, 1, inputs)), 2, axis=1)
    x[0, :, 0] = 1, -1
    hs, _ = cell(x)
    distance = np.linalg.norm(hs[:, 0] - hs[:, 1], axis=-1)
    return {"decades": float(np.log10(distance[-1] / distance[0]))}


def highway(cell, dh):
    """The norm of a gradient of h_T by lag, and of the part of it that never left the cell state."""
    whole = diagnostics.gradient_norms(cell, dh)
    _, f, o, _, _, tanh_c = cell.tape
    dc = dh * o[-1] * (1 - tanh_c[-1] ** 2)
    stays = [np.linalg.norm(dc, axis=-1)]
    for f_t in f[::-1]:
        dc = dc * f_t
        stays.append(np.linalg.norm(dc, axis=-1))
    return whole, np.array(stays)


def gradient(rng, bias, gain, units, inputs, before=0):
    """The gradient at some lags, in decades, and the share of it that never left the cell state."""
    cell = LSTM(inputs, units, rng=rng, dtype=np.float64)
    if gain:
        init.orthogonal(cell, rng, gain)
    init.forget_bias(cell, bias)
    state = cell(rng.normal(size=(before, 1, inputs)))[1] if before else None
    cell(rng.normal(size=(max(LAGS), 1, inputs)), state)
    dh = rng.normal(size=(1, units))
    whole, stays = highway(cell, dh / np.linalg.norm(dh))
    norms = diagnostics.gradient_norms(cell)[:, 0]
    found = {f"decades_{lag}": float(np.log10(norms[lag])) for lag in LAGS}
    return found | {f"share_{lag}": float(stays[lag, 0] / whole[lag, 0]) for lag in LAGS}


TRACE = Design(
    name="trace",
    run=trace,
    arms=[{"bias": b, "units": H, "inputs": D} for D in (1, 16) for b in (NONE, 0, 1, 3) for H in SIZES],
    outcomes={"decades": (-INF, INF)},
    settings={"data": f"white noise, {TRACED} steps", "start": "weights uniform in ±1/√units, other biases zero"},
    draws=100,
)
SETTINGS = [(bias, 0, 1) for bias in (0, 1, 2, 4)] + [(1, gain, 1) for gain in (1, 2, 4, 8)]
SETTINGS += [(1, gain, 16) for gain in (0, 4)]
GRADIENT = Design(
    name="fresh-gradients",
    run=gradient,
    arms=[{"bias": b, "gain": g, "units": H, "inputs": D} for b, g, D in SETTINGS for H in SIZES],
    outcomes={
        **{f"decades_{lag}": (-INF, INF) for lag in LAGS},
        **{f"share_{lag}": (0.0, INF) for lag in LAGS},
    },
    settings={
        "data": "white noise, one sequence, its first 100 steps, from an empty state; other biases zero",
        "W_h": "as drawn (gain 0), or its blocks orthogonal times a gain",
    },
    draws=100,
)
STREAM = replace(
    GRADIENT,
    name="stream-gradients",
    arms=[{**arm, "before": BEFORE} for arm in GRADIENT.arms if arm["inputs"] == 1],
    settings={**GRADIENT.settings, "data": f"white noise, one sequence, 100 steps after the first {BEFORE}"},
    draws=40,
)
DESIGNS = (TRACE, GRADIENT, STREAM)


def keeps(bias=0, inputs=1):
    """Decades of trace more than an RNN's, for each size."""
    return tuple(
        Mean(
            name=f"H = {H}",
            design=TRACE,
            outcome="decades",
            arm={"bias": bias, "units": H, "inputs": inputs},
            rival={"bias": NONE, "units": H, "inputs": inputs},
        )
        for H in SIZES
    )


def stayed(biases=(0, 1, 2, 4), lag=50, design=GRADIENT):
    """The share of the gradient that never left the cell state."""
    return tuple(
        Mean(
            name=f"bias {b}, H = {H}",
            design=design,
            outcome=f"share_{lag}",
            arm={"bias": b, "gain": 0, "units": H, "inputs": 1},
        )
        for b in biases
        for H in SIZES
    )


def length(gains, bias=1, inputs=1, design=GRADIENT):
    """The gradient at lag 100, in decades."""
    return tuple(
        Mean(
            name=f"{f'gain {g}' if g else 'as drawn'}, H = {H}",
            design=design,
            outcome="decades_100",
            arm={"bias": bias, "gain": g, "units": H, "inputs": inputs},
        )
        for g in gains
        for H in SIZES
    )


CHANGES = (
    Change(
        date="2026-11-28",
        what="the settings say that other biases start at zero and the state empty; before, of the biases the opposite",
        why="a referee read the code; the runs are the same",
        part="words",
    ),
)
IN_A_STREAM = Change(
    date="2026-11-30",
    what="variations in which the cell has read 100 steps before",
    why="a reader tried it, and found that with a forget bias of 4 the gradient then shrinks, where it had grown",
    part="variations",
)
PLACE = 4, 2
CLAIMS = (
    Claim(
        words="An LSTM remembers because of its architecture",
        sentence="Over 30 steps a fresh LSTM with forget bias 0 and one input keeps ten times what an RNN keeps.",
        said=(Said("", "in tutorials: what the cell state is for"),),
        section="04-lstm-gate-by-gate",
        logic="on average",
        region=(1.0, INF),
        unit="decades",
        quantity="trace after 30 steps, against an RNN's",
        margin="ten times: an RNN loses as much in about four steps",
        conditions=keeps(),
        panel=(
            Variation("a forget bias of 1", keeps(bias=1)),
            Variation("a forget bias of 3", keeps(bias=3)),
            Variation("16 inputs", keeps(inputs=16)),
        ),
        changes=CHANGES,
    ),
    Claim(
        words="In an LSTM the gradient flows unchanged along the cell state",
        sentence="Most of a fresh LSTM's gradient over 50 steps has never left the cell state, at any forget bias.",
        said=(Said("", "in tutorials, beside the picture of the conveyor belt"),),
        section="05-lstm-backwards",
        logic="within",
        region=(0.5, 1.5),
        unit="the whole gradient",
        quantity="length of the part that never left the cell state",
        margin="a half: the larger one of two paths; above 1.5 the paths cancel each other",
        conditions=stayed(),
        panel=(
            Variation("a forget bias of 4 only", stayed(biases=(4,))),
            Variation("10 steps", stayed(lag=10)),
            Variation("100 steps", stayed(lag=100)),
            Variation("when 100 steps have been read", stayed(design=STREAM)),
        ),
        null=1.0,
        changes=(*CHANGES, IN_A_STREAM),
    ),
    Claim(
        words="…and they do not explode, because the update is a sum",
        sentence="The gradient of a fresh LSTM over 100 steps is not longer than 1, however W_h is scaled.",
        said=(Said("", "in tutorials, as the other half of the sentence"),),
        section="05-lstm-backwards",
        logic="always",
        region=(-INF, 0.0),
        unit="decades",
        quantity="length of the gradient at lag 100",
        margin="none: growth is growth",
        conditions=length((0, 1, 2, 4, 8)),
        panel=(
            Variation("weights as drawn only", length((0,))),
            Variation("weights as drawn and a forget bias of 4", length((0,), bias=4)),
            Variation("16 inputs, as drawn and gain 4", length((0, 4), inputs=16)),
            Variation("when 100 steps have been read", length((0, 1, 2, 4, 8), design=STREAM)),
            Variation(
                "weights as drawn, a forget bias of 4, when 100 steps have been read",
                length((0,), bias=4, design=STREAM),
            ),
        ),
        changes=(*CHANGES, IN_A_STREAM),
    ),
)
