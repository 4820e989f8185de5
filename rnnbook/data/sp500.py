"""Closing values of the S&P 500."""

from pathlib import Path

import numpy as np

from rnnbook.arrays import Array


def sp500() -> tuple[Array, Array]:
    """Closing values of the S&P 500, every trading day from 1999 to 2018.

    Returns
    -------
    day : ndarray of datetime64, shape (5031,)
        The first is 1999-01-04, the last 2018-12-31.
    close : ndarray, shape (5031,)
        In index points, not adjusted for dividends.

    Notes
    -----
    Source: ``arch/data/sp500`` of the package arch 8.0.0 (NCSA licence), whose data are from
    Yahoo Finance; ``python -m rnnbook.data.tables`` makes the table.

    Examples
    --------
    >>> day, close = sp500()
    >>> str(day[-1]), round(close[-1].item(), 2)
    ('2018-12-31', 2506.85)
    """
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        return file["day"], file["close"]
