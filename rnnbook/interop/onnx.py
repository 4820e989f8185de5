"""To ONNX."""

from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN, CoupledLSTM, PeepholeLSTM

#: ONNX's order of the gates, in the letters of this book.
ONNX_ORDER = {LSTM: "iofg", PeepholeLSTM: "iofg", CoupledLSTM: "iofg", GRU: "zrn", RNN: "h"}


def to_onnx(cell):
    """An ONNX model of the cell (opset 14, float32), for ONNX Runtime or any other reader.

    Parameters
    ----------
    cell : RNN, LSTM, PeepholeLSTM, CoupledLSTM or GRU
        Peepholes become ONNX's ``P`` (zero where the cell has none), coupled gates its
        ``input_forget``, and the place of the GRU's reset its ``linear_before_reset``.

    Returns
    -------
    onnx.ModelProto
        Inputs ``x (T, B, D)`` and ``h_0``, ``c_0 (B, H)``, outputs ``hs (T, B, H)`` and
        ``h``, ``c (B, H)``, as in this package; c only where the cell has it.

    Raises
    ------
    ImportError
        When onnx is not installed.
    TypeError
        When ONNX has no such cell.
    """
    onnx = check.library("onnx", "interop")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    kind = type(cell)
    if kind not in ONNX_ORDER:
        names = ", ".join(k.__name__ for k in ONNX_ORDER)
        raise TypeError(f"cell must be one of {names} to have an ONNX twin, got {kind.__name__}")
    D, H = cell.input_size, cell.hidden_size
    gates, order = cell.gates, ONNX_ORDER[kind]

    def arranged(name):
        blocks = {g: cell.block(name, g) for g in gates}
        if kind is CoupledLSTM:
            blocks["f"] = np.zeros_like(blocks["i"])  # ONNX keeps a place for f and computes 1 - i
        return np.concatenate([blocks[g] for g in order], axis=-1)

    b_x = arranged("b")
    b_h = np.zeros_like(b_x)
    options: dict[str, Any] = {}
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
    inputs = ["x", "W", "R", "B", "", *(f"{s}_0_1" for s in cell.states)]
    if isinstance(cell, PeepholeLSTM):
        constants["P"] = np.concatenate([np.broadcast_to(cell.peephole(g), H) for g in "iof"])
        inputs.append("P")
    operator = kind.__name__ if kind in (RNN, GRU) else "LSTM"
    outputs = ["hs_1", *(f"{s}_1" for s in cell.states)]
    # ONNX has an axis for directions: put in front of the states, taken out of the results
    nodes = [helper.make_node("Unsqueeze", [f"{s}_0", "zero"], [f"{s}_0_1"]) for s in cell.states]
    nodes.append(helper.make_node(operator, inputs, outputs, hidden_size=H, **options))
    nodes.append(helper.make_node("Squeeze", ["hs_1", "one"], ["hs"]))
    nodes += [helper.make_node("Squeeze", [f"{s}_1", "zero"], [s]) for s in cell.states]
    tensors = [numpy_helper.from_array(v[None].astype(np.float32), n) for n, v in constants.items()]
    tensors += [numpy_helper.from_array(np.array([k], np.int64), n) for n, k in (("zero", 0), ("one", 1))]

    def value(name, shape):
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        kind.__name__,
        [value("x", ["T", "B", D]), *(value(f"{s}_0", ["B", H]) for s in cell.states)],
        [value("hs", ["T", "B", H]), *(value(s, ["B", H]) for s in cell.states)],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    return model
