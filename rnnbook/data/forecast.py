"""Series: examples to learn a forecast from, and how good a forecast is."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.arrays import Array


def sliding_windows(series: Array, length: int, horizon: int) -> tuple[Array, Array]:
    """Every stretch of a series, and what came after it.

    Parameters
    ----------
    series : ndarray, shape (N,)
    length : int
        T, how much of the past is seen.
    horizon : int
        K, how many steps ahead are to be forecast.

    Returns
    -------
    x : ndarray, shape (T, B, 1)
        ``x[:, k, 0]`` is ``series[k : k + T]``; B is ``N - T - K + 1``.
    target : ndarray, shape (1, B, K)
        The K values that follow: for a `Model` that pools, with K outputs.

    Raises
    ------
    ValueError
        When the series is too short for one example, or a value in it is not finite.

    Examples
    --------
    >>> x, target = sliding_windows(np.arange(6.0), length=3, horizon=2)
    >>> x[..., 0].T.tolist(), target[0].tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0, 4.0], [4.0, 5.0]])
    """
    series = check.finite("series", check.vector("series", series))
    T, K = check.positive("length", length), check.positive("horizon", horizon)
    if len(series) < T + K:
        raise ValueError(f"series must have at least length + horizon = {T + K} values, got {len(series)}")
    stretches = sliding_window_view(series, T + K)
    return stretches[:, :T].T[..., None].copy(), stretches[None, :, T:].copy()


def mase(forecast: ArrayLike, actual: ArrayLike, past: ArrayLike, season: int = 1) -> float:
    """Mean absolute error of a forecast by that of the naive one (Hyndman & Koehler 2006).

    Parameters
    ----------
    forecast, actual : ndarray of one shape
    past : ndarray, shape (N,)
        The series before, on which the naive forecast's error is measured.
    season : int, default 1
        The naive forecast is the value of that many steps before: 1 for the last one.

    Returns
    -------
    float
        Below 1 a forecast is better than the naive one was, one step ahead, in the past.

    Raises
    ------
    ValueError
        When shapes differ or are empty, a value is not finite, or the past is too short or the naive forecast was
        always right in it.

    Examples
    --------
    >>> mase(np.array([4.0, 4.0]), np.array([5.0, 6.0]), past=np.array([1.0, 2.0, 3.0, 4.0]))
    1.5
    """
    forecast, actual = _pair(forecast, actual)
    past = check.finite("past", check.vector("past", check.numbers("past", past)))
    season = check.positive("season", season)
    if len(past) <= season:
        raise ValueError(f"past must have more than season = {season} values, got {len(past)}")
    scale = np.abs(past[season:] - past[:-season]).mean()
    if not 0 < scale < np.inf:
        raise ValueError(f"past must change, and by numbers that can be added up, got a mean change of {scale}")
    return float(np.abs(forecast - actual).mean() / scale)


def smape(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Symmetric mean absolute percentage error, as the M3 competition took it (Makridakis & Hibon 2000).

    Parameters
    ----------
    forecast, actual : ndarray of one shape
        Numbers that are not negative.

    Returns
    -------
    float
        In per cent, between 0 and 200: the mean of ``|actual - forecast|`` by the mean of the two.

    Raises
    ------
    ValueError
        When shapes differ or are empty, a value is not finite or is negative, or both are 0 at one place.

    Examples
    --------
    >>> smape([110.0, 50.0], [90.0, 150.0])  # 20 by 100 and 100 by 100
    60.0
    """
    forecast, actual = _pair(forecast, actual)
    total = forecast + actual
    if not (forecast.min() >= 0 and actual.min() >= 0 and total.min() > 0 and total.max() < np.inf):
        raise ValueError("forecast and actual must not be negative, both 0 at one place or too large to be added up")
    return float(200 * np.mean(np.abs(actual - forecast) / (actual + forecast)))


def quantile_score(quantiles: ArrayLike, actual: ArrayLike, levels: ArrayLike) -> float:
    """Twice the pinball loss of quantiles, its mean over levels and values.

    With many levels, evenly spaced between 0 and 1, it is the continuous ranked probability score (CRPS) of the
    distribution that the quantiles stand for (Gneiting & Raftery 2007). Of a forecast that gives the same number for
    every level, and levels that are symmetric about a half, it is the mean absolute error.

    Parameters
    ----------
    quantiles : ndarray, shape (…, L)
    actual : ndarray, shape (…)
    levels : sequence of float
        L levels, each between 0 and 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        When shapes do not fit or are empty, a value is not finite, or a level is not between 0 and 1.

    Examples
    --------
    >>> quantile_score([[1.0, 3.0]], [4.0], levels=(0.25, 0.75))  # 2 (0.25 · 3 + 0.75 · 1) / 2
    1.5
    """
    levels = check.finite("levels", check.vector("levels", check.numbers("levels", levels)))
    if not (levels.size and levels.min() > 0 and levels.max() < 1):
        raise ValueError(f"levels must lie between 0 and 1, got {levels.tolist()}")
    actual = check.finite("actual", check.numbers("actual", actual))
    quantiles = check.finite("quantiles", check.numbers("quantiles", quantiles))
    if quantiles.shape != (*actual.shape, len(levels)) or actual.size == 0:
        raise ValueError(
            f"quantiles must have the shape of actual, which is not empty, and one number for each level, "
            f"got {quantiles.shape} for {actual.shape} and {len(levels)} levels"
        )
    e = actual[..., None] - quantiles
    return float(2 * np.mean(np.maximum(levels * e, (levels - 1) * e)))


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> float:
    """The share of values that lie in their intervals.

    Parameters
    ----------
    low, high, actual : ndarray of one shape
        An end of an interval may be infinite; two numbers are the same interval for all.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        When shapes differ or are empty, a value is not a number, or an interval ends below its start.

    Examples
    --------
    >>> coverage(np.zeros(4), np.ones(4), np.array([0.5, 1.0, 2.0, -1.0]))
    0.5
    """
    low, high, actual = check.numbers("low", low), check.numbers("high", high), check.numbers("actual", actual)
    if low.ndim == high.ndim == 0:  # the same interval for all
        low, high = np.broadcast_to(low, actual.shape), np.broadcast_to(high, actual.shape)
    if not low.shape == high.shape == actual.shape or actual.size == 0:
        raise ValueError(
            f"low, high and actual must have one shape and not be empty, got {low.shape}, {high.shape}, {actual.shape}"
        )
    for name, array in (("low", low), ("high", high), ("actual", actual)):
        if np.isnan(array).any():
            raise ValueError(f"{name} must hold numbers, got nan")
    if (low > high).any():
        raise ValueError("low must not be above high, or no value could lie between")
    return float(np.mean((low <= actual) & (actual <= high)))


def _pair(forecast: ArrayLike, actual: ArrayLike) -> tuple[Array, Array]:
    """Forecasts and what came, of one shape, finite."""
    forecast = check.finite("forecast", check.numbers("forecast", forecast))
    actual = check.finite("actual", check.numbers("actual", actual))
    if forecast.size == 0:
        raise ValueError("forecast must hold at least one value, got none")
    if forecast.shape != actual.shape:
        raise ValueError(f"forecast must have the shape of actual, {actual.shape}, got {forecast.shape}")
    return forecast, actual
