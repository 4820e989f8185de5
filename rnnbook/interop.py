"""The same cells elsewhere: PyTorch modules, Keras layers and ONNX models, with the same weights.

PyTorch, Keras and ONNX are imported when a function needs them, not with the package;
``pip install rnnbook[interop]`` brings them. Where the conventions differ (order of the
gates, number of biases) the functions here translate.
"""

import importlib
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN, CoupledLSTM, PeepholeLSTM

TORCH_ORDER = {LSTM: "ifgo", GRU: "rzn", RNN: "h"}
KERAS_ORDER = {LSTM: "ifgo", GRU: "zrn", RNN: "h"}
ONNX_ORDER = {LSTM: "iofg", PeepholeLSTM: "iofg", CoupledLSTM: "iofg", GRU: "zrn", RNN: "h"}


def to_torch(cell):
    """A PyTorch module with the cell's weights.

    Parameters
    ----------
    cell : RNN, LSTM, or GRU with ``reset="after"``
        An RNN with tanh or relu, as PyTorch has no other.

    Returns
    -------
    torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer, one direction, time-major like this package. The book's single bias
        becomes PyTorch's input bias; the recurrent bias is zero but for the GRU's ``b_n``.

    Raises
    ------
    ImportError
        When PyTorch is not installed.
    TypeError, ValueError
        When PyTorch has no such cell.
    """
    torch = _require("torch")
    kind = type(cell)
    if kind not in TORCH_ORDER:
        raise TypeError(f"cell must be an RNN, LSTM or GRU to have a PyTorch twin, got {kind.__name__}")
    if kind is GRU and cell.reset != "after":
        raise ValueError('cell must have reset="after": PyTorch\'s GRU has no other')
    options = {"nonlinearity": cell.activation} if kind is RNN else {}
    if kind is RNN:
        check.choice("cell.activation", cell.activation, ("tanh", "relu"))
    module = getattr(torch.nn, kind.__name__)(cell.input_size, cell.hidden_size, **options)
    bias_h = np.zeros_like(cell.params["b"])
    if kind is GRU:
        bias_h[2 * cell.hidden_size :] = cell.params["b_n"]
    weights = {
        "weight_ih_l0": _reorder(cell.params["W_x"], cell.gates, TORCH_ORDER[kind]).T,
        "weight_hh_l0": _reorder(cell.params["W_h"], cell.gates, TORCH_ORDER[kind]).T,
        "bias_ih_l0": _reorder(cell.params["b"], cell.gates, TORCH_ORDER[kind]),
        "bias_hh_l0": bias_h,
    }
    dtype = getattr(torch, cell.params["b"].dtype.name)
    module = module.to(dtype)
    module.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
    return module


