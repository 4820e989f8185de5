"""The LSTM, with peepholes, and with coupled gates."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.arrays import Array, join, namespace, split
from rnnbook.cells.base import Cell, Parameter, Saved, State, uniform


class LSTM(Cell):
    """Long short-term memory with a forget gate.

    Hochreiter & Schmidhuber 1997; the forget gate is Gers, Schmidhuber & Cummins 2000::

        i, f, o = σ(a_i), σ(a_f), σ(a_o)        g = tanh(a_g)
        c_t = f ⊙ c_{t-1} + i ⊙ g               h_t = o ⊙ tanh(c_t)

    where ``[a_i a_f a_o a_g] = x_t W_x + h_{t-1} W_h + b``.

    Examples
    --------
    >>> cell = LSTM(1, 2, rng=np.random.default_rng(0))
    >>> hs, (h, c) = cell(np.zeros((5, 3, 1)))
    >>> hs.shape, c.shape
    ((5, 3, 2), (3, 2))
    """

    blocks, gates = ("i", "f", "o", "g"), ("i", "f", "o")
    states = ("h", "c")
    saved = ("i", "f", "o", "g", "c_prev", "tanh_c")
    retention_gate, input_gate = ("f", +1), "i"

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        h, c_prev = state
        a = xw + h @ self.params["W_h"]
        i, f, o = split(sigmoid(a[..., : 3 * self.hidden_size]), 3)
        g = tanh(a[..., 3 * self.hidden_size :])
        c = f * c_prev + i * g
        tanh_c = tanh(c)
        return (o * tanh_c, c), (i, f, o, g, c_prev, tanh_c)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        i, f, o, g, c_prev, tanh_c = saved
        dh, dc = dstate
        dc = dc + dh * o * d_tanh(tanh_c)
        da_i = dc * g * d_sigmoid(i)
        da_f = dc * c_prev * d_sigmoid(f)
        da_o = dh * tanh_c * d_sigmoid(o)
        da_g = dc * i * d_tanh(g)
        da = join([da_i, da_f, da_o, da_g])
        return da, (da @ self.params["W_h"].T, dc * f)


class PeepholeLSTM(Cell):
    """An LSTM whose gates also see the cell state (Gers & Schmidhuber 2000).

    The input and forget gates see ``c_{t-1}``, the output gate sees ``c_t``::

        i, f = σ(a_i + p_i ⊙ c_{t-1}), σ(a_f + p_f ⊙ c_{t-1})    g = tanh(a_g)
        c_t = f ⊙ c_{t-1} + i ⊙ g
        o = σ(a_o + p_o ⊙ c_t)                                   h_t = o ⊙ tanh(c_t)

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`.
    peepholes : str, default "ifo"
        The gates that have one: any of the letters i, f, o. Papers differ.
        Each is a parameter ``p_i``, ``p_f`` or ``p_o`` of shape (H,), drawn from ±1/√H.

    Examples
    --------
    >>> cell = PeepholeLSTM(1, 2, peepholes="f", rng=np.random.default_rng(0))
    >>> sorted(cell.params)
    ['W_h', 'W_x', 'b', 'p_f']
    """

    blocks, gates = ("i", "f", "o", "g"), ("i", "f", "o")
    states = ("h", "c")
    saved = ("i", "f", "o", "g", "c_prev", "c", "tanh_c")
    retention_gate, input_gate = ("f", +1), "i"
    options = {"peepholes": ("ifo", "f", "io", "")}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        peepholes: str = "ifo",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if not isinstance(peepholes, str) or len(set(peepholes) & set("ifo")) != len(peepholes):
            raise ValueError(f"peepholes must be distinct letters of 'ifo', got {peepholes!r}")
        self.peepholes = peepholes
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def parameters(self) -> dict[str, Parameter]:
        """Those of every cell, and the peepholes."""
        peephole = Parameter((self.hidden_size,), uniform(self.hidden_size**-0.5), recurrent=True)
        return super().parameters() | {f"p_{gate}": peephole for gate in self.peepholes}

    def peephole(self, gate: str) -> Array | float:
        """The peephole weights of a gate, (H,); zero for a gate that has none."""
        return self.params.get(f"p_{gate}", 0.0)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        h, c_prev = state
        a_i, a_f, a_o, a_g = split(xw + h @ self.params["W_h"], 4)
        i = sigmoid(a_i + self.peephole("i") * c_prev)
        f = sigmoid(a_f + self.peephole("f") * c_prev)
        g = tanh(a_g)
        c = f * c_prev + i * g
        o = sigmoid(a_o + self.peephole("o") * c)
        tanh_c = tanh(c)
        return (o * tanh_c, c), (i, f, o, g, c_prev, c, tanh_c)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        i, f, o, g, c_prev, _, tanh_c = saved
        dh, dc = dstate
        da_o = dh * tanh_c * d_sigmoid(o)
        dc = dc + dh * o * d_tanh(tanh_c) + da_o * self.peephole("o")
        da_i = dc * g * d_sigmoid(i)
        da_f = dc * c_prev * d_sigmoid(f)
        da_g = dc * i * d_tanh(g)
        da = join([da_i, da_f, da_o, da_g])
        dc_prev = dc * f + da_i * self.peephole("i") + da_f * self.peephole("f")
        return da, (da @ self.params["W_h"].T, dc_prev)

    def weight_grads(self, da: Array) -> dict[str, Array]:
        grads = super().weight_grads(da)
        da_i, da_f, da_o, _ = split(da, 4)
        *_, c_prev, c, _ = self.tape
        for name, da_gate, seen in (("p_i", da_i, c_prev), ("p_f", da_f, c_prev), ("p_o", da_o, c)):
            if name in self.params:
                grads[name] = namespace(da).einsum("tbh,tbh->h", da_gate, seen)
        return grads


class CoupledLSTM(Cell):
    """An LSTM that forgets exactly what it overwrites: ``f = 1 - i`` (CIFG, Greff et al. 2017).

    ::

        i, o = σ(a_i), σ(a_o)                          g = tanh(a_g)
        c_t = (1 - i) ⊙ c_{t-1} + i ⊙ g                h_t = o ⊙ tanh(c_t)

    Examples
    --------
    >>> cell = CoupledLSTM(1, 2, rng=np.random.default_rng(0))
    >>> cell.params["W_h"].shape  # three gates instead of four
    (2, 6)
    """

    blocks, gates = ("i", "o", "g"), ("i", "o")
    states = ("h", "c")
    saved = ("i", "o", "g", "c_prev", "tanh_c")
    retention_gate = ("i", -1)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        h, c_prev = state
        a = xw + h @ self.params["W_h"]
        i, o = split(sigmoid(a[..., : 2 * self.hidden_size]), 2)
        g = tanh(a[..., 2 * self.hidden_size :])
        c = (1 - i) * c_prev + i * g
        tanh_c = tanh(c)
        return (o * tanh_c, c), (i, o, g, c_prev, tanh_c)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        i, o, g, c_prev, tanh_c = saved
        dh, dc = dstate
        dc = dc + dh * o * d_tanh(tanh_c)
        da_i = dc * (g - c_prev) * d_sigmoid(i)
        da_o = dh * tanh_c * d_sigmoid(o)
        da_g = dc * i * d_tanh(g)
        da = join([da_i, da_o, da_g])
        return da, (da @ self.params["W_h"].T, dc * (1 - i))
