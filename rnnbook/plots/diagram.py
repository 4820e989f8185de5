"""Cell diagrams: one visual language for all cells.

A rounded box computes a gate, a circle combines values element by element, a dot hands one
value on to several, a bare letter enters or leaves.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from rnnbook.cells import Cell
from rnnbook.plots.graphs import edges_on_path, graph
from rnnbook.plots.style import COLOURS, INK, new_figure

# how a formula stands in a box; its letters are Computer Modern, the family says only how high a line is
_FORMULA: dict = {"ha": "center", "va": "center_baseline", "fontsize": 14, "family": "DejaVu Sans"}


def cell_diagram(cell: Cell, path: str | None = None) -> tuple[Figure, Axes]:
    """A cell as a diagram, with the path of a gradient highlighted.

    Parameters
    ----------
    cell : RNN, LSTM, PeepholeLSTM, CoupledLSTM or GRU
        Its kind and its options (peepholes, place of the reset) decide what is drawn.
    path : str, optional
        As in `diagnostics.path_jacobians`: ``"direct"``, a gate, or a peephole such as
        ``"p_f"``. Its edges are drawn thick, all others faint.

    Returns
    -------
    figure, axes

    Raises
    ------
    TypeError
        When this package has no diagram for the cell.
    ValueError
        When the cell has no such path.

    Examples
    --------
    >>> import numpy as np
    >>> from rnnbook import LSTM
    >>> cell = LSTM(1, 1, rng=np.random.default_rng(0))
    >>> figure, ax = cell_diagram(cell, path="direct")
    """
    nodes, edges = graph(cell)
    strong = set() if path is None else edges_on_path(cell, path)
    rows = [node.at[1] for node in nodes.values()] + [y for edge in edges for _, y in edge.corners]
    low, high = min(rows) - 0.5, max(rows) + 0.7
    figure, ax = new_figure(height=0.41 * (high - low) + 0.35)
    for edge in edges:
        _draw_edge(ax, nodes, edge, faint=path is not None and edge not in strong, thick=edge in strong)
    leaving = [edge.source for edge in edges]
    for name, node in nodes.items():
        if node.kind == "join" and leaving.count(name) > 1:
            ax.plot(*node.at, "o", ms=4, color=COLOURS[node.quantity], zorder=3)
        _draw_node(ax, node)
    ax.set(xlim=(-0.8, 10.9), ylim=(low, high), aspect="equal")
    ax.axis("off")
    return figure, ax


def gate_box(ax: Axes, at: tuple[float, float], text: str, colour: str, half_width: float = 0.5) -> None:
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
    ax.text(*at, text, color=colour, **_FORMULA, zorder=4)


def _draw_node(ax, node):
    colour = COLOURS.get(node.quantity, INK)
    if node.kind == "gate":
        gate_box(ax, node.at, node.text, colour, node.half_width)
        return
    if node.kind == "op":
        ax.add_patch(Circle(node.at, node.half_width, fc="none", ec=INK, lw=1.4, zorder=3))
        colour = INK
    ax.text(*node.at, node.text, color=colour, **_FORMULA, zorder=4)


def _draw_edge(ax, nodes, edge, faint, thick):
    source, target = nodes[edge.source], nodes[edge.target]
    points = [source.at, *edge.corners, target.at]
    points[0] = source.boundary(points[1])
    points[-1] = target.boundary(points[-2])
    look = {"color": COLOURS.get(source.quantity, INK), "alpha": 0.3 if faint else 1}
    dashes = {"linestyle": "--"} if edge.peephole else {}
    ax.plot(*zip(*points, strict=True), lw=4.0 if thick else 1.6, solid_capstyle="butt", zorder=1, **look, **dashes)
    if target.kind != "join":
        arrow = {"arrowstyle": "-|>", "lw": 1.6, "shrinkA": 0, "shrinkB": 0, **look}
        ax.annotate("", points[-1], points[-2], arrowprops=arrow, zorder=2)
