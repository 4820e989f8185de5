"""Right solutions of problem set 8."""

import numpy as np

from course.correct import right, ways

ROWS = "rows = np.arange(count)[:, None] + np.arange(length)"
ways(
    "ps8",
    "windows",
    ((ROWS, "rows = np.add.outer(np.arange(count), np.arange(length))"),),
    ((ROWS, "rows = np.array([range(k, k + length) for k in range(count)])"),),
    ((ROWS, "rows = np.arange(length) + np.arange(count).reshape(-1, 1)"),),
    (("series[length + horizon - 1 :]", "series[-count:]"),),
    (("series[length + horizon - 1 :]", "np.array([series[k + length - 1 + horizon] for k in range(count)])"),),
    (("series[length + horizon - 1 :]", "series[rows[:, -1] + horizon]"),),
    (("series[rows],", "np.lib.stride_tricks.sliding_window_view(series, length)[:count],"),),
    (("series[rows],", "np.stack([series[j : j + count] for j in range(length)], axis=1),"),),
    (("return series[rows], series[length + horizon - 1 :]", "return [series[rows], series[length + horizon - 1 :]]"),),
)


@right("windows")
def window_by_window(series, length, horizon):
    """A loop over the windows."""
    x, y, k = [], [], 0
    while k + length - 1 + horizon < len(series):
        x.append(series[k : k + length].tolist())
        y.append(series[k + length - 1 + horizon])
        k += 1
    return np.array(x), np.array(y)


FIRST = "np.arange(first - horizon + 1), np.arange(first, count)"
ways(
    "ps8",
    "split",
    ((FIRST, "np.arange(0, count - test - horizon + 1), np.arange(count - test, count)"),),
    ((FIRST, "np.arange(count)[: first + 1 - horizon], np.arange(count)[-test:]"),),
    ((FIRST, "list(range(first - horizon + 1)), list(range(first, count))"),),
    ((FIRST, "np.arange(first - (horizon - 1)), first + np.arange(test)"),),
    ((FIRST, "np.flatnonzero(np.arange(count) + horizon <= first), np.flatnonzero(np.arange(count) >= first)"),),
    ((FIRST, "np.r_[: first - horizon + 1], np.r_[first:count]"),),
    ((FIRST, "np.array([k for k in range(count) if k + horizon <= first]), np.arange(first, count)"),),
    (("return " + FIRST, "return [np.arange(first - horizon + 1, dtype=float), np.arange(first, count)]"),),
    ((FIRST, "np.split(np.arange(count), [first - horizon + 1, first])[0], np.arange(first, count)"),),
)


@right("split")
def by_a_loop(count, horizon, test):
    """One row after the other."""
    learn, tested = [], []
    for k in range(count):
        if k >= count - test:
            tested.append(k)
        elif k + horizon <= count - test:
            learn.append(k)
    return np.array(learn), np.array(tested)


BOTH = "(past - mean) / spread, (rest - mean) / spread"
ways(
    "ps8",
    "scaled",
    ((BOTH, "[(table - mean) / spread for table in (past, rest)]"),),
    ((BOTH, "past / spread - mean / spread, rest / spread - mean / spread"),),
    ((BOTH, "(past - mean) @ np.diag(1 / spread), (rest - mean) @ np.diag(1 / spread)"),),
    (("past.mean(axis=0), past.std(axis=0)", "np.mean(past, 0), np.sqrt(np.var(past, 0))"),),
    (("past.mean(axis=0), past.std(axis=0)", "past.sum(0) / len(past), past.std(0)"),),
    (
        (
            "past.mean(axis=0), past.std(axis=0)",
            "past.mean(0), np.sqrt((past**2).mean(0) - past.mean(0) ** 2)",
        ),
    ),
    (("past.mean(axis=0), past.std(axis=0)", "np.average(past, axis=0), past.std(axis=0, ddof=0)"),),
    (("past.std(axis=0)", "np.linalg.norm(past - past.mean(axis=0), axis=0) / len(past) ** 0.5"),),
    ((BOTH, "np.subtract(past, mean) / spread, np.divide(rest - mean, spread)"),),
)


@right("scaled")
def column_by_column(past, rest):
    """One column after the other, in copies."""
    past, rest = past.copy(), rest.copy()
    for d in range(past.shape[1]):
        mean, spread = past[:, d].mean(), past[:, d].std()
        past[:, d] = (past[:, d] - mean) / spread
        rest[:, d] = (rest[:, d] - mean) / spread
    return past, rest


