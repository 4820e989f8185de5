"""The cells as graphs, laid out on a grid: what their diagrams show.

A graph of nodes and edges can be followed by a program as well as by the eye: a test feeds
numbers in on the left and gets the cell's new state on the right.
"""

from dataclasses import dataclass
from itertools import pairwise

from rnnbook.cells import GRU, LSTM, RNN, Cell, CoupledLSTM, PeepholeLSTM

Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """A place in a diagram."""

    at: Point
    text: str = ""
    kind: str = "join"  #: "gate", "op", "end" or "join"
    quantity: str = ""  #: key of its colour, and of the edges that leave it

    @property
    def half_width(self) -> float:
        """Half of its extent along a row; along a column it is at most 0.5."""
        return {"gate": 0.75 if len(self.text) > 3 else 0.5, "op": 0.4, "end": 0.55, "join": 0.0}[self.kind]

    def boundary(self, towards: Point) -> Point:
        """The point where an edge from or to `towards` meets this node."""
        (x, y), (u, v) = self.at, towards
        half_height = {"gate": 0.5, "end": 0.45}.get(self.kind, self.half_width)
        if abs(u - x) > abs(v - y):
            return x + (self.half_width if u > x else -self.half_width), y
        return x, y + (half_height if v > y else -half_height)


@dataclass(frozen=True)
class Edge:
    """A value on its way from one node to another, around these corners."""

    source: str
    target: str
    corners: tuple[Point, ...] = ()
    peephole: bool = False


def _op(at, text, quantity=""):
    return Node(at, text, "op", quantity)


def _gate(at, name):
    return Node(at, f"${name}$", "gate", name)


def _end(at, text, quantity):
    return Node(at, f"${text}$", "end", quantity)


def _chain(*names):
    return [Edge(a, b) for a, b in pairwise(names)]


def _rnn():
    nodes = {
        "h_prev": _end((-0.2, 0.9), "h_{t-1}", "h"),
        "x": _end((-0.2, 0.1), "x_t", "x"),
        "in": Node((0.5, 0.5), quantity="x"),
        "h_gate": Node((5.0, 0.5), r"$\tanh$", "gate", "h"),
        "h": _end((10.3, 0.5), "h_t", "h"),
    }
    return nodes, _chain("in", "h_gate", "h")


def _lstm_core(gates):
    """What every LSTM has: the memory along the top, the inputs along the bottom."""
    columns = {"f": 2.0, "i": 3.9, "g": 5.6, "o": 7.3}
    nodes = {
        "c_prev": _end((-0.2, 6.0), "c_{t-1}", "c"),
        "h_prev": _end((-0.2, 0.9), "h_{t-1}", "h"),
        "x": _end((-0.2, 0.1), "x_t", "x"),
        "c": _end((10.3, 6.0), "c_t", "c"),
        "h": _end((10.3, 3.1), "h_t", "h"),
        "in": Node((0.5, 0.5), quantity="x"),
        "c_old": Node((0.9, 6.0), quantity="c"),
        "keep": _op((2.0, 6.0), r"$\odot$", "c"),
        "add": _op((4.75, 6.0), "$+$", "c"),
        "c_new": Node((6.5, 6.0), quantity="c"),
        "c_shown": Node((8.6, 6.0), quantity="c"),
        "write": _op((4.75, 4.2), r"$\odot$", "c"),
        "squash": Node((8.6, 4.7), r"$\tanh$", "gate", "c"),
        "read": _op((8.6, 3.1), r"$\odot$", "h"),
    }
    for gate in gates:
        nodes[gate] = _gate((columns[gate], 2.1), gate)
        nodes[f"in_{gate}"] = Node((columns[gate], 0.5), quantity="x")
    edges = [
        *_chain("c_prev", "c_old", "keep", "add", "c_new", "c_shown", "c"),
        *_chain("c_shown", "squash", "read", "h"),
        *_chain("in", *(f"in_{gate}" for gate in gates)),
        *(Edge(f"in_{gate}", gate) for gate in gates),
        Edge("g", "write", ((5.6, 4.2),)),
        Edge("write", "add"),
        Edge("o", "read", ((7.3, 3.1),)),
    ]
    return nodes, edges


def _lstm():
    nodes, edges = _lstm_core("figo")
    return nodes, [*edges, Edge("f", "keep"), Edge("i", "write", ((3.9, 4.2),))]


def _peephole(cell):
    nodes, edges = _lstm()
    ways = {
        "i": Edge("c_old", "i", ((0.9, 3.3), (3.1, 3.3), (3.1, 2.1)), peephole=True),
        "f": Edge("c_old", "f", ((0.9, 2.1),), peephole=True),
        "o": Edge("c_new", "o", ((6.5, 2.1),), peephole=True),
    }
    return nodes, [*edges, *(edge for gate, edge in ways.items() if f"p_{gate}" in cell.params)]


def _coupled():
    nodes, edges = _lstm_core("igo")
    nodes |= {"i_out": Node((3.9, 3.3), quantity="i"), "rest": _op((2.0, 3.3), "$1{-}$", "i")}
    return nodes, [*edges, *_chain("i", "i_out", "rest", "keep"), Edge("i_out", "write", ((3.9, 4.2),))]


