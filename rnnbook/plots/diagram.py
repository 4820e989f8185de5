"""Cell diagrams: one visual language for all cells.

A diagram is a list of nodes on a grid and of wires between them. A rounded box computes a
gate, a circle combines two values element by element, a bare letter is what enters or leaves.
"""

from dataclasses import dataclass

from matplotlib.patches import Circle, FancyBboxPatch

from rnnbook.plots.style import COLOURS, INK, new_figure


@dataclass(frozen=True)
class Node:
    """A place in a diagram."""

    at: tuple[float, float]
    text: str
    kind: str = "gate"  #: "gate", "op" or "end"
    quantity: str = ""  #: key of its colour


@dataclass(frozen=True)
class Wire:
    """A value on its way: through these corner points, in the colour of its quantity."""

    points: tuple[tuple[float, float], ...]
    quantity: str = ""


LSTM_NODES = {
    "c_prev": Node((-0.2, 6.0), "$c_{t-1}$", "end", "c"),
    "c": Node((10.3, 6.0), "$c_t$", "end", "c"),
    "h_prev": Node((-0.2, 0.9), "$h_{t-1}$", "end", "h"),
    "x": Node((-0.2, 0.1), "$x_t$", "end", "x"),
    "h": Node((10.3, 3.1), "$h_t$", "end", "h"),
    "f": Node((2.0, 2.1), r"$f$", "gate", "f"),
    "i": Node((3.9, 2.1), r"$i$", "gate", "i"),
    "g": Node((5.6, 2.1), r"$g$", "gate", "g"),
    "o": Node((7.3, 2.1), r"$o$", "gate", "o"),
    "keep": Node((2.0, 6.0), r"$\odot$", "op"),
    "write": Node((4.75, 4.2), r"$\odot$", "op"),
    "add": Node((4.75, 6.0), r"$+$", "op"),
    "squash": Node((8.6, 4.7), r"$\tanh$", "gate", "c"),
    "read": Node((8.6, 3.1), r"$\odot$", "op"),
}
LSTM_WIRES = {
    "c_prev": Wire(((0.4, 6.0), (1.6, 6.0)), "c"),
    "kept": Wire(((2.4, 6.0), (4.35, 6.0)), "c"),
    "c": Wire(((5.15, 6.0), (9.8, 6.0)), "c"),
    "inputs": Wire(((0.4, 0.5), (7.3, 0.5)), "x"),
    "to_f": Wire(((2.0, 0.5), (2.0, 1.6)), "x"),
    "to_i": Wire(((3.9, 0.5), (3.9, 1.6)), "x"),
    "to_g": Wire(((5.6, 0.5), (5.6, 1.6)), "x"),
    "to_o": Wire(((7.3, 0.5), (7.3, 1.6)), "x"),
    "f": Wire(((2.0, 2.6), (2.0, 5.6)), "f"),
    "i": Wire(((3.9, 2.6), (3.9, 4.2), (4.35, 4.2)), "i"),
    "g": Wire(((5.6, 2.6), (5.6, 4.2), (5.15, 4.2)), "g"),
    "written": Wire(((4.75, 4.6), (4.75, 5.6)), "c"),
    "o": Wire(((7.3, 2.6), (7.3, 3.1), (8.2, 3.1)), "o"),
    "to_squash": Wire(((8.6, 6.0), (8.6, 5.2)), "c"),
    "squashed": Wire(((8.6, 4.2), (8.6, 3.5)), "c"),
    "h": Wire(((9.0, 3.1), (9.8, 3.1)), "h"),
}

#: What a peephole adds: i and f see the old memory, o sees the new one.
PEEPHOLE_WIRES = {
    "p_i": Wire(((0.9, 6.0), (0.9, 3.3), (3.1, 3.3), (3.1, 2.1), (3.4, 2.1)), "c"),
    "p_f": Wire(((0.9, 6.0), (0.9, 2.1), (1.5, 2.1)), "c"),
    "p_o": Wire(((6.5, 6.0), (6.5, 2.1), (6.8, 2.1)), "c"),
}


def lstm_diagram(highlight=(), peepholes=""):
    """The LSTM as a diagram, with some of its wires highlighted.

    Parameters
    ----------
    highlight : iterable of str
        Names of wires: ``c_prev``, ``kept``, ``c``, ``inputs``, ``to_f``, ``to_i``,
        ``to_g``, ``to_o``, ``f``, ``i``, ``g``, ``written``, ``o``, ``to_squash``,
        ``squashed``, ``h``, and ``p_i``, ``p_f``, ``p_o``. Those are drawn thick, all others
        faint; with none, all alike.
    peepholes : str, default ""
        Gates that have one: any of the letters i, f, o.

    Returns
    -------
    figure, axes

    Raises
    ------
    ValueError
        When the diagram has no wire of that name.
    """
    wires = LSTM_WIRES | {f"p_{gate}": PEEPHOLE_WIRES[f"p_{gate}"] for gate in peepholes}
    highlight = set(highlight)
    if not highlight <= wires.keys():
        raise ValueError(f"highlight must name wires among {sorted(wires)}, got {sorted(highlight)}")
    figure, ax = new_figure(height=3.5)
    for name, wire in wires.items():
        colour = COLOURS.get(wire.quantity, INK)
        strong = name in highlight
        ax.plot(
            *zip(*wire.points, strict=True),
            color=colour,
            linestyle="--" if name in PEEPHOLE_WIRES else "-",
            lw=4.0 if strong else 1.6,
            alpha=0.3 if highlight and not strong else 1,
            solid_capstyle="butt",
            zorder=1,
        )
        if name != "inputs":
            ax.annotate(
                "",
                wire.points[-1],
                wire.points[-2],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": colour,
                    "lw": 1.6,
                    "shrinkA": 0,
                    "shrinkB": 0,
                    "alpha": 0.3 if highlight and not strong else 1,
                },
                zorder=2,
            )
    for node in LSTM_NODES.values():
        _draw(ax, node)
    ax.set(xlim=(-0.8, 10.9), ylim=(-0.4, 6.7), aspect="equal")
    ax.axis("off")
    return figure, ax


def gate_box(ax, at, text, colour, half_width=0.5):
    """Draw a rounded box with a label: something that is computed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    at : tuple of two floats
        Its centre.
    text : str
    colour : str
    half_width : float, default 0.5
        It is 1 high.
    """
    corner = (at[0] - half_width, at[1] - 0.5)
    style = "round,pad=0,rounding_size=0.18"
    ax.add_patch(FancyBboxPatch(corner, 2 * half_width, 1.0, boxstyle=style, fc="none", ec=colour, lw=1.6, zorder=3))
    ax.text(*at, text, color=colour, ha="center", va="center_baseline", fontsize=14, zorder=4)


def _draw(ax, node):
    colour = COLOURS.get(node.quantity, INK)
    if node.kind == "gate":
        gate_box(ax, node.at, node.text, colour, half_width=0.75 if "tanh" in node.text else 0.5)
        return
    if node.kind == "op":
        ax.add_patch(Circle(node.at, 0.4, fc="none", ec=colour, lw=1.4, zorder=3))
    ax.text(*node.at, node.text, color=colour, ha="center", va="center_baseline", fontsize=14, zorder=4)
