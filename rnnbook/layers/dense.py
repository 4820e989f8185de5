"""Layers without recurrence: an affine readout, an embedding, a readout that shares its table."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnbook import check
from rnnbook.arrays import Array, flat


class Dense:
    """An affine map of the last axis: ``y = x W + b``.

    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

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

    def __init__(
        self, input_size: int, output_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        check.generator("rng", rng)
        dtype = check.dtype(dtype)
        self.input_size = check.positive("input_size", input_size)
        self.output_size = check.positive("output_size", output_size)
        bound = input_size**-0.5
        self.params = {
            "W": rng.uniform(-bound, bound, (input_size, output_size)).astype(dtype),
            "b": np.zeros(output_size, dtype),
        }
        self._shapes = check.shapes(self.params)
        self.grads: dict[str, Array] = {}
        self._x: Array | None = None

    def __call__(self, x: Array) -> Array:
        """Apply to ``x (..., D)``, which is kept and not copied until `backward`; returns ``y (..., K)``."""
        x = check.floating("x", x)
        if x.ndim == 0 or x.shape[-1] != self.input_size:
            raise ValueError(f"x must have shape (..., D) = (..., {self.input_size}), got {x.shape}")
        check.parameters(self)
        self._x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dy: Array) -> Array:
        """Gradient ``dy (..., K)`` of the output to ``dx (..., D)`` of the input; fills `grads`."""
        if self._x is None:
            raise RuntimeError("backward needs a forward call first: y = dense(x)")
        dy = check.shaped("dy", dy, (*self._x.shape[:-1], self.output_size), "(..., K)")
        self.grads = {"W": flat(self._x).T @ flat(dy), "b": flat(dy).sum(0)}
        return dy @ self.params["W"].T


class Embedding:
    """A table of vectors, looked up by integer: ids (T, B) become vectors (T, B, D).

    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

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

    def __init__(
        self, input_size: int, output_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        check.generator("rng", rng)
        dtype = check.dtype(dtype)
        self.input_size = check.positive("input_size", input_size)
        self.output_size = check.positive("output_size", output_size)
        self.params = {"W": rng.normal(size=(input_size, output_size)).astype(dtype)}
        self._shapes = check.shapes(self.params)
        self.grads: dict[str, Array] = {}
        self._ids: Array | None = None

    def __call__(self, ids: ArrayLike) -> Array:
        """Look up ``ids (...)`` of integers, which are kept and not copied until `backward`; returns ``(..., D)``."""
        ids = check.integers("ids", ids, self.input_size)
        check.parameters(self)
        self._ids = ids
        return self.params["W"][self._ids]

    def backward(self, dy: Array) -> None:
        """Fill `grads` from ``dy (..., D)``. Integers have no gradient: returns None."""
        if self._ids is None:
            raise RuntimeError("backward needs a forward call first: y = embedding(ids)")
        dy = check.shaped("dy", dy, (*self._ids.shape, self.output_size), "(..., D)")
        dW = np.zeros(self.params["W"].shape, dy.dtype)
        np.add.at(dW, self._ids.ravel(), flat(dy))  # an id that occurs twice collects both gradients
        self.grads = {"W": dW}


class TiedReadout:
    """A readout that shares an embedding's table: ``y = x Wᵀ + b`` (Press & Wolf 2017).

    Only `b` is its own; a `Model` hands it the table, and adds both gradients.
    A ValueError, TypeError or RuntimeError says what does not fit, or that `backward` came before a call.

    Parameters
    ----------
    embedding : Embedding
        Its vectors must be as long as the outputs that are read.

    Examples
    --------
    >>> from rnnbook import LSTM, Model
    >>> rng = np.random.default_rng(0)
    >>> table = Embedding(10, 4, rng=rng)
    >>> model = Model(LSTM(4, 4, rng=rng), TiedReadout(table), table)
    >>> sorted(model.params)
    ['embedding.W', 'readout.b', 'recurrent.W_h', 'recurrent.W_x', 'recurrent.b']
    """

    def __init__(self, embedding: Embedding) -> None:
        check.instance("embedding", embedding, Embedding)
        self.input_size, self.output_size = embedding.output_size, embedding.input_size
        self._table = embedding
        self.params = {"b": np.zeros(self.output_size, embedding.params["W"].dtype)}
        self._shapes = check.shapes(self.params)
        self.grads: dict[str, Array] = {}
        self._x: tuple[Array, Array] | None = None

    def __call__(self, x: Array, W: Array) -> Array:
        """Apply to ``x (..., D)`` with the table ``W (K, D)``; returns ``y (..., K)``."""
        x = check.floating("x", x)
        if x.ndim == 0 or x.shape[-1] != self.input_size:
            raise ValueError(f"x must have shape (..., D) = (..., {self.input_size}), got {x.shape}")
        W = check.shaped("W", W, (self.output_size, self.input_size), "(K, D)")
        check.parameters(self)
        self._x = x, W
        return x @ W.T + self.params["b"]

    def backward(self, dy: Array) -> tuple[Array, Array]:
        """Gradient ``dy (..., K)`` to ``dx (..., D)`` and ``dW (K, D)``; fills `grads`."""
        if self._x is None:
            raise RuntimeError("backward needs a forward call first: y = readout(x, W)")
        x, W = self._x
        dy = check.shaped("dy", dy, (*x.shape[:-1], self.output_size), "(..., K)")
        self.grads = {"b": flat(dy).sum(0)}
        return dy @ W, flat(dy).T @ flat(x)
