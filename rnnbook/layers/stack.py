"""Several cells as one layer: on top of each other, and in both directions of time."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.arrays import Array, join, namespace
from rnnbook.cells.base import Cell, sequence_mask, within
from rnnbook.layers.checkpointed import Checkpointed
from rnnbook.layers.dense import Dense, Embedding, TiedReadout


class Container:
    """Layers that belong together, for good; its `params` and `grads` are theirs, under ``"part.name"``."""

    parts: dict[str, Any]

    def __setattr__(self, name: str, value: Any) -> None:
        if "parts" in vars(self) and (name in self.parts or hasattr(value, "params")):
            kind = type(self).__name__
            raise AttributeError(f"{name} cannot be replaced: make a {kind} of the other parts and the new one")
        super().__setattr__(name, value)

    @property
    def params(self) -> dict[str, Array]:
        """The parameters of all parts, in a new dict: the arrays are theirs, so ``params[name][...] = w`` sets one."""
        return self._merged("params")

    @property
    def grads(self) -> dict[str, Array]:
        """The gradients of all parts, same keys as `params`."""
        return self._merged("grads")

    def _merged(self, kind: str) -> dict[str, Array]:
        return {f"{p}.{name}": a for p, part in self.parts.items() for name, a in getattr(part, kind).items()}


class Stack(Container):
    """Cells on top of each other: each one's outputs are the next one's inputs.

    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

    Parameters
    ----------
    cells : sequence of Cell, Bidirectional, Stack or Dense
        From the input upwards; each must take as many inputs as the one below gives. A `Dense` has no
        state: in its place in a state stands ``()``.
    dropout : float, default 0
        Probability in [0, 1) with which an output between two cells is set to zero in
        training (the others are scaled by ``1 / (1 - dropout)``; Zaremba et al. 2014).
    variational : bool, default False
        Draw one mask a sequence, the same for all of its steps (Gal & Ghahramani 2016).

    Examples
    --------
    >>> from rnnbook import GRU, LSTM
    >>> rng = np.random.default_rng(0)
    >>> stack = Stack([LSTM(3, 5, rng=rng), GRU(5, 4, rng=rng)])
    >>> hs, (lstm_state, gru_state) = stack(np.zeros((6, 2, 3)))
    >>> hs.shape, len(lstm_state), len(gru_state)
    ((6, 2, 4), 2, 1)
    """

    def __init__(self, cells: Iterable[Any], *, dropout: float = 0.0, variational: bool = False) -> None:
        if not isinstance(cells, Iterable):
            raise TypeError(f"cells must be a sequence of layers, got {type(cells).__name__}")
        cells = list(cells)
        if not cells:
            raise ValueError("cells must hold at least one cell, got none")
        for k, cell in enumerate(cells):
            sequence_layer(f"cells[{k}]", cell, dense=True)
        distinct("cells", cells)
        for k, (below, above) in enumerate(pairwise(cells)):
            if below.output_size != above.input_size:
                given = f"the {below.output_size} outputs of cells[{k}], its input_size is {above.input_size}"
                raise ValueError(f"cells[{k + 1}] must take {given}")
        self.parts = {str(k): cell for k, cell in enumerate(cells)}
        self.dropout = check.fraction("dropout", dropout)
        self.variational = check.instance("variational", variational, bool)
        self._masks: Sequence[Array] | None = None
        self.input_size, self.output_size = cells[0].input_size, cells[-1].output_size

    @property
    def cells(self) -> tuple[Any, ...]:
        """The cells, from the input upwards."""
        return tuple(self.parts.values())

    def __call__(
        self,
        x: Array,
        state: Any = None,
        lengths: ArrayLike | None = None,
        *,
        rng: np.random.Generator | None = None,
        masks: Sequence[Array] | None = None,
    ) -> tuple[Array, Any]:
        """Run all cells over time.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
        state : tuple, optional
            One state a cell, zero by default.
        lengths : ndarray of int, shape (B,), optional
            As for a `Cell`.
        rng : numpy.random.Generator, optional
            Draws the dropout masks. Without it nothing is dropped: that is evaluation.
        masks : list of ndarray, optional
            The masks themselves, from `dropout_masks`, instead.

        Returns
        -------
        hs : ndarray, shape (T, B, H of the last cell)
        state : tuple
            One final state a cell.
        """
        x, states, lengths = checked_call(self, x, state, lengths)
        self._masks, final = self.dropout_masks(x, rng) if masks is None else masks, []
        self.alive = alive = None if lengths is None else sequence_mask(lengths, len(x))
        for k, (cell, s) in enumerate(zip(self.cells, states, strict=True)):
            if k and self._masks:
                x = x * self._masks[k - 1]
            x, s = (within(alive, cell(within(alive, x))), ()) if isinstance(cell, Dense) else cell(x, s, lengths)
            final.append(s)
        return x, tuple(final)

    def dropout_masks(self, x: ArrayLike, rng: np.random.Generator | None) -> list[Array]:
        """What `rng` draws to multiply the outputs (T, B, H) between two cells for `x`; an empty list without it."""
        if rng is not None:
            check.generator("rng", rng)
        if rng is None or not self.dropout:
            return []
        dtype = np.result_type(*self.params.values())
        T, B = check.steps_and_batch("x", x)
        shapes = [(1 if self.variational else T, B, cell.output_size) for cell in self.cells[:-1]]
        return [dropout_mask(rng, shape, self.dropout, dtype) for shape in shapes]

    def backward(self, dhs: Array, dstate: Any = None) -> tuple[Array, Any]:
        """Back from `dhs` through all cells, as `Cell.backward`; `dstate` holds one tuple a cell."""
        if self._masks is None:
            raise RuntimeError("backward needs a forward call first: hs, state = stack(x)")
        dstates = checked_states(self, "dstate", dstate, check.as_array("dhs", dhs).shape[1:2])
        masks = list(self._masks)
        first = []
        for cell, d in zip(reversed(self.cells), reversed(dstates), strict=True):
            dhs, d = (cell.backward(within(self.alive, dhs)), ()) if isinstance(cell, Dense) else cell.backward(dhs, d)
            if masks:
                dhs = dhs * masks.pop()
            first.append(d)
        return dhs, tuple(reversed(first))


class Bidirectional(Container):
    """One cell forward in time, another backward; their outputs side by side (Schuster & Paliwal 1997).

    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

    Parameters
    ----------
    forward_cell, backward_cell : Cell
        Of the same input size.

    Examples
    --------
    >>> from rnnbook import GRU
    >>> rng = np.random.default_rng(0)
    >>> both = Bidirectional(GRU(3, 5, rng=rng), GRU(3, 5, rng=rng))
    >>> both(np.zeros((6, 2, 3)))[0].shape
    (6, 2, 10)
    """

    def __init__(self, forward_cell: Cell, backward_cell: Cell) -> None:
        sequence_layer("forward_cell", forward_cell)
        sequence_layer("backward_cell", backward_cell)
        distinct("forward_cell and backward_cell", (forward_cell, backward_cell))
        if forward_cell.input_size != backward_cell.input_size:
            wanted, got = forward_cell.input_size, backward_cell.input_size
            raise ValueError(f"backward_cell must have input_size {wanted} like forward_cell, got {got}")
        self.forward_cell, self.backward_cell = forward_cell, backward_cell
        self.parts = {"forward_cell": forward_cell, "backward_cell": backward_cell}
        self.input_size = forward_cell.input_size
        self.output_size = forward_cell.output_size + backward_cell.output_size
        self._order: Array | None = None
        self._shape: tuple[int, ...] | None = None

    def __call__(self, x: Array, state: Any = None, lengths: ArrayLike | None = None) -> tuple[Array, Any]:
        """Run over time: ``x (T, B, D)`` to ``hs (T, B, H + H)`` and the pair of final states; `state` is one, too.

        With `lengths`, the backward cell starts at each sequence's own last step.
        """
        x, states, lengths = checked_call(self, x, state, lengths)
        order = None if lengths is None else _reversal(len(x), lengths)
        hs, forward = self.forward_cell(x, states[0], lengths)
        hs_back, backward = self.backward_cell(_reversed(x, order), states[1], lengths)
        self._order, self._shape = order, (*x.shape[:2], self.output_size)
        return join([hs, _reversed(hs_back, order)]), (forward, backward)

    def backward(self, dhs: Array, dstate: Any = None) -> tuple[Array, Any]:
        """Back from `dhs` through both directions, as `Cell.backward`; `dstate` is a pair."""
        if self._shape is None:
            raise RuntimeError("backward needs a forward call first: hs, state = both(x)")
        dhs = check.shaped("dhs", dhs, self._shape, "(T, B, H + H)")
        dstates = checked_states(self, "dstate", dstate, dhs.shape[1:2])
        H = self.forward_cell.output_size
        dx, forward = self.forward_cell.backward(dhs[..., :H], dstates[0])
        dx_back, backward = self.backward_cell.backward(_reversed(dhs[..., H:], self._order), dstates[1])
        return dx + _reversed(dx_back, self._order), (forward, backward)


def one_each(name: str, states: Any, cells: Sequence[Any]) -> tuple[Any, ...]:
    """One state for each of the cells, None for all where none is given."""
    if states is None:
        return (None,) * len(cells)
    if not isinstance(states, (tuple, list)) or len(states) != len(cells):
        got = len(states) if isinstance(states, (tuple, list)) else type(states).__name__
        raise ValueError(f"{name} must hold one state for each of the {len(cells)} cells, got {got}")
    return tuple(states)


def checked_states(layer: Container, name: str, states: Any, batch: Sequence[int]) -> tuple[Any, ...]:
    """The states of a layer's parts, those of cells checked, or an error that calls them `name`."""
    parts = list(layer.parts.values())
    each = zip(parts, one_each(name, states, parts), strict=True)
    return tuple(checked_state(part, f"{name}[{k}]", s, batch) for k, (part, s) in enumerate(each))


