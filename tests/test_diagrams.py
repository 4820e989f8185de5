"""The diagrams tell the truth: followed edge by edge they compute what the cell computes."""

import matplotlib as mpl
import numpy as np
import pytest
from kinds import random_cell, random_state

from rnnbook import RNN, Cell, PeepholeLSTM, diagnostics, plots
from rnnbook.activations import sigmoid
from rnnbook.plots import graphs

mpl.use("Agg")
import matplotlib.pyplot as plt

PEEPHOLES = ["PeepholeLSTM ifo", "PeepholeLSTM f", "PeepholeLSTM none"]
DRAWN = ["RNN tanh", "LSTM", *PEEPHOLES, "CoupledLSTM", "GRU after", "GRU before"]
D, H, B = 3, 4, 2


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def follow(cell, x, state):
    """The state after one step, computed by following the diagram from left to right."""
    nodes, edges = graphs.graph(cell)
    given = {"x": x} | {f"{s}_prev": value for s, value in zip(cell.states, state, strict=True)}
    W_h = given["h_prev"] @ cell.params["W_h"]
    blocks = dict(zip(cell.blocks, np.split(W_h, len(cell.blocks), axis=-1), strict=True))

    def origin(name):
        """Behind the joins, the node that computes the value."""
        while nodes[name].kind == "join" and name != "in":
            (name,) = (w.source for w in edges if w.target == name)
        return name

    def pre_activation(name, gate):
        total = cell.block("b", gate)
        for edge in (w for w in edges if w.target == name):
            source = origin(edge.source)
            if edge.peephole:
                total = total + cell.params[f"p_{gate}"] * value(source)
            elif source == "in":  # x and h, side by side
                total = total + x @ cell.block("W_x", gate) + blocks[gate]
            elif source == "x":
                total = total + x @ cell.block("W_x", gate)
            elif "m" in nodes:
                total = total + value(source)
            else:
                total = total + value(source) @ cell.block("W_h", gate)
        return total

    def value(name):
        if name in given:
            return given[name]
        node, sources = nodes[name], [origin(w.source) for w in edges if w.target == name]
        if name == "m":
            return blocks["n"] + cell.params["b_n"]
        if node.kind == "gate" and name != "squash":
            gate = name.removesuffix("_gate")
            act = np.tanh if gate in "gnh" else sigmoid
            return act(pre_activation(name, gate))
        values = [value(source) for source in sources]
        if node.kind in ("end", "join"):
            return values[0]
        rule = {"squash": lambda v: np.tanh(v), "rest": lambda v: 1 - v, "add": np.add}
        return rule.get(name, np.multiply)(*values)

    return tuple(value(s) for s in cell.states)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_diagram_computes_what_its_cell_computes(kind, rng):
    cell = random_cell(kind, D, H, rng)
    x, state = rng.normal(size=(B, D)), random_state(cell, B, rng)
    _, after = cell(x[None], state)
    for drawn, computed in zip(follow(cell, x, state), after, strict=True):
        np.testing.assert_allclose(drawn, computed, rtol=1e-13)


@pytest.mark.parametrize("kind", DRAWN)
def test_every_road_of_the_gradient_can_be_highlighted(kind, rng):
    cell = random_cell(kind, D, H, rng)
    cell(rng.normal(size=(2, B, D)))
    paths = diagnostics.path_jacobians(cell)
    for path, jacobian in paths.items():
        on_it = graphs.edges_on_path(cell, path)
        assert bool(on_it) == bool(np.abs(jacobian).max() > 1e-9), path
        _, ax = plots.cell_diagram(cell, path)
        thick = [line for line in ax.get_lines() if line.get_linewidth() > 2]
        assert len(thick) == len(on_it)
        # a path passes its own gate, and leads from an old state to a new one
        ends = {edge.source for edge in on_it} | {edge.target for edge in on_it}
        gate = path.removeprefix("p_")
        if path not in ("direct", "h"):
            assert gate in ends
        if on_it:
            assert ends & set(cell.states)


def test_the_direct_road_of_an_lstm_is_the_memory_line(rng):
    cell = random_cell("LSTM", D, H, rng)
    assert {(w.source, w.target) for w in graphs.edges_on_path(cell, "direct")} == {
        ("c_prev", "c_old"),
        ("c_old", "keep"),
        ("keep", "add"),
        ("add", "c_new"),
        ("c_new", "c_shown"),
        ("c_shown", "c"),
        ("c_shown", "squash"),
        ("squash", "read"),
        ("read", "h"),
    }


@pytest.mark.parametrize("peepholes", ["", "f", "ifo"])
def test_there_is_a_dashed_wire_for_each_peephole(peepholes, rng):
    _, ax = plots.cell_diagram(PeepholeLSTM(1, 1, peepholes=peepholes, rng=rng))
    assert sum(line.get_linestyle() == "--" for line in ax.get_lines()) == len(peepholes)


def test_a_diagram_refuses_what_it_cannot_draw(rng):
    class Own(Cell):
        blocks = ("h",)

    with pytest.raises(TypeError, match=r"cell must be one of RNN, .* got Own"):
        plots.cell_diagram(Own(1, 1, rng=rng))
    with pytest.raises(ValueError, match=r"path must be 'direct', one of \('h',\) .* got 'f'"):
        plots.cell_diagram(RNN(1, 1, rng=rng), "f")
    with pytest.raises(ValueError, match="got 'p_i'"):
        plots.cell_diagram(PeepholeLSTM(1, 1, peepholes="f", rng=rng), "p_i")
