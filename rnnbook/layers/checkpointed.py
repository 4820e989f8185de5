"""Backpropagation through time in less memory: states are kept now and then, and the rest is computed again."""

import math
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells.base import Cell, State


class Checkpointed:
    """A cell that keeps its state every `every` steps, and computes what lies between again when it is asked back.

    Chen et al. 2016. Values and gradients are the cell's own, to the last bit but for the order in which weight
    gradients are added: those of each stretch as soon as they are there, so that one sum is all that is kept. With
    ``every = √T`` a cell keeps √T states and the tape of √T steps instead of that of T, for one more pass forward.
    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

    Parameters
    ----------
    cell : Cell
        Its parameters are shared, not copied.
    every : int, optional
        Steps between two states that are kept; √T, rounded up, by default.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> rng = np.random.default_rng(0)
    >>> cell = LSTM(2, 3, rng=rng, dtype=np.float64)
    >>> x, dhs = rng.normal(size=(100, 4, 2)), rng.normal(size=(100, 4, 3))
    >>> hs, _ = Checkpointed(cell)(x)
    >>> bool((hs == cell(x)[0]).all())
    True
    """

    def __init__(self, cell: Cell, *, every: int | None = None) -> None:
        self.cell = check.instance("cell", cell, Cell)
        self.every = None if every is None else check.positive("every", every)
        self.input_size, self.output_size = cell.input_size, cell.output_size
        self.grads: dict[str, np.ndarray] = {}
        self._kept: list[tuple[Array, State | None]] = []

    @property
    def params(self) -> dict[str, Array]:
        """The cell's parameters."""
        return self.cell.params

    def __call__(self, x: Array, state: State | None = None, lengths: None = None) -> tuple[Array, State]:
        """As the cell's own call from a `state`, which keeps `x` uncopied; of one length: `lengths` must be None."""
        if lengths is not None:
            raise ValueError("lengths must be None: what is computed again has all of its steps")
        x = check.shaped("x", x, (None, None, self.input_size), "(T, B, D)")
        every = self.every or math.isqrt(max(len(x) - 1, 0)) + 1
        now: Any = state
        kept, outputs = [], []
        for part in np.split(x, range(every, len(x), every)):
            kept.append((part, now))
            hs, now = self.cell(part, now)
            outputs.append(hs)
        self._kept = kept
        return np.concatenate(outputs), now

    def backward(self, dhs: Array, dstate: State | None = None) -> tuple[Array, State]:
        """As the cell's own `backward`, from `dhs` and `dstate`."""
        if not self._kept:
            raise RuntimeError("backward needs a call first: hs, _ = layer(x)")
        T = sum(len(part) for part, _ in self._kept)
        B = self._kept[0][0].shape[1]
        dhs = check.shaped("dhs", dhs, (T, B, self.output_size), "(T, B, H)")
        total: dict[str, Array] = {}
        dnow: Any = dstate
        dxs, end = [], T
        for part, state in reversed(self._kept):
            self.cell(part, state)
            dx, dnow = self.cell.backward(dhs[end - len(part) : end], dnow)
            end -= len(part)
            dxs.append(dx)
            for name, piece in self.cell.grads.items():
                total[name] = total[name] + piece if name in total else piece
        self.grads = total
        return np.concatenate(dxs[::-1]), dnow
