"""Weights as small integers."""

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.arrays import Array


def quantize(array: ArrayLike, bits: int = 8) -> tuple[Array, Array]:
    """A parameter as integers, and the scale of each of its columns.

    Symmetric and linear (Jacob et al. 2018, with zero as the zero): a column is divided by a number so
    that its largest entry becomes ``2**(bits - 1) - 1``, and rounded. No entry moves by more than half a scale.

    Parameters
    ----------
    array : ndarray, shape (D, K) or (K,)
        A vector has one scale.
    bits : int, default 8
        From 2 to 8.

    Returns
    -------
    whole : ndarray of int8, of the same shape
    scale : ndarray, shape (K,) or (1,)
        ``whole * scale`` is close to `array`. Of four decimal digits, since it may travel as text.

    Raises
    ------
    ValueError
        When `bits` is no integer from 2 to 8, or `array` is empty, not finite, or has neither one axis nor two.

    Examples
    --------
    >>> whole, scale = quantize(np.array([[0.4, 2.0], [-1.0, 0.6]]))
    >>> whole.tolist()
    [[51, 127], [-127, 38]]
    >>> (whole * scale).round(2).tolist()
    [[0.4, 2.0], [-1.0, 0.6]]
    """
    array = check.finite("array", check.floating("array", array, "f"))
    check.choice("bits", bits, tuple(range(2, 9)))
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"array must have one axis or two and not be empty, got shape {array.shape}")
    top = 2 ** (bits - 1) - 1
    most = np.atleast_1d(np.abs(array).max(axis=0 if array.ndim > 1 else None))
    scale = np.array([float(f"{value / top:.4g}") for value in most])
    safe = np.where(scale > 0, scale, 1)  # a column of zeros stays one
    return np.clip(np.round(array / safe), -top, top).astype(np.int8), scale
