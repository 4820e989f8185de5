"""On trial: "an LSTM beats ARIMA"; "more history is better".

Two series that have something to learn. Of the sunspots (rnnbook.data.sunspots) eleven years are forecast
from all before them, sixteen times: the first eleven begin in 1831 and the last end in 2006, so that no two
have a year in common. Of the power (rnnbook.data.power) the second half of a day is forecast from the first,
by what was learned from other days: ten times, each day being learned from once and tested on once.

An LSTM sees a stretch and forecasts all steps at once. It is trained at eight rates; of what is there to
learn from, the last fifth says which rate is best and after how many updates, and then it learns from
everything, at that rate, for so many updates.

The days come scaled to mean zero and variance one, by collectors who knew the whole of each. That is a
leak: what the second half of the day was like is in the scale of the first. So each is shifted and scaled
once more, by its first twelve hours, which undoes theirs, whatever it was.
"""

import warnings
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from sklearn.linear_model import RidgeCV
from statsmodels.tsa.arima.model import ARIMA

from rnnbook import LSTM, Batch, Dense, Model, Monitor, data, forecast, init, mean_squared_error
from rnnbook.trials import INF, Change, Claim, Design, Mean, OverSplits, Said, Variation, training

UNITS, UPDATES, LOOK, PATIENCE, TRIES, RATES = 32, 2000, 25, 8, 8, (1e-3, 0.1)
SEEN = {"sunspots": (6, 11, 22), "power": (3, 6, 12)}
AHEAD = {"sunspots": 11, "power": 12}
KNOWN, WINDOWS, BLOCKS = 131, 16, 10  # years before the first window; windows of eleven years; blocks of days
ORDERS = ((2, 0, 0), (9, 0, 0), (2, 0, 1), (3, 0, 2), (2, 1, 2))
BIASED = "LSTM with a forget bias of 1"


# ---------------------------------------------------------------- examples
def parts(task, fold, seen):
    """Examples to learn from, to stop by and to be tested on, as pairs of input and target, and the naive error."""
    if task == "sunspots":
        _, number = data.sunspots()
        end = 208 + 3 * fold
        past = number[:end] / number[:end].std()
        x, target = forecast.sliding_windows(past, seen, AHEAD[task])
        scale = np.abs(np.diff(past)).mean()
        after = number[end : end + AHEAD[task]] / number[:end].std()
        last = past[-seen:, None, None], after[None, None]
        n = x.shape[1] * 4 // 5
        return (x[:, :n], target[:, :n]), (x[:, n:], target[:, n:]), last, scale
    days = training.days_by_first_half()
    return training.cut(days[:, np.random.default_rng(fold).permutation(days.shape[1])], seen)


def known_before(fold):
    """How many years of sunspots are known at the beginning of a window."""
    return KNOWN + AHEAD["sunspots"] * fold


def examples(task, fold, seen):
    """Examples to learn from and to stop by, those of the test, and the naive error.

    A test of sunspots are eleven stretches, each a year later than the one before. The first is
    asked for eleven years, and all for one.
    """
    if task == "sunspots":
        _, number = data.sunspots()
        end, ahead = known_before(fold), AHEAD[task]
        scaled = number / number[:end].std()
        x, target = forecast.sliding_windows(scaled[:end], seen, ahead)
        n = x.shape[1] // 5
        learn, watch = slice(0, -n - ahead + 1), slice(-n, None)  # no year is a target of both
        later = np.lib.stride_tricks.sliding_window_view(scaled[end - seen : end + ahead - 1], seen)
        pairs = (x[:, learn], target[:, learn]), (x[:, watch], target[:, watch])
        test = later.T[..., None].copy(), scaled[None, None, end : end + ahead]
        return *pairs, (x, target), test, np.abs(np.diff(scaled[:end])).mean()
    days = training.days_by_first_half()
    days = days[:, np.random.default_rng(0).permutation(days.shape[1])]
    size = days.shape[1] // BLOCKS
    block = [days[:, k * size : (k + 1) * size] for k in range(BLOCKS)]
    tested = (fold + 1) % BLOCKS
    own = [block[fold]] if task == "power" else [block[k] for k in range(BLOCKS) if k != tested]
    told, asked = np.concatenate(own, axis=1), block[tested]
    n = told.shape[1] // 5
    pair, test = ((some[12 - seen : 12], np.swapaxes(some[12:], 0, 2)) for some in (told, asked))
    learn, watch = ((pair[0][:, c], pair[1][:, c]) for c in (slice(0, -n), slice(-n, None)))
    return learn, watch, pair, test, np.abs(np.diff(told, axis=0)).mean()


