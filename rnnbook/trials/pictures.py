"""A claim as a picture: every condition with its interval, beside the region that is claimed."""

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from rnnbook.trials.designs import results
from rnnbook.trials.verdicts import Claim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DARK, LIGHT, SHADE = "#1f4e79", "#7f8c99", "#8c8c8c"


def effects(ax: "Axes", claim: Claim, skip: tuple[str, ...] = ()) -> None:
    """Draw the conditions of a claim and, below them, those of its variations; the claimed region is shaded.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    claim : Claim
    skip : tuple of str
        Variations that are not drawn.
    """
    labels, row = [], 0
    groups = [("", claim.conditions), *((one.name, one.conditions) for one in claim.panel if one.name not in skip)]
    for name, conditions in groups:
        if name:
            ax.text(0.01, row, f"with {name}:", transform=ax.get_yaxis_transform(), va="center", fontsize="small")
            row += 1
        for condition in conditions:
            found = condition.estimate(results)
            ax.plot(found.interval(), (row, row), color=LIGHT if name else DARK, lw=2.5, solid_capstyle="butt")
            ax.plot(found.value, row, "o", color=LIGHT if name else DARK, ms=5)
            labels.append((row, found.name))
            row += 1
    ends = ax.get_xlim()
    low, high = np.clip(claim.region, *ends)
    ax.axvspan(low, high, color=SHADE, alpha=0.15, lw=0)
    ax.axvline(claim.null, color=SHADE, lw=1)
    ax.set(xlim=ends, ylim=(row - 0.4, -0.6), xlabel=textwrap.fill(f"{claim.quantity}, in {claim.unit}", 46))
    ax.set_yticks([at for at, _ in labels], [text for _, text in labels])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
