"""Real data: tables of figures that come with the book, and texts out of packages that pip fetches."""

from rnnbook.data.digits import digits
from rnnbook.data.glove import glove
from rnnbook.data.m3 import Series, m3_monthly
from rnnbook.data.pairs import minimal_pairs
from rnnbook.data.power import power
from rnnbook.data.reviews import reviews, reviews_by_film
from rnnbook.data.shakespeare import ALPHABET, shakespeare
from rnnbook.data.sp500 import sp500
from rnnbook.data.sunspots import sunspots
from rnnbook.data.vowels import vowels

__all__ = [
    "ALPHABET",
    "Series",
    "digits",
    "glove",
    "m3_monthly",
    "minimal_pairs",
    "power",
    "reviews",
    "reviews_by_film",
    "shakespeare",
    "sp500",
    "sunspots",
    "vowels",
]
