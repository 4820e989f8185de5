"""Numbers and dates, in words and in figures: pairs of sequences that mean the same."""

import datetime
from collections.abc import Sequence

import numpy as np

from rnnbook import check
from rnnbook.layers.encoder_decoder import pad_sequences, shift_right
from rnnbook.learning.training import Batch

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million")
#: All words of numbers below a thousand million.
WORDS = (*ONES, *TENS[2:], "hundred", *SCALES[1:], "and")
#: The characters of dates as people write them.
LETTERS = " ,-./0123456789abcdefghijklmnopqrstuvwxyz"
#: Those of dates in the order of ISO 8601, behind `EOS`.
FIGURES = "\n0123456789-"
#: Characters of the longest date.
LONGEST = 40


def in_words(n: int) -> list[str]:
    """A number in words, as they are said in British English.

    Parameters
    ----------
    n : int
        Between 0 and 999,999,999.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        When `n` is not between these.

    Examples
    --------
    >>> " ".join(in_words(340_017))
    'three hundred and forty thousand and seventeen'
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"n must be an integer, got {n!r}")
    if not 0 <= n < 10**9:
        raise ValueError(f"n must lie between 0 and 999999999, got {n}")
    n = int(n)  # a small one of NumPy's would overflow
    words: list[str] = []
    for power in (2, 1, 0):
        group = n // 1000**power % 1000
        if group:
            if words and power == 0 and group < 100:
                words.append("and")
            words += [*_below_thousand(group), *SCALES[power : power + 1]]
    return [word for word in words if word] or [ONES[0]]


def _below_thousand(n):
    words = [ONES[n // 100], "hundred"] if n >= 100 else []
    rest = n % 100
    if words and rest:
        words.append("and")
    if rest >= 20:
        words.append(TENS[rest // 10])
        rest %= 10
    return words + ([ONES[rest]] if rest else [])


def number(rng: np.random.Generator, digits: int) -> int:
    """A number of so many digits, at most 18.

    Parameters
    ----------
    rng : numpy.random.Generator
    digits : int
        From 1 to 18.

    Returns
    -------
    int

    Raises
    ------
    ValueError, TypeError
        When `digits` is no such integer, or `rng` no generator.

    Examples
    --------
    >>> len(str(number(np.random.default_rng(0), 5)))
    5
    """
    check.generator("rng", rng)
    if check.positive("digits", digits) > 18:
        raise ValueError(f"digits must be at most 18, got {digits}")
    return int(rng.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def date(rng: np.random.Generator) -> tuple[str, str]:
    """A day of the years 1900 to 2099, as somebody writes it, and in the order of ISO 8601.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    written, normal : str

    Raises
    ------
    TypeError
        When `rng` is no generator.

    Examples
    --------
    >>> date(np.random.default_rng(4))
    ('sat 15/04/2045', '2045-04-15')
    """
    check.generator("rng", rng)
    first, last = (datetime.date(year, 1, 1).toordinal() for year in (1900, 2100))
    day = datetime.date.fromordinal(int(rng.integers(first, last)))
    return ways(day)[rng.integers(6)], day.isoformat()


def dates(pairs: Sequence[tuple[str, str]]) -> Batch:
    """Dates as a batch.

    Parameters
    ----------
    pairs : list of tuple of two str
        What somebody writes, in `LETTERS` and at most `LONGEST` of them, and the normal form, as from `date`.

    Returns
    -------
    Batch
        For an `EncoderDecoder`: ids of `LETTERS` (40, B) and of what was written so far (11, B); ``target (11, B)``,
        ids of `FIGURES`; and `lengths`.

    Raises
    ------
    ValueError
        For another character, or a date that is too long.

    Examples
    --------
    >>> (source, so_far), target, _, lengths = dates([("2 march 1987", "1987-03-02")])
    >>> int(lengths[0]), "".join(FIGURES[k] for k in target[:, 0])
    (12, '1987-03-02\\n')
    """
    if not pairs:
        raise ValueError("pairs must hold at least one date, got none")
    pairs = list(pairs)
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or len(pair[1]) > 10:
            raise ValueError(
                f"pairs must hold what is written and a normal form of 10 characters at most, got {pair!r}"
            )
    lengths = np.array([len(text) for text, _ in pairs])
    if lengths.max() > LONGEST or lengths.min() < 1:
        raise ValueError(f"pairs must hold dates of 1 to {LONGEST} characters, got {lengths.min()} to {lengths.max()}")
    allowed = tuple(LETTERS)
    letters = [[LETTERS.index(check.choice("character", letter, allowed)) for letter in text] for text, _ in pairs]
    source, _ = pad_sequences(letters, LONGEST)
    figures = tuple(FIGURES)
    target, _ = pad_sequences(
        [[figures.index(check.choice("figure", f, figures)) for f in normal] for _, normal in pairs], 11
    )
    return Batch((source, shift_right(target)), target, None, lengths)


def ways(day: datetime.date) -> list[str]:
    """The six ways in which a date is written here.

    Parameters
    ----------
    day : datetime.date

    Returns
    -------
    list of str

    Examples
    --------
    >>> ways(datetime.date(1987, 3, 2))[:3]
    ['2 march 1987', 'march 2, 1987', 'monday, the 2nd of march 1987']
    """
    d, month, year = day.day, MONTHS[day.month - 1], day.year
    ending = "th" if 10 < d < 20 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
    return [
        f"{d} {month} {year}",
        f"{month} {d}, {year}",
        f"{DAYS[day.weekday()]}, the {d}{ending} of {month} {year}",
        f"{d}.{day.month}.{year}",
        f"{month[:3]} {d} {year}",
        f"{DAYS[day.weekday()][:3]} {d:02d}/{day.month:02d}/{year}",
    ]


MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