SCALE = "np.abs(past[season:] - past[:-season]).mean()"
ERROR = "np.abs(forecast - actual).mean()"
ways(
    "ps8",
    "mase",
    ((SCALE, "np.mean([abs(past[t] - past[t - season]) for t in range(season, len(past))])"),),
    ((SCALE, "np.abs(past[season:] - past[:-season]).sum() / (len(past) - season)"),),
    ((SCALE, "np.abs(np.roll(past, -season) - past)[:-season].mean()"),),
    ((SCALE, "np.abs(past[:-season] - past[season:]).mean()"),),
    ((SCALE, "np.linalg.norm(past[season:] - past[:-season], 1) / len(past[season:])"),),
    ((ERROR, "np.abs(actual - forecast).mean()"),),
    ((ERROR, "np.mean(np.maximum(forecast, actual) - np.minimum(forecast, actual))"),),
    ((ERROR, "sum(abs(f - a) for f, a in zip(forecast, actual)) / len(actual)"),),
    ((ERROR + " / scale", "np.mean(np.abs(forecast - actual) / scale)"),),
    ((ERROR + " / scale", "np.array(np.abs(forecast - actual).mean() / scale)"),),
)

LEARN, AHEAD = "model = learn(series[:t])\n        ", "forecasts.append(ahead(model, series[:t]))"
ways(
    "ps8",
    "walk_forward",
    ((LEARN, ""), ("ahead(model,", "ahead(learn(series[:t]),")),
    ((LEARN + AHEAD, "past = series[:t]\n        forecasts.append(ahead(learn(past), past))"),),
    ((LEARN + AHEAD, "past = series[:t].copy()\n        forecasts += [ahead(learn(past), past)]"),),
    (("range(first, len(series))", "np.arange(first, len(series))"),),
    (("return np.array(forecasts)", "return forecasts"),),
    (("return np.array(forecasts)", "return np.asarray(forecasts).ravel()"),),
    (("return np.array(forecasts)", "return tuple(forecasts)"),),
    (("forecasts = []", "forecasts = list()"), ("series[:t])\n        f", "np.take(series, range(t)))\n        f")),
    (
        ("forecasts = []", "forecasts = np.zeros(len(series) - first)"),
        (AHEAD, "forecasts[t - first] = ahead(model, series[:t])"),
    ),
)


@right("walk_forward")
def backwards_in_time(series, first, learn, ahead):
    """From the end, put in order at last."""
    forecasts, known = [], series
    while len(known) > first:
        known = known[:-1]
        forecasts.insert(0, ahead(learn(known), known))
    return np.array(forecasts)


UPDATE = "clip_by_global_norm(layer.grads, 1.0)[0]"
ways(
    "ps8",
    "train",
    (("Adam(0.02), Adam(0.02)", "Adam(0.015), Adam(0.015)"),),
    (("Adam(0.02), Adam(0.02)", "Adam(0.03), Adam(0.03)"),),
    (("range(150)", "range(200)"),),
    (("GRU(1, 8,", "GRU(1, 12,"), ("Dense(8,", "Dense(12,")),
    (("GRU(1, 8,", "GRU(1, 6,"), ("Dense(8,", "Dense(6,")),
    ((UPDATE, "clip_by_global_norm(layer.grads, 5.0)[0]"),),
    (("rng.integers(0, len(rows), 32)", "rng.permutation(len(rows))[:32]"),),
    (("rng.integers(0, len(rows), 32)", "np.sort(rng.integers(0, len(rows), 32))"),),
    (("past.mean(), past.std()", "past.mean(), np.abs(past - past.mean()).mean()"),),
    (("past.mean(), past.std()", "np.median(past), past.std()"),),
)
ANSWER = "mean + spread * (known[:, -1] + (hs[-1] @ W_y + b_y)[:, 0])"
ways(
    "ps8",
    "predict",
    ((ANSWER, "history[:, -1] + spread * (hs[-1] @ W_y + b_y)[:, 0]"),),
    ((ANSWER, "mean + spread * (known[:, -1] + hs[-1] @ W_y[:, 0] + b_y[0])"),),
    ((ANSWER, "np.add(mean, (known[:, -1] + (hs[-1] @ W_y).ravel() + b_y) * spread)"),),
    ((ANSWER, "mean + spread * np.array([k + h @ W_y[:, 0] + b_y[0] for k, h in zip(known[:, -1], hs[-1])])"),),
    ((ANSWER, "mean + spread * known[:, -1] + spread * np.einsum('bh,hk->b', hs[-1], W_y) + spread * b_y[0]"),),
    (("hs, _ = cell(known.T[..., None])", "hs, _ = cell(np.ascontiguousarray(known.T)[:, :, None])"),),
    (("hs, _ = cell(known.T[..., None])", "hs = [cell(known.T[..., None])[1][0]]"),),
    (("cell.params.update(weights)", "for name in weights:\n        cell.params[name][...] = weights[name]"),),
    (("history[:, -20:]", "history[:, 10:]"),),
    (("history[:, -20:]", "np.clip(history, 0, None)[:, -20:]"),),
)
