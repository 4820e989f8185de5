"""Pictures of what a cell keeps, gradients by lag and gates over time; and of the runs of a trial."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells import Cell
from rnnbook.plots.style import CELL_STYLES, COLOURS, INK, label_lines, new_figure


def gradient_by_lag(
    norms: Mapping[str, Array], *, title: str | None = None, floor: float = 1e-12, ax: Axes | None = None
) -> tuple[Figure | SubFigure, Axes]:
    """Gradient norm against lag, on a logarithmic axis: one line a cell, a band for its spread.

    Parameters
    ----------
    norms : dict of str to ndarray
        For each name an array (lags + 1, samples), as `diagnostics.gradient_norms` returns
        it; the line is the median over the samples, the band their quartiles.
    title : str, optional
    floor : float, default 1e-12
        The axis ends here.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a figure of its own.

    Returns
    -------
    figure, axes
    """
    if ax is None:
        _, ax = new_figure(height=3.2)
    for name, values in norms.items():
        values = np.maximum(np.asarray(values, float).reshape(len(values), -1), floor / 10)
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=1)
        style = CELL_STYLES.get(name, {})
        (line,) = ax.plot(middle, label=name, **style)
        ax.fill_between(np.arange(len(middle)), low, high, color=line.get_color(), alpha=0.18, lw=0)
    ax.set(yscale="log", xlabel="lag, in steps", ylabel="gradient norm", xlim=(0, None), title=title)
    ax.set_ylim(bottom=max(floor, ax.get_ylim()[0]))
    ax.grid(axis="y")
    label_lines(ax)
    return ax.figure, ax


def gates_over_time(cell: Cell, x: Array, sequence: int = 0, unit: int = 0) -> tuple[Figure, Any]:
    """The input, each gate and each state of one unit over time, one strip each.

    Parameters
    ----------
    cell : Cell
        Is called on `x`; its `saved` must name its gates.
    x : ndarray, shape (T, B, D)
        The first input component is shown.
    sequence, unit : int, default 0

    Returns
    -------
    figure, axes

    Raises
    ------
    ValueError, TypeError
        When `x` does not fit the cell, or there is no such sequence or unit.
    """
    x = check.sequences("x", x, cell.input_size)
    for name, number, count in (("sequence", sequence, x.shape[1]), ("unit", unit, cell.hidden_size)):
        if not isinstance(number, (int, np.integer)) or not 0 <= number < count:
            raise ValueError(f"{name} must be an index below {count}, got {number!r}")
    hs, final = cell(x)
    kept = dict(zip(cell.saved, cell.tape, strict=True))
    strips = {"x": x[:, sequence, 0]}
    strips |= {name: kept[name][:, sequence, unit] for name in cell.blocks if name in kept}
    if "c_prev" in kept:
        strips["c"] = np.append(kept["c_prev"][1:, sequence, unit], final[1][sequence, unit])
    strips["h"] = hs[:, sequence, unit]
    figure, axes = new_figure(len(strips), height=0.55 * len(strips) + 0.5, sharex=True)
    for ax, (name, values) in zip(axes, strips.items(), strict=True):
        colour = COLOURS.get(name, INK)
        ax.step(np.arange(1, len(values) + 1), values, color=colour, where="mid")
        ax.set_ylabel(f"${name}$", rotation=0, va="center", color=colour, labelpad=12)
        gate = name in cell.gates
        bound = 1.0 if gate else max(1.0, float(np.abs(values).max()))
        ax.set_ylim(-0.1 if gate else -1.1 * bound, 1.1 * bound)
        ax.set_yticks([0, 1] if gate else [-round(bound), round(bound)])  # at 0 there is a line
        ax.axhline(0, color=colour, lw=0.5, alpha=0.5)
    axes[-1].set_xlabel("time step $t$")
    return figure, axes


def runs(ax: Axes, samples: Mapping[str, Array], colours: Sequence[str] | None = None) -> None:
    """Draw every run of some samples as a stroke, a row a sample, with their mean and its 95 % interval.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    samples : dict of str to ndarray, each (N,)
        By name, from top to bottom; what is not finite is not drawn.
    colours : list of str, optional
        One a sample; ink by default.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> runs(ax, {"LSTM": np.array([0.1, 0.3, 0.2]), "GRU": np.array([0.2, 0.2, 0.5])})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['LSTM', 'GRU']
    """
    from scipy import stats  # it takes as long to import as all else that the pictures need

    for row, (values, colour) in enumerate(zip(samples.values(), colours or [INK] * len(samples), strict=True)):
        values = np.asarray(values)[np.isfinite(values)]
        strokes = np.stack([values, values, np.full(len(values), np.nan)], axis=-1).ravel()  # one path: a small file
        ax.plot(strokes, np.tile((row - 0.2, row + 0.2, np.nan), len(values)), color=colour, alpha=0.5, lw=1)
        if np.ptp(values) > 0:
            found = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(0))
            low, high = found.confidence_interval
            ax.plot((low, high), (row, row), color=colour, lw=3.5, solid_capstyle="butt", alpha=0.6)
        ax.plot(values.mean(), row, "o", color=colour, ms=6)
    ax.set(yticks=range(len(samples)), yticklabels=list(samples), ylim=(len(samples) - 0.5, -0.5))
    ax.grid(axis="x")


def coloured_text(ax: Axes, text: str, values: Array, columns: int = 49) -> None:
    """Write a text with each character on a ground that shows a number.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    text : str
        It breaks where it has line ends, and where a line is full.
    values : ndarray, shape (len(text),)
        From -1 (blue) over 0 (no ground) to 1 (red).
    columns : int, default 49
        Characters in a line.

    Raises
    ------
    ValueError, TypeError
        When there is not one finite number for each character.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> coloured_text(ax, "to be", np.array([0.5, -0.5, 0.0, 1.0, -1.0]))
    >>> len(ax.texts)
    4
    """
    values = check.vector("values", check.finite("values", check.numbers("values", values)))
    if len(values) != len(text):
        raise ValueError(f"values must be {len(text)}, one for each character of text, got {len(values)}")
    row = column = 0
    for letter, value in zip(text, values, strict=True):
        if column == columns:
            row, column = row + 1, 0
        colour = COLOURS["h"] if value > 0 else COLOURS["f"]
        ground = Rectangle((column, row), 1, 1, facecolor=colour, alpha=0.6 * min(abs(float(value)), 1), lw=0)
        ax.add_patch(ground)
        if letter.strip():
            ax.text(column + 0.5, row + 0.72, letter, ha="center", family="DejaVu Sans Mono", size=11.5)
        row, column = (row + 1, 0) if letter == "\n" else (row, column + 1)
    ax.set(xlim=(0, columns), ylim=(row + 1, 0))
    ax.axis("off")