def errors(one, every, target, scale):
    """Mean absolute errors by the naive one's, one step ahead and over all steps, and 100 times their logarithms."""
    first = target[..., 0] if len(one) == target.shape[1] else target[0]
    found = {"one": np.abs(one - first).mean() / scale, "all": np.abs(every - target).mean() / scale}
    found |= {f"log_{name}": 100 * np.log(value) for name, value in found.items()}
    return {name: round(float(value), 5) for name, value in found.items()}


# ---------------------------------------------------------------- methods
def network(rng, units, outputs, bias=0.0):
    """An LSTM that reads a stretch and is asked once; the bias is that of its forget gates."""
    made = {"rng": rng, "dtype": np.float64}
    cell = LSTM(1, units, **made)
    init.forget_bias(cell, bias)
    return Model(cell, Dense(units, outputs, **made), pool="last")


def learned(rng, learn, watch, everything, units, bias, compiled):
    """The LSTM that learned from everything, at the best of eight rates; what it cost, the rate, the updates."""
    outputs, found = learn[1].shape[-1], []
    monitor = Monitor(validation=Batch(*watch), eval_every=LOOK, patience=PATIENCE)

    def trained(pair, rate, updates, monitor=None):
        made = network(rng, units, outputs, bias)
        draw = training.drawn_from(Batch(*pair), rng, 32)
        history = training.learn(made, mean_squared_error, draw, rate, updates, compiled, monitor=monitor)
        return made, history

    for rate in np.exp(rng.uniform(*np.log(RATES), TRIES)):
        try:
            made, history = trained(learn, rate, UPDATES, monitor)
        except FloatingPointError:
            continue
        cost = mean_squared_error(made(watch[0]), watch[1])[0]
        found.append((cost, rate, history.best_step))
    cost, rate, updates = min(found)
    constant = np.mean((watch[1] - learn[1].mean(axis=1, keepdims=True)) ** 2)
    made = trained(everything, rate, max(updates, 1))[0]
    return made, {"validation": round(cost / constant, 6), "rate": round(rate, 6), "updates": updates}


def by_arima(fold, orders=ORDERS, roots=False):
    """Forecasts of one year, eleven times, and of eleven years, by the order with the least AIC."""
    _, number = data.sunspots()
    end = known_before(fold)
    unit = number[:end].std()
    series = np.sqrt(number / unit) if roots else number / unit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of starting values
        best = min((ARIMA(series[:end], order=order).fit() for order in orders), key=lambda found: found.aic)
        every = best.forecast(11)
        one = best.apply(series[: end + 11]).predict(end, end + 10)  # one year ahead, with what was learned before
    return [np.maximum(f, 0) ** 2 if roots else f for f in (one, every)]


def by_least_squares(everything, test, ridge=False):
    """Forecasts that are linear in what is seen."""
    x, target = everything[0][..., 0].T, everything[1][0]
    if ridge:
        return RidgeCV(np.geomspace(1e-3, 1e3, 13)).fit(x, target).predict(test[0][..., 0].T)
    weights, *_ = np.linalg.lstsq(np.c_[x, np.ones(len(x))], target, rcond=None)
    return np.c_[test[0][..., 0].T, np.ones(test[0].shape[1])] @ weights


def run(rng, task, method, seen, units, fold, compiled=True):
    """Forecast by one method, of which the LSTM alone is trained."""
    learn, watch, everything, test, scale = examples(task, fold, seen)
    about = {"validation": float("nan"), "rate": 0.0, "updates": 0}
    if method.startswith("ARIMA"):
        orders = ORDERS[1:2] if "9" in method else ORDERS  # (9, 0, 0)
        one, every = by_arima(fold, orders, "roots" in method)
        return {**about, **errors(one, every, test[1], scale)}
    if method in ("LSTM", BIASED):
        made, about = learned(rng, learn, watch, everything, units, 1.0 * (method == BIASED), compiled)
        y = made(test[0])[0]
    else:
        y = by_least_squares(everything, test, method == "ridge")
    return {**about, **errors(y[:, 0], y[:1] if task == "sunspots" else y, test[1], scale)}


