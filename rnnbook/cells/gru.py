"""The gated recurrent unit, with the reset gate on either side of the recurrent product."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.arrays import Array, flat, join, split
from rnnbook.cells.base import Cell, Parameter, Saved, State, constant


class GRU(Cell):
    """The gated recurrent unit (Cho et al. 2014), z keeping the old state::

        r, z = σ(a_r), σ(a_z)
        n = tanh(x_t W_xn + b_n' + r ⊙ (h_{t-1} W_hn + b_n))      reset="after"
        n = tanh(x_t W_xn + b_n' + (r ⊙ h_{t-1}) W_hn)            reset="before"
        h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`.
    reset : {"after", "before"}, default "after"
        Where the reset gate multiplies: after the recurrent product, as in cuDNN and
        PyTorch, or before it, as in Cho et al. 2014 and Chung et al. 2014. Only "after"
        has the parameter ``b_n (H,)``, the bias inside the reset product.

    Examples
    --------
    >>> cell = GRU(1, 2, rng=np.random.default_rng(0))
    >>> sorted(cell.params)
    ['W_h', 'W_x', 'b', 'b_n']
    """

    blocks, gates = ("r", "z", "n"), ("r", "z")
    saved = ("r", "z", "n", "m", "h_prev")
    retention_gate = ("z", +1)
    options = {"reset": ("after", "before")}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        reset: str = "after",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.reset = check.choice("reset", reset, self.options["reset"])
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def parameters(self) -> dict[str, Parameter]:
        """Those of every cell, and ``b_n`` where the reset comes after the product."""
        inside = {"b_n": Parameter((self.hidden_size,), constant(0.0))} if self.reset == "after" else {}
        return super().parameters() | inside

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        (h_prev,), H, W_h = state, self.hidden_size, self.params["W_h"]
        if self.reset == "after":
            hw = h_prev @ W_h
            r, z = split(sigmoid(xw[..., : 2 * H] + hw[..., : 2 * H]), 2)
            m = hw[..., 2 * H :] + self.params["b_n"]
            n = tanh(xw[..., 2 * H :] + r * m)
        else:
            r, z = split(sigmoid(xw[..., : 2 * H] + h_prev @ W_h[:, : 2 * H]), 2)
            m = r * h_prev
            n = tanh(xw[..., 2 * H :] + m @ W_h[:, 2 * H :])
        h = (1 - z) * n + z * h_prev
        return (h,), (r, z, n, m, h_prev)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        r, z, n, m, h_prev = saved
        (dh,), H, W_h = dstate, self.hidden_size, self.params["W_h"]
        da_n = dh * (1 - z) * d_tanh(n)
        da_z = dh * (h_prev - n) * d_sigmoid(z)
        if self.reset == "after":
            da_r = da_n * m * d_sigmoid(r)
            dh_prev = dh * z + join([da_r, da_z, da_n * r]) @ W_h.T
        else:
            dm = da_n @ W_h[:, 2 * H :].T
            da_r = dm * h_prev * d_sigmoid(r)
            dh_prev = dh * z + dm * r + join([da_r, da_z]) @ W_h[:, : 2 * H].T
        return join([da_r, da_z, da_n]), (dh_prev,)

    def weight_grads(self, da: Array) -> dict[str, Array]:
        H, x, h_prev, da = self.hidden_size, flat(self.x), flat(self.h_prev), flat(da)
        r, _, _, m, _ = map(flat, self.tape)
        da_rz, da_n = da[:, : 2 * H], da[:, 2 * H :]
        grads = {"W_x": x.T @ da, "b": da.sum(0)}
        if self.reset == "after":
            dm = da_n * r
            grads["b_n"] = dm.sum(0)
            dW_n = h_prev.T @ dm
        else:
            dW_n = m.T @ da_n
        grads["W_h"] = join([h_prev.T @ da_rz, dW_n])
        return grads
