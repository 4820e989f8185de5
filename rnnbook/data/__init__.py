"""Real data, out of packages that readers have."""

from rnnbook.data.digits import digits
from rnnbook.data.shakespeare import ALPHABET, shakespeare

__all__ = ["ALPHABET", "digits", "shakespeare"]
