"""A recurrent layer with what stands before and behind it."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.arrays import Array, namespace
from rnnbook.layers import stack
from rnnbook.layers.dense import Dense, Embedding, TiedReadout
from rnnbook.layers.stack import Bidirectional, Container, Stack, checked_state, dropout_mask

#: Those between the cells of a `Stack`, and that of what the readout reads, if there is one.
Masks: TypeAlias = tuple[Sequence[Array], Array | None]


class Model(Container):
    """A recurrent layer with a readout at every step, and an embedding for integer input.

    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

    Parameters
    ----------
    recurrent : Cell, Stack or Bidirectional
    readout : Dense or TiedReadout
    embedding : Embedding, optional
        For integer input.
    dropout : float, default 0
        Probability in [0, 1) with which a number that `readout` would read is hidden from it in
        training (the others are scaled by ``1 / (1 - dropout)``; Zaremba et al. 2014).
    variational : bool, default False
        Draw one mask a sequence, the same for all of its steps (Gal & Ghahramani 2016).
    pool : {"last", "mean", "max"}, optional
        Read once a sequence instead of at every step: the outputs after all of it was read (of the cell that runs
        backward, those at the first step), their mean over time, or each one's largest. T is then 1 in outputs.

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

    def __init__(
        self,
        recurrent: Any,
        readout: Dense | TiedReadout,
        embedding: Embedding | None = None,
        *,
        dropout: float = 0.0,
        variational: bool = False,
        pool: str | None = None,
    ) -> None:
        stack.sequence_layer("recurrent", recurrent, dropout=True)
        check.instance("readout", readout, Dense, TiedReadout)
        if embedding is not None:
            check.instance("embedding", embedding, Embedding)
        if isinstance(readout, TiedReadout):
            if embedding is None:
                raise ValueError("embedding must be given for a TiedReadout readout, got None")
            if readout._table is not embedding:
                raise ValueError("embedding must be the one whose table readout shares, got another")
        if readout.input_size != recurrent.output_size:
            what = "the vectors of its table have" if isinstance(readout, TiedReadout) else "it takes"
            got = f"{what} {readout.input_size} numbers"
            raise ValueError(f"readout must take the {recurrent.output_size} outputs of recurrent, {got}")
        if embedding is not None and embedding.output_size != recurrent.input_size:
            got = f"its vectors have {embedding.output_size} numbers"
            raise ValueError(f"embedding must give the {recurrent.input_size} inputs of recurrent, {got}")
        self.recurrent: Any = recurrent
        self.readout: Any = readout
        self.embedding = embedding
        self.input_size = recurrent.input_size
        self.dropout = check.fraction("dropout", dropout)
        self.variational = check.instance("variational", variational, bool)
        self.pool = check.choice("pool", pool, (None, "last", "mean", "max"))
        top = recurrent.cells[-1] if isinstance(recurrent, Stack) else recurrent
        self._masks: Array | None = None
        self._weights: Array | None = None
        self._n_forward = top.forward_cell.output_size if isinstance(top, Bidirectional) else None
        self.parts = {"recurrent": recurrent, "readout": readout} | ({"embedding": embedding} if embedding else {})

    def __call__(self, x: Array, lengths: ArrayLike | None = None) -> Array:
        """Run on ``x (T, B, D)``, or ids ``(T, B)``, of some `lengths`; returns ``y``, (T, B, K) or (1, B, K)."""
        return self.forward(x, lengths=lengths)[0]

    def forward(
        self,
        x: Array,
        state: Any = None,
        lengths: ArrayLike | None = None,
        *,
        rng: np.random.Generator | None = None,
        masks: Masks | None = None,
    ) -> tuple[Array, Any]:
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
        if self.embedding is not None:
            x = check.ids("ids", x, self.embedding.input_size)
        else:
            x = check.sequences("x", x, self.input_size)
        T, B = x.shape[:2]
        # before any part runs, so that a bad call changes nothing
        check.parameters(self)
        lengths = None if lengths is None else check.lengths(lengths, T, B)
        state = checked_state(self.recurrent, "state", state, (B,))
        inner, self._masks = self.dropout_masks(x, rng) if masks is None else masks
        if self.embedding is not None:
            x = self.embedding(x)
        hs, state = self.recurrent(x, state, lengths, **({"masks": inner} if inner else {}))
        self._weights = None
        if self.pool is not None:
            self._weights = pooling_weights(self.pool, hs, lengths, self._n_forward)
            hs = (self._weights * hs).sum(axis=0, keepdims=True)
        if self._masks is not None:
            hs = hs * self._masks
        table = [self.parts["embedding"].params["W"]] if isinstance(self.readout, TiedReadout) else []
        return self.readout(hs, *table), state

    def dropout_masks(self, x: ArrayLike, rng: np.random.Generator | None) -> Masks:
        """What `rng` draws for `x`: the masks of a `Stack`, and that of what goes to the readout, or None."""
        if rng is not None:
            check.generator("rng", rng)
        inner = self.recurrent.dropout_masks(x, rng) if isinstance(self.recurrent, Stack) else []
        if rng is None or not self.dropout:
            return inner, None
        dtype, (T, B) = np.result_type(*self.params.values()), check.steps_and_batch("x", x)
        steps = 1 if self.pool or self.variational else T
        return inner, dropout_mask(rng, (steps, B, self.recurrent.output_size), self.dropout, dtype)

    def backward(self, dy: Array) -> Array | None:
        """Fill `grads` from ``dy``, of the shape of ``y``; returns ``dx``, or None with an embedding."""
        back = self.readout.backward(dy)
        dhs, dtable = back if isinstance(self.readout, TiedReadout) else (back, 0)
        if self._masks is not None:
            dhs = dhs * self._masks
        if self._weights is not None:
            dhs = self._weights * dhs
        dx, _ = self.recurrent.backward(dhs)
        if self.embedding is None:
            return dx
        self.embedding.backward(dx)
        self.embedding.grads["W"] += dtable
        return None


def pooling_weights(pool: str, hs: Array, lengths: Array | None = None, n_forward: int | None = None) -> Array:
    """With which weights outputs are added up over time; their gradient passes through the same.

    Parameters
    ----------
    pool : {"last", "mean", "max"}
        As for `Model`; a ValueError for another one, and for `hs` or `lengths` of another shape.
    hs : ndarray, shape (T, B, H)
    lengths : ndarray of int, shape (B,), optional
        Steps of each sequence; the others weigh nothing.
    n_forward : int, optional
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
    check.choice("pool", pool, ("last", "mean", "max"))
    hs = check.shaped("hs", hs, (None, None, None), "(T, B, H)")
    lengths = None if lengths is None else check.lengths(lengths, *hs.shape[:2])
    xp, (T, _, H) = namespace(hs), hs.shape
    t = np.arange(T)[:, None, None]
    ends = T if lengths is None else lengths[:, None]
    if pool == "last":
        forward = np.arange(H) < (H if n_forward is None else n_forward)
        weights = xp.where(forward, t == ends - 1, t == 0)
    elif pool == "mean":
        weights = (t < ends) / ends
    else:
        weights = t == xp.argmax(xp.where(t < ends, hs, -np.inf), axis=0)
    return xp.broadcast_to(weights, hs.shape).astype(hs.dtype)
