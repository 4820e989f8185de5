"""What stands around a cell: dense readouts, embeddings, stacks, two directions, a model."""

from itertools import pairwise

import numpy as np

from rnnbook import check
from rnnbook.arrays import flat, join, namespace
from rnnbook.cells.base import alive_mask


class Dense:
    """An affine map of the last axis: ``y = x W + b``.

    Parameters
    ----------
    input_size, output_size : int
        D and K, at least 1.
    rng : numpy.random.Generator
        Draws ``W (D, K)`` uniformly from ±1/√D; ``b (K,)`` starts at zero.
    dtype : dtype, default float32

    Examples
    --------
    >>> dense = Dense(3, 2, rng=np.random.default_rng(0))
    >>> dense(np.ones((5, 4, 3))).shape
    (5, 4, 2)
    """

    def __init__(self, input_size, output_size, *, rng, dtype=np.float32):
        self.input_size = check.positive("input_size", input_size)
        self.output_size = check.positive("output_size", output_size)
        bound = input_size**-0.5
        self.params = {
            "W": rng.uniform(-bound, bound, (input_size, output_size)).astype(dtype),
            "b": np.zeros(output_size, dtype),
        }
        self.grads: dict[str, np.ndarray] = {}

    def __call__(self, x):
        """Apply to ``x (..., D)``; returns ``y (..., K)``."""
        x = check.floating("x", x)
        if x.ndim == 0 or x.shape[-1] != self.input_size:
            raise ValueError(f"x must have shape (..., D) = (..., {self.input_size}), got {x.shape}")
        self._x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dy):
        """Gradient ``dy (..., K)`` of the output to ``dx (..., D)`` of the input; fills `grads`."""
        dy = check.shaped("dy", dy, (*self._x.shape[:-1], self.output_size), "(..., K)")
        self.grads = {"W": flat(self._x).T @ flat(dy), "b": flat(dy).sum(0)}
        return dy @ self.params["W"].T


class Embedding:
    """A table of vectors, looked up by integer: ids (T, B) become vectors (T, B, D).

    Parameters
    ----------
    input_size : int
        Number of different ids, at least 1; valid ids are 0 to ``input_size - 1``.
    output_size : int
        D, at least 1.
    rng : numpy.random.Generator
        Draws the table ``W (input_size, D)`` from a normal distribution of standard deviation 1.
    dtype : dtype, default float32

    Examples
    --------
    >>> embed = Embedding(10, 3, rng=np.random.default_rng(0))
    >>> embed(np.array([[1, 2], [0, 9]])).shape
    (2, 2, 3)
    """

    def __init__(self, input_size, output_size, *, rng, dtype=np.float32):
        self.input_size = check.positive("input_size", input_size)
        self.output_size = check.positive("output_size", output_size)
        self.params = {"W": rng.normal(size=(input_size, output_size)).astype(dtype)}
        self.grads: dict[str, np.ndarray] = {}

    def __call__(self, ids):
        """Look up ``ids (...)`` of integers; returns ``(..., D)``."""
        self._ids = check.integers("ids", ids, self.input_size)
        return self.params["W"][self._ids]

    def backward(self, dy):
        """Fill `grads` from ``dy (..., D)``. Integers have no gradient: returns None."""
        dy = check.shaped("dy", dy, (*self._ids.shape, self.output_size), "(..., D)")
        dW = np.zeros(self.params["W"].shape, dy.dtype)
        np.add.at(dW, self._ids.ravel(), flat(dy))  # an id that occurs twice collects both gradients
        self.grads = {"W": dW}


class Container:
    """Layers that belong together; its `params` and `grads` are theirs, under ``"part.name"``."""

    parts: dict[str, object]

    @property
    def params(self):
        """The parameters of all parts; the arrays themselves, so an update in place reaches them."""
        return self._merged("params")

    @property
    def grads(self):
        """The gradients of all parts, same keys as `params`."""
        return self._merged("grads")

    def _merged(self, kind):
        return {f"{p}.{name}": a for p, part in self.parts.items() for name, a in getattr(part, kind).items()}


