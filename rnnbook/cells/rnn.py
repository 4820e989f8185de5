"""The simple recurrent cell."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.activations import d_leaky_relu, d_relu, d_tanh, leaky_relu, relu, tanh
from rnnbook.arrays import Array
from rnnbook.cells.base import Cell, Saved, State

ACTIVATIONS = {"tanh": (tanh, d_tanh), "relu": (relu, d_relu), "leaky_relu": (leaky_relu, d_leaky_relu)}


class RNN(Cell):
    """The simple recurrent cell: ``h_t = φ(x_t W_x + h_{t-1} W_h + b)`` (Elman 1990).

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`.
    activation : {"tanh", "relu", "leaky_relu"}, default "tanh"
        φ.

    Examples
    --------
    >>> cell = RNN(1, 2, rng=np.random.default_rng(0))
    >>> hs, (h,) = cell(np.zeros((5, 3, 1)))
    >>> hs.shape, h.shape
    ((5, 3, 2), (3, 2))
    """

    blocks = ("h",)
    saved = ("h",)
    options = {"activation": tuple(ACTIVATIONS)}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        activation: str = "tanh",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.activation = check.choice("activation", activation, self.options["activation"])
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        (h,) = state
        phi, _ = ACTIVATIONS[self.activation]
        h = phi(xw + h @ self.params["W_h"])
        return (h,), (h,)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        (h,), (dh,) = saved, dstate
        _, d_phi = ACTIVATIONS[self.activation]
        da = dh * d_phi(h)
        return da, (da @ self.params["W_h"].T,)
