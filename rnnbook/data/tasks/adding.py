"""The adding problem."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch


def adding(rng: np.random.Generator, batch: int, length: int, dtype: DTypeLike = np.float32) -> Batch:
    """Add two marked numbers in a long sequence (after Hochreiter & Schmidhuber 1997, experiment 4).

    At each step the input is a number from [0, 1) and a marker, 1 at two steps (one in each
    half) and 0 elsewhere. After the last step the output should be the sum of the two marked
    numbers. Always answering 1 gives a mean squared error of 1/6. This is the later form of the task, as in
    Arjovsky et al. (2016); the first had numbers from [-1, 1], and marked both ends as well.

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    length : int
        T, steps; at least 2.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        ``x (T, B, 2)``, ``target (T, B, 1)``, ``mask (T, B)``: only the last step counts.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = adding(np.random.default_rng(0), 3, 10)
    >>> bool(np.allclose((x[..., 0] * x[..., 1]).sum(axis=0), target[-1, :, 0]))
    True
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    B, T = check.positive("batch", batch), check.positive("length", length)
    if T < 2:
        raise ValueError(f"length must be at least 2, got {T}")
    x = np.zeros((T, B, 2), dtype)
    x[..., 0] = rng.random((T, B))
    columns = np.arange(B)
    x[rng.integers(0, T // 2, B), columns, 1] = 1
    x[rng.integers(T // 2, T, B), columns, 1] = 1
    target, mask = np.zeros((T, B, 1), dtype), np.zeros((T, B), dtype)
    target[-1, :, 0] = (x[..., 0] * x[..., 1]).sum(axis=0)
    mask[-1] = 1
    return Batch(x, target, mask)
