"""Forecasts: their examples, how good they are, and losses that ask for more than one number."""

import numpy as np
import pytest
import torch
from same import same_training
from scipy import stats

from rnnbook import (
    LSTM,
    Adam,
    Batch,
    Dense,
    Model,
    QuantileLoss,
    complex_step,
    fit,
    forecast,
    gaussian_nll,
    mean_squared_error,
)

LEVELS = (0.1, 0.5, 0.9)


@pytest.mark.parametrize(("length", "horizon"), [(3, 2), (1, 1), (7, 3)])
def test_examples_are_all_stretches_in_order(length, horizon):
    series = np.arange(10.0) ** 2
    x, target = forecast.sliding_windows(series, length, horizon)
    count = 10 - length - horizon + 1
    assert x.shape == (length, count, 1) and target.shape == (1, count, horizon)
    for k in range(count):
        together = np.concatenate([x[:, k, 0], target[0, k]])
        assert (together == series[k : k + length + horizon]).all()
    x[:] = 0
    assert series[1] == 1  # copies


def test_what_examples_refuse():
    with pytest.raises(ValueError, match=r"series must have at least length \+ horizon = 5 values, got 4"):
        forecast.sliding_windows(np.zeros(4), 3, 2)
    with pytest.raises(TypeError, match="series must hold floating-point numbers, got dtype int64"):
        forecast.sliding_windows(np.arange(9), 3, 2)
    with pytest.raises(ValueError, match="horizon must be at least 1, got 0"):
        forecast.sliding_windows(np.zeros(9), 3, 0)


@pytest.mark.parametrize("season", [1, 4])
def test_the_naive_forecast_of_the_past_has_an_error_of_one(season, rng):
    past = rng.normal(size=50).cumsum()
    assert np.isclose(forecast.mase(past[:-season], past[season:], past, season), 1)
    # by hand, on another stretch
    actual, found = rng.normal(size=6), rng.normal(size=6)
    scale = sum(abs(past[t] - past[t - season]) for t in range(season, 50)) / (50 - season)
    expected = sum(abs(a - f) for a, f in zip(actual, found, strict=True)) / 6 / scale
    np.testing.assert_allclose(forecast.mase(found, actual, past, season), expected, rtol=1e-12)


def test_what_mase_refuses():
    with pytest.raises(ValueError, match=r"forecast must have the shape of actual, \(2,\), got \(3,\)"):
        forecast.mase(np.zeros(3), np.zeros(2), np.arange(5.0))
    with pytest.raises(ValueError, match="past must have more than season = 5 values, got 5"):
        forecast.mase(np.zeros(2), np.zeros(2), np.arange(5.0), season=5)
    with pytest.raises(ValueError, match="past must change"):
        forecast.mase(np.zeros(2), np.zeros(2), np.ones(5))
    with pytest.raises(ValueError, match="got a mean change of inf"), np.errstate(over="ignore"):
        forecast.mase(np.zeros(2), np.zeros(2), np.array([1e308, -1e308]))


def test_intervals_of_a_normal_distribution_cover_what_they_should(rng):
    drawn, half = rng.normal(3, 2, 100_000), 2 * stats.norm.ppf(0.9)
    assert abs(forecast.coverage(3 - half, 3 + half, drawn) - 0.8) < 0.005
    with pytest.raises(ValueError, match="low must not be above high"):
        forecast.coverage(3 + half, 3 - half, drawn)


