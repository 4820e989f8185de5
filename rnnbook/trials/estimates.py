"""Quantities and their intervals: of what the conditions of a claim are made.

A condition is declared as data, so that it can be hashed before there is a run: a design, an
outcome in its unit, an arm, and a rival's arm if it is a difference. Its estimate has an interval
at every level, over what was sampled: runs with rates drawn at random, seeds, years, folds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import betaincinv, comb, ndtri, stdtrit

from rnnbook.arrays import Array
from rnnbook.trials.designs import Design, rows_where

INF = float("inf")
TRIES = 8  # rates that somebody tries who wants a network to work


@dataclass(frozen=True)
class Estimate:
    """A quantity in raw units, and how well it is known."""

    name: str
    value: float
    se: float  #: standard error
    df: float = INF  #: degrees of freedom of `se`
    limits: tuple[float, float] = (-INF, INF)  #: what the quantity cannot leave, whatever the runs
    exact: Callable[[float], tuple[float, float]] | None = None  #: an interval that is not Student's
    runs: int = 0
    remark: str = ""  #: why it is no test

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        """The interval that covers the true value with confidence 1 - `alpha`, cut at the limits."""
        level = 1 - alpha / 2
        half = float(stdtrit(self.df, level) if np.isfinite(self.df) else ndtri(level)) * self.se
        low, high = (self.value - half, self.value + half) if self.exact is None else self.exact(alpha)
        return max(low, self.limits[0]), min(high, self.limits[1])


def total(name: str, terms: Sequence[tuple[float, Estimate]], shared: bool = False) -> Estimate:
    """A weighted sum of estimates; degrees of freedom by Satterthwaite (1946).

    With `shared` they have runs in common, and their errors are added up as if they always erred
    together.
    """
    parts = np.array([abs(weight) * one.se for weight, one in terms])
    se = float(parts.sum() if shared else np.sqrt((parts**2).sum()))
    below = sum(part**4 / one.df for part, (_, one) in zip(parts, terms, strict=True) if np.isfinite(part))
    return Estimate(
        name,
        value=float(sum(weight * one.value for weight, one in terms)),
        se=se,
        df=float((parts**2).sum() ** 2 / below) if below > 0 and np.isfinite(se) else INF,
        limits=(
            float(sum(min(weight * end for end in one.limits) for weight, one in terms)),
            float(sum(max(weight * end for end in one.limits) for weight, one in terms)),
        ),
        runs=sum(one.runs for _, one in terms),
        remark="; ".join(dict.fromkeys(one.remark for _, one in terms if one.remark)),
    )


def difference(sides: Sequence[Estimate]) -> Estimate:
    """The one estimate, or the first less the second."""
    return total("", list(zip((1.0, -1.0), sides, strict=False)))


# ---------------------------------------------------------------- conditions
@dataclass(frozen=True, kw_only=True)
class Condition:
    """A named quantity of a claim: an outcome in one arm of a design, less a rival's if there is one.

    Parameters
    ----------
    name : str
    design : Design
        Whose table has the runs.
    outcome : str
        A column; its bounds stand in the design.
    arm, rival : dict of str to value
        The factors of one arm each.
    minus : float, default 0
        A constant to be taken off.
    per : float, default 1
        What counts as one: the quantity is divided by it, where conditions have different units.
    """

    name: str
    design: Design
    outcome: str
    arm: Mapping[str, Any]
    rival: Mapping[str, Any] | None = None
    minus: float = 0.0
    per: float = 1.0

    def __post_init__(self):
        if self.outcome not in self.design.outcomes:
            raise ValueError(f"outcome must be one of {', '.join(self.design.outcomes)}, got {self.outcome!r}")
        for arm in self.arms():
            self.design.check_arm(arm)

    def arms(self) -> list[Mapping[str, Any]]:
        """The arm, and the rival's if there is one."""
        return [self.arm] if self.rival is None else [self.arm, self.rival]

    def kept(self) -> str:
        """Which of the runs count, in words; empty if all do alike."""
        return ""

    def declared(self) -> dict[str, Any]:
        """What decides, as data."""
        kept = {k: v for k, v in vars(self).items() if k != "design"}
        return {"kind": type(self).__name__, "design": self.design.name, **kept}

    def estimate(self, read: Callable[[str], Array]) -> Estimate:
        """From the tables that `read` gives by their names."""
        try:
            sides = [rows_where(read(self.design.name), **arm) for arm in self.arms()]
        except FileNotFoundError:
            sides = []
        if sum(map(len, sides)) < len(self.arms()) * self.design.draws:
            return Estimate(self.name, float("nan"), INF, limits=self._limits(), remark="its runs are not finished")
        found = self._of(*sides)
        if self.minus or self.per != 1:
            found = _scaled(found, self.minus, self.per)
        return replace(found, name=self.name, limits=self._limits(), runs=sum(map(len, sides)))

    def _limits(self):
        low, high = self.design.outcomes[self.outcome]
        if self.rival is not None:
            low, high = low - high, high - low
        return (low - self.minus) / self.per, (high - self.minus) / self.per

    def _of(self, *sides):
        raise NotImplementedError


