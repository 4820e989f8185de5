"""How tables that were made before the engine are read: at one rate, chosen from a table of its own.

Their rates were chosen by the best mean of a part of the range. An interval over seeds alone then
covers 62 to 65 % where it says 95 (simulated); with the error of the choice, resampled here, 81 to
90 %. So a claim that reads such a table is marked *made before*. This file goes when no such table is left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from rnnbook.arrays import Array
from rnnbook.trials.designs import FOLDER, log_uniform, results, rows_where
from rnnbook.trials.estimates import INF, Estimate, difference, difference_of_shares, mean, share, total
from rnnbook.trials.sweeps import sweep
from rnnbook.trials.verdicts import Said

SEEDS = 30  # runs at the best rates


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

    def side(self, **factors: Any) -> tuple[Array, float]:
        """The outcomes at the chosen rate, and the standard error that the choice of the rate adds."""
        runs = np.asarray(self.outcome(rows_where(results(self.name), **factors)), float)
        return runs, self.tuning_error(**factors)

    def tuning_error(self, resamples: int = 200, **factors: Any) -> float:
        """How the smoothed outcome varies at the rates that resampled tuning runs would have chosen."""
        rows = rows_where(results(f"{self.name}-tuning"), **factors)
        decades = np.log(rows["learning_rate"]) / np.log(self.rates[1] / self.rates[0])
        select, outcome = (np.asarray(of(rows), float) for of in (self.select, self.outcome))
        known = np.isfinite(outcome)
        if known.sum() < 5:
            return 0.0
        rng = np.random.default_rng(0)

        def value(drawn):
            (rate,) = best_rates(rows[drawn], tuple(factors), select[drawn], self.rates, self.parts).values()
            away = np.log(rate) / np.log(self.rates[1] / self.rates[0]) - decades[known]
            weight = np.exp(-0.5 * (away / 0.1) ** 2) + 1e-9
            return weight @ outcome[known] / weight.sum()

        return float(np.std([value(rng.integers(0, len(rows), len(rows))) for _ in range(resamples)]))

    def difference(self, arm: dict[str, Any], rival: dict[str, Any]) -> Estimate:
        """The mean of one arm less that of another, by Welch's t."""
        (a, more_a), (b, more_b) = self.side(**arm), self.side(**rival)
        ends = np.array([min(a.min(), b.min()), max(a.max(), b.max())])
        return blurred(difference([mean(a, ends), mean(b, ends)]), more_a, more_b)

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


def corrected(values: Array, overlap: float) -> Estimate:
    """The mean over folds that share what they learn from, with variance (1/N + overlap) s² (Nadeau & Bengio 2003)."""
    found = mean(values)
    return replace(found, se=found.se * float(np.sqrt(1 + len(values) * overlap)))


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
    lowest, highest = limits
    edges = np.geomspace(lowest, highest, parts + 1)
    part = np.digitize(tuning["learning_rate"], edges[1:-1])
    rates = {}
    for values in dict.fromkeys(zip(*(tuning[name].tolist() for name in by), strict=True)):
        own = np.all([tuning[name] == value for name, value in zip(by, values, strict=True)], axis=0)
        means = {k: quantity[own & (part == k)].mean() for k in set(part[own].tolist())}
        best = min(means, key=lambda k: means[k])
        rates[values] = float(np.sqrt(edges[best] * edges[best + 1]))
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


# ---------------------------------------------------------------- until every trial has gone through the engine
class Effect(NamedTuple):
    """How far the runs lie on the claim's side, and the interval of it."""

    name: str  #: the task or setting
    value: float  #: positive where the claim holds
    low: float
    high: float


