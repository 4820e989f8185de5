"""One network for many series (no claim; a demonstration).

The 1428 monthly series of the M3 competition (rnnbook.data.m3_monthly), each cut where the competition cut it: the
last 18 months are forecast from all before. One LSTM learns from 1, 10, 100 or all of the series, and forecasts all
1428. It reads 24 months, once, and gives nine quantiles of each of the 18 that follow. Of what it reads and is asked
for, the logarithm is taken, less its mean over the last twelve months that are read ("level"); before, a series that
has a season is divided by it ("season"). The season is that of the classical multiplicative decomposition of what
was known, if the correlation with the year before says that there is one. In two variations one of both is left out.

How many updates are made was chosen among a few numbers, with one network each, by the last 18 known months, for which
the networks learned from those before; for a hundred series one number was tried. Units and rate were not searched. The
series of the small networks are drawn among those that have at least 78 known months.

Five tables: "many-series", the curve; "many-series-rivals", seasonal naive and Theta, one model for each series;
"many-series-slow-rivals", exponential smoothing (ETS) and ARIMA, chosen automatically, on every tenth series, of which
"tenth" is the MASE of all methods; "many-series-prepared", the variations; "many-series-longer", all series with four
times the updates, planned after the others were read. The rivals are statsforecast's, which has an
environment of its own in the cache folder; it is made if it is not there. The first table takes a minute of one core
and the second half a minute; they took longer on the machine that made them, which was busy, and ARIMA half an hour.

Errors are means over series: sMAPE, by which the competition judged, and MASE, by the seasonal naive forecast before.
The score is `forecast.quantile_score` on the same scale; an interval is from the quantile of 10 per cent to that of 90.
"""

import json
import subprocess
import sys
import tempfile
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from rnnbook import LSTM, Batch, Dense, Model, QuantileLoss, data, forecast, sweep
from rnnbook.data.packages import cache_folder
from rnnbook.trials import FOLDER, by_statsforecast, training
from rnnbook.trials.by_statsforecast import HORIZON, SEASON

SEEN, UNITS, RATE, SEQUENCES = 24, 40, 3e-3, 64
LEVELS = tuple(k / 10 for k in range(1, 10))
UPDATES, LONGER = {1: 30, 10: 300, 100: 300, 1428: 1000}, 4000  # for so many series
LONG = SEEN + 3 * HORIZON
PREPARED = ("both", "level", "season")
RIVALS, SLOW = ("seasonal naive", "Theta"), ("ETS", "ARIMA")
STATSFORECAST = "2.1.1"


@lru_cache
def pasts(held_back=0):
    """What is known of all series, or what was so many months earlier."""
    return [one.past[: len(one.past) - held_back] for one in data.m3_monthly()]


def season_of(past):
    """Twelve factors with mean 1, the first for the first month; all 1 where no season is to be seen.

    There is one if the correlation with the year before is above what 95 of 100 series without one have.
    """
    r = past - past.mean()
    correlation = np.array([r[k:] @ r[: len(r) - k] for k in range(SEASON + 1)]) / max(r @ r, 1e-300)
    limit = 1.645 * np.sqrt((1 + 2 * np.sum(correlation[1:SEASON] ** 2)) / len(past))
    if correlation[SEASON] < limit:
        return np.ones(SEASON)
    weights = np.r_[0.5, np.ones(SEASON - 1), 0.5] / SEASON
    ratio = past[6:-6] / np.convolve(past, weights, mode="valid")
    months = np.arange(6, len(past) - 6) % SEASON
    factors = np.array([ratio[months == month].mean() for month in range(SEASON)])
    return factors / factors.mean()


def without_season(past, prepared):
    """The logarithm of a series without its season, and that of the seasons of 18 more months."""
    factors = np.ones(SEASON) if prepared == "level" else season_of(past)
    every = np.log(np.resize(factors, len(past) + HORIZON))
    return np.log(past) - every[: len(past)], every[len(past) :]


def level_of(x, prepared):
    """What is taken off each stretch of shape (24, B): its mean of twelve months, or one number for all."""
    return np.full(x.shape[1], 8.0) if prepared == "season" else x[-SEASON:].mean(axis=0)


def examples(series, prepared):
    """All stretches of some series as one `Batch`."""
    pairs = [
        forecast.sliding_windows(without_season(past, prepared)[0], SEEN, HORIZON)
        for past in series
        if len(past) >= SEEN + HORIZON
    ]
    x, target = (np.concatenate(parts, axis=1) for parts in zip(*pairs, strict=True))
    level = level_of(x[..., 0], prepared)
    return Batch(x - level[:, None], target - level[:, None])


