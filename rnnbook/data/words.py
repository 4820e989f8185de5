"""Sentences as sequences of words: tokens, a vocabulary, batches of sentences of different lengths."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.learning.training import Batch

UNKNOWN = "<unknown>"


def tokenize(sentence: str) -> list[str]:
    """Words and marks of a sentence, in small letters.

    A word keeps its apostrophes and hyphens.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        When the sentence is no string.

    Examples
    --------
    >>> tokenize("It isn't good--it's a second-rate film!")
    ['it', "isn't", 'good', '--', "it's", 'a', 'second-rate', 'film', '!']
    """
    return re.findall(r"\w+(?:['-]\w+)*|--|[^\w\s]", check.instance("sentence", sentence, str).lower())


class Vocabulary:
    """The words that a model knows. Each has an id; id 0 stands for all other words.

    Parameters
    ----------
    sentences : iterable of str
        What the model learns from.
    at_least : int, default 2
        How often a word must stand in them. Rarer ones lend the unknown word their place, so
        that the model learns what to think of it.

    Raises
    ------
    ValueError, TypeError
        When `at_least` is no positive integer, or the sentences are no strings.

    Attributes
    ----------
    words : list of str
        By id, the most frequent first after the unknown word.

    Examples
    --------
    >>> vocabulary = Vocabulary(["a good film", "not a good film , a bad one"])
    >>> vocabulary.words
    ['<unknown>', 'a', 'good', 'film']
    >>> ids, lengths = vocabulary.ids(["A bad film", "good"])
    >>> ids.T, lengths
    (array([[1, 0, 3],
           [2, 0, 0]]), array([3, 1]))
    """

    def __init__(self, sentences: Iterable[str], at_least: int = 2) -> None:
        check.positive("at_least", at_least)
        counts = Counter(word for sentence in _strings("sentences", sentences) for word in tokenize(sentence))
        self.words = [UNKNOWN, *(word for word, count in counts.most_common() if count >= at_least)]
        self._ids = {word: k for k, word in enumerate(self.words)}

    def __len__(self):
        return len(self.words)

    def ids(self, sentences: Sequence[str]) -> tuple[Array, Array]:
        """Sentences as a table of ids.

        Parameters
        ----------
        sentences : sequence of str
            B of them, none without a word.

        Returns
        -------
        ids : ndarray of int, shape (T, B)
            T is the longest sentence's length; behind the end of the others stands 0.
        lengths : ndarray of int, shape (B,)

        Raises
        ------
        ValueError, TypeError
            When a sentence has no word, or is no string.
        """
        sentences = _strings("sentences", sentences)
        rows = [[self._ids.get(word, 0) for word in tokenize(sentence)] for sentence in sentences]
        lengths = np.array([len(row) for row in rows], dtype=int)
        if not lengths.all():
            raise ValueError(f"sentences must have at least one word each, got {sentences[int(lengths.argmin())]!r}")
        ids = np.zeros((lengths.max(initial=0), len(rows)), dtype=int)
        for k, row in enumerate(rows):
            ids[: len(row), k] = row
        return ids, lengths


def _strings(name, sentences):
    """Several strings as a list, or a TypeError: one string would be read letter by letter."""
    if isinstance(sentences, str):
        raise TypeError(f"{name} must be several strings, got one: {sentences[:30]!r}")
    if not isinstance(sentences, Iterable):
        raise TypeError(f"{name} must be several strings, got {type(sentences).__name__}")
    sentences = list(sentences)
    for k, sentence in enumerate(sentences):
        if not isinstance(sentence, str):
            raise TypeError(f"{name}[{k}] must be a string, got {type(sentence).__name__}")
    return sentences


def minibatches(ids: Array, lengths: Array, labels: Array, batch: int, rng: np.random.Generator) -> Callable[[], Batch]:
    """Labelled sentences as batches, in a new order each time through.

    Parameters
    ----------
    ids : ndarray of int, shape (T, N)
    lengths, labels : ndarray of int, shape (N,)
    batch : int
        B, at most N.
    rng : numpy.random.Generator

    Returns
    -------
    callable
        Each call gives the next `Batch`: ``x (T, B)``, ``target (1, B)``, ``lengths (B,)``, for a
        `Model` that pools. Sentences that do not fill a batch wait for the next time through.

    Raises
    ------
    ValueError, TypeError
        When there are fewer sentences than a batch takes, shapes do not fit, lengths do not lie between 1 and T, or
        ids, lengths or labels are no integers.

    Examples
    --------
    >>> ids, lengths = np.array([[1, 2, 3]]), np.array([1, 1, 1])
    >>> draw = minibatches(ids, lengths, np.array([0, 1, 1]), 2, np.random.default_rng(0))
    >>> draw().x.shape, draw().target.shape
    ((1, 2), (1, 2))
    """
    check.generator("rng", rng)
    labels, lengths, ids = check.vector("labels", labels), check.vector("lengths", lengths), np.asarray(ids)
    N, B = len(labels), check.positive("batch", batch)
    if len(lengths) != N or ids.ndim != 2 or ids.shape[1] != N:
        raise ValueError(
            f"ids (T, N), lengths and labels (N,) must fit, got {ids.shape}, {lengths.shape}, {labels.shape}"
        )
    for name, array in (("ids", ids), ("labels", labels)):
        if array.dtype.kind not in "iu":
            raise TypeError(f"{name} must be integers, got dtype {array.dtype}")
    if N == 0:
        raise ValueError(f"labels must hold at least one, ids and lengths too, got shape {labels.shape}")
    lengths = check.lengths(lengths, len(ids), N)
    if B > N:
        raise ValueError(f"batch must be at most the number of sentences, {N}, got {B}")
    order = np.arange(0)

    def draw():
        nonlocal order
        if len(order) < B:
            order = rng.permutation(N)
        now, order = order[:B], order[B:]
        return Batch(ids[:, now], labels[None, now], lengths=lengths[now])

    return draw
