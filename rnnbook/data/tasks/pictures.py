"""Pictures and what they show, in words."""

from functools import lru_cache

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.data.digits import digits
from rnnbook.data.tasks.wording import ONES

COLOURS = {
    "red": (0.84, 0.15, 0.16),
    "green": (0.17, 0.63, 0.17),
    "blue": (0.12, 0.47, 0.71),
    "yellow": (0.9, 0.8, 0.2),
}
GRID, SIDE = 4, 6  # places in a row, and pixels of a place


def _shapes():
    y, x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    return {
        "square": np.maximum(abs(x), abs(y)) < 2.6,
        "disc": x**2 + y**2 < 2.7**2,
        "cross": (abs(x) < 1) | (abs(y) < 1),
        "triangle": (y > 2 * abs(x) - 2.6) & (y < 2.6),
    }


SHAPES = _shapes()
#: All words of captions.
CAPTION_WORDS = ("a", *COLOURS, *SHAPES, "above", "beside", *ONES[:10])


def scene(rng: np.random.Generator) -> tuple[Array, list[str]]:
    """Two things in two places of a picture, and a sentence about them.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    picture : ndarray, shape (24, 24, 3)
        From 0 to 1, with a little noise.
    caption : list of str
        The upper thing first; of two in a row the left one, which stands *beside* the other.

    Raises
    ------
    TypeError
        When `rng` is no generator.

    Examples
    --------
    >>> picture, caption = scene(np.random.default_rng(0))
    >>> picture.shape, " ".join(caption)
    ((24, 24, 3), 'a green disc above a red square')
    """
    check.generator("rng", rng)
    picture = np.ones((GRID * SIDE, GRID * SIDE, 3))
    places = np.sort(rng.choice(GRID * GRID, 2, replace=False))
    things = []
    for place in places.tolist():
        colour, shape = (list(words)[rng.integers(len(words))] for words in (COLOURS, SHAPES))
        row, column = (SIDE * k for k in divmod(place, GRID))
        picture[row : row + SIDE, column : column + SIDE][SHAPES[shape]] = COLOURS[colour]
        things.append(["a", colour, shape])
    above = places[0] // GRID < places[1] // GRID
    picture = np.clip(picture + 0.05 * rng.normal(size=picture.shape), 0, 1)
    return picture, [*things[0], "above" if above else "beside", *things[1]]


def patches(picture: Array) -> Array:
    """A picture as a sequence of its places, row after row: ``(16, 110)``, the pixels of each, and where it lies.

    Parameters
    ----------
    picture : ndarray, shape (24, 24, 3)
        As from `scene`.

    Returns
    -------
    ndarray, shape (16, 110)

    Raises
    ------
    ValueError, TypeError
        When the picture has another shape, or holds no floating-point numbers.

    Examples
    --------
    >>> patches(np.zeros((24, 24, 3)))[5, -2:].tolist()  # row 1, column 1, from -1 to 1
    [-0.333..., -0.333...]
    """
    picture = check.shaped("picture", picture, (GRID * SIDE, GRID * SIDE, 3), "(24, 24, 3)")
    rows = picture.reshape(GRID, SIDE, GRID, SIDE, 3).swapaxes(1, 2).reshape(GRID * GRID, -1)
    at = np.linspace(-1, 1, GRID)
    where = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.concatenate([1 - rows, where], axis=1)


def row_of_digits(rng: np.random.Generator, part: str, most: int) -> tuple[Array, list[str]]:
    """Handwritten digits in a row, at uneven distances, and their names.

    Parameters
    ----------
    rng : numpy.random.Generator
    part : {"train", "test"}
        Which images (`rnnbook.data.digits`): the writers' digits are never in both.
    most : int
        Digits in the row, at most.

    Returns
    -------
    picture : ndarray, shape (8, 12 most)
        From 0, paper, to 1, ink.
    caption : list of str

    Raises
    ------
    ValueError, TypeError
        When `part` is another, `most` no positive integer, or `rng` no generator.

    Examples
    --------
    >>> picture, caption = row_of_digits(np.random.default_rng(0), "test", most=4)
    >>> picture.shape, caption
    ((8, 48), ['eight', 'one', 'nine', 'two'])
    """
    check.generator("rng", rng)
    most = check.positive("most", most)
    images, labels = _images(part)
    count = int(rng.integers(1, most + 1))
    chosen = rng.integers(0, len(images), count)
    spare = 12 * most - 8 * count
    gaps = np.diff(np.sort(rng.integers(0, spare + 1, count)), prepend=0)
    picture, left = np.zeros((8, 12 * most)), 0
    for gap, k in zip(gaps.tolist(), chosen.tolist(), strict=True):
        left += gap
        picture[:, left : left + 8] = images[k]
        left += 8
    return picture, [ONES[labels[k]] for k in chosen]


@lru_cache
def _images(part):
    x, target, _, _ = digits(part, np.float64)
    return x[..., 0].T.reshape(-1, 8, 8), target[-1].tolist()
