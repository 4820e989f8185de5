"""Mistakes in problem set 8: leaks, baselines, and a forecast on real data.

`course.forecasts` recognises those of the network by what it forecasts.
"""

from course.examiner import PLACE
from course.misconceptions import slip, wrong
from course.model import solution

space = solution("ps8")

SLIPS = [
    (
        "windows",
        "target_inside_the_window",
        "The target is the window's own last value: what is to be forecast is among what is seen. That is a leak.",
        ("series[length + horizon - 1 :]", "series[length - 1 : len(series) - horizon]"),
    ),
    (
        "windows",
        "horizon_ignored",
        "The target is always the next value. It should lie as many steps ahead as the horizon says.",
        ("series[length + horizon - 1 :]", "series[length : len(series) - horizon + 1]"),
    ),
    (
        "windows",
        "one_step_too_far",
        "The targets lie one step too far ahead: the horizon is counted from the window's last value, not from the one "
        "after it.",
        ("horizon + 1\n", "horizon\n"),
        ("length + horizon - 1", "length + horizon"),
    ),
    (
        "windows",
        "last_window_lost",
        "The last window is missing. Its target is the last value of the series.",
        ("horizon + 1\n", "horizon\n"),
        ("horizon - 1 :]", "horizon - 1 : -1]"),
    ),
    (
        "windows",
        "windows_reversed",
        "The windows are read backwards. Their first value should be the oldest.",
        ("return series[rows],", "return series[rows][:, ::-1],"),
    ),
    (
        "windows",
        "targets_before",
        "The targets lie before the windows: the past is forecast from the future.",
        (
            "return series[rows], series[length + horizon - 1 :]",
            "return series[rows + horizon], series[:count]",
        ),
    ),
    (
        "split",
        "no_gap",
        "The last rows to learn from have targets that are known only after the first forecast of the test is made. That "
        "is a leak: with a horizon of more than one step there has to be a gap.",
        ("first - horizon + 1", "first"),
    ),
    (
        "split",
        "gap_one_too_long",
        "The gap is one row longer than it has to be: a target that is the last value of the first test window is known.",
        ("first - horizon + 1", "first - horizon"),
    ),
    (
        "split",
        "gap_one_too_short",
        "The gap is one row too short: one target to learn from is not known yet when the first forecast is made.",
        ("first - horizon + 1", "first - horizon + 2"),
    ),
    (
        "split",
        "test_at_the_start",
        "The test is the beginning of the series: you learn from the future and forecast the past.",
        (
            "return np.arange(first - horizon + 1), np.arange(first, count)",
            "return np.arange(test + horizon - 1, count), np.arange(test)",
        ),
    ),
    (
        "split",
        "shuffled",
        "The rows are shuffled before they are cut, so there are rows to learn from on both sides of every row of the "
        "test. That is a leak: neighbouring windows share nearly all their values.",
        (
            "return np.arange(first - horizon + 1), np.arange(first, count)",
            "order = np.random.default_rng(0).permutation(count)\n    return order[: first - horizon + 1], order[first:]",
        ),
    ),
    (
        "split",
        "learns_from_the_test",
        "The rows of the test are also learned from.",
        ("np.arange(first - horizon + 1), ", "np.arange(count), "),
    ),
    (
        "scaled",
        "scaled_with_everything",
        "Mean and standard deviation are those of both tables together. That is a leak: the rest was not there yet when "
        "the past was scaled.",
        (
            "past.mean(axis=0), past.std(axis=0)",
            "np.vstack([past, rest]).mean(axis=0), np.vstack([past, rest]).std(axis=0)",
        ),
    ),
    (
        "scaled",
        "rest_by_itself",
        "The rest is scaled with its own mean and standard deviation. They are not known before it is over, and the "
        "network would be shown numbers in other units than those it learned from.",
        ("(rest - mean) / spread", "(rest - rest.mean(axis=0)) / rest.std(axis=0)"),
    ),
    (
        "scaled",
        "scaled_with_the_rest",
        "Both tables are scaled with the rest's mean and standard deviation: with those of the future.",
        ("past.mean(axis=0), past.std(axis=0)", "rest.mean(axis=0), rest.std(axis=0)"),
    ),
    (
        "scaled",
        "one_scale_for_all_columns",
        "There is one mean and one standard deviation for the whole table. Every column has its own.",
        ("past.mean(axis=0), past.std(axis=0)", "past.mean(), past.std()"),
    ),
    (
        "scaled",
        "scaled_rows",
        "The rows are scaled, not the columns. A row is a moment, a column is a quantity.",
        ("past.mean(axis=0), past.std(axis=0)", "past.mean(axis=1, keepdims=True), past.std(axis=1, keepdims=True)"),
        (
            "(rest - mean) / spread",
            "(rest - rest.mean(axis=1, keepdims=True)) / rest.std(axis=1, keepdims=True)",
        ),
    ),
    (
        "scaled",
        "rest_not_scaled",
        "The rest is handed back as it came.",
        ("(rest - mean) / spread", "rest"),
    ),
    (
        "scaled",
        "only_centred",
        "The means are taken off, but the columns keep their size: the standard deviation should become 1.",
        ("(past - mean) / spread, (rest - mean) / spread", "past - mean, rest - mean"),
    ),
    (
        "scaled",
        "variance_for_deviation",
        "The columns are divided by their variance. The standard deviation is its root.",
        ("past.std(axis=0)", "past.var(axis=0)"),
    ),
    (
        "mase",
        "scaled_with_the_test",
        "The naive forecast's error is measured on what is to be forecast. It is measured in the past, where it was known.",
        ("past[season:] - past[:-season]", "actual[season:] - actual[:-season]"),
    ),
    (
        "mase",
        "season_ignored",
        "The naive forecast is always the value of one step before. The season says how far back it lies.",
        ("past[season:] - past[:-season]", "past[1:] - past[:-1]"),
    ),
    (
        "mase",
        "squared",
        "The errors are squared. The formula has absolute values.",
        ("np.abs(past[season:] - past[:-season]).mean()", "((past[season:] - past[:-season]) ** 2).mean()"),
        ("np.abs(forecast - actual).mean()", "((forecast - actual) ** 2).mean()"),
    ),
    (
        "mase",
        "no_absolute_values",
        "Errors above and below cancel each other: the absolute values are missing.",
        ("np.abs(forecast - actual).mean()", "(forecast - actual).mean()"),
    ),
    (
        "mase",
        "sums",
        "The sums are divided, not the means: the past has another number of terms.",
        ("past[:-season]).mean()", "past[:-season]).sum()"),
        ("actual).mean()", "actual).sum()"),
    ),
    (
        "mase",
        "not_scaled",
        "This is the mean absolute error. It is still to be divided by that of the naive forecast.",
        ("actual).mean() / scale", "actual).mean()"),
    ),
    (
        "mase",
        "per_cent",
        "The errors are divided by the values themselves, which makes them per cent. The formula divides by the naive error.",
        ("np.abs(forecast - actual).mean() / scale", "np.abs((forecast - actual) / actual).mean()"),
    ),
    (
        "mase",
        "spread_of_the_past",
        "The error is divided by the past's standard deviation, not by the naive forecast's error.",
        ("np.abs(past[season:] - past[:-season]).mean()", "past.std()"),
    ),
    (
        "walk_forward",
        "sees_the_value",
        "The past that is handed on ends with the value that is to be forecast. That is a leak.",
        ("learn(series[:t])", "learn(series[: t + 1])"),
        ("ahead(model, series[:t])", "ahead(model, series[: t + 1])"),
    ),
    (
        "walk_forward",
        "learns_from_the_future",
        "The model is learned from the whole series, and then asked about a part of it. That is a leak.",
        ("learn(series[:t])", "learn(series)"),
    ),
    (
        "walk_forward",
        "learns_from_the_value",
        "The model is learned from a past that ends with the value to be forecast. That is a leak.",
        ("learn(series[:t])", "learn(series[: t + 1])"),
    ),
    (
        "walk_forward",
        "forecast_sees_the_value",
        "The forecast is given a past that ends with the value to be forecast. That is a leak.",
        ("ahead(model, series[:t])", "ahead(model, series[: t + 1])"),
    ),
    (
        "walk_forward",
        "learned_once",
        "The model is learned once, before the first forecast. Learn it anew at every step, from all that is known then.",
        ("learn(series[:t])", "learn(series[:first])"),
    ),
    (
        "walk_forward",
        "past_of_fixed_length",
        "The past forgets: it should begin with the first value of the series at every step.",
        ("learn(series[:t])", "learn(series[t - first : t])"),
        ("ahead(model, series[:t])", "ahead(model, series[t - first : t])"),
    ),
    (
        "walk_forward",
        "one_step_behind",
        "What is known ends one value too early: the value of the step before is known.",
        ("learn(series[:t])", "learn(series[: t - 1])"),
        ("ahead(model, series[:t])", "ahead(model, series[: t - 1])"),
    ),
    (
        "walk_forward",
        "feeds_on_its_own_forecasts",
        "The forecasts are put into the past in the place of the values. At every step the values before it are known.",
        ("learn(series[:t])", "learn(np.r_[series[:first], forecasts])"),
        ("ahead(model, series[:t])", "ahead(model, np.r_[series[:first], forecasts])"),
    ),
]
for problem, name, says, *edits in SLIPS:
    slip("ps8", problem, name, says, *edits)