def from_torch(module):
    """A cell of this package with a PyTorch module's weights.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer, one direction, no projection.

    Returns
    -------
    RNN, LSTM or GRU
        Its single bias is the sum of PyTorch's two (for the GRU's candidate they stay apart).

    Raises
    ------
    ImportError
        When PyTorch is not installed.
    TypeError, ValueError
        When the module is none of the three, or has several layers, two directions or a projection.
    """
    torch = _require("torch")
    kinds = {torch.nn.RNN: RNN, torch.nn.LSTM: LSTM, torch.nn.GRU: GRU}
    if type(module) not in kinds:
        raise TypeError(f"module must be a torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    if module.num_layers != 1 or module.bidirectional or module.proj_size:
        raise ValueError(
            "module must have one layer, one direction and no projection, got "
            f"num_layers={module.num_layers}, bidirectional={module.bidirectional}, proj_size={module.proj_size}"
        )
    kind = kinds[type(module)]
    weights = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    options = {"activation": module.nonlinearity} if kind is RNN else {}
    dtype = weights["weight_ih_l0"].dtype
    cell = kind(module.input_size, module.hidden_size, rng=np.random.default_rng(0), dtype=dtype, **options)
    zero = np.zeros(len(cell.gates) * cell.hidden_size, dtype)
    b_x, b_h = weights.get("bias_ih_l0", zero), weights.get("bias_hh_l0", zero)
    order = TORCH_ORDER[kind]
    cell.params["W_x"][...] = _reorder(weights["weight_ih_l0"].T, order, cell.gates)
    cell.params["W_h"][...] = _reorder(weights["weight_hh_l0"].T, order, cell.gates)
    cell.params["b"][...] = _reorder(b_x + b_h, order, cell.gates)
    if isinstance(cell, GRU):
        cell.block("b", "n")[...] = b_x[2 * cell.hidden_size :]
        cell.params["b_n"][...] = b_h[2 * cell.hidden_size :]
    return cell


def to_keras(cell):
    """A Keras layer with the cell's weights.

    Parameters
    ----------
    cell : RNN, LSTM or GRU
        An RNN with tanh or relu. The place of the GRU's reset becomes ``reset_after``.

    Returns
    -------
    keras.layers.SimpleRNN, keras.layers.LSTM or keras.layers.GRU
        It returns the whole sequence. Keras is batch-major: ``y (B, T, H)`` from ``x (B, T, D)``.

    Raises
    ------
    ImportError
        When Keras is not installed.
    TypeError, ValueError
        When Keras has no such cell.
    """
    keras = _require("keras")
    kind = type(cell)
    if kind not in KERAS_ORDER:
        raise TypeError(f"cell must be an RNN, LSTM or GRU to have a Keras twin, got {kind.__name__}")
    options: dict[str, Any] = {}
    if isinstance(cell, RNN):
        options["activation"] = check.choice("cell.activation", cell.activation, ("tanh", "relu"))
    if isinstance(cell, GRU):
        options["reset_after"] = cell.reset == "after"
    layer_kind = keras.layers.SimpleRNN if kind is RNN else getattr(keras.layers, kind.__name__)
    dtype = cell.params["b"].dtype.name
    layer = layer_kind(cell.hidden_size, return_sequences=True, dtype=dtype, **options)
    layer.build((None, None, cell.input_size))
    W_x, W_h, b = (_reorder(cell.params[name], cell.gates, KERAS_ORDER[kind]) for name in ("W_x", "W_h", "b"))
    if "b_n" in cell.params:  # two biases, the second inside the recurrent product
        b_h = np.zeros_like(b)
        b_h[2 * cell.hidden_size :] = cell.params["b_n"]
        b = np.stack([b, b_h])
    layer.set_weights([W_x, W_h, b])
    return layer


def from_keras(layer):
    """A cell of this package with a Keras layer's weights.

    Parameters
    ----------
    layer : keras.layers.SimpleRNN, keras.layers.LSTM or keras.layers.GRU
        Built, with a bias and with the default activations.

    Returns
    -------
    RNN, LSTM or GRU

    Raises
    ------
    ImportError
        When Keras is not installed.
    TypeError, ValueError
        When the layer is none of the three, has not been built, has no bias or other activations.
    """
    keras = _require("keras")
    kinds = {keras.layers.SimpleRNN: RNN, keras.layers.LSTM: LSTM, keras.layers.GRU: GRU}
    if type(layer) not in kinds:
        raise TypeError(f"layer must be a keras SimpleRNN, LSTM or GRU, got {type(layer).__name__}")
    kind, config = kinds[type(layer)], layer.get_config()
    gate = config.get("recurrent_activation", "sigmoid")
    if not layer.built or not config["use_bias"] or gate != "sigmoid":
        raise ValueError(
            "layer must be built, with a bias and sigmoid gates, got "
            f"built={layer.built}, use_bias={config['use_bias']}, recurrent_activation={gate!r}"
        )
    check.choice("layer.activation", config["activation"], ("tanh", "relu") if kind is RNN else ("tanh",))
    options = {"activation": config["activation"]} if kind is RNN else {}
    if kind is GRU:
        options["reset"] = "after" if config["reset_after"] else "before"
    W_x, W_h, b = layer.get_weights()
    cell = kind(W_x.shape[0], W_h.shape[0], rng=np.random.default_rng(0), dtype=W_x.dtype, **options)
    order, H = KERAS_ORDER[kind], cell.hidden_size
    if "b_n" in cell.params:  # only the candidate's second bias stays apart
        b, b_h = (_reorder(bias, order, cell.gates) for bias in b)
        cell.params["b_n"][...] = b_h[2 * H :]
        b[: 2 * H] += b_h[: 2 * H]
    else:
        b = _reorder(b, order, cell.gates)
    cell.params["b"][...] = b
    cell.params["W_x"][...] = _reorder(W_x, order, cell.gates)
    cell.params["W_h"][...] = _reorder(W_h, order, cell.gates)
    return cell


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
    onnx = _require("onnx")
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


def _reorder(a, old, new):
    """Column blocks of the last axis, from the gate order `old` to `new`."""
    H = a.shape[-1] // len(old)
    place = {gate: k for k, gate in enumerate(old)}
    return np.concatenate([a[..., place[g] * H : (place[g] + 1) * H] for g in new], axis=-1)


def _require(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs {name}, which is not installed: pip install rnnbook[interop]") from error