# ---------------------------------------------------------------- the plan
@dataclass(frozen=True, kw_only=True)
class EachOnce(Design):
    """One run of each arm for each fold, which is a column of the table: seed 0 has the first, and so on."""

    def planned(self):
        """Combinations for `rnnbook.sweep`."""
        return [{**arm, "fold": self._fold} for arm in self.arms]

    def _fold(self, rng):
        return rng.bit_generator.seed_seq.entropy[0] % self.draws  # the seed of a row


def arm(task, method, seen, units=0):
    """Factors of one arm; only the LSTM has units."""
    return {"task": task, "method": method, "seen": seen, "units": units}


def networks(task):
    """Arms of the LSTM, small and usual, and of least squares."""
    return [
        arm(task, method, seen, units)
        for method, units in (("LSTM", UNITS), ("LSTM", UNITS // 4), ("least squares", 0))
        for seen in SEEN[task]
    ]


WIDE = "power of 986 days"  # nine blocks are 981; a table keeps the names that its rows were made with
SUNSPOTS = EachOnce(
    name="sunspots",
    run=run,
    arms=[
        *networks("sunspots"),
        *(arm("sunspots", method, 22) for method in ("ARIMA", "ARIMA of order 9", "ARIMA of roots")),
    ],
    outcomes={"log_one": (-INF, INF), "log_all": (-INF, INF)},
    settings={
        "windows": f"{WINDOWS} of eleven years, one after the other, from {1700 + KNOWN} on",
        "LSTM": f"{UNITS} units in float64, all biases 0, eleven outputs, Adam, 32 stretches an update, norm 1",
        "rates": f"the best of {TRIES} from {RATES[0]:g} to {RATES[1]:g}, by the last fifth of the past, after a gap",
        "budget": f"at most {UPDATES} updates, {LOOK * PATIENCE} without a better look; then anew from all of the past",
        "ARIMA": f"the least AIC of the orders {ORDERS}; between two windows its numbers stay",
    },
    draws=WINDOWS,
)
POWER = EachOnce(
    name="power",
    run=run,
    arms=[
        *networks("power"),
        arm("power", "ridge", 12),
        *(arm(WIDE, method, 12, units) for method, units in (("LSTM", UNITS), ("least squares", 0))),
    ],
    outcomes={"log_one": (-INF, INF), "log_all": (-INF, INF)},
    settings={
        "days": f"{BLOCKS} blocks of 109, scaled by their first twelve hours; learned from one, tested on the next",
        "LSTM": f"{UNITS} units in float64, all biases 0, twelve outputs, Adam, 32 days an update, norm 1",
        "rates": f"the best of {TRIES} from {RATES[0]:g} to {RATES[1]:g}, by a fifth of the days",
        "budget": f"at most {UPDATES} updates, {LOOK * PATIENCE} without a better look; then anew from all of the days",
    },
    draws=BLOCKS,
)


def biased(design, task, rival):
    """A table of the same LSTM with a forget bias of 1, and a rival."""
    words = design.settings["LSTM"].replace("all biases 0", "a forget bias of 1, all others 0")
    return replace(
        design,
        name=f"{design.name}-biased",
        arms=[*(arm(task, BIASED, seen, UNITS) for seen in SEEN[task]), arm(task, *rival)],
        settings={**design.settings, "LSTM": words},
    )


SUNSPOTS_BIASED = biased(SUNSPOTS, "sunspots", ("ARIMA", 22))
POWER_BIASED = biased(POWER, "power", ("least squares", 12))
DESIGNS = (SUNSPOTS, POWER, SUNSPOTS_BIASED, POWER_BIASED)


def fewer(name, task, outcome, better, worse):
    """By how many per cent the error of one arm is less than that of another, each window or block by itself."""
    designs = (SUNSPOTS_BIASED, POWER_BIASED) if better[0] == BIASED else (SUNSPOTS, POWER)
    design = designs[task != "sunspots"]
    about = {"name": name, "design": design, "outcome": outcome, "units": "fold"}
    about |= {"arm": arm(task, *worse), "rival": arm(task, *better)}
    if task == WIDE:  # of nine blocks to learn from, any two runs share eight
        return OverSplits(**about, overlap=1 / (BLOCKS - 1))
    return Mean(**about)


def versus(units=UNITS, rival="ARIMA", linear="least squares", seen=22, power="power", method="LSTM"):
    """The LSTM against its rivals."""
    lstm = method, seen, units
    return (
        fewer("sunspots, 1 year", "sunspots", "log_one", lstm, (rival, 22)),
        fewer("sunspots, 11 years", "sunspots", "log_all", lstm, (rival, 22)),
        fewer("power, 12 hours", power, "log_all", (method, 12, units), (linear, 12)),
    )


def history(method="LSTM", units=UNITS, of_sunspots="log_all"):
    """What each step to a longer history saves."""
    outcome = {"sunspots": of_sunspots, "power": "log_all"}
    return tuple(
        fewer(f"{task}, {less} to {more}", task, outcome[task], (method, more, units), (method, less, units))
        for task, lengths in SEEN.items()
        for less, more in pairwise(lengths)
    )


PLACE = 13, 2
STARTED = Change(
    date="2026-11-29",
    what="a forget bias of 1 as a variation",
    why="a referee found another trial of this book in which an LSTM without one loses, and its start was no variation",
    part="variations",
)
CLAIMS = (
    Claim(
        words="An LSTM beats ARIMA",
        sentence=(
            "An LSTM forecasts sunspots, one and eleven years ahead, better than ARIMA, "
            "and half a day of power better than an autoregression."
        ),
        said=(
            Said("siaminamini2018comparison", "errors less by 84 to 87 per cent on average, on financial series"),
            Said("", "comparisons on one series that appear by the hundred"),
        ),
        section="13-series-and-prices",
        logic="on average",
        region=(5.0, INF),
        unit="per cent",
        quantity="by how much the LSTM's error is less (100 times the logarithm of the ratio of the errors)",
        margin="a twentieth: for less nobody gives up a model that is fitted in a second and can be read",
        conditions=versus(),
        panel=(
            Variation(f"{UNITS // 4} units", versus(units=UNITS // 4)),
            Variation("11 years seen", versus(seen=11)),
            Variation("6 years seen", versus(seen=6)),
            Variation(
                "an autoregression of order 9, and a ridge, for rivals",
                versus(rival="ARIMA of order 9", linear="ridge"),
            ),
            Variation("ARIMA of square roots for a rival", versus(rival="ARIMA of roots")),
            Variation("981 days of power to learn from, not 109", versus(power=WIDE)),
            Variation("a forget bias of 1", versus(method=BIASED)),
        ),
        shared=True,
        changes=(
            Change(
                date="2026-11-29",
                what="6 years seen as a variation; with 981 days the interval allows for days that runs share",
                why="a referee found that the LSTM does best with the shortest stretch one year ahead, and that"
                " any two of these runs learn from eight common blocks of nine",
                part="variations",
            ),
            STARTED,
        ),
    ),
    Claim(
        words="More history is better",
        sentence=(
            "An LSTM that sees more of the past, of 6 to 22 years of sunspots or 3 to 12 hours of power, "
            "forecasts better."
        ),
        said=(Said("", "what follows from the long memory for which LSTMs are praised"),),
        section="13-series-and-prices",
        logic="on average",
        region=(2.0, INF),
        unit="per cent",
        quantity="by how much the error is less with the next longer history (100 times the logarithm of the ratio)",
        margin="two per cent: each step doubles what has to be kept and read, and for less nobody would",
        conditions=history(),
        panel=(
            Variation(f"{UNITS // 4} units", history(units=UNITS // 4)),
            Variation("least squares in the place of the LSTM", history("least squares", 0)),
            Variation("sunspots one year ahead", history(of_sunspots="log_one")),
            Variation("a forget bias of 1", history(BIASED)),
        ),
        shared=True,
        changes=(
            Change(
                date="2026-11-29",
                what="sunspots one year ahead as a variation",
                why="a referee found that there a longer history does harm",
                part="variations",
            ),
            STARTED,
        ),
    ),
)
