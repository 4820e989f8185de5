"""On trial: "LSTMs predict stock prices".

Networks see the last 60 days of the S&P 500 (rnnbook.data.sp500) and forecast the next. They learn from all
days up to the year before last, stop by the last year, and are tested in a year that lies ahead of all they
saw, 2009 to 2018, each year three times: thirty runs. "prices" is the tutorial's: closing values, scaled to
lie between 0 and 1 in what is learned from, squared error. "returns" forecasts the next day's logarithmic
return from sixty of them, "volatility" a normal distribution of it. Of sixteen rates for each kind, each on a
year of its own, the middle of the best quarter of the range is used, by the loss in the year for stopping.

What was sampled are years: the three runs of one are averaged, and the interval is over ten.

"stock-leaks": the prices again, at the rate found, with one mistake each. "scaled by all": smallest and
largest of the whole series. "split at random": the days for learning, stopping and testing are drawn from all
days up to the test year's end. "stopped by the test": the test year also says when to stop. "same day": the
day to be forecast is the last that is seen.
"""

import numpy as np

from rnnbook import LSTM, Batch, Dense, Model, Monitor, data, forecast, gaussian_nll, mean_squared_error, sweep
from rnnbook.trials import FOLDER, INF, Change, Claim, Said, Slice, Variation, results, rows_where, training
from rnnbook.trials.before import Before, Old, blurred, rate_of, tune_and_run
from rnnbook.trials.estimates import by_unit, mean

SEEN, UNITS, UPDATES, FOLDS, RANGE = 60, 32, 400, 30, (5e-4, 2e-2)
KINDS = ("prices", "returns", "volatility")
LEAKS = ("none", "scaled by all", "split at random", "stopped by the test", "same day")


def parts(fold):
    """Days to learn from, to stop by and to test on, as ranges of places in the series."""
    day, _ = data.sp500()
    year = 2009 + fold % 10
    ends = np.searchsorted(day, np.array([f"{y}-01-01" for y in (year - 1, year, year + 1)], "M8[D]"))
    return np.arange(SEEN, ends[0]), np.arange(ends[0], ends[1]), np.arange(ends[1], ends[2])


def series(kind, learned):
    """What is forecast, scaled by what is learned from, and its unit."""
    _, close = data.sp500()
    if kind == "prices":
        low, high = close[learned].min(), close[learned].max()
        return (close - low) / (high - low), high - low
    returns = np.diff(np.log(close), prepend=np.log(close[0]))
    return returns / returns[learned].std(), returns[learned].std()


def batch_of(values, days, same_day=False):
    """Some days, each with the sixty before it, or, by mistake, with itself and 59 before."""
    x, _ = forecast.sliding_windows(values, SEEN, 1)
    x = np.append(x, values[-SEEN:, None, None], axis=1)  # the last sixty
    return Batch(x[:, days - SEEN + same_day], values[None, days, None])


def loss_of(kind):
    """What its network is trained with."""
    return gaussian_nll if kind == "volatility" else mean_squared_error


def train(rng, kind, learn, watch, values, learning_rate, compiled=True, same_day=False):
    """A network that has learned from some days, stopped by others."""
    made = {"rng": rng, "dtype": np.float64}
    network = Model(LSTM(1, UNITS, **made), Dense(UNITS, 2 if kind == "volatility" else 1, **made), pool="last")
    draw = training.drawn_from(batch_of(values, learn, same_day), rng, 64)
    monitor = Monitor(validation=batch_of(values, watch, same_day), eval_every=25, patience=6)
    training.learn(network, loss_of(kind), draw, learning_rate, UPDATES, compiled, monitor=monitor)
    return network


def run(rng, kind, fold, learning_rate, leak="none", compiled=True):
    """Train and test; how much better than doing nothing, in per cent, and by what the forecast lags."""
    learn, watch, test = parts(fold)
    values, unit = series(kind, learn)
    if leak == "scaled by all":
        values, unit = series(kind, slice(None))
    if leak == "split at random":
        mixed = rng.permutation(np.concatenate([learn, watch, test]))
        learn, watch, test = np.split(mixed, [len(learn), len(learn) + len(watch)])
    watched = test if leak == "stopped by the test" else watch
    same_day = leak == "same day"
    network = train(rng, kind, learn, watched, values, learning_rate, compiled, same_day)
    seen, asked = batch_of(values, watch, same_day), batch_of(values, test, same_day)
    loss = loss_of(kind)
    y, actual, before = network(asked.x)[0], values[test], values[test - 1]
    error, outcome = np.mean((y[:, 0] - actual) ** 2), {"validation": loss(network(seen.x), seen.target)[0]}
    if kind == "prices":
        outcome["better"], outcome["direction"] = 100 * (1 - np.sqrt(error / np.mean((before - actual) ** 2))), 0
        moves = [np.corrcoef(np.diff(y[:, 0]), values[test[1:] - k] - values[test[1:] - k - 1])[0, 1] for k in range(3)]
        outcome["lag"] = np.argmax(moves)
    else:
        outcome["better"] = 100 * (1 - error / np.mean(actual**2))
        outcome["direction"], outcome["lag"] = 100 * np.mean(np.sign(y[:, 0]) == np.sign(actual)) - 50, 0
    # nats a day, of returns in their own unit
    outcome["nats"] = loss(y[None], asked.target)[0] + np.log(unit) if kind == "volatility" else 0
    return {name: round(float(value), 5) for name, value in outcome.items()}


