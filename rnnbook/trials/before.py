"""How tables that were made before the engine are read: at one rate, chosen from a table of its own.

Their rates were chosen by the best mean of a part of the range. What an interval then covers where it says 95 %
depends on the shape of the losses (`coverage`, five of them): over seeds alone 44 to 95 %; with the error of the
choice, resampled here, 85 to 92 % after sixteen tuning runs and 91 to 97 % after thirty. A claim that reads such a
table is marked *planned after its runs*. This file goes when no such table is left.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from rnnbook.arrays import Array
from rnnbook.trials.designs import FOLDER, edge, log_uniform, results, rows_where
from rnnbook.trials.estimates import INF, Estimate, difference, difference_of_shares, mean, share, total
from rnnbook.trials.sweeps import sweep

SEEDS = 30  # runs at the best rates
RESAMPLES = 200  # of the tuning runs


@dataclass(frozen=True)
class Before:
    """A condition of old tables."""

    name: str
    tables: tuple[str, ...]
    find: Callable[[], Estimate]
    limits: tuple[float, float] = (-INF, INF)

    def declared(self) -> dict[str, Any]:
        """Its name: what it computes was never declared."""
        return {"kind": "Before", "name": self.name, "tables": self.tables}

    def estimate(self, read: Callable[[str], Array]) -> Estimate:  # noqa: ARG002 (as every condition's)
        """From the committed tables."""
        return replace(self.find(), name=self.name, limits=self.limits)


@dataclass(frozen=True)
class Old:
    """A pair of old tables, ``name-tuning`` and ``name``, and what is asked of their rows."""

    name: str
    outcome: Callable[[Array], Array]
    select: Callable[[Array], Array]  #: small is good
    rates: tuple[float, float]
    parts: int = 5
    nothing: float = float("nan")  #: the outcome of a run that learned nothing, if there is one such

    def side(self, **factors: Any) -> tuple[Array, float]:
        """The outcomes at the chosen rate, and the standard error that the choice of the rate adds."""
        runs = np.asarray(self.outcome(rows_where(results(self.name), **factors)), float)
        return runs, self.tuning_error(**factors)

    def tuning_error(self, **factors: Any) -> float:
        """What choosing the rate adds to the standard error."""
        return _tuning_error(self, **factors)

    def difference(self, arm: dict[str, Any], rival: dict[str, Any]) -> Estimate:
        """The mean of one arm less that of another, by Welch's t."""
        (a, more_a), (b, more_b) = self.side(**arm), self.side(**rival)
        ends = np.array([min(a.min(), b.min()), max(a.max(), b.max())])
        found = blurred(difference([mean(a, ends), mean(b, ends)]), more_a, more_b)
        nothing = np.all(np.r_[a, b] == self.nothing)
        return replace(found, remark="nothing learned" if nothing else self.edge(arm) or self.edge(rival))

    def edge(self, factors: dict[str, Any]) -> str:
        """At which edge of their range the best rates of the tuning runs lie; empty if at none."""
        rows = rows_where(results(f"{self.name}-tuning"), **factors)
        select = np.asarray(self.select(rows), float)
        return edge(np.where(np.isnan(select), np.inf, select), rows["learning_rate"], self.rates)

    def average(self, target: float = 0.0, **arm: Any) -> Estimate:
        """The mean of one arm, less a constant."""
        runs, more = self.side(**arm)
        found = blurred(mean(runs), more)
        return replace(found, value=found.value - target)

    def share(self, arm: dict[str, Any], rival: dict[str, Any] | None = None) -> Estimate:
        """The share of runs that succeed, or a difference of two."""
        sides = [self.side(**one) for one in (arm, rival) if one is not None]
        each = [share(runs) for runs, _ in sides]
        found = each[0] if rival is None else difference_of_shares(*each)
        return blurred(found, *(more for _, more in sides))


@cache  # conditions and variations share many sides
def _tuning_error(old: Old, **factors: Any) -> float:
    rows = rows_where(results(f"{old.name}-tuning"), **factors)
    select, outcome = (np.asarray(of(rows), float) for of in (old.select, old.outcome))
    return choice_error(rows["learning_rate"], select, outcome, old.rates, old.parts)


def choice_error(rates: Array, select: Array, outcome: Array, limits: tuple[float, float], parts: int) -> float:
    """How the smoothed outcome varies at the rates that resampled tuning runs would have chosen."""
    span = np.log(limits[1] / limits[0])
    decades, known = np.log(rates) / span, np.isfinite(outcome)
    if known.sum() < 5:
        return 0.0
    rng = np.random.default_rng(0)
    part, middles = parts_of_range(rates, limits, parts)
    select = np.where(np.isnan(select), np.inf, select)

    def smoothed(rate):
        weight = np.exp(-0.5 * ((np.log(rate) / span - decades[known]) / 0.1) ** 2) + 1e-9
        return weight @ outcome[known] / weight.sum()

    values = [smoothed(rate) for rate in middles]
    draws = (rng.integers(0, len(rates), len(rates)) for _ in range(RESAMPLES))
    return float(np.std([values[best_part(part[drawn], select[drawn])] for drawn in draws]))