def build(rng, units=UNITS):
    """An LSTM that reads a stretch and is asked once, for nine quantiles of each month."""
    made = {"rng": rng, "dtype": np.float64}
    return Model(LSTM(1, units, **made), Dense(units, len(LEVELS) * HORIZON, **made), pool="last")


def learned(rng, series, prepared, updates, compiled=True, rate=RATE, units=UNITS):
    """The network that learned from some series."""
    model = build(rng, units)
    draw = training.drawn_from(examples(series, prepared), rng, SEQUENCES)
    fall = {"schedule": lambda done: 1 - done}
    training.learn(model, QuantileLoss(LEVELS), draw, rate, updates, compiled, **fall)
    return model


def quantiles(model, series, prepared):
    """Nine quantiles of the 18 months after each series, (series, 18, 9)."""
    logs, seasons = zip(*(without_season(past, prepared) for past in series), strict=True)
    x = np.array([one[-SEEN:] for one in logs]).T
    level = level_of(x, prepared)
    y = model((x - level)[..., None])[0].reshape(len(series), len(LEVELS), HORIZON).swapaxes(1, 2)
    return np.exp(np.sort(y, axis=-1) + level[:, None, None] + np.array(seasons)[..., None])


def scores(found, series, futures):
    """MASE, sMAPE, score and whether it lies in the interval of 80 per cent, for each series."""
    rows = []
    for q, past, future in zip(found, series, futures, strict=True):
        middle, scale = q[:, len(LEVELS) // 2], np.abs(past[SEASON:] - past[:-SEASON]).mean()
        rows.append(
            (
                forecast.mase(middle, future, past, SEASON),
                forecast.smape(np.maximum(middle, 0), future),
                forecast.quantile_score(q, future, LEVELS) / scale,
                100 * forecast.coverage(q[:, 0], q[:, -1], future),
            )
        )
    return np.array(rows)


def summary(found, every=1):
    """The means over all series or some of them, and MASE over each tenth of all series."""
    rows = scores(found, pasts()[::every], [one.future for one in data.m3_monthly()[::every]])
    names = ("mase", "smape", "score", "covered")
    row = {name: round(float(value), 5) for name, value in zip(names, rows.mean(axis=0), strict=True)}
    return row | {"tenth": round(float(rows[:: 10 // every, 0].mean()), 5)}


def run(rng, series, prepared, updates, compiled=True):
    """One network that learns from so many series, and its errors on all."""
    known = pasts()
    drawn = rng.permutation([k for k, past in enumerate(known) if len(past) >= LONG])[:series]
    own = [known[k] for k in drawn] if series < len(known) else known
    model = learned(rng, own, prepared, updates, compiled)
    return summary(quantiles(model, known, prepared))


def rival(rng, method, python):
    """A method of statsforecast, one model for each series."""
    del rng  # nothing is drawn
    every = 10 if method in SLOW else 1
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "given.json"), Path(folder, "out.npy")
        given.write_text(json.dumps([past.tolist() for past in pasts()[::every]]), "utf-8")
        subprocess.run([python, by_statsforecast.__file__, method, given, out], check=True)
        return {"series": len(pasts()[::every])} | summary(np.load(out), every)


def its_python():
    """An interpreter that has statsforecast."""
    folder = cache_folder() / f"statsforecast-{STATSFORECAST}"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"statsforecast=={STATSFORECAST}"], check=True)
    return str(python)


PLACE = 13, 3
CLAIMS = ()
SLICES = ()  # tests/test_trials.py compares the beginning of a run instead


def make():
    """The tables: the curve, the rivals, and what the curve is without one of the two preparations."""
    rows = [
        {"series": series, "prepared": prepared, "updates": updates}
        for prepared in PREPARED
        for series, updates in UPDATES.items()
    ]
    curve, others = rows[: len(UPDATES)], rows[len(UPDATES) :]
    sweep(run, curve, range(3), table=FOLDER / "many-series.csv", workers=1)
    rivals = partial(rival, python=its_python())
    for methods, table in ((RIVALS, "many-series-rivals"), (SLOW, "many-series-slow-rivals")):
        sweep(rivals, [{"method": method} for method in methods], [0], table=FOLDER / f"{table}.csv", workers=1)
    sweep(run, others, range(3), table=FOLDER / "many-series-prepared.csv", workers=1)
    longer = {"series": 1428, "prepared": "both", "updates": LONGER}
    sweep(run, [longer], range(3), table=FOLDER / "many-series-longer.csv", workers=1)
