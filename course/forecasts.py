"""The examination of the forecasts in problem set 8: better than the naive forecast, on years nobody has seen."""

import time

import numpy as np

from course import examiner
from course.examiner import PLACE, attempt, complaint, require, say
from course.sandbox import StudentError

SEEN, YEARS, SECONDS = 30, 50, 30


def another_sun(rng, years=309):
    """A series like the sun's, (years,), that stands in no data set: the package carries the real one.

    Cycles of 9 to 13 years that rise faster than they fall, each higher where the last one was, and noise.
    Forecasts have two fifths to a half of the naive error on it, as they have on the real one.
    """
    drawn, height = np.zeros(0), 100.0
    while len(drawn) < years:
        length, height = rng.uniform(9, 13), max(40, 50 + height / 2 + 20 * rng.normal())
        share = np.arange(rng.uniform(), length) / length
        drawn = np.append(drawn, height * np.sin(np.pi * share**0.75) ** 2)
    return np.abs(drawn[:years] + 0.08 * drawn.mean() * rng.normal(size=years))


def holds(problem_set, train, predict, below, cuts):
    """Train on a past, forecast the fifty years after it, and require an error below that part of the naive one's.

    Parameters
    ----------
    problem_set : str
    train, predict : callable
        The student's.
    below : float
        Of the naive forecast's mean absolute error, on average over the cuts.
    cuts : int
        Each with another series, another end of the past, other units and another seed.

    Raises
    ------
    Lost
    """
    errors = []
    for rng in examiner.generators("cut", cuts):
        end, unit = int(rng.integers(195, 255)), rng.uniform(2, 5)
        series = unit * another_sun(rng)
        try:
            errors.append(one_cut(problem_set, (train, predict), series, end, int(rng.integers(2**31)), below))
        except StudentError as error:
            raise examiner.Lost(complaint("train", error)) from None
    require(
        np.mean(errors) < below,
        f"It learns, but its error on years that it has not seen is above {100 * below:.0f} % of the naive forecast's.",
    )


def one_cut(problem_set, functions, series, end, seed, below):
    """The student's error by the naive one's, after what can be told from the forecasts is told."""
    train, predict = functions
    past, began = series[:end], time.monotonic()
    weights, touched = attempt(train, [past, seed])
    require(time.monotonic() - began < SECONDS, f"`train` took longer than {SECONDS} seconds.")
    require(isinstance(weights, dict) and weights, "`train` should return a dictionary of arrays.")
    require(not touched, PLACE.format(name="train"))

    def forecasts(history):
        answer, touched = attempt(predict, [weights, history])
        require(np.shape(answer) == (len(history),), "`predict` should return one forecast for each history: (B,).")
        require(not touched, PLACE.format(name="predict"))
        return np.asarray(answer, float)

    def histories(first, last):
        return np.array([series[t - SEEN : t] for t in range(first, last)])

    after, actual = histories(end, end + YEARS), series[end : end + YEARS]
    answer = forecasts(after)
    require(np.isfinite(answer).all(), say(problem_set, "not_finite"))
    require(np.allclose(forecasts(after[:7]), answer[:7], rtol=1e-6), say(problem_set, "looks_at_the_batch"))
    naive = np.abs(after[:, -1] - actual).mean()
    error = np.abs(answer - actual).mean() / naive
    if error < below:
        return error
    other = series[::-1][:end].copy() + 5 * series.std() * np.sin(np.arange(end))
    again, _ = attempt(train, [other, seed])
    same = weights.keys() == again.keys() and all(np.array_equal(weights[key], again[key]) for key in weights)
    require(not same, say(problem_set, "does_not_learn"))
    require(np.std(answer) > 1e-6 * actual.std(), say(problem_set, "a_constant"))
    line = np.polynomial.Polynomial.fit(answer, actual, 1)
    slope = line.convert().coef[-1]
    fits = np.abs(line(answer) - actual).mean() < below * naive
    require(not fits or 0.5 < slope < 2, say(problem_set, "not_scaled_back"))
    require(np.abs(answer - after[:, -1]).mean() > 0.1 * naive, say(problem_set, "repeats_the_last"))
    to_last = np.abs(answer - after[:, -1]).mean()
    require(to_last > 0.5 * np.abs(answer - actual).mean(), say(problem_set, "a_year_late"))
    return error
