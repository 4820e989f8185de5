"""On trial: "an LSTM beats ARIMA"; "more history is better".

Two series that have something to learn. "sunspots" (rnnbook.data.sunspots):
from the yearly numbers up to some year, the next eleven; thirty such years,
three apart, from 1908 to 1995, and everything before is there to learn
from. "power" (rnnbook.data.power): from the first twelve hours of a day,
the other twelve; thirty times, 250 other days to learn from and 846 to be
tested on. The quantity is the mean absolute error by that of the naive
forecast in what is learned from (MASE), one year or hour ahead and all of
them.

An LSTM of 32 units sees a stretch and forecasts all steps at once. Of what
is there to learn from the last fifth is for stopping.

Effects
    "An LSTM beats ARIMA": MASE of the rival less MASE of the LSTM, for
    sunspots one year ahead, sunspots eleven years, and power. The rival for
    sunspots is an ARIMA model, of the orders (2, 0, 0), (9, 0, 0),
    (2, 0, 1), (3, 0, 2) and (2, 1, 2) the one with the least AIC on the
    same past (statsmodels); for power, where one day is too short for it,
    an autoregression by least squares on the same days.
    Confirmed if all three are above zero, refuted if all three are below.
    "More history is better": MASE of the LSTM that sees less, less MASE of
    that which sees more: 6, 11, 22 and 44 years for eleven years of
    sunspots, 3, 6 and 12 hours for power: five. Confirmed if all five are
    above zero, refuted if all are below.
    Above and below: the whole interval, 95 % for the effects of a claim
    together.

Fairness
    Sixteen learning rates for each network, drawn log-uniformly from 0.0005
    to 0.02, each on a fold of its own, judged by the loss on what is for
    stopping; the middle of the best quarter of the range is used for all
    thirty runs. The LSTM beside ARIMA sees 22 years or 12 hours.
"""

import warnings
from itertools import pairwise

import numpy as np
from statsmodels.tsa.arima.model import ARIMA

from rnnbook import LSTM, Batch, Dense, Model, Monitor, data, forecast, mean_squared_error, sweep
from rnnbook.trials import FOLDER, Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

UNITS, UPDATES, FOLDS, RANGE = 32, 400, 30, (5e-4, 2e-2)
SEEN = {"sunspots": (6, 11, 22, 44), "power": (3, 6, 12)}
AHEAD = {"sunspots": 11, "power": 12}
ORDERS = ((2, 0, 0), (9, 0, 0), (2, 0, 1), (3, 0, 2), (2, 1, 2))


def end_of(fold):
    """How many years of sunspots are known."""
    return 208 + 3 * fold


def parts(task, fold, seen):
    """Examples to learn from, to stop by and to be tested on, as pairs of input and target, and the naive error."""
    if task == "sunspots":
        _, number = data.sunspots()
        end = end_of(fold)
        past = number[:end] / number[:end].std()
        x, target = forecast.sliding_windows(past, seen, AHEAD[task])
        scale = np.abs(np.diff(past)).mean()
        after = number[end : end + AHEAD[task]] / number[:end].std()
        last = past[-seen:, None, None], after[None, None]
        n = x.shape[1] * 4 // 5
        return (x[:, :n], target[:, :n]), (x[:, n:], target[:, n:]), last, scale
    days = np.concatenate([data.power(part)[0] for part in ("train", "test")], axis=1).astype(float)
    days = days[:, np.random.default_rng(fold).permutation(days.shape[1])]
    pair = days[12 - seen : 12], np.swapaxes(days[12:], 0, 2)
    scale = np.abs(np.diff(days[:, :250], axis=0)).mean()
    cut = slice(0, 200), slice(200, 250), slice(250, None)
    return (*((pair[0][:, c], pair[1][:, c]) for c in cut), scale)


def errors(y, target, scale):
    """MASE one step ahead and over all steps."""
    each = np.abs(y - target).mean(axis=(0, 1)) / scale
    return {"one": round(float(each[0]), 5), "all": round(float(each.mean()), 5)}


