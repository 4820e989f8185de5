"""To PyTorch and back."""

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN
from rnnbook.interop.orders import reorder
from rnnbook.layers import Bidirectional, Stack

#: PyTorch's order of the gates, in the letters of this book.
TORCH_ORDER = {LSTM: "ifgo", GRU: "rzn", RNN: "h"}


def to_torch(layer, *, batch_first=False):
    """A PyTorch module with the layer's weights.

    Parameters
    ----------
    layer : RNN, LSTM, GRU with ``reset="after"``, Bidirectional or Stack
        An RNN with tanh or relu, as PyTorch has no other. PyTorch's layers and directions are all alike,
        so the cells of a `Bidirectional` or a `Stack` must be of one kind and size, and each layer of a
        stack must have the same directions.
    batch_first : bool, default False
        Whether the module takes and gives (B, T, ...) in the place of (T, B, ...). States are (N, B, H) in
        either case, one for each of the N cells: layer by layer, the forward one first.

    Returns
    -------
    torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        The book's single bias becomes PyTorch's input bias; the recurrent bias is zero but for the
        GRU's ``b_n``. A stack's dropout is PyTorch's.

    Raises
    ------
    ImportError
        When PyTorch is not installed.
    TypeError, ValueError
        When PyTorch has no such layer.
    """
    torch = check.require("torch", "interop")
    layers = layer.cells if isinstance(layer, Stack) else [layer]
    ways = [[part.forward_cell, part.backward_cell] if isinstance(part, Bidirectional) else [part] for part in layers]
    cells = [cell for way in ways for cell in way]
    for cell in cells:
        _has_twin(cell)
    made = {(type(c), c.hidden_size, getattr(c, "activation", None), c.params["b"].dtype) for c in cells}
    if len(made) > 1 or len(set(map(len, ways))) > 1:
        raise ValueError(
            "layer must have cells of one kind, size and dtype, and the same directions in each layer, to be one "
            f"PyTorch module; got {', '.join(f'{type(c).__name__}({c.input_size}, {c.hidden_size})' for c in cells)}"
        )
    kind, first = type(cells[0]), cells[0]
    options = {"nonlinearity": first.activation} if kind is RNN else {}
    module = getattr(torch.nn, kind.__name__)(
        first.input_size,
        first.hidden_size,
        num_layers=len(ways),
        bidirectional=len(ways[0]) > 1,
        dropout=layer.dropout if isinstance(layer, Stack) and len(ways) > 1 else 0.0,
        batch_first=batch_first,
        **options,
    )
    weights: dict[str, np.ndarray] = {}
    for k, way in enumerate(ways):
        for cell, suffix in zip(way, ("", "_reverse"), strict=False):
            weights |= {f"{name}_l{k}{suffix}": value for name, value in _torchs(cell).items()}
    module = module.to(getattr(torch, first.params["b"].dtype.name))
    module.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
    return module


def _has_twin(cell):
    if type(cell) not in TORCH_ORDER:
        raise TypeError(f"cell must be an RNN, LSTM or GRU to have a PyTorch twin, got {type(cell).__name__}")
    if isinstance(cell, GRU) and cell.reset != "after":
        raise ValueError('cell must have reset="after": PyTorch\'s GRU has no other')
    if isinstance(cell, RNN):
        check.choice("cell.activation", cell.activation, ("tanh", "relu"))


def _torchs(cell):
    """A cell's parameters by PyTorch's names, in its order and shapes."""
    order, p = TORCH_ORDER[type(cell)], cell.params
    bias_h = np.zeros_like(p["b"])
    if isinstance(cell, GRU):
        bias_h[2 * cell.hidden_size :] = p["b_n"]
    return {
        "weight_ih": reorder(p["W_x"], cell.blocks, order).T,
        "weight_hh": reorder(p["W_h"], cell.blocks, order).T,
        "bias_ih": reorder(p["b"], cell.blocks, order),
        "bias_hh": bias_h,
    }


def from_torch(module):
    """A layer of this package with a PyTorch module's weights.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        Of any number of layers, in one direction or two, with or without biases; no projection. A module with
        ``batch_first=True`` has the same weights, but this package's layers are time-major.

    Returns
    -------
    RNN, LSTM, GRU, Bidirectional or Stack
        The single bias is the sum of PyTorch's two (for the GRU's candidate they stay apart), zero where the
        module has none.

    Raises
    ------
    ImportError
        When PyTorch is not installed.
    TypeError, ValueError
        When the module is none of the three, or has a projection.
    """
    torch = check.require("torch", "interop")
    kinds = {torch.nn.RNN: RNN, torch.nn.LSTM: LSTM, torch.nn.GRU: GRU}
    if type(module) not in kinds:
        raise TypeError(f"module must be a torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    if module.proj_size:
        raise ValueError(f"module must have no projection, got proj_size={module.proj_size}")
    kind = kinds[type(module)]
    options = {"activation": module.nonlinearity} if kind is RNN else {}
    weights: dict[str, np.ndarray] = {n: value.detach().cpu().numpy() for n, value in module.state_dict().items()}

    def cell(k, suffix=""):
        W_x, W_h = (weights[f"{name}_l{k}{suffix}"] for name in ("weight_ih", "weight_hh"))
        none = np.zeros(len(W_x), W_x.dtype)
        b_x, b_h = (weights.get(f"{name}_l{k}{suffix}", none) for name in ("bias_ih", "bias_hh"))
        made = kind(W_x.shape[1], module.hidden_size, rng=np.random.default_rng(0), dtype=W_x.dtype, **options)
        order = TORCH_ORDER[kind]
        made.params["W_x"][...] = reorder(W_x.T, order, made.blocks)
        made.params["W_h"][...] = reorder(W_h.T, order, made.blocks)
        made.params["b"][...] = reorder(b_x + b_h, order, made.blocks)
        if isinstance(made, GRU):
            made.block("b", "n")[...] = b_x[2 * module.hidden_size :]
            made.params["b_n"][...] = b_h[2 * module.hidden_size :]
        return made

    def layer(k):
        return Bidirectional(cell(k), cell(k, "_reverse")) if module.bidirectional else cell(k)

    if module.num_layers == 1:
        return layer(0)
    return Stack([layer(k) for k in range(module.num_layers)], dropout=module.dropout)