NETWORK = [
    (
        "train",
        "does_not_learn",
        "The weights do not depend on the past that they should be learned from.",
        ("optimiser.update(layer.params, clip_by_global_norm(layer.grads, 1.0)[0])", "pass"),
        ("past.mean(), past.std()", "200.0, 130.0"),
        ("return {**cell.params", "readout.params['b'] += 2.0\n    return {**cell.params"),
    ),
    (
        "predict",
        "a_constant",
        "All years are forecast alike: nothing of the history reaches the forecast.",
        ("return mean + spread * (known[:, -1] + (hs[-1] @ W_y + b_y)[:, 0])", "return mean + 0 * known[:, -1]"),
    ),
    (
        "predict",
        "repeats_the_last",
        "The forecasts are the last value again, or nearly: that is the naive forecast.",
        ("(known[:, -1] + (hs[-1] @ W_y + b_y)[:, 0])", "known[:, -1]"),
    ),
    (
        "predict",
        "a_year_late",
        "The forecasts fit the year before better than the year that they are for: are the targets shifted by a step, "
        "against the windows, in the training?",
        (
            "return mean + spread * (known[:, -1] + (hs[-1] @ W_y + b_y)[:, 0])",
            "return mean + spread * (0.3 * known[:, -1] + 0.7 * known[:, -1] + 0.3 * (known[:, -2] - known[:, -1]))",
        ),
    ),
    (
        "predict",
        "not_scaled_back",
        "The forecasts rise and fall with the years, in other units: what was scaled for the network is not scaled back.",
        ("return mean + spread * (", "return ("),
    ),
    (
        "predict",
        "not_finite",
        "A forecast is not finite. Did the training blow up, or is something divided by zero?",
        ("return mean +", "return np.inf + mean +"),
    ),
    (
        "predict",
        "looks_at_the_batch",
        "A forecast depends on the other histories of the batch, and these are later years. That is a leak: scale with "
        "what `train` has seen.",
        ("known = (history[:, -20:] - mean) / spread", "known = (history[:, -20:] - history.mean()) / history.std()"),
    ),
]
for replaces, name, says, *edits in NETWORK:
    slip("ps8", "predict", name, says, *edits, replaces=replaces)


@wrong("predict", "train", says=PLACE.replace("{name}", "train"))
def scales_in_place(past, seed):
    """Scales the caller's past."""
    past /= past.max()
    return {"W": past}
