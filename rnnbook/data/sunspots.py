"""Yearly numbers of sunspots."""

from pathlib import Path

import numpy as np

from rnnbook.arrays import Array


def sunspots() -> tuple[Array, Array]:
    """Mean number of sunspots in each year from 1700 to 2008.

    Returns
    -------
    year : ndarray of int, shape (309,)
    number : ndarray, shape (309,)
        Wolf's relative number, by the counting in use until 2015.

    Notes
    -----
    Source: the package statsmodels 0.15.0, whose data are from the National Geophysical Data
    Center, in the public domain; ``python -m rnnbook.data.tables`` makes the table.

    Examples
    --------
    >>> year, number = sunspots()
    >>> year[number.argmax()].item(), number.max().item()
    (1957, 190.2)
    """
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        return file["year"], file["number"]
