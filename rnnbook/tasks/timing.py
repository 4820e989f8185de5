"""Measuring time."""

import numpy as np

from rnnbook import check
from rnnbook.train import Batch


def spike_delays(rng, batch, length, shortest, longest, dtype=np.float32):
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

    Examples
    --------
    >>> x, target, mask, _ = spike_delays(np.random.default_rng(0), 1, 20, 3, 5)
    >>> np.flatnonzero(x).tolist(), target[mask > 0].ravel().tolist()
    ([4, 8, 12, 15, 18], [0.5, 0.5, 0.0, 0.0])
    """
    B, T = check.positive("batch", batch), check.positive("length", length)
    shortest, longest = check.positive("shortest", shortest), check.positive("longest", longest)
    if not shortest < longest < T:
        raise ValueError(f"shortest < longest < length must hold, got {shortest}, {longest}, {T}")
    x, target, mask = np.zeros((T, B, 1), dtype), np.zeros((T, B, 1), dtype), np.zeros((T, B), dtype)
    for b in range(B):
        gaps = rng.integers(shortest, longest + 1, T)
        times = np.cumsum(gaps) - 1
        times, gaps = times[times < T], gaps[: np.sum(times < T)]
        x[times, b] = 1
        target[times[1:], b, 0] = (gaps[1:] - shortest) / (longest - shortest)
        mask[times[1:], b] = 1
    return Batch(x, target, mask)
