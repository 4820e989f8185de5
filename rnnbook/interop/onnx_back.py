"""From ONNX: what `to_onnx` and PyTorch's exporter write for the cells that ONNX has."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN, CoupledLSTM, PeepholeLSTM
from rnnbook.interop.onnx import ONNX_ACTIVATIONS, ONNX_ORDER
from rnnbook.layers import Bidirectional, Stack


class Sequence(NamedTuple):
    """What is known of an array that a graph hands on: which layers made it, and what its axes are."""

    layers: tuple  #: from the input upwards
    axes: str  #: T, B, N (directions) and H, in their order; ? where it is not yet known which is which
    direction: str = "both"  #: in which its last layer runs, where the other direction is still apart
    sorted: bool = False  #: whether its sequences are sorted by length


def from_onnx(model: Any) -> RNN | LSTM | PeepholeLSTM | CoupledLSTM | GRU | Bidirectional | Stack:
    """A layer of this package with the weights of an ONNX model.

    Parameters
    ----------
    model : onnx.ModelProto, str or Path
        As `to_onnx` writes RNN, LSTM, PeepholeLSTM, CoupledLSTM and GRU, and stacks and both directions of them,
        or as ``torch.onnx.export(..., dynamo=False)`` writes torch.nn.RNN, LSTM and GRU, `batch_first` or not,
        with packed sequences or without. A str or Path is the name of a file.

    Returns
    -------
    RNN, LSTM, PeepholeLSTM, CoupledLSTM, GRU, Bidirectional or Stack
        Time-major, as all layers of this package. Initial states and lengths, which an ONNX model has as inputs
        or has not, are given when the layer is called.

    Raises
    ------
    ImportError
        When onnx is not installed.
    TypeError
        When `model` is no ONNX model.
    ValueError
        When it holds what cannot be read; it says what.
    """
    onnx = check.require("onnx", "interop")
    if isinstance(model, (str, Path)):
        model = onnx.load(str(model))
    if not isinstance(model, onnx.ModelProto):
        raise TypeError(f"model must be an onnx.ModelProto or the name of a file, got {type(model).__name__}")
    return _Reader(onnx, model.graph).layer()


class _Reader:
    """The nodes of a graph, read in their order."""

    def __init__(self, onnx, graph):
        self.graph, self.to_array = graph, onnx.numpy_helper.to_array
        self.constants = {tensor.name: self.to_array(tensor) for tensor in graph.initializer}
        self.made_by = {name: node for node in graph.node for name in node.output}
        first = next(value.name for value in graph.input if value.name not in self.constants)
        self.first, self.sequences, self.lengths = first, {first: Sequence((), "??H")}, set()

    def layer(self):
        for node in self.graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = self.to_array(node.attribute[0].t)
            elif node.op_type in ("RNN", "LSTM", "GRU"):
                self.recurrent(node)
            elif node.input and node.input[0] in self.sequences and node.op_type != "Shape":
                self.sequences[node.output[0]] = self.moved(node)
        last = self.sequences.get(self.graph.output[0].name)
        if last is None or not last.layers:
            kinds = ", ".join(sorted({node.op_type for node in self.graph.node}))
            raise ValueError(
                f"model must have as its first output that of an RNN, LSTM or GRU, it is made of {kinds}; a Scan is a "
                "cell that ONNX has not, and a graph has no step_back to read"
            )
        if last.direction == "reverse" or last.axes not in ("TBH", "BTH") or last.sorted:
            raise ValueError(f"model must give the outputs of one layer at each step, its first output is {last}")
        if len(self.lengths) > 1:
            raise ValueError("model must give the same lengths to all of its layers")
        return Stack(last.layers) if len(last.layers) > 1 else last.layers[0]

    def moved(self, node):
        """A sequence after a node that moves numbers and changes none."""
        s, kind = self.sequences[node.input[0]], node.op_type
        options = _options(node)
        if kind == "Identity":
            return s
        if kind == "Transpose":
            axes = "BTH" if s.axes == "??H" else s.axes  # an input that is turned has had its time second
            return s._replace(axes="".join(axes[k] for k in options["perm"]))
        if kind == "Squeeze" and s.axes == "TNBH" and self.constant(node, 1) == [1] and s.direction != "pair":
            return s._replace(axes="TBH")
        if kind == "Reshape" and s.axes == "TBNH" and self.constant(node, 1) == [0, 0, -1]:
            return s._replace(axes="TBH", direction="both")
        if kind == "Gather":  # a packed sequence is sorted, and brought back
            by = self.made_by.get(node.input[1])
            while by is not None and by.op_type == "Cast":
                by = self.made_by.get(by.input[0])
            axis = options.get("axis", 0)
            axes = ("BTH", "TBH", "??H")[axis] if s.axes == "??H" else s.axes
            if axes[axis] == "B" and by is not None and by.op_type == ("ScatterElements" if s.sorted else "TopK"):
                return s._replace(axes=axes, sorted=not s.sorted)
        if kind == "Concat" and options["axis"] in (-1, 2) and len(node.input) == 2:
            one, other = s, self.sequences.get(node.input[1], s)
            pair = one.layers[:-1] == other.layers[:-1] and one.axes == other.axes == "TBH"
            if pair and (one.direction, other.direction) == ("forward", "reverse"):
                both = Bidirectional(one.layers[-1], other.layers[-1])
                return Sequence((*one.layers[:-1], both), "TBH", sorted=one.sorted)
        raise ValueError(
            "model must be made of RNN, LSTM and GRU, which hand on all of their outputs; "
            f"its node {node.name or node.output[0]} ({kind}) changes them"
        )

    def recurrent(self, node):
        """A node that is a layer."""
        options, kind = _options(node), node.op_type
        x, W, R, *more = node.input
        b, lengths, h_0, c_0, P = (*more, *[""] * 5)[:5]
        below = self.sequences.get(x)
        if below is None or below.axes not in ("TBH", "??H") or below.direction == "reverse":
            raise ValueError(
                f"model must give its {kind} {node.name} the input or the outputs of a layer below, time first"
            )
        missing = [name for name in (W, R, b, P) if name and name not in self.constants]
        if missing:
            raise ValueError(f"model must hold the weights of its {kind} {node.name}, {missing[0]} is computed")
        self.lengths.add(lengths)
        for state in (h_0, c_0):
            self.check_state(state)
        weights = [self.constants[name] if name else None for name in (W, R, b, P)]
        direction = options.pop("direction", "forward")
        names = options.pop("activations", None)
        cells, n = [], len(self.constants[W])  # one for each direction
        for k in range(n):
            one = (None if w is None else w[k] for w in weights)
            cells.append(_cell(kind, *one, names=names and names[k * len(names) // n :], **options))
        layer = cells[0] if len(cells) == 1 else Bidirectional(*cells)
        direction = "pair" if len(cells) > 1 else direction
        self.sequences[node.output[0]] = Sequence((*below.layers, layer), "TNBH", direction, below.sorted)

    def constant(self, node, k):
        """An input of a node as a list, if it is a constant."""
        value = self.constants.get(node.input[k]) if len(node.input) > k else None
        return None if value is None else value.tolist()

    def check_state(self, name):
        """An initial state must come from outside or be zero."""
        while name in self.made_by and name not in self.constants:
            node = self.made_by[name]
            if node.op_type == "ConstantOfShape":
                self.constants[name] = np.array([self.to_array(a.t) for a in node.attribute])
                break
            name = node.input[0] if node.input else ""
        if np.any(self.constants.get(name, 0)):
            raise ValueError("model must begin with states that are given or zero; it has others among its constants")


def _options(node):
    """A node's attributes."""
    values: dict[int, Any] = {
        1: lambda a: a.f,
        2: lambda a: a.i,
        3: lambda a: a.s.decode(),
        6: lambda a: list(a.floats),
        7: lambda a: list(a.ints),
        8: lambda a: [s.decode() for s in a.strings],
    }
    return {a.name: values[a.type](a) for a in node.attribute if a.type in values}


