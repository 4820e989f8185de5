"""A claim as a picture: every condition with its interval, beside the region that is claimed."""

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnbook.plots.style import COLOURS, GRID
from rnnbook.trials.designs import results
from rnnbook.trials.verdicts import Claim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLAIMED, VARIED, SHADE = COLOURS["f"], COLOURS["x"], "#8c8c8c"


def effects(ax: "Axes", claim: Claim, skip: tuple[str, ...] = ()) -> None:
    """Draw the conditions of a claim and, below them, those of its variations; the claimed region is shaded.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    claim : Claim
    skip : tuple of str
        Variations that are not drawn.
    """
    labels, row, blocks = [], 0, []
    groups = [("", claim.conditions), *((one.name, one.conditions) for one in claim.panel if one.name not in skip)]
    for name, conditions in groups:
        if name:
            ax.text(0.01, row, f"with {name}:", transform=ax.get_yaxis_transform(), va="center", fontsize="small")
            row += 1
        look: dict[str, Any] = {"color": VARIED, "lw": 1.5, "ms": 4} if name else {"color": CLAIMED, "lw": 2.5, "ms": 5}
        blocks.append((row - 0.5, row + len(conditions) - 0.5))
        for condition in conditions:
            found = condition.estimate(results)
            ax.plot(found.interval(), (row, row), solid_capstyle="butt", **look)
            ax.plot(found.value, row, "o", **look)
            labels.append((row, found.name))
            row += 1
    ends = ax.get_xlim()
    low, high = np.clip(claim.region, *ends)
    ax.axvspan(low, high, color=SHADE, alpha=0.15, lw=0)
    ticks = ax.get_xticks()
    for top, bottom in blocks:  # no line runs through the name of a variation
        ax.vlines(ticks, top, bottom, color=GRID, lw=0.8, zorder=0)
        ax.vlines(claim.null, top, bottom, color=SHADE, lw=1, zorder=1)
    ax.set_xticks(ticks)
    ax.set(xlim=ends, ylim=(row - 0.4, -0.6), xlabel=textwrap.fill(claim.measured(), 46))
    ax.set_yticks([at for at, _ in labels], [text for _, text in labels])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