def run(rng, task, seen, fold, learning_rate, compiled=True):
    """Train a network and test it."""
    learn, watch, test, scale = parts(task, fold, seen)
    made = {"rng": rng, "dtype": np.float64}
    network = Model(LSTM(1, UNITS, **made), Dense(UNITS, AHEAD[task], **made), pool="last")
    draw = training.drawn_from(Batch(*learn), rng, 32)
    monitor = Monitor(validation=Batch(*watch), eval_every=25)
    training.learn(network, mean_squared_error, draw, learning_rate, UPDATES, compiled, monitor=monitor)
    validation = mean_squared_error(network(watch[0]), watch[1])[0]
    return {"validation": round(validation, 6), **errors(network(test[0]), test[1], scale)}


def rival(rng, task, fold):
    """ARIMA, or an autoregression by least squares, on what a network learns from and stops by."""
    del rng  # nothing is random
    learn, watch, (x, target), scale = parts(task, fold, SEEN[task][-1] if task == "power" else 22)
    if task == "power":
        rows = np.concatenate([learn[0], watch[0]], axis=1)[..., 0].T
        known = np.concatenate([learn[1], watch[1]], axis=1)[0]
        weights, *_ = np.linalg.lstsq(np.c_[rows, np.ones(len(rows))], known, rcond=None)
        return errors((np.c_[x[..., 0].T, np.ones(x.shape[1])] @ weights)[None], target, scale)
    _, number = data.sunspots()
    past = number[: end_of(fold)] / number[: end_of(fold)].std()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of starting values
        fits = [ARIMA(past, order=order).fit() for order in ORDERS]
    best = min(fits, key=lambda found: found.aic)
    return errors(best.forecast(AHEAD[task])[None, None], target, scale)


def versus():
    """The rivals' errors less the LSTM's."""
    rows, rivals = results("series"), results("series-rivals")
    compared = {
        "sunspots, 1 year": ("sunspots", 22, "one"),
        "sunspots, 11 years": ("sunspots", 22, "all"),
        "power": ("power", 12, "all"),
    }
    return [
        effect(
            name, rows_where(rivals, task=task)[which] - rows_where(rows, task=task, seen=seen)[which], n_comparisons=3
        )
        for name, (task, seen, which) in compared.items()
    ]


def history():
    """What seeing more saves."""
    error = {
        (task, seen): rows_where(results("series"), task=task, seen=seen)["all"]
        for task, lengths in SEEN.items()
        for seen in lengths
    }
    return [
        effect(f"{task}, {less} to {more}", error[task, less] - error[task, more], n_comparisons=5)
        for task, lengths in SEEN.items()
        for less, more in pairwise(lengths)
    ]


PLACE = 13, 2
CLAIMS = (
    Claim(
        words="An LSTM beats ARIMA",
        said_by=(),
        section="13-series-and-prices",
        tasks="sunspots, power demand",
        quantity="MASE of the rival, less that of the LSTM",
        tables=("series-tuning", "series", "series-rivals"),
        need=3,
        effects=versus,
    ),
    Claim(
        words="More history is better",
        said_by=(),
        section="13-series-and-prices",
        tasks="sunspots, power demand",
        quantity="MASE of the LSTM that sees less, less that of the one that sees more",
        tables=("series-tuning", "series"),
        need=5,
        effects=history,
    ),
)
SLICES = (
    Slice(run, "series", {"task": "power", "seen": 6}),
    Slice(rival, "series-rivals", {"task": "sunspots"}),
)


def make():
    """All three tables."""
    tuning = {"draws": 16, "parts": 4, "folds": FOLDS}
    networks = [{"task": task, "seen": seen} for task, lengths in SEEN.items() for seen in lengths]
    tune_and_run(run, networks, "series", lambda rows: rows["validation"], RANGE, **tuning)
    sweep(rival, {"task": list(SEEN), "fold": list(range(FOLDS))}, [0], table=FOLDER / "series-rivals.csv")


if __name__ == "__main__":
    make()