def _cell(operator, W, R, b, P, *, names, hidden_size, layout=0, input_forget=0, linear_before_reset=0, **others):
    """One direction of a node as a cell; `names` are its activations, and `others` what no cell has."""
    if others or layout:
        raise ValueError(f"model must have none of {', '.join([*others, 'layout'])} in its {operator}")
    with_peepholes = PeepholeLSTM if P is not None else LSTM
    kind: Any = {"RNN": RNN, "GRU": GRU, "LSTM": CoupledLSTM if input_forget else with_peepholes}[operator]
    usual = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}[operator]
    names, options, peepholes = (names or usual)[: len(usual)], {}, {}
    if operator == "RNN" and names[0] in ONNX_ACTIVATIONS.values():
        options["activation"] = next(ours for ours, name in ONNX_ACTIVATIONS.items() if name == names[0])
    elif names != usual:
        raise ValueError(f"model must have the usual activations in its {operator}, got {', '.join(names)}")
    if kind is GRU:
        options["reset"] = "after" if linear_before_reset else "before"
    if kind is PeepholeLSTM:
        peepholes = {gate: p for gate, p in zip("iof", np.split(P, 3), strict=True) if p.any()}
        options["peepholes"] = "".join(gate for gate in "ifo" if gate in peepholes)
    elif P is not None:
        raise ValueError("model must have peepholes or coupled gates, not both in one LSTM")
    cell = kind(W.shape[1], hidden_size, rng=np.random.default_rng(0), dtype=W.dtype, **options)
    order = ONNX_ORDER[kind]
    b_x, b_h = np.split(np.zeros(2 * len(W), W.dtype) if b is None else b, 2)
    for name, value in {"W_x": W.T, "W_h": R.T, "b": b_x + b_h}.items():
        for gate, columns in zip(order, np.split(value, len(order), axis=-1), strict=True):
            if gate in cell.blocks:  # ONNX keeps a place for the f of coupled gates
                cell.block(name, gate)[...] = columns
    if "b_n" in cell.params:
        cell.block("b", "n")[...] = b_x[2 * hidden_size :]
        cell.params["b_n"][...] = b_h[2 * hidden_size :]
    for gate, p in peepholes.items():
        cell.params[f"p_{gate}"][...] = p
    return cell
