"""Temporal order."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch


def temporal_order(rng: np.random.Generator, batch: int, length: int, dtype: DTypeLike = np.float32) -> Batch:
    """Say in which order two symbols came, far apart among others (Hochreiter & Schmidhuber 1997, experiment 6a).

    Two of the inputs are X or Y, at random: one in the second tenth of the sequence, one in
    the sixth. All others are one of four symbols that mean nothing. After the last step the
    network should say which of XX, XY, YX and YY it was. Guessing costs log 4 nats.

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    length : int
        T, steps; at least 10. The first symbol lies at least 0.8 T before the end.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        One-hot ``x (T, B, 6)``, where X and Y are the first two, labels ``target (T, B)``,
        ``mask (T, B)``: only the last step counts.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = temporal_order(np.random.default_rng(0), 1, 10)
    >>> x[:, 0].argmax(-1).tolist(), int(target[-1, 0])  # Y at 1 and at 5
    ([5, 1, 4, 3, 3, 1, 2, 2, 2, 5], 3)
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    B, T = check.positive("batch", batch), check.positive("length", length)
    if T < 10:
        raise ValueError(f"length must be at least 10, got {T}")
    ids, columns = rng.integers(2, 6, (T, B)), np.arange(B)
    first, second = rng.integers(0, 2, (2, B))
    ids[rng.integers(T // 10, T // 5, B), columns] = first
    ids[rng.integers(T // 2, T // 2 + T // 10, B), columns] = second
    mask = np.zeros((T, B), dtype)
    mask[-1] = 1
    return Batch(np.eye(6, dtype=dtype)[ids], np.broadcast_to(2 * first + second, (T, B)), mask)