def test_smape_by_hand():
    # |100 - 80| by their mean 90, |50 - 50| by 50, |30 - 10| by 20
    expected = 100 * (20 / 90 + 0 + 20 / 20) / 3
    np.testing.assert_allclose(forecast.smape([80.0, 50.0, 10.0], [100.0, 50.0, 30.0]), expected, rtol=1e-12)
    assert forecast.smape([0.0, 1.0], [3.0, 0.0]) == 200  # the most there is
    with pytest.raises(ValueError, match="must not be negative, both 0"):
        forecast.smape([0.0], [0.0])
    with pytest.raises(ValueError, match=r"forecast must have the shape of actual, \(2,\), got \(1,\)"):
        forecast.smape([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="too large to be added up"), np.errstate(over="ignore"):
        forecast.smape([1.5e308], [1e308])


def test_the_score_of_many_quantiles_is_the_crps_of_the_normal_distribution():
    levels, actual = (np.arange(4000) + 0.5) / 4000, np.array([-1.0, 2.0, 5.5])
    found = forecast.quantile_score(np.broadcast_to(stats.norm.ppf(levels, 2, 3), (3, 4000)), actual, levels)
    z = (actual - 2) / 3  # the closed form for a normal distribution
    crps = 3 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(found, crps.mean(), rtol=1e-3)


def test_the_score_of_one_number_for_all_levels_is_its_absolute_error(rng):
    middle, actual = rng.normal(size=(2, 5, 4))
    found = forecast.quantile_score(np.repeat(middle[..., None], 3, axis=-1), actual, LEVELS)
    np.testing.assert_allclose(found, np.abs(middle - actual).mean(), rtol=1e-12)
    with pytest.raises(ValueError, match=r"levels must lie between 0 and 1, got \[0\.5, 1\.0\]"):
        forecast.quantile_score(np.zeros((2, 2)), np.zeros(2), (0.5, 1.0))
    with pytest.raises(ValueError, match=r"got \(2, 2\) for \(2,\) and 3 levels"):
        forecast.quantile_score(np.zeros((2, 2)), np.zeros(2), LEVELS)


@pytest.mark.parametrize("masked", [False, True])
def test_the_gaussian_loss_is_pytorchs_and_its_gradient_exact(masked, rng):
    y, target = rng.normal(size=(4, 3, 4)), rng.normal(size=(4, 3, 2))
    mask = (rng.random((4, 3)) < 0.7).astype(float) if masked else None
    value, dy = gaussian_nll(y, target, mask)
    mu, log_sigma = torch.tensor(y[..., :2]), torch.tensor(y[..., 2:])
    each = torch.nn.GaussianNLLLoss(full=True, reduction="none")(mu, torch.tensor(target), torch.exp(2 * log_sigma))
    weights = np.ones((4, 3)) if mask is None else mask
    np.testing.assert_allclose(value, (each.numpy().mean(-1) * weights).sum() / weights.sum(), rtol=1e-12)

    def loss(v):  # the formula, with complex numbers
        e = (target - v[..., :2]) * np.exp(-v[..., 2:])
        return ((v[..., 2:] + e * e / 2).mean(-1) * weights).sum() / weights.sum()

    np.testing.assert_allclose(dy, complex_step(loss, y), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("masked", [False, True])
def test_the_quantile_loss_is_that_of_scikit_learn_and_its_gradient_a_difference(masked, rng):
    from sklearn.metrics import mean_pinball_loss

    y, target = rng.normal(size=(4, 3, 3)), rng.normal(size=(4, 3, 1))
    mask = (rng.random((4, 3)) < 0.7).astype(float) if masked else None
    weights = None if mask is None else mask.ravel()
    loss = QuantileLoss(LEVELS)
    value, dy = loss(y, target, mask)
    each = [
        mean_pinball_loss(target.ravel(), y[..., k].ravel(), sample_weight=weights, alpha=q)
        for k, q in enumerate(LEVELS)
    ]
    np.testing.assert_allclose(value, np.mean(each), rtol=1e-12)
    direction = rng.normal(size=y.shape)
    change = loss(y + 1e-7 * direction, target, mask)[0] - loss(y - 1e-7 * direction, target, mask)[0]
    np.testing.assert_allclose((dy * direction).sum(), change / 2e-7, rtol=1e-6)


def test_quantiles_of_several_targets_are_those_of_each(rng):
    y, target, mask = rng.normal(size=(4, 5, 6)), rng.normal(size=(4, 5, 2)), rng.random((4, 5))
    value, dy = QuantileLoss(LEVELS)(y, target, mask)
    alone = [QuantileLoss(LEVELS)(y[..., k::2], target[..., [k]], mask) for k in range(2)]
    np.testing.assert_allclose(value, np.mean([v for v, _ in alone]), rtol=1e-12)
    for k, (_, its_dy) in enumerate(alone):
        np.testing.assert_allclose(dy[..., k::2], its_dy / 2, rtol=1e-12)


def test_the_best_constants_of_the_quantile_loss_are_the_quantiles(rng):
    drawn = rng.exponential(size=2000)
    q = np.quantile(drawn, LEVELS)
    loss, target = QuantileLoss(LEVELS), drawn[:, None, None]
    best = loss(np.broadcast_to(q, (2000, 1, 3)), target)[0]
    for k in range(3):
        for step in (-0.05, 0.05):
            other = q + step * np.eye(3)[k]
            assert loss(np.broadcast_to(other, (2000, 1, 3)), target)[0] > best


def test_what_the_losses_refuse():
    with pytest.raises(ValueError, match=r"levels must lie between 0 and 1, got 1\.0"):
        QuantileLoss((0.5, 1.0))
    with pytest.raises(ValueError, match=r"y must have shape \(T, B, LK\) = \(2, 2, 3\), got \(2, 2, 2\)"):
        QuantileLoss(LEVELS)(np.zeros((2, 2, 2)), np.zeros((2, 2, 1)))
    with pytest.raises(ValueError, match=r"y must have shape \(T, B, 2K\) = \(2, 2, 2\), got \(2, 2, 1\)"):
        gaussian_nll(np.zeros((2, 2, 1)), np.zeros((2, 2, 1)))


@pytest.mark.parametrize(
    "loss", [gaussian_nll, QuantileLoss(LEVELS), mean_squared_error], ids=["normal", "quantiles", "squared"]
)
def test_training_a_forecast_is_the_same_compiled(loss):
    outputs = {gaussian_nll: 2, mean_squared_error: 1}.get(loss, 3)
    losses = []
    for compiled in (False, True):
        rng = np.random.default_rng(0)
        made = {"rng": rng, "dtype": np.float64}
        model = Model(LSTM(1, 4, **made), Dense(4, outputs, **made), pool="last")
        x, target = forecast.sliding_windows(np.sin(np.arange(60.0)), 10, 1)
        batch = Batch(x, target)
        options = {"steps": 40, "compiled": compiled}
        losses.append(fit(model, loss, Adam(1e-2), lambda batch=batch: batch, **options).loss)
    same_training(*losses)
    assert losses[0][-1] < losses[0][0]
