"""The runs of a trial, declared before the first of them: arms, rates, draws, bounds of the outcomes."""

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook.arrays import Array
from rnnbook.trials.sweeps import beside, read_table, sweep, write_beside

FOLDER = Path(__file__).parent / "results"
DRAWS = 60  # runs of an arm, each with a rate of its own
LEARNED = 0.95  # of what the best constant answer costs
EDGE = 0.05  # of the range of rates, in their logarithm


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
    >>> sorted(results("growth").dtype.names)[:3]
    ['activation', 'decades', 'gain']
    """
    table = read_table(FOLDER / f"{name}.csv")
    table.flags.writeable = False
    return table


def matches(rows: Array, **factors: Any) -> Array:
    """Which rows of a table have these values of its factors."""
    return np.all([rows[name] == value for name, value in factors.items()], axis=0)


def rows_where(rows: Array, **factors: Any) -> Array:
    """The rows of a table with these values of its factors."""
    return rows[matches(rows, **factors)]


def edge(select: Array, rate: Array, limits: tuple[float, float]) -> str:
    """At which edge of their range the best rates lie, in words; empty if it is none."""
    low, high = np.log(limits)
    good = select <= np.sort(select)[len(select) // 12]  # the best five of sixty, and their equals
    place = ((np.log(rate[good]) - low) / (high - low)).mean()
    if EDGE < place < 1 - EDGE:
        return ""
    return f"the best rates lie at the {'low' if place < 0.5 else 'high'} edge of their range"


def log_uniform(low: float, high: float) -> Callable[[np.random.Generator], float]:
    """A function that draws a number whose logarithm is uniform."""
    return lambda rng: float(np.exp(rng.uniform(np.log(low), np.log(high))))


@dataclass(frozen=True, kw_only=True)
class Design:
    """A table of runs as it is planned.

    Every arm has the same number of runs. Where there are rates to choose, each run draws its own
    from one range, and so do all arms: seed 7 has the same rate in each.

    Parameters
    ----------
    name : str
        Of the table in ``rnnbook/trials/results``.
    run : callable
        ``run(rng, **factors)``, or ``run(rng, learning_rate=..., **factors)``, as for `rnnbook.sweep`.
    arms : sequence of dict
        The factors of each arm.
    outcomes : dict of str to two floats
        What claims may ask for, in their units, with the bounds that no run can leave.
    settings : dict of str to value
        What decides besides, from the constants that `run` uses: sizes, starts, budget, data.
    rates : two floats, optional
        The range of the learning rates; their logarithms are uniform.
    draws : int
        Runs of an arm.
    select : str, default ``"validation"``
        The column by which one picks among rates; small is good.
    solved : float, default 0
        What counts as learned in that column: below it all are equally good, since the last decimals of a
        loss are nobody's choice.
    nothing : float, optional
        What the best constant answer gets in that column. Where no run of any side is a twentieth
        better, nothing was learned, and nothing is tested.
    timed : bool, default False
        Whether its outcomes are times, which no machine gives twice.
    again : two floats, default (0.02, 1e-9)
        How closely, relative and absolute, a row comes out when it is made again by another path.
    """

    name: str
    run: Callable[..., Mapping[str, Any]]
    arms: Sequence[Mapping[str, Any]]
    outcomes: Mapping[str, tuple[float, float]]
    settings: Mapping[str, Any]
    rates: tuple[float, float] | None = None
    draws: int = DRAWS
    select: str = "validation"
    solved: float = 0.0
    nothing: float | None = None
    timed: bool = False
    again: tuple[float, float] = (0.02, 1e-9)

    def longer(self, updates: int) -> "Design":
        """The same with so many updates in every arm and 24 runs of each, for a variation."""
        return replace(
            self,
            name=f"{self.name}-longer",
            arms=[{**arm, "updates": updates} for arm in self.arms],
            settings={**self.settings, "budget": f"{updates} updates"},
            draws=24,
        )

    def check_arm(self, arm: Mapping[str, Any]) -> None:
        """Raise a ValueError unless these factors name one arm."""
        found = [one for one in self.arms if arm.items() <= one.items()]
        if len(found) != 1:
            raise ValueError(f"arm must name one arm of {self.name}, got {dict(arm)}, which names {len(found)}")

    def declared(self) -> dict[str, Any]:
        """What decides, as data."""
        left_out = ("run", "timed", "again", *(["solved"] if not self.solved else []))
        kept = {name: value for name, value in vars(self).items() if name not in left_out}
        return {**kept, "run": self.run.__name__}

    def counted(self) -> str:
        """How many runs there are, in words."""
        rates = "" if self.rates is None else ", with learning rates from {:g} to {:g}".format(*self.rates)
        equal = f"; with a {self.select} loss below {self.solved:g} equally good" if self.solved else ""
        return f"{self.draws} of each{rates}{equal}"

    def said(self) -> str:
        """The settings and runs in words."""
        return "; ".join([*(f"{name}: {words}" for name, words in self.settings.items()), f"runs: {self.counted()}"])

    def selection(self, rows: Array) -> Array:
        """By what one picks among rates; a run without a number is the worst of all."""
        select = np.maximum(rows[self.select].astype(float), self.solved)
        return np.where(np.isnan(select), np.inf, select)

    def remark(self, sides: Sequence[Array]) -> str:
        """Why a comparison of these rows would be no test; empty if it is one."""
        learned = [  # a side that learned nothing has no best rate
            rows for rows in sides if self.nothing is None or self.selection(rows).min() < LEARNED * self.nothing
        ]
        if not learned:
            return "nothing learned"
        if self.rates is None:
            return ""
        edges = (edge(self.selection(rows), rows["learning_rate"], self.rates) for rows in learned)
        return next(filter(None, edges), "")

    def planned(self) -> list[dict[str, Any]]:
        """Combinations for `rnnbook.sweep`."""
        rate = {} if self.rates is None else {"learning_rate": log_uniform(*self.rates)}
        return [{**arm, **rate} for arm in self.arms]

    def make(self, plan: Mapping[str, str], **options: Any) -> Array:
        """Run what the table lacks; beside it are written the claims' hashes and the commit in which they stand.

        Parameters
        ----------
        plan : dict of str to str
            The hash of each claim that reads the table.
        **options
            For `rnnbook.sweep`.
        """
        path = FOLDER / f"{self.name}.csv"
        if not path.exists():
            FOLDER.mkdir(exist_ok=True)
            write_beside(path, {"plan": dict(plan), "commit": committed()})
        return sweep(self.run, self.planned(), range(self.draws), table=path, **options)

    def pilot(self, draws: int = 12) -> str:
        """Where the best rates lie, by runs on seeds of their own that are thrown away; as lines of text."""
        with tempfile.TemporaryDirectory() as folder:
            table = f"{folder}/{self.name}.csv"
            rows = sweep(self.run, self.planned(), range(1000, 1000 + draws), table=table, progress=False)
        lines = [f"{self.name}: the rates of the best three of {draws}, {self.select} of all three, seconds a run"]
        for arm in self.arms:
            own = rows_where(rows, **arm)
            best = own[np.argsort(own[self.select])[:3]]
            rates, reached = (" ".join(f"{x:.3g}" for x in best[name]) for name in ("learning_rate", self.select))
            seconds = own["seconds"].mean()
            lines.append(f"  {', '.join(map(str, arm.values())):40s} {rates:24s} {reached:24s} {seconds:.1f}")
        return "\n".join(lines)

    def about(self) -> dict[str, Any]:
        """What stands beside the table: what made it, and the plan; empty if there is no table."""
        return beside(FOLDER / f"{self.name}.csv")


def committed() -> str:
    """The last commit, of which all trials and what they train with are part.

    Raises
    ------
    RuntimeError
        When a file of the package has changed since: the plan is committed before the first run.
    """

    def git(*words):
        return subprocess.run(["git", *words], cwd=FOLDER.parent, capture_output=True, text=True, check=True).stdout

    changed = [line[3:] for line in git("status", "--porcelain", ":/rnnbook").splitlines() if line.endswith(".py")]
    if changed:
        raise RuntimeError(f"the plan must be committed before the first run; changed since: {', '.join(changed)}")
    return git("rev-parse", "HEAD").strip()
