"""The trials of the book: one file a claim, and beside them the tables of all their runs.

A file says what would refute the claim, defines one run, ``run(rng, **factors)``, and the
sweeps that make its tables: ``python -m rnnbook.trials.variants`` makes those of one claim,
``make results`` all.
"""

from pathlib import Path

import numpy as np

from rnnbook.sweep import read_table

FOLDER = Path(__file__).parent / "results"


def results(name):
    """The committed table of a sweep.

    Parameters
    ----------
    name : str
        Of a file in ``rnnbook/trials/results``, without its ending.

    Returns
    -------
    ndarray, structured
        As `rnnbook.read_table` gives it.

    Examples
    --------
    >>> sorted(results("variants-tuning").dtype.names)[:3]
    ['learning_rate', 'loss', 'seconds']
    """
    return read_table(FOLDER / f"{name}.csv")


def best_rates(tuning, by, outcome="loss", draws=3):
    """The learning rate that did best in a table of tuning runs, for each value of some factors.

    One lucky run does not decide: the rate is the geometric mean of the `draws` best.

    Parameters
    ----------
    tuning : ndarray, structured
        With the columns ``learning_rate`` and `outcome`; small is good, NaN is worst.
    by : tuple of str
        The factors.
    outcome : str, default "loss"
    draws : int, default 3

    Returns
    -------
    dict of tuple to float

    Examples
    --------
    >>> rows = np.array([("a", 0.1, 5.0), ("a", 0.2, 1.0)], [("cell", "U1"), ("learning_rate", float), ("loss", float)])
    >>> best_rates(rows, ("cell",), draws=1)
    {('a',): 0.2}
    """
    rates = {}
    for values in dict.fromkeys(zip(*(tuning[name].tolist() for name in by), strict=True)):
        rows = tuning[np.all([tuning[n] == v for n, v in zip(by, values, strict=True)], axis=0)]
        best = rows[np.argsort(rows[outcome])[:draws]]  # argsort puts NaN last
        rates[values] = float(np.exp(np.log(best["learning_rate"]).mean()))
    return rates