def _gru(cell):
    nodes = {
        "h_prev": _end((-0.2, 6.0), "h_{t-1}", "h"),
        "x": _end((-0.2, 0.5), "x_t", "x"),
        "h": _end((10.3, 6.0), "h_t", "h"),
        "h_old": Node((0.9, 6.0), quantity="h"),
        "h_side": Node((0.9, 3.5), quantity="h"),
        "x_in": Node((0.5, 0.5), quantity="x"),
        "in": Node((0.9, 0.5), quantity="x"),
        "in_z": Node((2.0, 0.5), quantity="x"),
        "in_r": Node((3.9, 0.5), quantity="x"),
        "z": _gate((2.0, 2.1), "z"),
        "r": _gate((3.9, 2.1), "r"),
        "n": _gate((7.4, 2.1), "n"),
        "reset": _op((5.6, 2.1), r"$\odot$", "h"),
        "z_out": Node((2.0, 4.7), quantity="z"),
        "rest": _op((4.6, 4.7), "$1{-}$", "z"),
        "keep": _op((2.0, 6.0), r"$\odot$", "h"),
        "write": _op((7.4, 4.7), r"$\odot$", "n"),
        "add": _op((7.4, 6.0), "$+$", "h"),
    }
    edges = [
        *_chain("h_prev", "h_old", "keep", "add", "h"),
        *_chain("h_old", "h_side", "in", "in_z", "in_r", "r", "reset", "n", "write", "add"),
        *_chain("in_z", "z", "z_out", "keep"),
        *_chain("z_out", "rest", "write"),
        *_chain("x", "x_in", "in"),
        Edge("x_in", "n", ((0.5, -0.4), (7.4, -0.4))),
    ]
    if cell.reset == "after":
        nodes["m"] = Node((3.9, 3.5), "$W_{hn}$", "gate", "h")
        edges += [Edge("h_side", "m"), Edge("m", "reset", ((5.6, 3.5),))]
    else:
        edges.append(Edge("h_side", "reset", ((5.6, 3.5),)))
    return nodes, edges


def graph(cell: Cell) -> tuple[dict[str, Node], list[Edge]]:
    """The diagram of a cell as a graph: its nodes by name, and its edges.

    Parameters
    ----------
    cell : RNN, LSTM, PeepholeLSTM, CoupledLSTM or GRU
        Its kind and its options (peepholes, place of the reset) decide.

    Returns
    -------
    nodes : dict of str to Node
    edges : list of Edge

    Raises
    ------
    TypeError
        For a cell of any other kind.
    """
    makers = {
        RNN: _rnn,
        LSTM: _lstm,
        CoupledLSTM: _coupled,
        PeepholeLSTM: lambda: _peephole(cell),
        GRU: lambda: _gru(cell),
    }
    if type(cell) not in makers:
        names = ", ".join(kind.__name__ for kind in makers)
        raise TypeError(f"cell must be one of {names} to have a diagram, got {type(cell).__name__}")
    return makers[type(cell)]()


def edges_on_path(cell: Cell, path: str) -> set[Edge]:
    """The edges of a cell's diagram that a gradient passes on one path.

    Parameters
    ----------
    cell : RNN, LSTM, PeepholeLSTM, CoupledLSTM or GRU
    path : str
        As in `diagnostics.path_jacobians`: ``"direct"``, a gate, or a peephole such as ``"p_f"``.

    Returns
    -------
    set of Edge

    Raises
    ------
    ValueError
        When the cell has no such path.
    """
    _, edges = graph(cell)
    boxes = {f"{gate}_gate" if isinstance(cell, RNN) else gate for gate in cell.blocks}
    peepholes = {f"p_{edge.target}": edge for edge in edges if edge.peephole}
    if path not in {"direct", *cell.blocks, *peepholes}:
        raise ValueError(f"path must be 'direct', one of {cell.blocks} or a peephole of the cell, got {path!r}")
    plain = [edge for edge in edges if not edge.peephole]
    before, after = [f"{s}_prev" for s in cell.states], list(cell.states)
    # where x and h share a line, the line carries h
    plain.append(Edge("h_prev", "in"))
    if path == "direct":
        return _between(plain, before, after, avoid=boxes) & set(edges)
    if path in peepholes:
        gate = peepholes[path].target
        # the memory reaches the peephole along its own line, never through a gate
        up = _between(plain, ["c_prev"], [peepholes[path].source], avoid=boxes) | {peepholes[path]}
    else:
        gate = f"{path}_gate" if isinstance(cell, RNN) else path
        up = _between(plain, ["h_prev"], [gate], avoid=boxes - {gate})
    return (up | _between(plain, [gate], after, avoid=set())) & set(edges)


def _between(edges, starts, ends, avoid):
    """The edges on any way from one of `starts` to one of `ends`."""
    edges = [w for w in edges if w.source not in avoid and w.target not in avoid]

    def reach(seeds, step):
        seen, new = set(seeds), set(seeds)
        while new:
            new = {b for a, b in map(step, edges) if a in new} - seen
            seen |= new
        return seen

    down = reach(starts, lambda w: (w.source, w.target))
    up = reach(ends, lambda w: (w.target, w.source))
    return {w for w in edges if w.source in down and w.target in up}
