"""Counting: how many ones were there."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch


def counting(rng: np.random.Generator, batch: int, length: int, dtype: DTypeLike = np.float32) -> Batch:
    """Say at the last step how many of the inputs, zeros and ones, were ones.

    A cell whose memory is bounded can do it only with finer and finer steps (Weiss et al. 2018).
    Always answering half of `length` is wrong by √length / 2 ones, root mean square.

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    length : int
        T, steps.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        ``x (T, B, 1)``, ``target (T, B, 1)``, a tenth of the count, ``mask (T, B)``: only the
        last step counts.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = counting(np.random.default_rng(0), 4, 10, np.float64)
    >>> bool(np.allclose(10 * target[-1], x.sum(axis=0))), int(mask.sum())
    (True, 4)
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    T, B = check.positive("length", length), check.positive("batch", batch)
    x = rng.integers(0, 2, (T, B, 1)).astype(dtype)
    target, mask = np.zeros((T, B, 1), dtype), np.zeros((T, B), dtype)
    target[-1], mask[-1] = x.sum(axis=0) / 10, 1
    return Batch(x, target, mask)
