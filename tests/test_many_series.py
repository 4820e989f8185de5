"""One network for many series: what it is given, and what is asked of it, on series made here."""

import numpy as np
import pytest
from statsmodels.tsa.seasonal import seasonal_decompose

from rnnbook import forecast
from rnnbook.trials import many_series

SEASON = 1 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)


def made(rng, months=90, season=SEASON):
    """A series with trend and season."""
    return (100 + np.arange(months)) * np.resize(season, months) * np.exp(0.02 * rng.normal(size=months))


def test_the_season_is_that_of_statsmodels_and_none_where_there_is_none(rng):
    past = made(rng)
    theirs = seasonal_decompose(past, model="multiplicative", period=12).seasonal[:12]
    np.testing.assert_allclose(many_series.season_of(past), theirs, rtol=1e-10)
    found = [many_series.season_of(made(rng, season=np.ones(12)) / (100 + np.arange(90))) for _ in range(100)]
    assert np.mean([(factors == 1).all() for factors in found]) > 0.8
    assert (many_series.season_of(np.full(60, 5.0)) == 1).all()


@pytest.mark.parametrize("prepared", ["both", "level"])
def test_a_series_ten_times_as_large_has_a_forecast_ten_times_as_large(prepared, rng):
    model, past = many_series.build(rng, 4), made(rng)
    one, ten = many_series.quantiles(model, [past, 10 * past], prepared)
    assert one.shape == (18, 9) and (np.diff(one, axis=1) >= 0).all()
    np.testing.assert_allclose(ten, 10 * one, rtol=1e-9)


def test_what_is_learned_and_forecast_is_the_series_without_its_season(rng):
    past = made(rng)
    logs, seasons = many_series.without_season(past, "both")
    again = np.exp(logs + np.log(np.resize(many_series.season_of(past), 90)))
    np.testing.assert_allclose(again, past, rtol=1e-12)
    factors = many_series.season_of(past)
    np.testing.assert_allclose(np.exp(seasons), [factors[k % 12] for k in range(90, 108)], rtol=1e-12)
    x, target, *_ = many_series.examples([past, past[:30]], "both")  # the second is too short
    assert x.shape == (24, 90 - 42 + 1, 1) and target.shape == (1, 49, 18)
    np.testing.assert_allclose(target[0, 3] - x[-1, 3, 0], logs[27:45] - logs[26], atol=1e-12)
    np.testing.assert_allclose(x[-12:, :, 0].mean(axis=0), 0, atol=1e-12)


def test_scores_by_hand(rng):
    past, future, middle = made(rng), made(rng)[:18], made(rng)[:18]
    q = middle[:, None] + np.linspace(-8, 8, 9)
    ((mase, smape, score, covered),) = many_series.scores([q], [past], [future])
    scale = np.mean([abs(past[t] - past[t - 12]) for t in range(12, 90)])
    np.testing.assert_allclose(mase, np.mean(np.abs(future - middle)) / scale)
    np.testing.assert_allclose(smape, np.mean(200 * np.abs(future - middle) / (future + middle)))
    np.testing.assert_allclose(score, forecast.quantile_score(q, future, many_series.LEVELS) / scale)
    np.testing.assert_allclose(covered, 100 * np.mean(np.abs(future - middle) <= 8))


def test_a_run_is_the_same_by_both_paths():
    found = []
    for compiled in (False, True):
        rng = np.random.default_rng(7)
        series = [made(rng) for _ in range(5)]
        model = many_series.learned(rng, series, "both", 30, compiled, 1e-2, units=8)
        found.append(many_series.quantiles(model, series, "both"))
    np.testing.assert_allclose(*found, rtol=1e-6)
