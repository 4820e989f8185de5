"""The trials of the book: one file a claim or two, and beside them the tables of all their runs.

A file says what is on trial (`Claim`), how its runs are made (`Design`) and defines one run,
``run(rng, **factors)``. ``python -m rnnbook.trials variants`` makes the tables of one file,
``make results`` all.

Whatever needs the trials finds them by looking. Each says what is asked of it: `PLACE`, its
chapter and its place among the trials there; `CLAIMS`; and `DESIGNS`.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from rnnbook.arrays import Array
from rnnbook.trials.designs import FOLDER as FOLDER
from rnnbook.trials.designs import Design as Design
from rnnbook.trials.designs import results as results
from rnnbook.trials.designs import rows_where as rows_where
from rnnbook.trials.estimates import INF as INF
from rnnbook.trials.estimates import BestOf as BestOf
from rnnbook.trials.estimates import Computed as Computed
from rnnbook.trials.estimates import Estimate as Estimate
from rnnbook.trials.estimates import Mean as Mean
from rnnbook.trials.estimates import OverSplits as OverSplits
from rnnbook.trials.estimates import Share as Share
from rnnbook.trials.estimates import Total as Total
from rnnbook.trials.sweeps import row_rng
from rnnbook.trials.verdicts import Change as Change
from rnnbook.trials.verdicts import Claim as Claim
from rnnbook.trials.verdicts import Said as Said
from rnnbook.trials.verdicts import Variation as Variation


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
    ['coverage', 'state', 'truncation']
    """
    names = [path.stem for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))]
    found = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return dict(sorted((item for item in found.items() if hasattr(item[1], "PLACE")), key=lambda item: item[1].PLACE))


def claims() -> list[Claim]:
    """Every `Claim` of the book, chapter by chapter."""
    found = [claim for module in modules().values() for claim in module.CLAIMS]
    return sorted(found, key=lambda claim: claim.section[:2])


def make(module: ModuleType, **options: Any) -> None:
    """Make the tables of a trial, or what they lack.

    Parameters
    ----------
    module : module
        One of `modules`.
    **options
        For `rnnbook.sweep`.
    """
    for design in getattr(module, "DESIGNS", ()):
        plan = {
            claim.words: claim.hash() for claim in claims() if isinstance(claim, Claim) and design in claim.designs()
        }
        design.make(plan, **options)
    if hasattr(module, "make"):
        module.make()


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