def checked_state(layer: Any, name: str, state: Any, batch: Sequence[int]) -> Any:
    """The state of one layer, checked if it is a cell or made of cells; ``batch = (B,)``, or () if that is unknown."""
    if state is None or not batch:
        return state
    if isinstance(layer, Container):
        return checked_states(layer, name, state, batch)
    if isinstance(cell := layer.cell if isinstance(layer, Checkpointed) else layer, Cell):
        return cell.checked_state(name, state, batch[0])
    none = isinstance(state, (tuple, list)) and len(state) == 0
    if (isinstance(layer, Dense) or getattr(layer, "states", None) == ()) and not none:
        raise ValueError(f"{name} must be (), since a {type(layer).__name__} has no state, got {type(state).__name__}")
    return state


def checked_call(layer: Any, x: Any, state: Any, lengths: Any) -> tuple[Array, tuple[Any, ...], Array | None]:
    """What a layer is called with, checked before any of its parts runs, so that a bad call changes nothing."""
    x = check.sequences("x", x, layer.input_size)
    T, B, _ = x.shape
    check.parameters(layer)
    lengths = None if lengths is None else check.lengths(lengths, T, B)
    return x, checked_states(layer, "state", state, (B,)), lengths


def sequence_layer(name: str, layer: Any, *, dense: bool = False, dropout: bool = False) -> None:
    """An error when a layer does not read sequences, or has dropout where nothing would draw its masks."""
    if isinstance(layer, type) or not all(hasattr(layer, n) for n in ("input_size", "output_size", "backward")):
        raise TypeError(f"{name} must be a layer, as a Cell or a Stack, got {getattr(layer, '__name__', layer)!r}")
    if isinstance(layer, (Embedding, TiedReadout)) or (isinstance(layer, Dense) and not dense):
        raise TypeError(f"{name} must read sequences of numbers, got {type(layer).__name__}")
    if getattr(layer, "dropout", 0) and not dropout:
        raise ValueError(
            f"{name} must have no dropout: it is drawn for a Stack alone, or in a Model right below readout"
        )


