"""The latch: remember one bit."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch


def latch(rng: np.random.Generator, batch: int, lag: int, dtype: DTypeLike = np.float32) -> Batch:
    """Say at the last step whether the input `lag` steps before, the first, was +1 or -1.

    After Bengio, Simard & Frasconi 1994. Noise from a normal distribution of standard deviation 0.1
    follows the first input. Guessing costs log 2 ≈ 0.693 nats.

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    lag : int
        Steps between the symbol and the answer, at least 1: T = lag + 1.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        ``x (T, B, 1)``, labels ``target (T, B)``, ``mask (T, B)``: only the last step counts.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = latch(np.random.default_rng(0), 4, 10)
    >>> bool(((x[0, :, 0] > 0) == target[-1]).all()), int(mask.sum())
    (True, 4)
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    B, T = check.positive("batch", batch), check.positive("lag", lag) + 1
    label = rng.integers(0, 2, B)
    x = (0.1 * rng.normal(size=(T, B, 1))).astype(dtype)
    x[0, :, 0] = 2 * label - 1
    mask = np.zeros((T, B), dtype)
    mask[-1] = 1
    return Batch(x, np.broadcast_to(label, (T, B)), mask)
