"""Kneser–Ney n-grams of characters: what a recurrent language model has to beat."""

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array


class KneserNey:
    """Interpolated n-grams with modified Kneser–Ney smoothing (Chen & Goodman 1999).

    The highest order counts how often characters follow a context. Every lower order counts
    in how many different contexts they did: that *San Francisco* is frequent makes *Francisco*
    no likely word after *I saw*.

    Parameters
    ----------
    ids : ndarray of int, shape (N,)
        The text to count.
    size : int
        K, different characters.
    order : int
        n, at most 10: the character and ``n - 1`` before it.

    Raises
    ------
    ValueError, TypeError
        When ids are not integers below `size`, fewer than `order`, or there are more grams than an integer can count.

    Examples
    --------
    >>> model = KneserNey(np.array([0, 1] * 50), size=2, order=2)
    >>> (2 ** model.log2_probability(np.array([0, 1, 0]))).round(2)
    array([1.  , 0.99])
    """

    def __init__(self, ids: Array, size: int, order: int) -> None:
        self.size, self.order = check.positive("size", size), check.positive("order", order)
        if order > 10:
            raise ValueError(f"order must be at most 10, got {order}")
        if size**order >= 2**63:
            raise ValueError(f"order must be so small that size ** order is below 2 ** 63, got {size} ** {order}")
        ids = check.integers("ids", check.vector("ids", ids), size)
        if len(ids) < order:
            raise ValueError(f"ids must hold at least order = {order} characters, got {len(ids)}")
        found, counts = np.unique(self._grams(ids, order), return_counts=True)
        self.levels = [_Level(found, counts, size)]
        for n in range(order - 1, 0, -1):  # in how many contexts: each longer gram counts once
            found, counts = np.unique(found % size**n, return_counts=True)
            self.levels.append(_Level(found, counts, size))
        self.levels.reverse()

    def _grams(self, ids, n):
        """The grams of n characters that end at each position from ``n - 1`` on, as numbers to the base K."""
        count = max(len(ids) - n + 1, 0)
        ids, grams = ids.astype(np.int64), np.zeros(count, np.int64)  # unsigned ones would turn the sum into floats
        for k in range(n):
            grams = grams * self.size + ids[k : k + count]
        return grams

    def log2_probability(self, ids: Array) -> Array:
        """The logarithm, to base 2, of each character's probability given those before it.

        Parameters
        ----------
        ids : ndarray of int, shape (T,)

        Returns
        -------
        ndarray, shape (T - order + 1,)
            Of the characters that have a whole context.

        Raises
        ------
        ValueError, TypeError
            When the ids are not integers in range, in one axis.
        """
        ids = check.integers("ids", check.vector("ids", ids), self.size)
        grams = self._grams(ids, self.order)
        p = np.full(len(grams), 1 / self.size)
        for n, level in enumerate(self.levels, start=1):
            p = level.interpolated(grams % self.size**n, p)
        return np.log2(p)


class _Level:
    """The counts of one order, discounted."""

    def __init__(self, grams, counts, size):
        self.size, self.grams = size, grams
        discounts = _discounts(counts)[np.minimum(counts, 3)]
        self.left = counts - discounts
        self.contexts, where = np.unique(grams // size, return_inverse=True)
        self.total = np.bincount(where, counts)
        self.freed = np.bincount(where, discounts) / self.total  # what the discounts leave for the lower order

    def interpolated(self, grams, lower):
        """The probabilities of this order, given those of the order below."""
        place, seen = _look_up(self.grams, grams)
        left = np.where(seen, self.left[place], 0)
        place, known = _look_up(self.contexts, grams // self.size)
        return np.where(known, left / self.total[place] + self.freed[place] * lower, lower)


def _discounts(counts):
    """What is taken off a count of 1, 2, and 3 or more; a half where the text is too short to tell."""
    n = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(float)
    discounts = np.zeros(3)
    if n.all():
        k = np.arange(1, 4)
        discounts = k - (k + 1) * n[0] / (n[0] + 2 * n[1]) * n[1:] / n[:3]
    return np.concatenate([[0], np.where(discounts > 0, discounts, 0.5)])


def _look_up(keys, wanted):
    """The place of each wanted key among those that are sorted, and whether it is one of them."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