def _scaled(found, minus, per):
    exact = found.exact and (lambda alpha: tuple((end - minus) / per for end in found.exact(alpha)))
    return replace(found, value=(found.value - minus) / per, se=found.se / per, exact=exact)


@dataclass(frozen=True, kw_only=True)
class BestOf(Condition):
    """What one gets who draws `tries` rates and keeps the run that does best on validation data.

    The mean over all subsets of that many runs with rates drawn at random (Dodge et al. 2019; in this
    form, which has no bias, Tang et al. 2020): no rate is chosen, so nothing hangs on a tie. The
    standard error is the jackknife's (Efron & Stein 1981), with as many degrees of freedom as there
    are disjoint subsets; it holds the tuning as well as the seeds.
    """

    tries: int = TRIES

    def kept(self) -> str:
        return f"; what counts is the best of {self.tries} by {self.design.select}"

    def _of(self, *sides):
        each = [best_of(self.design.selection(rows), rows[self.outcome], self.tries) for rows in sides]
        return replace(difference(each), remark=self.design.remark(sides))


def best_of(select: Array, outcome: Array, tries: int = TRIES) -> Estimate:
    """The expected outcome of the best of `tries` runs by `select`, and its jackknife.

    Examples
    --------
    >>> found = best_of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 20.0, 30.0, 40.0]), tries=2)
    >>> round(found.value, 3)  # of six pairs three are led by the first, two by the second, one by the third
    16.667
    """
    N, order = len(select), np.argsort(select, kind="stable")
    select, outcome = select[order], outcome[order]

    def weights(runs):  # of all subsets the share that each run leads, the best first
        return comb(np.arange(runs)[::-1], tries - 1) / comb(runs, tries)

    def value(select, outcome, weights):
        equals = np.cumsum(np.append(False, select[1:] != select[:-1]))  # equals share their weights
        means = np.bincount(equals, outcome) / np.bincount(equals)
        return float(means[equals] @ weights)

    others, fewer = ~np.eye(N, dtype=bool), weights(N - 1)
    without = np.array([value(select[kept], outcome[kept], fewer) for kept in others])
    se = float(np.sqrt((N - 1) / N * ((without - without.mean()) ** 2).sum()))
    return Estimate("", value(select, outcome, weights(N)), se, N / tries, runs=N)


@dataclass(frozen=True, kw_only=True)
class Share(Condition):
    """The probability that the best of `tries` runs succeeds: 1 - (1 - p)^tries, p the share of single runs.

    Clopper & Pearson's interval of p; for a difference two of them are combined as Newcombe (1998) combines
    Wilson's in his method 10. It needs outcomes of 0 and 1 that validation data see as well; with ``tries=1`` it is
    a plain share.
    """

    tries: int = 1

    def kept(self) -> str:
        return f"; what counts is whether one of {self.tries} succeeds" if self.tries > 1 else ""

    def _of(self, *sides):
        each = [share(rows[self.outcome], self.tries) for rows in sides]
        return each[0] if len(each) == 1 else difference_of_shares(*each)


def share(success: Array, tries: int = 1) -> Estimate:
    """The probability that at least one of `tries` runs succeeds.

    Examples
    --------
    >>> found = share(np.ones(30))
    >>> found.value, round(found.interval()[0], 3), found.interval()[1]
    (1.0, 0.884, 1.0)
    """
    k, n = int(np.sum(success)), len(success)

    def any_of(p):
        return 1 - (1 - p) ** tries

    def exact(alpha):
        low = betaincinv(k, n - k + 1, alpha / 2) if k else 0.0
        high = betaincinv(k + 1, n - k, 1 - alpha / 2) if k < n else 1.0
        return float(any_of(low)), float(any_of(high))

    p = (k + 2) / (n + 4)  # Agresti & Coull 1998, for means over conditions
    slope = tries * (1 - p) ** (tries - 1)
    return Estimate("", any_of(k / n), slope * float(np.sqrt(p * (1 - p) / (n + 4))), INF, (0.0, 1.0), exact, n)