def blurred(found: Estimate, *errors: float) -> Estimate:
    """An estimate with further standard errors: of tuning, of a clock."""
    more = float(np.hypot.reduce(errors))
    if more == 0:
        return found
    wide = total("", [(1.0, replace(found, exact=None)), (1.0, Estimate("", 0.0, more))])
    if found.exact is None:
        return wide

    def exact(alpha):
        (low, high), half = found.interval(alpha), Estimate("", 0.0, more).interval(alpha)[1]
        return found.value - np.hypot(found.value - low, half), found.value + np.hypot(high - found.value, half)

    return replace(wide, exact=exact)


def parts_of_range(rates: Array, limits: tuple[float, float], parts: int) -> tuple[Array, list[float]]:
    """In which of the equal parts of their range, of its logarithm, rates lie; and the middles of the parts."""
    edges = np.geomspace(*limits, parts + 1)
    return np.digitize(rates, edges[1:-1]), [float(np.sqrt(a * b)) for a, b in itertools.pairwise(edges)]


def best_part(part: Array, quantity: Array) -> int:
    """The part in which the mean of a quantity is smallest."""
    means = {k: quantity[part == k].mean() for k in set(part.tolist())}
    return min(means, key=lambda k: means[k])


def best_rates(
    tuning: Array, by: Sequence[str], quantity: Array, limits: tuple[float, float], parts: int = 5
) -> dict[tuple[Any, ...], float]:
    """The best learning rate in a table of tuning runs, for each value of some factors.

    One lucky run does not decide: the range of the rates is cut into equal parts (of their
    logarithm), and the middle of the part with the smallest mean is taken.

    Parameters
    ----------
    tuning : ndarray, structured, N rows
        With the column ``learning_rate``.
    by : tuple of str
        The factors.
    quantity : ndarray, shape (N,)
        Small is good; where it is NaN, the run is the worst of all.
    limits : tuple of two floats
        The range of the rates.
    parts : int, default 5

    Returns
    -------
    dict of tuple to float

    Examples
    --------
    >>> columns = [("cell", "U1"), ("learning_rate", float), ("loss", float)]
    >>> rows = np.array([("a", 0.01, 5.0), ("a", 0.5, 1.0)], columns)
    >>> rates = best_rates(rows, ("cell",), rows["loss"], limits=(0.01, 1.0), parts=2)
    >>> round(rates["a",], 3)
    0.316
    """
    quantity = np.where(np.isnan(quantity), np.inf, quantity)
    part, middles = parts_of_range(tuning["learning_rate"], limits, parts)
    rates = {}
    for values in dict.fromkeys(zip(*(tuning[name].tolist() for name in by), strict=True)):
        own = np.all([tuning[name] == value for name, value in zip(by, values, strict=True)], axis=0)
        rates[values] = middles[best_part(part[own], quantity[own])]
    return rates


def tune_and_run(
    trial: Callable[..., Mapping[str, Any]],
    combinations: Sequence[Mapping[str, Any]],
    name: str,
    quantity: Callable[[Array], Array],
    limits: tuple[float, float],
    draws: int = 30,
    parts: int = 5,
    tuning_trial: Any = None,
    folds: int | None = None,
) -> None:
    """Make the two tables of a trial: learning rates drawn, then thirty seeds at the best rates.

    Parameters
    ----------
    trial : callable
        As for `rnnbook.sweep`, with a factor ``learning_rate``.
    combinations : list of dict
        All other factors.
    name : str
        Of the tables, ``name-tuning.csv`` and ``name.csv``.
    quantity : callable
        Of a table; gives one number a row, where small is good. It picks the best rates.
    limits : tuple of two floats
        The range from which the rates are drawn, log-uniformly.
    draws : int, default 30
        Rates for each combination, on seeds from 1000 on.
    parts : int, default 5
        As for `best_rates`.
    tuning_trial : callable, optional
        A cheaper trial to look for the rates with.
    folds : int, optional
        Of a cross-validation: the trial has a factor ``fold``. Each rate is tried on one that is
        drawn, and at the best rate each of them is run once, in the place of thirty seeds.
    """

    more = {} if folds is None else {"fold": lambda rng: int(rng.integers(folds))}
    drawn = [{**combination, "learning_rate": log_uniform(*limits), **more} for combination in combinations]
    tuning = sweep(tuning_trial or trial, drawn, range(1000, 1000 + draws), table=FOLDER / f"{name}-tuning.csv")
    by = tuple(combinations[0])
    rates = best_rates(tuning, by, quantity(tuning), limits, parts)
    best = [{**combination, "learning_rate": rates[tuple(combination.values())]} for combination in combinations]
    if folds is not None:
        best = [{**combination, "fold": fold} for combination in best for fold in range(folds)]
    sweep(trial, best, range(SEEDS if folds is None else 1), table=FOLDER / f"{name}.csv")


def rate_of(name: str, **factors: Any) -> float:
    """The learning rate with which some rows of a committed table were run."""
    return float(rows_where(results(name), **factors)["learning_rate"][0])
