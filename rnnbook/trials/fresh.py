"""On trial: what an LSTM does before it is trained.

Fresh LSTMs and RNNs of 8, 32 and 128 units, one sequence of white noise.

"An LSTM remembers because of its architecture"
    The trace of the first input is the distance between two runs that
    differ in their first input only, after 30 steps, over that after the
    first. Effect, for each size: decades by which the trace of an LSTM with
    forget bias 0 is larger than that of a tanh RNN, minus one. Confirmed if
    above zero for two of the three sizes, refuted if below zero for two.
"In an LSTM the gradient flows unchanged along the cell state"
    Effect, for each size, with forget bias 2: the norm of that part of the
    gradient of h_T, over 50 steps, that has never left the cell state, over
    the norm of the whole, minus a half. Confirmed and refuted alike.
"…and they do not explode, because the update is a sum"
    Effect, for each size, with blocks of W_h orthogonal times 4 and forget
    bias 1: decades by which the gradient at lag 100 stays below 1.
    Confirmed and refuted alike.

Above or below zero: the whole interval, 95 % for the three effects of a
claim together. A hundred networks each.
"""

import numpy as np

from rnnbook import LSTM, RNN, diagnostics, init, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect

SIZES, NONE = (8, 32, 128), -1  # NONE: a cell without forget gate


def trace(rng, bias, units, steps=30):
    """What is left of the first input, in decades."""
    cell = RNN(1, units, rng=rng, dtype=np.float64) if bias == NONE else LSTM(1, units, rng=rng, dtype=np.float64)
    if bias != NONE:
        init.forget_bias(cell, bias)
    x = np.repeat(rng.normal(size=(steps, 1, 1)), 2, axis=1)
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


def gradient(rng, bias, gain, units, steps=100):
    """The gradient at lags 50 and 100, in decades, and the share that never left the cell state at lag 50."""
    cell = LSTM(1, units, rng=rng, dtype=np.float64)
    if gain:
        init.orthogonal(cell, rng, gain)
    init.forget_bias(cell, bias)
    cell(rng.normal(size=(steps, 1, 1)))
    dh = rng.normal(size=(1, units))
    whole, stays = highway(cell, dh / np.linalg.norm(dh))
    norms = diagnostics.gradient_norms(cell)[:, 0]
    return {
        "decades_50": float(np.log10(norms[50])),
        "decades_100": float(np.log10(norms[100])),
        "share_50": float(stays[50, 0] / whole[50, 0]),
    }


def remembers():
    """For each size."""
    rows = results("trace")
    return [
        effect(
            f"H = {H}",
            rows_where(rows, bias=0, units=H)["decades"],
            rows_where(rows, bias=NONE, units=H)["decades"],
            n_comparisons=3,
            shift=-1,
        )
        for H in SIZES
    ]


def unchanged():
    """For each size."""
    rows = rows_where(results("fresh-gradients"), bias=2, gain=0)
    return [effect(f"H = {H}", rows_where(rows, units=H)["share_50"], n_comparisons=3, shift=-0.5) for H in SIZES]


def bounded():
    """For each size."""
    rows = rows_where(results("fresh-gradients"), bias=1, gain=4)
    return [effect(f"H = {H}", -rows_where(rows, units=H)["decades_100"], n_comparisons=3) for H in SIZES]


PLACE = 4, 2
CLAIMS = (
    Claim(
        words="An LSTM remembers because of its architecture",
        said_by=(),
        section="04-lstm-gate-by-gate",
        tasks="noise, 8, 32, 128 units",
        quantity="decades of trace more than an RNN's after 30 steps, less one",
        tables=("trace",),
        need=2,
        effects=remembers,
    ),
    Claim(
        words="In an LSTM the gradient flows unchanged along the cell state",
        said_by=(),
        section="05-lstm-backwards",
        tasks="noise, lag 50, 8, 32, 128 units",
        quantity="share of the gradient that never left the cell state, less a half",
        tables=("fresh-gradients",),
        need=2,
        effects=unchanged,
    ),
    Claim(
        words="…and they do not explode, because the update is a sum",
        said_by=(),
        section="05-lstm-backwards",
        tasks="noise, lag 100, 8, 32, 128 units, gain 4",
        quantity="decades below 1",
        tables=("fresh-gradients",),
        need=2,
        effects=bounded,
    ),
)
SLICES = (
    Slice(trace, "trace", {"units": 8}),
    Slice(gradient, "fresh-gradients", {"units": 8}),
)


def make():
    """Both tables."""
    sweep(trace, {"bias": [NONE, 0, 1, 3], "units": list(SIZES)}, range(100), table=FOLDER / "trace.csv")
    settings = [(bias, 0) for bias in (0, 1, 2, 4)] + [(1, gain) for gain in (1, 2, 4, 8)]
    combinations = [{"bias": bias, "gain": gain, "units": H} for bias, gain in settings for H in SIZES]
    sweep(gradient, combinations, range(100), table=FOLDER / "fresh-gradients.csv")


if __name__ == "__main__":
    make()
