"""To PyTorch and back."""

from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN
from rnnbook.interop.orders import reorder
from rnnbook.interop.parts import called, hold, plain, refusal
from rnnbook.layers import Bidirectional, Dense, Embedding, Model, Stack, TiedReadout

#: PyTorch's order of the gates, in the letters of this book.
TORCH_ORDER = {LSTM: "ifgo", GRU: "rzn", RNN: "h"}


def to_torch(layer: Any, *, batch_first: bool = False) -> Any:
    """A PyTorch module with the weights of a layer or of a whole model.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, Stack, Bidirectional, Dense, Embedding or Model
        An RNN with tanh or relu, a GRU with ``reset="after"``, a `Bidirectional` of two cells of one kind and
        size: PyTorch has no other.
    batch_first : bool, default False
        Whether the module takes and gives (B, T, ...) in the place of (T, B, ...). States are (N, B, H) in
        either case, one for each of the N cells: layer by layer, the forward one first.

    Returns
    -------
    torch.nn.Module
        A torch.nn.RNN, LSTM or GRU for a cell, and for a `Bidirectional` or a `Stack` of cells that are alike. A
        stack's dropout is PyTorch's. A Dense is a torch.nn.Linear, an Embedding a torch.nn.Embedding. Of a `Stack`
        of unlike layers and of a `Model` it is a module that is called as ``module(x, state=None, lengths=None)``
        and returns outputs and state, one state for each PyTorch module; with ``pool`` the time axis stays, with
        one step. A model goes without dropout. The book's single bias becomes PyTorch's input bias; the
        recurrent bias is zero but for the GRU's ``b_n``.

    Raises
    ------
    ImportError
        When PyTorch is not installed.
    TypeError, ValueError
        When PyTorch has no such layer; it says which part, and what would do.
    """
    torch = check.require("torch", "interop")
    model = plain(layer)
    if type(model) is not Model:
        return _module(torch, model, "", batch_first)
    from rnnbook.interop.torch_modules import Network

    embedding: Any = None if model.embedding is None else _module(torch, model.embedding, "embedding.", batch_first)
    recurrent = _module(torch, model.recurrent, "recurrent.", batch_first, dropout=0.0)
    if type(model.readout) is TiedReadout and model.embedding is not None:
        W = model.embedding.params["W"]
        readout = _filled(torch, torch.nn.Linear, *W.T.shape, weight=W, bias=model.readout.params["b"])
        readout.weight = embedding.weight  # one table for both, in training too
    else:
        readout = _module(torch, model.readout, "readout.", batch_first)
    return Network(embedding, recurrent, readout, model.pool, model._n_forward, batch_first)


def _module(torch, layer, place, batch_first, dropout=None):
    """A layer as a module; `dropout` in the place of a stack's own."""
    layer = plain(layer)
    if type(layer) is Dense:
        W, b = layer.params["W"], layer.params["b"]
        return _filled(torch, torch.nn.Linear, *W.shape, weight=W.T, bias=b)
    if type(layer) is Embedding:
        W = layer.params["W"]
        return _filled(torch, torch.nn.Embedding, *W.shape, weight=W)
    places = {f"{place}{name}.": plain(part) for name, part in layer.parts.items()} if type(layer) is Stack else {}
    each = [_cells(part, at) for at, part in (places or {place: layer}).items()]
    cells = {at: cell for one in each for at, cell in one.items()}
    if places and (not _alike(cells) or len({len(one) for one in each}) > 1):
        from rnnbook.interop.torch_modules import Chain

        return Chain(_module(torch, part, at, batch_first, dropout) for at, part in places.items())
    if places and dropout is None and layer.dropout and layer.variational:
        raise ValueError(f"{called(place, layer)} must not have variational=True, PyTorch draws a mask for every step")
    for at, cell in cells.items():
        _has_equivalent(cell, at)
    if not _alike(cells):
        raise ValueError(
            f"{called(place, layer)} must be of two cells of one kind, size and dtype to be one PyTorch module, got "
            f"{' and '.join(f'{type(c).__name__}({c.input_size}, {c.hidden_size})' for c in cells.values())}; "
            "to_onnx takes it"
        )
    ways = len(each[0])
    first = next(iter(cells.values()))
    suffixes = [f"_l{k // ways}{'_reverse' * (k % ways)}" for k in range(len(cells))]
    weights = {
        f"{name}{suffix}": value
        for cell, suffix in zip(cells.values(), suffixes, strict=True)
        for name, value in _torchs(cell).items()
    }
    return _filled(
        torch,
        getattr(torch.nn, type(first).__name__),
        first.input_size,
        first.hidden_size,
        options={
            "num_layers": len(each),
            "bidirectional": ways > 1,
            "dropout": (layer.dropout if dropout is None else dropout) if len(each) > 1 else 0.0,
            "batch_first": batch_first,
        }
        | ({"nonlinearity": first.activation} if type(first) is RNN else {}),
        **weights,
    )


def _filled(torch, kind, *sizes, options=None, **weights):
    """A module of PyTorch with these weights, in their dtype."""
    dtype = getattr(torch, next(iter(weights.values())).dtype.name)
    module = kind(*sizes, dtype=dtype, **(options or {}))
    module.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
    return module


def _cells(layer, place):
    """The cells of a layer by their places: two where there are two directions."""
    if type(layer) is Bidirectional:
        return {
            f"{place}forward_cell.": plain(layer.forward_cell),
            f"{place}backward_cell.": plain(layer.backward_cell),
        }
    return {place: layer}


def _alike(cells):
    """Whether cells can be layers and directions of one module."""
    kinds = {
        (type(c), getattr(c, "hidden_size", 0), getattr(c, "activation", ""), next(iter(c.params.values())).dtype)
        for c in cells.values()
    }
    return len(kinds) == 1 and next(iter(kinds))[0] in TORCH_ORDER


def _has_equivalent(cell, place):
    if type(cell) not in TORCH_ORDER:
        raise refusal("PyTorch", place, cell)
    if isinstance(cell, GRU):
        hold("PyTorch", place, cell, "reset", ("after",))
    if isinstance(cell, RNN):
        hold("PyTorch", place, cell, "activation", ("tanh", "relu"))


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


def from_torch(module: Any) -> RNN | LSTM | GRU | Bidirectional | Stack:
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
