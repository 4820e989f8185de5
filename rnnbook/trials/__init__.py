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


def best_rates(tuning, by, quantity, limits, parts=5):
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