@dataclass(frozen=True)
class OldClaim:
    """A sentence on trial, and how its tables decide it.

    The verdict is *confirmed* when at least `need` effects lie above zero with their whole
    interval, *refuted* when as many lie below, and otherwise *not proven*.
    """

    words: str  #: as one finds it said
    said_by: tuple[str, ...]  #: keys of the bibliography; none for what everybody says
    section: str  #: the chapter's file; the claim is a heading in it
    tasks: str
    quantity: str  #: what an effect is
    tables: tuple[str, ...]
    need: int
    effects: Callable[[], list[Effect]]

    logic = "as many effects as were said beforehand"
    region = (0.0, INF)
    unit = "the claim's side"
    margin = "part of the effect"
    changes: tuple[Any, ...] = ()

    @property
    def sentence(self) -> str:
        """The tasks, where a claim has no sentence yet."""
        return f"On {self.tasks}."

    @property
    def said(self) -> list[Said]:
        """Who says it."""
        return [Said(key, "") for key in self.said_by] or [Said("", "said everywhere")]

    def designs(self) -> list[Any]:
        """None: its tables are older."""
        return []

    def hash(self) -> str:
        """None."""
        return ""

    def made_before(self) -> bool:
        """Always."""
        return True

    def estimates(self) -> list[Estimate]:
        """The effects."""

        def known(one: Effect) -> Estimate:
            return Estimate(one.name, one.value, one.high - one.low, exact=lambda _: (one.low, one.high))

        return [known(one) for one in self.effects()]

    def judge(self, estimates: Sequence[Estimate]) -> tuple[str, str]:
        """The verdict, by counting."""
        low, high = zip(*(one.interval() for one in estimates), strict=True)
        word = "confirmed" if sum(np.array(low) > 0) >= self.need else "not proven"
        return ("refuted" if sum(np.array(high) < 0) >= self.need else word), f"{self.need} of {len(low)} decide"

    def stands(self, *_: Any) -> str:
        """What a reader has to know."""
        return "was not varied yet, and is judged by counting effects"

    def runs(self) -> int:
        """How many runs the verdict rests on."""
        return sum(len(results(name)) for name in self.tables)

    def verdict(self) -> str:
        """*confirmed*, *refuted* or *not proven*."""
        return self.judge(self.estimates())[0]

    def report(self) -> str:
        """The effects and the verdict, as lines of text."""
        effects = self.effects()
        width = max(len(effect.name) for effect in effects)
        lines = [f"{e.name:{width}s} {e.value:7.2f}   ({e.low:.2f}, {e.high:.2f})" for e in effects]
        return "\n".join([f"effect: {self.quantity}", *lines, f"{self.need} of {len(lines)} decide: {self.verdict()}"])


def effect(name: str, a: ArrayLike, b: ArrayLike = (0.0,), n_comparisons: int = 1, shift: float = 0.0) -> Effect:
    """The mean of `a` less the mean of `b`, plus `shift`, and its interval by the bootstrap.

    Parameters
    ----------
    name : str
    a, b : ndarray, shapes (N,) and (M,)
        Independent runs; without `b` the effect is the mean of `a`.
    n_comparisons : int
        Effects of the claim. The intervals hold for all of them together with 95 %
        confidence (Bonferroni).
    shift : float, default 0
        What the claim may miss, or must exceed.

    Returns
    -------
    Effect

    Examples
    --------
    >>> found = effect("adding", np.array([1.0, 2.0, 3.0, 2.0]), np.array([0.0, 0.5, 1.0, 0.5]))
    >>> found.value, bool(found.low > 0)
    (1.5, True)
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    value = float(a.mean() - b.mean() + shift)
    if np.ptp(a) == 0 == np.ptp(b):  # nothing varies
        return Effect(name, value, value, value)
    low, high = stats.bootstrap(
        (a, b) if len(b) > 1 else (a,),
        lambda a, b=None, axis=-1: np.mean(a, axis) - (0 if b is None else np.mean(b, axis)),
        confidence_level=1 - 0.05 / n_comparisons,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    fixed = shift if len(b) > 1 else shift - b.mean()
    return Effect(name, value, float(low + fixed), float(high + fixed))


def paired(name: str, differences: Array, overlap: float, n_comparisons: int = 1, shift: float = 0.0) -> Effect:
    """The mean difference of two sides of a cross-validation, fold by fold, plus `shift`, and its interval.

    Folds share what they learn from, so their spread alone makes intervals too narrow; Student's
    t with the corrected variance of Nadeau & Bengio (2003), ``(1/N + overlap) s²``, allows for it.

    Parameters
    ----------
    name : str
    differences : ndarray, shape (N,)
        One a fold.
    overlap : float
        Size of what is tested on by size of what is learned from, 1/9 in ten folds.
    n_comparisons, shift
        As for `effect`.

    Returns
    -------
    Effect

    Examples
    --------
    >>> found = paired("mean", np.array([1.0, 2.0, 3.0]), overlap=1 / 2)
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (2.0, -1.93, 5.93)
    """
    found = corrected(differences, overlap)
    low, high = found.interval(0.05 / n_comparisons)
    return Effect(name, found.value + shift, low + shift, high + shift)


def old_share(name: str, successes: Array, n_comparisons: int = 1, shift: float = 0.0) -> Effect:
    """The share of runs that succeeded, plus `shift`, with Wilson's interval.

    Parameters
    ----------
    name : str
    successes : ndarray of bool, shape (N,)
    n_comparisons, shift
        As for `effect`.

    Returns
    -------
    Effect

    Examples
    --------
    >>> found = old_share("latch", np.array([True] * 30), shift=-0.5)
    >>> found.value, round(found.low, 2), found.high
    (0.5, 0.39, 0.5)
    """
    k, n = int(np.sum(successes)), len(successes)
    low, high = stats.binomtest(k, n).proportion_ci(1 - 0.05 / n_comparisons, "wilson")
    return Effect(name, k / n + shift, float(low) + shift, float(high) + shift)