def must_go_on(layer: Any) -> None:
    """A ValueError where a layer cannot go on where its last call ended: it keeps nothing, or reads backward too."""
    if isinstance(layer, Bidirectional) or getattr(layer, "states", None) == ():
        raise ValueError(f"model must carry a state forward in time, its {type(layer).__name__} does not")
    for part in getattr(layer, "parts", {}).values():
        must_go_on(part)


def distinct(name: str, layers: Sequence[Any]) -> None:
    """A ValueError when one layer stands in two places: it keeps one call only, so its gradients would be wrong."""
    single = [getattr(one, "cell", one) for layer in layers for _, one in singles(layer)]
    if len({id(one) for one in single}) < len(single):
        raise ValueError(f"{name} must be different objects, got the same one twice")


def singles(layer: Any, place: str = "") -> list[tuple[str, Any]]:
    """The layers of which a layer is made, however they are nested, each behind its place, as in ``"0."``."""
    parts = getattr(layer, "parts", None)
    if parts is None:
        return [(place, layer)]
    return [found for name, part in parts.items() for found in singles(part, f"{place}{name}.")]


def _reversal(T: int, lengths: Array) -> Array:
    """Time indices (T, B, 1) that reverse each sequence in place and leave its padding where it is."""
    t = np.arange(T)[:, None, None]
    return namespace(lengths).where(sequence_mask(lengths, T), lengths[:, None] - 1 - t, t)


def _reversed(x: Array, order: Array | None) -> Array:
    """`x` (T, B, D) backward in time, or in the `order` of `_reversal`."""
    return x[::-1] if order is None else namespace(x).take_along_axis(x, order, axis=0)


def dropout_mask(rng: np.random.Generator, shape: tuple[int, ...], dropout: float, dtype: "np.dtype[Any]") -> Array:
    """Zero with the probability `dropout`; what is left keeps the mean at one."""
    return (rng.random(shape) >= dropout).astype(dtype) / dtype.type(1 - dropout)