def difference_of_shares(a: Estimate, b: Estimate) -> Estimate:
    """A difference of two shares, their intervals combined by squares, as in Newcombe's method 10."""
    value = a.value - b.value

    def exact(alpha):
        (low_a, high_a), (low_b, high_b) = a.interval(alpha), b.interval(alpha)
        down, up = np.hypot(a.value - low_a, high_b - b.value), np.hypot(high_a - a.value, b.value - low_b)
        return float(value - down), float(value + up)

    return replace(difference([a, b]), exact=exact)


@dataclass(frozen=True, kw_only=True)
class Mean(Condition):
    """A mean over what was sampled, by Student's t: of seeds, or of the values of the column `units`.

    With `units` (years, folds, networks) the runs of one are averaged first, and a rival's are
    taken off one by one. Without, two sides are independent, by Welch's t; each is lent half a run
    at both extremes that either has shown, for the standard error alone, so that thirty equal runs are
    no certainty.
    """

    units: str = ""

    def _of(self, *sides):
        if self.units:
            each = [by_unit(rows[self.outcome], rows[self.units]) for rows in sides]
            return mean(each[0] - each[1] if len(each) == 2 else each[0])
        each = [rows[self.outcome].astype(float) for rows in sides]
        ends = np.array([min(y.min() for y in each), max(y.max() for y in each)])
        return difference([mean(y, ends) for y in each])


def by_unit(y: Array, units: Array) -> Array:
    """The mean of the runs of each year, fold or network."""
    return np.array([y[units == unit].mean() for unit in np.unique(units)])


def mean(y: Array, ends: Array | None = None) -> Estimate:
    """The mean of independent numbers; `ends` are lent to its variance with half a weight each.

    Examples
    --------
    >>> found = mean(np.array([1.0, 2.0, 3.0]))
    >>> found.value, [round(end, 2) for end in found.interval()]
    (2.0, [-0.48, 4.48])
    """
    n = len(y)
    z, w = (y, np.ones(n)) if ends is None else (np.r_[y, ends], np.r_[np.ones(n), 0.5, 0.5])
    variance = np.average((z - np.average(z, weights=w)) ** 2, weights=w) * n / (n - 1)
    return Estimate("", float(y.mean()), float(np.sqrt(variance / n)), n - 1, runs=n)


def corrected(values: Array, overlap: float) -> Estimate:
    """The mean over splits that share what they learn from: its variance is (1/N + overlap) s² (Nadeau & Bengio 2003).

    Parameters
    ----------
    values : ndarray, shape (N,)
        One a split.
    overlap : float
        Size of what is tested on by size of what is learned from, 1/9 in ten folds.
    """
    found = mean(values)
    return replace(found, se=found.se * float(np.sqrt(1 + len(values) * overlap)))


@dataclass(frozen=True, kw_only=True)
class OverSplits(Mean):
    """A `Mean` over runs of which each cuts one set of data into other parts; its variance is that of `corrected`."""

    overlap: float

    def _of(self, *sides):
        found = super()._of(*sides)
        return replace(found, se=found.se * float(np.sqrt(1 + self.design.draws * self.overlap)))


@dataclass(frozen=True)
class Computed:
    """A number that follows from definitions: nothing in it is random, so that no runs can decide it."""

    name: str
    value: float

    def declared(self) -> dict[str, Any]:
        """What decides, as data."""
        return {"kind": "Computed", **vars(self)}

    def estimate(self, read: Callable[[str], Array]) -> Estimate:  # noqa: ARG002 (as every condition's)
        """The number, without an interval."""
        return Estimate(self.name, self.value, 0.0)


@dataclass(frozen=True)
class Total:
    """A sum of conditions that have no run in common, such as of updates and of the time of one, as logarithms."""

    name: str
    parts: tuple[Condition, ...]

    def declared(self) -> dict[str, Any]:
        """What decides, as data."""
        return {"kind": "Total", "name": self.name, "parts": [part.declared() for part in self.parts]}

    def estimate(self, read: Callable[[str], Array]) -> Estimate:
        """The sum."""
        return total(self.name, [(1.0, part.estimate(read)) for part in self.parts])
