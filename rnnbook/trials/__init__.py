"""The trials of the book: one file a claim or two, and beside them the tables of all their runs.

A file says what would refute a claim, defines one run, ``run(rng, **factors)``, the sweeps
that make its tables, and the `Claim` that reads a verdict from them:
``python -m rnnbook.trials.variants`` makes the tables of one file, ``make results`` all.

Whatever needs the trials finds them by looking. Each says what is asked of it: `PLACE`, its
chapter and its place among the trials there; `CLAIMS`; `SLICES`, rows that a test makes again;
and `make`, which makes its tables.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from rnnbook.arrays import Array
from rnnbook.trials.sweeps import read_table, row_rng, sweep

FOLDER = Path(__file__).parent / "results"
SEEDS = 30  # runs at the best rates


class Effect(NamedTuple):
    """How far the runs lie on the claim's side, and the interval of it."""

    name: str  #: the task or setting
    value: float  #: positive where the claim holds
    low: float
    high: float


@dataclass(frozen=True)
class Claim:
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

    def runs(self) -> int:
        """How many runs the verdict rests on."""
        return sum(len(results(name)) for name in self.tables)

    def verdict(self) -> str:
        """*confirmed*, *refuted* or *not proven*."""
        return self._decide(self.effects())

    def _decide(self, effects):
        if sum(effect.low > 0 for effect in effects) >= self.need:
            return "confirmed"
        if sum(effect.high < 0 for effect in effects) >= self.need:
            return "refuted"
        return "not proven"

    def report(self) -> str:
        """The effects and the verdict, as lines of text."""
        effects = self.effects()
        width = max(len(effect.name) for effect in effects)
        lines = [f"{e.name:{width}s} {e.value:7.2f}   ({e.low:.2f}, {e.high:.2f})" for e in effects]
        return "\n".join(
            [f"effect: {self.quantity}", *lines, f"{self.need} of {len(lines)} decide: {self._decide(effects)}"]
        )


class Slice(NamedTuple):
    """Rows of a table of which tests make one again, of seed or fold 7, by NumPy's path where there are two."""

    trial: Callable[..., dict]  #: that made them
    table: str
    factors: dict  #: what the rows have in common
    tolerance: float = 0.02  #: relative; rounding grows over hundreds of updates
    absolute: float = 1e-9
    both: bool = False  #: by the compiled path too


@lru_cache
def modules() -> dict[str, ModuleType]:
    """Every trial of the book: the files beside this one that say their `PLACE`, in its order.

    Returns
    -------
    dict of str to module

    Examples
    --------
    >>> list(modules())[:3]
    ['state', 'truncation', 'slopes']
    """
    names = [path.stem for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))]
    found = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return dict(sorted((item for item in found.items() if hasattr(item[1], "PLACE")), key=lambda item: item[1].PLACE))


def claims() -> list[Claim]:
    """Every `Claim` of the book, chapter by chapter."""
    found = [claim for module in modules().values() for claim in module.CLAIMS]
    return sorted(found, key=lambda claim: claim.section[:2])


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
    N, value = len(differences), float(np.mean(differences) + shift)
    error = np.sqrt((1 / N + overlap) * np.var(differences, ddof=1))
    half = float(stats.t.ppf(1 - 0.025 / n_comparisons, N - 1) * error)
    return Effect(name, value, value - half, value + half)


def share(name: str, successes: Array, n_comparisons: int = 1, shift: float = 0.0) -> Effect:
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
    >>> found = share("latch", np.array([True] * 30), shift=-0.5)
    >>> found.value, round(found.low, 2), found.high
    (0.5, 0.39, 0.5)
    """
    k, n = int(np.sum(successes)), len(successes)
    low, high = stats.binomtest(k, n).proportion_ci(1 - 0.05 / n_comparisons, "wilson")
    return Effect(name, k / n + shift, float(low) + shift, float(high) + shift)


def rows_where(rows: Array, **factors: Any) -> Array:
    """The rows of a table with these values of its factors."""
    return rows[np.all([rows[name] == value for name, value in factors.items()], axis=0)]


def rate_of(name: str, **factors: Any) -> float:
    """The learning rate with which some rows of a committed table were run."""
    return float(rows_where(results(name), **factors)["learning_rate"][0])


@lru_cache
def results(name: str) -> Array:
    """The committed table of a sweep, read once.

    Parameters
    ----------
    name : str
        Of a file in ``rnnbook/trials/results``, without its ending.

    Returns
    -------
    ndarray, structured
        As `rnnbook.read_table` gives it, but not to be written to.

    Examples
    --------
    >>> sorted(results("variants-tuning").dtype.names)[:3]
    ['learning_rate', 'loss', 'seconds']
    """
    table = read_table(FOLDER / f"{name}.csv")
    table.flags.writeable = False
    return table


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


def verify(
    trial: Callable[..., Mapping[str, Any]],
    rows: Array,
    tolerance: float = 1e-3,
    absolute: float = 1e-9,
    **options: Any,
) -> str:
    """Run some rows of a table again, and compare.

    Parameters
    ----------
    trial : callable
        That the table was made with.
    rows : ndarray, structured
    tolerance : float, default 1e-3
        Relative; rounding grows over hundreds of updates.
    absolute : float, default 1e-9
        What is allowed besides, where an outcome counts things.
    **options
        More for the trial, such as ``compiled=False``.

    Returns
    -------
    str
        How many rows were run again.

    Raises
    ------
    AssertionError
        When an outcome differs from the table's; says which.

    Examples
    --------
    >>> from rnnbook.trials import state
    >>> verify(state.growth, results("growth")[:2])
    'run again: 2 rows, as in the table'
    """
    columns: Any = rows.dtype.names
    names = [name for name in inspect.signature(trial).parameters if name in columns]
    for row in rows:
        factors = {name: row[name].item() for name in names}
        outcome = trial(row_rng(factors, int(row["seed"])), **factors, **options)
        for name, value in outcome.items():
            if not np.isclose(value, row[name], rtol=tolerance, atol=absolute, equal_nan=True):
                raise AssertionError(
                    f"{name} of {factors} with seed {row['seed']} is {value}, in the table {row[name]}"
                )
    return f"run again: {len(rows)} row{'s' * (len(rows) > 1)}, as in the table"


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

    def log_uniform(rng):
        return float(np.exp(rng.uniform(*np.log(limits))))

    more = {} if folds is None else {"fold": lambda rng: int(rng.integers(folds))}
    drawn = [{**combination, "learning_rate": log_uniform, **more} for combination in combinations]
    tuning = sweep(tuning_trial or trial, drawn, range(1000, 1000 + draws), table=FOLDER / f"{name}-tuning.csv")
    by = tuple(combinations[0])
    rates = best_rates(tuning, by, quantity(tuning), limits, parts)
    best = [{**combination, "learning_rate": rates[tuple(combination.values())]} for combination in combinations]
    if folds is not None:
        best = [{**combination, "fold": fold} for combination in best for fold in range(folds)]
    sweep(trial, best, range(SEEDS if folds is None else 1), table=FOLDER / f"{name}.csv")
