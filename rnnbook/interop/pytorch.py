"""To PyTorch and back."""

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN
from rnnbook.interop.orders import reorder

#: PyTorch's order of the gates, in the letters of this book.
TORCH_ORDER = {LSTM: "ifgo", GRU: "rzn", RNN: "h"}


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
    torch = check.library("torch", "interop")
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
        "weight_ih_l0": reorder(cell.params["W_x"], cell.gates, TORCH_ORDER[kind]).T,
        "weight_hh_l0": reorder(cell.params["W_h"], cell.gates, TORCH_ORDER[kind]).T,
        "bias_ih_l0": reorder(cell.params["b"], cell.gates, TORCH_ORDER[kind]),
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
    torch = check.library("torch", "interop")
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
    cell.params["W_x"][...] = reorder(weights["weight_ih_l0"].T, order, cell.gates)
    cell.params["W_h"][...] = reorder(weights["weight_hh_l0"].T, order, cell.gates)
    cell.params["b"][...] = reorder(b_x + b_h, order, cell.gates)
    if isinstance(cell, GRU):
        cell.block("b", "n")[...] = b_x[2 * cell.hidden_size :]
        cell.params["b_n"][...] = b_h[2 * cell.hidden_size :]
    return cell
