"""Brackets."""

import numpy as np

from rnnbook import check
from rnnbook.learning.training import Batch


def dyck(rng, batch, length, kinds=2, depth=4, dtype=np.float32):
    """Say which bracket is open, in words of nested brackets (Dyck words of bounded depth; Hewitt et al. 2020).

    A bracket opens or closes with equal chances, but where only one of the two is possible,
    and what closes is always what was opened last. After each closing bracket the network
    should say which kind is the innermost that is still open, if any: that of a bracket
    which was opened some time ago, and covered since.

    Parameters
    ----------
    rng : numpy.random.Generator
    batch : int
        B, sequences.
    length : int
        T, steps; at least 2.
    kinds : int, default 2
        K, of brackets.
    depth : int, default 4
        Brackets open at once, at most.
    dtype : dtype, default float32

    Returns
    -------
    Batch
        One-hot ``x (T, B, 2 K)``, K kinds opening, then K closing; labels ``target (T, B)``,
        0 for none and 1 to K; ``mask (T, B)``: steps after a closing bracket count.

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer or too small, `rng` no generator, or `dtype` neither float32 nor float64.

    Examples
    --------
    >>> x, target, mask, _ = dyck(np.random.default_rng(1), 1, 8)
    >>> "".join("([)]"[k] for k in x[:, 0].argmax(-1)), target[:, 0].tolist()
    ('(([()]((', [1, 1, 2, 1, 2, 1, 1, 1])
    """
    check.generator("rng", rng)
    dtype = check.dtype(dtype)
    B, T = check.positive("batch", batch), check.positive("length", length)
    K, depth = check.positive("kinds", kinds), check.positive("depth", depth)
    if T < 2:
        raise ValueError(f"length must be at least 2, got {T}")
    opens = rng.integers(0, 2, (T, B))
    kind = rng.integers(0, K, (T, B))
    heights = np.arange(depth + 1)[:, None]
    up = (heights == 0) | ((heights < depth) & [False, True])
    move = np.where(up, 1, -1)  # by height and draw
    height = np.zeros((T + 1, B), int)
    for t in range(T):
        height[t + 1] = height[t] + move[height[t], opens[t]]
    before, after = height[:-1], height[1:]
    opening, times = after > before, np.arange(T)[:, None]
    closes, target = np.zeros((T, B), int), np.zeros((T, B), int)
    for level in range(1, depth + 1):
        last = np.where(opening & (after == level), times, 0)
        last = np.maximum.accumulate(last)  # when it was opened here
        innermost = np.take_along_axis(kind, last, axis=0)
        closing = ~opening & (before == level)
        closes = np.where(closing, innermost, closes)
        target = np.where(after == level, innermost + 1, target)
    ids = np.where(opening, kind, K + closes)
    x, mask = np.eye(2 * K, dtype=dtype)[ids], (~opening).astype(dtype)
    return Batch(x, target, mask)
