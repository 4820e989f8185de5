"""Numbers in rows and columns: a table on the page, aligned text where there is no page."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


class Table:
    """Rows of values under heads; a cell of a notebook ends in it, or prints it.

    Parameters
    ----------
    heads : sequence of str
        A name for each column, with its unit.
    rows : iterable of sequences
        The values; the first of a row is the row's name. A tuple is a number and its interval.
    formats : str
        A format for each column, between spaces, as in ``"s .1f .1%"``. A value that is a string
        already stands as it is.

    Raises
    ------
    ValueError
        If a row, or the formats, are not as many as the heads.

    Examples
    --------
    >>> Table(["step", "output"], [(1, 0.7616), (20, -0.18)], "d .2f")
    step  output
       1    0.76
      20   -0.18
    >>> Table(["task", "decades"], [("latch", (0.21, -1.3, 1.7))], "s .1f")
    task           decades
    latch  0.2 (-1.3, 1.7)
    """

    def __init__(self, heads: Sequence[str], rows: Iterable[Sequence[Any]], formats: str):
        self.heads, specs = list(heads), formats.split()
        if len(specs) != len(self.heads):
            raise ValueError(f"formats must name one format for each of {len(self.heads)} columns, got {formats!r}")
        self.rows = []
        for row in rows:
            if len(row) != len(self.heads):
                raise ValueError(f"each of rows must have {len(self.heads)} values, got {row!r}")
            self.rows.append([_text(v, spec) for v, spec in zip(row, specs, strict=True)])

    def __repr__(self) -> str:
        lines = [self.heads, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        named = any(not _is_number(row[0]) for row in self.rows)
        return "\n".join(
            "  ".join(
                cell.ljust(w) if named and k == 0 else cell.rjust(w)
                for k, (cell, w) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in self.heads)
        body = "".join(
            f'<tr><th scope="row">{_shown(row[0])}</th>' + "".join(f"<td>{_shown(v)}</td>" for v in row[1:]) + "</tr>"
            for row in self.rows
        )
        return f'<table class="rb-numbers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[\d.,]+(e[-+]\d+)?%?", text) is not None


def _text(value: Any, spec: str) -> str:
    if isinstance(value, tuple):
        middle, low, high = (format(v, spec) for v in value)
        return f"{middle} ({low}, {high})"
    return value if isinstance(value, str) else format(value, spec)


def _shown(text: str) -> str:
    """A number with a minus, which is as wide as a digit; a hyphen is not. Its interval may go to a line of its own."""
    number, _, interval = text.partition(" (")
    if not _is_number(number.strip()):
        return escape(text)
    if interval:
        number += f" <small>({' '.join(interval.split())}</small>"
    return number.strip().replace("-", "−")
