"""To ONNX."""

from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN, CoupledLSTM, PeepholeLSTM
from rnnbook.layers import Bidirectional, Stack

#: ONNX's order of the gates, in the letters of this book.
ONNX_ORDER = {LSTM: "iofg", PeepholeLSTM: "iofg", CoupledLSTM: "iofg", GRU: "zrn", RNN: "h"}


def to_onnx(layer):
    """An ONNX model of the layer (opset 14, float32), for ONNX Runtime or any other reader.

    Parameters
    ----------
    layer : RNN, LSTM, PeepholeLSTM, CoupledLSTM, GRU, Bidirectional or Stack
        Of any of these cells, mixed as you like. Peepholes become ONNX's ``P`` (zero where the cell has none),
        coupled gates its ``input_forget``, and the place of the GRU's reset its ``linear_before_reset``.

    Returns
    -------
    onnx.ModelProto
        Inputs ``x (T, B, D)`` and ``h_0``, ``c_0 (B, H)``, outputs ``hs (T, B, H)`` and ``h``, ``c (B, H)``, as
        in this package; c only where the cell has it. The states of several cells have their places before their
        names, as the parameters have: ``1.forward_cell.h_0`` goes into the forward cell of a stack's second layer.

    Raises
    ------
    ImportError
        When onnx is not installed.
    TypeError
        When ONNX has no such cell.
    """
    onnx = check.require("onnx", "interop")
    graph = _Graph(onnx)
    hs = graph.add(layer, "", "x")
    graph.node("Identity", [hs], ["hs"])
    value = graph.value
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            type(layer).__name__,
            [value("x", ["T", "B", layer.input_size]), *graph.inputs],
            [value("hs", ["T", "B", layer.output_size]), *graph.outputs],
            graph.tensors,
        ),
        opset_imports=[onnx.helper.make_opsetid("", 14)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    return model


class _Graph:
    """The nodes of a layer, cell by cell."""

    def __init__(self, onnx):
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.tensors = [self.constant(name, np.array([k], np.int64)) for name, k in (("zero", 0), ("one", 1))]

    def constant(self, name, array):
        return self.onnx.numpy_helper.from_array(array, name)

    def value(self, name, shape):
        return self.onnx.helper.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, shape)

    def node(self, operator, inputs, outputs, **options):
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, outputs, **options))

    def add(self, layer, place, x, direction="forward"):
        """Add a layer that reads `x`; returns the name of its outputs."""
        if isinstance(layer, Stack):
            for name, part in layer.parts.items():
                x = self.add(part, f"{place}{name}.", x)
            return x
        if isinstance(layer, Bidirectional):
            both = [
                self.add(layer.forward_cell, f"{place}forward_cell.", x),
                self.add(layer.backward_cell, f"{place}backward_cell.", x, "reverse"),
            ]
            self.node("Concat", both, [f"{place}both"], axis=-1)
            return f"{place}both"
        return self.add_cell(layer, place, x, direction)

    def add_cell(self, cell, place, x, direction):
        kind = type(cell)
        if kind not in ONNX_ORDER:
            names = ", ".join(k.__name__ for k in ONNX_ORDER)
            raise TypeError(f"cell must be one of {names} to have an ONNX twin, got {kind.__name__}")
        H, order = cell.hidden_size, ONNX_ORDER[kind]

        def arranged(name):
            blocks = {g: cell.block(name, g) for g in cell.blocks}
            if kind is CoupledLSTM:
                blocks["f"] = np.zeros_like(blocks["i"])  # ONNX keeps a place for f and computes 1 - i
            return np.concatenate([blocks[g] for g in order], axis=-1)

        b_x = arranged("b")
        b_h = np.zeros_like(b_x)
        options: dict[str, Any] = {"direction": direction}
        if isinstance(cell, GRU):
            options["linear_before_reset"] = int(cell.reset == "after")
            if cell.reset == "after":
                b_h[2 * H :] = cell.params["b_n"]
        if isinstance(cell, RNN):
            onnx_name = {"tanh": "Tanh", "relu": "Relu", "leaky_relu": "LeakyRelu"}
            options["activations"] = [onnx_name[cell.activation]]
        if isinstance(cell, CoupledLSTM):
            options["input_forget"] = 1

        constants = {"W": arranged("W_x").T, "R": arranged("W_h").T, "B": np.concatenate([b_x, b_h])}
        if isinstance(cell, PeepholeLSTM):
            constants["P"] = np.concatenate([np.broadcast_to(cell.peephole(g), H) for g in "iof"])
        self.tensors += [self.constant(place + n, v[None].astype(np.float32)) for n, v in constants.items()]
        # ONNX has an axis for directions: put in front of the states, taken out of the results
        for s in cell.states:
            self.node("Unsqueeze", [f"{place}{s}_0", "zero"], [f"{place}{s}_0_1"])
        states, (W, R, B, *P) = [f"{place}{s}_0_1" for s in cell.states], (place + n for n in constants)
        outputs = [f"{place}hs_1", *(f"{place}{s}_1" for s in cell.states)]
        operator = kind.__name__ if kind in (RNN, GRU) else "LSTM"
        self.node(operator, [x, W, R, B, "", *states, *P], outputs, hidden_size=H, **options)
        self.node("Squeeze", [f"{place}hs_1", "one"], [f"{place}hs_"])
        for s in cell.states:
            self.node("Squeeze", [f"{place}{s}_1", "zero"], [f"{place}{s}"])
        self.inputs += [self.value(f"{place}{s}_0", ["B", H]) for s in cell.states]
        self.outputs += [self.value(f"{place}{s}", ["B", H]) for s in cell.states]
        return f"{place}hs_"
