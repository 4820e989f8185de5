"""Measuring time."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch


def spike_delays(
    rng: np.random.Generator, batch: int, length: int, shortest: int, longest: int, dtype: DTypeLike = np.float32
) -> Batch:
    """Measure the time between spikes (MSD; Gers & Schmidhuber 2000).

    The input is 0 but for spikes of 1, at random distances between `shortest` and `longest`.
    At each spike but the first the output should be the distance to the spike before, scaled
    to run from 0 (shortest) to 1 (longest).

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    length : int
        T, steps; more than `longest`, so that there is something to measure.
    shortest, longest : int
        In steps; `longest` is greater.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        ``x (T, B, 1)``, ``target (T, B, 1)``, ``mask (T, B)``: only spikes count.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = spike_delays(np.random.default_rng(0), 1, 20, 3, 5)
    >>> np.flatnonzero(x).tolist(), target[mask > 0].ravel().tolist()
    ([4, 8, 12, 15, 18], [0.5, 0.5, 0.0, 0.0])
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    B, T = check.positive("batch", batch), check.positive("length", length)
    shortest, longest = check.positive("shortest", shortest), check.positive("longest", longest)
    if not shortest < longest < T:
        raise ValueError(f"shortest < longest < length must hold, got {shortest}, {longest}, {T}")
    x, target, mask = np.zeros((T, B, 1), dtype), np.zeros((T, B, 1), dtype), np.zeros((T, B), dtype)
    gaps = rng.integers(shortest, longest + 1, (B, T))
    times = np.cumsum(gaps, axis=1) - 1
    sequence, spike = np.nonzero(times < T)
    x[times[sequence, spike], sequence] = 1
    sequence, spike = sequence[spike > 0], spike[spike > 0]  # the first has none before it
    when = times[sequence, spike], sequence
    target[(*when, 0)] = (gaps[sequence, spike] - shortest) / (longest - shortest)
    mask[when] = 1
    return Batch(x, target, mask)
