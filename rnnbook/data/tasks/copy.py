"""The copy task."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch


def copy(
    rng: np.random.Generator, batch: int, lag: int, items: int = 10, symbols: int = 8, dtype: DTypeLike = np.float32
) -> Batch:
    """Repeat a few symbols after a long blank (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016).

    First come `items` symbols, then `lag` blanks, then cues, one for each symbol that should
    now be repeated, in order. Guessing costs log `symbols` nats.

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    lag : int
        Blanks. Between a symbol and its repetition lie lag + items steps.
    items : int, default 10
        Symbols to repeat: T = 2 items + lag.
    symbols : int, default 8
        K, different symbols.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        One-hot ``x (T, B, K + 2)``, where the last two are blank and cue, labels
        ``target (T, B)``, ``mask (T, B)``: only the repetition counts.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = copy(np.random.default_rng(0), 1, 2, items=3, symbols=4)
    >>> x[:, 0].argmax(-1).tolist()
    [3, 2, 2, 4, 4, 5, 5, 5]
    >>> target[mask > 0].tolist()
    [3, 2, 2]
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    B, lag = check.positive("batch", batch), check.positive("lag", lag)
    items, K = check.positive("items", items), check.positive("symbols", symbols)
    T = 2 * items + lag
    told = rng.integers(0, K, (items, B))
    ids = np.full((T, B), K)
    ids[:items], ids[-items:] = told, K + 1
    target, mask = np.zeros((T, B), int), np.zeros((T, B), dtype)
    target[-items:], mask[-items:] = told, 1
    return Batch(np.eye(K + 2, dtype=dtype)[ids], target, mask)
