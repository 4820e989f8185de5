"""One look for every figure: the palette, type and size, and the format notebooks save."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, GRID = "#1a1a1a", "#d4d4d4"

#: A quantity's colour in equations, diagrams and plots. z keeps, as f does, and n is a
#: candidate, as g is: the same role wears the same colour.
COLOURS = {
    "i": "#1b7837",
    "f": "#0060a8",
    "o": "#b34700",
    "g": "#8e2a8b",
    "c": "#7a5c00",
    "h": "#c2185b",
    "x": "#5c5c5c",
    "r": "#00796b",
    "z": "#0060a8",
    "n": "#8e2a8b",
}

#: A cell's colour and line style where cells are compared.
CELL_STYLES: dict[str, dict] = {
    "RNN": {"color": "#6b6b6b", "linestyle": (0, (1, 1))},
    "LSTM": {"color": "#3b4cc0", "linestyle": "-"},
    "PeepholeLSTM": {"color": "#a84f28", "linestyle": (0, (5, 1.5))},
    "CoupledLSTM": {"color": "#2a7a6c", "linestyle": (0, (3, 1.2, 1, 1.2))},
    "GRU": {"color": "#b5367a", "linestyle": (0, (8, 1.5))},
}

#: From little to much of one thing, such as four forget biases.
RAMP = ("#5865cb", "#4c58c4", "#343fa8", "#1d2670")

# the letters of the book's text, a subset of Source Serif 4; its licence lies beside it, and .ci/fonts.py makes it
font_manager.fontManager.addfont(Path(__file__).with_name("serif.ttf"))

STYLE: dict[Any, Any] = {
    "figure.figsize": (4.8, 3.0),  # a phone shows it at three quarters: 12 points are still 12 pixels
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": ["Book Serif", "DejaVu Sans"],  # what the first has no letter for is taken from the second
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "legend.fontsize": 11.5,
    "legend.frameon": False,
    "mathtext.fontset": "cm",  # the letters of the equations
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": False,
    "grid.color": GRID,
    "lines.linewidth": 1.8,
    "image.cmap": "cividis",
    "svg.hashsalt": "rnnbook",  # the same figure gives the same file
}


def use_style() -> None:
    """Draw every figure from here on in the book's style, and show it as SVG in a notebook."""
    plt.rcParams.update(STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # not in a notebook: nothing to show
        return
    set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None, "Creator": None})


def label_lines(ax: Axes, gap: float = 0.06) -> None:
    """Write each line's label at its right end, in its colour, moved apart where they would collide.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its lines' labels are used; those that start with an underscore are not.
    gap : float, default 0.06
        Smallest distance between two labels, as a fraction of the axes' height.
    """
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    ends = []
    for line in lines:
        x, y = (np.asarray(data, float) for data in line.get_data())
        last = np.flatnonzero(np.isfinite(y))[-1]
        ends.append(ax.transAxes.inverted().transform(ax.transData.transform((x[last], y[last])))[1])
    order = np.argsort(ends)
    heights = np.clip(np.array(ends)[order], 0, 1)
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + gap)
    heights -= max(0.0, heights[-1] - 1)
    for k in reversed(range(len(heights) - 1)):
        heights[k] = min(heights[k], heights[k + 1] - gap)
    for height, k in zip(heights, order, strict=True):
        ax.annotate(
            str(lines[k].get_label()),
            (1.02, height),
            xycoords="axes fraction",
            color=lines[k].get_color(),
            va="center",
            annotation_clip=False,
        )


def new_figure(rows: int = 1, height: float = 3.0, **options: Any) -> tuple[Figure, Any]:
    """A figure of the book's width with `rows` panels below each other.

    Parameters
    ----------
    rows : int, default 1
    height : float, default 3
        Of the whole figure, in inches.
    **options
        For `matplotlib.pyplot.subplots`.

    Returns
    -------
    figure, axes
        One Axes, or an array of them when `rows` is above 1.
    """
    with mpl.rc_context(STYLE):
        return plt.subplots(rows, 1, figsize=(STYLE["figure.figsize"][0], height), **options)