def leaky(rng, leak, fold, compiled=True):
    """Prices with a mistake, at the rate that was found without."""
    rate = rate_of("stock-prices", kind="prices")
    return run(rng, "prices", fold, rate, leak, compiled)


def years(values, fold):
    """The mean of each of the ten test years."""
    return by_unit(values, fold % 10)


def days_up():
    """Per cent of the days of each test year on which the index rose."""
    _, close = data.sp500()
    returns = np.diff(np.log(close), prepend=np.log(close[0]))
    return np.array([100 * np.mean(returns[parts(k)[2]] > 0) for k in range(10)])


def fewer(rows):
    """By how many per cent the error is less than that of yesterday's price: 100 times the ratio's logarithm."""
    return -100 * np.log(1 - rows["better"] / 100)


def over_years(kind, outcome, rival=0.0):
    """The mean over years of an outcome less a rival's, with the error of tuning."""
    old = Old("stock-prices", outcome, lambda rows: rows["validation"], RANGE, parts=4)
    runs, tuning = old.side(kind=kind)
    fold = rows_where(results("stock-prices"), kind=kind)["fold"]
    return blurred(mean(years(runs, fold) - rival), tuning)


def leaking(leak):
    """The same of the prices with a mistake, at the rate that was found without."""
    rows = rows_where(results("stock-leaks"), leak=leak)
    return mean(years(fewer(rows), rows["fold"]))


def scores():
    """The three scores of a forecast, each against what needs no forecast."""
    found = {
        "prices, against yesterday's": lambda: over_years("prices", fewer),
        "returns, against none": lambda: over_years("returns", lambda rows: rows["better"]),
        "direction, against always up": lambda: over_years(
            "returns", lambda rows: rows["direction"] + 50, rival=days_up()
        ),
    }
    return tuple(Before(name, ("stock-prices-tuning", "stock-prices"), find) for name, find in found.items())


PLACE = 13, 1
CLAIMS = (
    Claim(
        words="LSTMs predict stock prices",
        sentence=(
            "An LSTM can forecast the next day of the S&P 500, 2009 to 2018, better than doing nothing, "
            "by at least one of three scores."
        ),
        said=(Said("", "tutorials, each with the plot of two lines that lie on each other"),),
        section="13-series-and-prices",
        logic="exists",
        region=(1.0, INF),
        unit="per cent, or days of a hundred",
        quantity="how much better than doing nothing",
        margin="one per cent, or one day of a hundred: a large advantage, for far less of one would be worth money",
        conditions=scores(),
        own={
            "prices, against yesterday's": (1.0, "%"),
            "returns, against none": (1.0, "%"),
            "direction, against always up": (1.0, "of a hundred days"),
        },
        panel=(
            Variation(
                "a toss of a coin in the place of always up",
                (
                    *scores()[:2],
                    Before(
                        "direction, against a coin",
                        ("stock-prices-tuning", "stock-prices"),
                        lambda: over_years("returns", lambda rows: rows["direction"]),
                    ),
                ),
            ),
            Variation(
                "prices scaled by the whole series, a leak",
                (Before("prices", ("stock-leaks",), lambda: leaking("scaled by all")), *scores()[1:]),
            ),
            Variation(
                "the day itself among what is seen, a leak",
                (Before("prices", ("stock-leaks",), lambda: leaking("same day")), *scores()[1:]),
            ),
        ),
        shared=True,
        changes=(
            Change(
                date="2026-11-29",
                what="the margin's reason, which had called one per cent the least that is worth money",
                why="a referee reckoned that it is a Sharpe ratio of about 1.6 a year, before costs",
                part="words",
            ),
        ),
    ),
)
SLICES = (
    Slice(run, "stock-prices", {"kind": "volatility"}),
    Slice(leaky, "stock-leaks", {"leak": "same day"}),
)


def make():
    """All three tables."""
    tuning = {"draws": 16, "parts": 4, "folds": FOLDS}
    kinds = [{"kind": kind} for kind in KINDS]
    tune_and_run(run, kinds, "stock-prices", lambda rows: rows["validation"], RANGE, **tuning)
    sweep(leaky, {"leak": list(LEAKS), "fold": list(range(FOLDS))}, [0], table=FOLDER / "stock-leaks.csv")
