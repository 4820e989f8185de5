"""Numbers and dates, in words and in figures: pairs of sequences that mean the same."""

import datetime

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million")
#: All words of numbers below a thousand million.
WORDS = (*ONES, *TENS[2:], "hundred", *SCALES[1:], "and")
#: The characters of dates, in words and in figures.
LETTERS = tuple(" ,-./0123456789abcdefghijklmnopqrstuvwxyz")


def in_words(n):
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
    if not 0 <= n < 10**9:
        raise ValueError(f"n must lie between 0 and 999999999, got {n}")
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


def number(rng, digits):
    """A number of so many digits.

    Examples
    --------
    >>> len(str(number(np.random.default_rng(0), 5)))
    5
    """
    return int(rng.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def date(rng):
    """A day of the years 1900 to 2099, as somebody writes it, and in the order of ISO 8601.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    written, normal : str

    Examples
    --------
    >>> date(np.random.default_rng(4))
    ('wednesday, the 3rd of november 2077', '2077-11-03')
    """
    first, last = (datetime.date(year, 1, 1).toordinal() for year in (1900, 2100))
    day = datetime.date.fromordinal(int(rng.integers(first, last)))
    return ways(day)[rng.integers(6)], day.isoformat()


def ways(day):
    """The six ways in which a date is written here.

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
