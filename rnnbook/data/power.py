"""Days of Italian power demand."""

from pathlib import Path

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array


def power(part: str) -> tuple[Array, Array]:
    """Days of power demand in Italy, hour by hour (Keogh et al. 2006).

    Each day was shifted and scaled by its collectors to mean zero and variance one, so that
    its shape is left and its height is not. The days are in no order.

    Parameters
    ----------
    part : {"train", "test"}

    Returns
    -------
    x : ndarray of float32, shape (24, B, 1)
        The hours of B days: 67 to train, 1029 to test.
    summer : ndarray of bool, shape (B,)
        Whether the day lies between April and September.

    Raises
    ------
    ValueError
        For another part.

    Notes
    -----
    Source: *ItalyPowerDemand* of the UCR archive in the package aeon 1.6.0 (BSD licence); the
    data were made public for research by Eamonn Keogh and Li Wei; ``python -m
    rnnbook.data.tables`` makes the table.

    Examples
    --------
    >>> x, summer = power("train")
    >>> x.shape, summer.sum().item()
    ((24, 67, 1), 33)
    """
    check.choice("part", part, ("train", "test"))
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        return file[f"{part}_x"].T[..., None], file[f"{part}_summer"]