class Stack(Container):
    """Cells on top of each other: each one's outputs are the next one's inputs.

    Parameters
    ----------
    cells : sequence of Cell, Bidirectional or Stack
        From the input upwards; each must take as many inputs as the one below gives.
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

    def __init__(self, cells, *, dropout=0.0, variational=False):
        cells = list(cells)
        if not cells:
            raise ValueError("cells must hold at least one cell, got none")
        for k, (below, above) in enumerate(pairwise(cells)):
            if below.output_size != above.input_size:
                raise ValueError(
                    f"cells[{k + 1}] must take the {below.output_size} outputs of cells[{k}], "
                    f"its input_size is {above.input_size}"
                )
        self.parts = {str(k): cell for k, cell in enumerate(cells)}
        self.dropout, self.variational = _probability(dropout), bool(variational)
        self.input_size, self.output_size = cells[0].input_size, cells[-1].output_size

    @property
    def cells(self):
        """The cells, from the input upwards."""
        return list(self.parts.values())

    def __call__(self, x, state=None, lengths=None, *, rng=None, masks=None):
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
        states = one_each("state", state, self.cells)
        self._masks, final = self.dropout_masks(x, rng) if masks is None else masks, []
        for k, (cell, s) in enumerate(zip(self.cells, states, strict=True)):
            if k and self._masks:
                x = x * self._masks[k - 1]
            x, s = cell(x, s, lengths)
            final.append(s)
        return x, tuple(final)

    def dropout_masks(self, x, rng):
        """What multiplies the outputs (T, B, H) between two cells; an empty list if nothing is dropped."""
        if rng is None or not self.dropout:
            return []
        dtype = np.result_type(*self.params.values())
        T, B = np.shape(x)[:2]
        shapes = [(1 if self.variational else T, B, cell.output_size) for cell in self.cells[:-1]]
        return [_mask(rng, shape, self.dropout, dtype) for shape in shapes]

    def backward(self, dhs, dstate=None):
        """Back through all cells, as `Cell.backward`; `dstate` holds one tuple a cell."""
        dstates, masks = one_each("dstate", dstate, self.cells), list(self._masks)
        first = []
        for cell, d in zip(reversed(self.cells), reversed(dstates), strict=True):
            dhs, d = cell.backward(dhs, d)
            if masks:
                dhs = dhs * masks.pop()
            first.append(d)
        return dhs, tuple(reversed(first))


class Bidirectional(Container):
    """One cell forward in time, another backward; their outputs side by side (Schuster & Paliwal 1997).

    Parameters
    ----------
    ahead, back : Cell
        Of the same input size.

    Examples
    --------
    >>> from rnnbook import GRU
    >>> rng = np.random.default_rng(0)
    >>> both = Bidirectional(GRU(3, 5, rng=rng), GRU(3, 5, rng=rng))
    >>> both(np.zeros((6, 2, 3)))[0].shape
    (6, 2, 10)
    """

    def __init__(self, ahead, back):
        if ahead.input_size != back.input_size:
            raise ValueError(f"back must have input_size {ahead.input_size} like ahead, got {back.input_size}")
        self.ahead, self.back = ahead, back
        self.parts = {"ahead": ahead, "back": back}
        self.input_size, self.output_size = ahead.input_size, ahead.output_size + back.output_size

    def __call__(self, x, state=None, lengths=None):
        """Run over time: ``x (T, B, D)`` to ``hs (T, B, H + H)`` and the pair of final states.

        With `lengths`, the backward cell starts at each sequence's own last step.
        """
        states = one_each("state", state, (self.ahead, self.back))
        x = check.shaped("x", x, (None, None, self.input_size), "(T, B, D)")
        order = None if lengths is None else _reversal(x.shape[0], check.lengths(lengths, *x.shape[:2]))
        hs, ahead = self.ahead(x, states[0], lengths)
        hs_back, back = self.back(_reversed(x, order), states[1], lengths)
        self._order = order
        return join([hs, _reversed(hs_back, order)]), (ahead, back)

    def backward(self, dhs, dstate=None):
        """Back through both directions, as `Cell.backward`; `dstate` is a pair."""
        dstates = one_each("dstate", dstate, (self.ahead, self.back))
        H = self.ahead.output_size
        dx, ahead = self.ahead.backward(dhs[..., :H], dstates[0])
        dx_back, back = self.back.backward(_reversed(dhs[..., H:], self._order), dstates[1])
        return dx + _reversed(dx_back, self._order), (ahead, back)


class Tied:
    """A readout that shares an embedding's table: ``y = x Wᵀ + b`` (Press & Wolf 2017).

    Only `b` is its own; a `Model` hands it the table, and adds both gradients.

    Parameters
    ----------
    embedding : Embedding
        Its vectors must be as long as the outputs that are read.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> rng = np.random.default_rng(0)
    >>> table = Embedding(10, 4, rng=rng)
    >>> model = Model(LSTM(4, 4, rng=rng), Tied(table), table)
    >>> sorted(model.params)
    ['embedding.W', 'readout.b', 'recurrent.W_h', 'recurrent.W_x', 'recurrent.b']
    """

    def __init__(self, embedding):
        self.input_size, self.output_size = embedding.output_size, embedding.input_size
        self.params = {"b": np.zeros(self.output_size, embedding.params["W"].dtype)}
        self.grads: dict[str, np.ndarray] = {}

    def __call__(self, x, W):
        """Apply to ``x (..., D)`` with the table ``W (K, D)``; returns ``y (..., K)``."""
        self._x = x, W
        return x @ W.T + self.params["b"]

    def backward(self, dy):
        """Gradient ``dy (..., K)`` to ``dx (..., D)`` and ``dW (K, D)``; fills `grads`."""
        x, W = self._x
        self.grads = {"b": flat(dy).sum(0)}
        return dy @ W, flat(dy).T @ flat(x)


class Model(Container):
    """A recurrent layer with a readout at every step, and an embedding for integer input.

    Parameters
    ----------
    recurrent : Cell, Stack or Bidirectional
    readout : Dense or Tied
    embedding : Embedding, optional
        For integer input.
    dropout : float, default 0
        Probability in [0, 1) with which a number that `readout` would read is hidden from it in
        training (the others are scaled by ``1 / (1 - dropout)``; Zaremba et al. 2014).
    variational : bool, default False
        Draw one mask a sequence, the same for all of its steps (Gal & Ghahramani 2016).
    pool : {"last", "mean", "max"}, optional
        Read once a sequence instead of at every step: the outputs after all of it was read (of
        the cell that runs backward, those at the first step), their mean over time, or each
        one's largest. T is then 1 in outputs and targets.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> rng = np.random.default_rng(0)
    >>> model = Model(LSTM(3, 8, rng=rng), Dense(8, 2, rng=rng))
    >>> model(np.zeros((6, 5, 3))).shape
    (6, 5, 2)
    >>> Model(LSTM(3, 8, rng=rng), Dense(8, 2, rng=rng), pool="mean")(np.zeros((6, 5, 3))).shape
    (1, 5, 2)
    """

    def __init__(self, recurrent, readout, embedding=None, *, dropout=0.0, variational=False, pool=None):
        if isinstance(readout, Tied):
            if embedding is None:
                raise ValueError("embedding must be given for a Tied readout, got None")
            if readout.input_size != recurrent.output_size:
                raise ValueError(
                    f"readout must take the {recurrent.output_size} outputs of recurrent, "
                    f"the vectors of its table have {readout.input_size} numbers"
                )
        self.recurrent, self.readout, self.embedding = recurrent, readout, embedding
        self.dropout, self.variational = _probability(dropout), bool(variational)
        self.pool = check.choice("pool", pool, (None, "last", "mean", "max"))
        top = recurrent.cells[-1] if isinstance(recurrent, Stack) else recurrent
        self._ahead = top.ahead.output_size if isinstance(top, Bidirectional) else None
        self.parts = {"recurrent": recurrent, "readout": readout}
        if embedding is not None:
            self.parts["embedding"] = embedding

    def __call__(self, x, lengths=None):
        """Run on ``x (T, B, D)``, or ids ``(T, B)`` with an embedding; returns ``y``, (T, B, K) or (1, B, K)."""
        return self.continued(x, lengths=lengths)[0]

    def continued(self, x, state=None, lengths=None, *, rng=None, masks=None):
        """Run from a state, and say in which it ends.

        Parameters
        ----------
        x : ndarray, shape (T, B, D), or of int, shape (T, B)
        state : tuple, optional
            Of the recurrent layer; zero by default.
        lengths : ndarray of int, shape (B,), optional
            As for a `Cell`.
        rng : numpy.random.Generator, optional
            Draws the dropout masks. Without it nothing is dropped: that is evaluation.
        masks : tuple, optional
            The masks themselves, from `dropout_masks`, instead.

        Returns
        -------
        y : ndarray, shape (T, B, K), or (1, B, K) with `pool`
        state : tuple
        """
        inner, self._masks = self.dropout_masks(x, rng) if masks is None else masks
        if self.embedding is not None:
            x = self.embedding(x)
        hs, state = self.recurrent(x, state, lengths, **({"masks": inner} if inner else {}))
        if self.pool is not None:
            self._weights = pooling_weights(self.pool, hs, lengths, self._ahead)
            hs = (self._weights * hs).sum(axis=0, keepdims=True)
        if self._masks is not None:
            hs = hs * self._masks
        return self.readout(hs, self.embedding.params["W"]) if self._tied else self.readout(hs), state

    @property
    def _tied(self):
        return isinstance(self.readout, Tied)

    def dropout_masks(self, x, rng):
        """The masks of the recurrent layer, if it is a `Stack`, and that of what it hands to the readout, or None."""
        inner = self.recurrent.dropout_masks(x, rng) if isinstance(self.recurrent, Stack) else []
        if rng is None or not self.dropout:
            return inner, None
        dtype, (T, B) = np.result_type(*self.params.values()), np.shape(x)[:2]
        steps = 1 if self.pool or self.variational else T
        return inner, _mask(rng, (steps, B, self.recurrent.output_size), self.dropout, dtype)

    def backward(self, dy):
        """Fill `grads` from ``dy``, of the shape of ``y``; returns ``dx``, or None with an embedding."""
        dhs, dtable = self.readout.backward(dy) if self._tied else (self.readout.backward(dy), 0)
        if self._masks is not None:
            dhs = dhs * self._masks
        if self.pool is not None:
            dhs = self._weights * dhs
        dx, _ = self.recurrent.backward(dhs)
        if self.embedding is None:
            return dx
        self.embedding.backward(dx)
        self.embedding.grads["W"] += dtable
        return None


def pooling_weights(pool, hs, lengths=None, ahead=None):
    """With which weights outputs are added up over time; their gradient passes through the same.

    Parameters
    ----------
    pool : {"last", "mean", "max"}
        As for `Model`.
    hs : ndarray, shape (T, B, H)
    lengths : ndarray of int, shape (B,), optional
        Steps of each sequence; the others weigh nothing.
    ahead : int, optional
        How many of the outputs come from a cell that runs forward; all by default.

    Returns
    -------
    ndarray, shape (T, B, H)
        Their sum over time is 1 for each sequence and output.

    Examples
    --------
    >>> hs = np.array([0.1, 0.7, 0.3, 0.9]).reshape(4, 1, 1)
    >>> {pool: pooling_weights(pool, hs, np.array([3])).ravel().round(2).tolist() for pool in ("last", "mean", "max")}
    {'last': [0.0, 0.0, 1.0, 0.0], 'mean': [0.33, 0.33, 0.33, 0.0], 'max': [0.0, 1.0, 0.0, 0.0]}
    """
    xp, (T, _, H) = namespace(hs), hs.shape
    t = np.arange(T)[:, None, None]
    ends = T if lengths is None else lengths[:, None]
    if pool == "last":
        forward = np.arange(H) < (H if ahead is None else ahead)
        weights = xp.where(forward, t == ends - 1, t == 0)
    elif pool == "mean":
        weights = (t < ends) / ends
    else:
        weights = t == xp.argmax(xp.where(t < ends, hs, -np.inf), axis=0)
    return xp.broadcast_to(weights, hs.shape).astype(hs.dtype)


def _probability(dropout):
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
    return dropout


def _mask(rng, shape, dropout, dtype):
    """Zero with the probability `dropout`; what is left keeps the mean at one."""
    return (rng.random(shape) >= dropout).astype(dtype) / dtype.type(1 - dropout)


def one_each(name, states, cells):
    """One state for each of the cells, None for all where none is given."""
    if states is None:
        return (None,) * len(cells)
    if len(states) != len(cells):
        raise ValueError(f"{name} must hold one state for each of the {len(cells)} cells, got {len(states)}")
    return tuple(states)


def _reversal(T, lengths):
    """Time indices (T, B, 1) that reverse each sequence in place and leave its padding where it is."""
    t = np.arange(T)[:, None, None]
    return namespace(lengths).where(alive_mask(lengths, T), lengths[:, None] - 1 - t, t)


def _reversed(x, order):
    """`x` (T, B, D) backward in time, or in the `order` of `_reversal`."""
    return x[::-1] if order is None else namespace(x).take_along_axis(x, order, axis=0)
