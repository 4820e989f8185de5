"""An LSTM with layer normalisation."""

import numpy as np  # noqa: F401 (the examples use it)

from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.arrays import Array, flat, join, namespace, split
from rnnbook.cells.base import Cell, Parameter, Saved, State, constant

EPSILON = 1e-5  # added to the variance, so that equal numbers can be normalised too


def normalise(v: Array) -> tuple[Array, Array]:
    """Mean 0 and variance 1 over the last axis (Ba et al. 2016, equation 4, without gain and bias).

    Parameters
    ----------
    v : ndarray, shape (..., K)

    Returns
    -------
    n : ndarray, shape (..., K)
        ``(v - mean) / √(variance + 1e-5)``
    scale : ndarray, shape (..., 1)
        What the deviations from the mean were multiplied with.

    Examples
    --------
    >>> n, scale = normalise(np.array([1.0, 2.0, 3.0]))
    >>> n.round(4), scale.round(4)
    (array([-1.2247,  0.    ,  1.2247]), array([1.2247]))
    """
    apart = v - v.mean(axis=-1, keepdims=True)
    variance = (apart * apart).mean(axis=-1, keepdims=True)
    scale = 1 / namespace(v).sqrt(variance + EPSILON)
    return apart * scale, scale


def d_normalise(dn: Array, n: Array, scale: Array) -> Array:
    """Gradient of `normalise`: from ``dn`` to ``dv``, given what it returned.

    Examples
    --------
    >>> n, scale = normalise(np.array([1.0, 2.0, 3.0]))
    >>> d_normalise(np.ones(3), n, scale).round(12)  # a shift of all changes nothing
    array([0., 0., 0.])
    """
    mean = dn.mean(axis=-1, keepdims=True)
    along = (dn * n).mean(axis=-1, keepdims=True)
    return scale * (dn - mean - n * along)


class LayerNormLSTM(Cell):
    """An LSTM that normalises its recurrent product and its memory (Ba et al. 2016, equations 20 to 22)::

        [a_i a_f a_o a_g] = x_t W_x + γ ⊙ norm(h_{t-1} W_h) + b
        i, f, o = σ(a_i), σ(a_f), σ(a_o)        g = tanh(a_g)
        c_t = f ⊙ c_{t-1} + i ⊙ g               h_t = o ⊙ tanh(norm(c_t))

    Of the paper's three normalisations that of ``x_t W_x`` is left out, as one may do it to the input before; and only
    the recurrent product has a gain, ``gain (4H,)``, one at the start. One unit alone, H = 1, is normalised to zero.

    Examples
    --------
    >>> cell = LayerNormLSTM(1, 2, rng=np.random.default_rng(0))
    >>> cell.params["gain"]
    array([1., 1., 1., 1., 1., 1., 1., 1.], dtype=float32)
    """

    blocks, gates = ("i", "f", "o", "g"), ("i", "f", "o")
    states = ("h", "c")
    saved = ("i", "f", "o", "g", "c_prev", "tanh_c", "n_c", "scale_c", "n", "scale")
    retention_gate, input_gate = ("f", +1), "i"

    def parameters(self) -> dict[str, Parameter]:
        """Those of every cell, and the gain of the recurrent product."""
        return super().parameters() | {"gain": Parameter((4 * self.hidden_size,), constant(1.0))}

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        h, c_prev = state
        n, scale = normalise(h @ self.params["W_h"])
        a = xw + self.params["gain"] * n
        i, f, o = split(sigmoid(a[..., : 3 * self.hidden_size]), 3)
        g = tanh(a[..., 3 * self.hidden_size :])
        c = f * c_prev + i * g
        n_c, scale_c = normalise(c)
        tanh_c = tanh(n_c)
        saved = i, f, o, g, c_prev, tanh_c, n_c, scale_c, n, scale
        return (o * tanh_c, c), saved

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        i, f, o, g, c_prev, tanh_c, n_c, scale_c, n, scale = saved
        dh, dc = dstate
        dc = dc + d_normalise(dh * o * d_tanh(tanh_c), n_c, scale_c)
        da_i = dc * g * d_sigmoid(i)
        da_f = dc * c_prev * d_sigmoid(f)
        da_o = dh * tanh_c * d_sigmoid(o)
        da_g = dc * i * d_tanh(g)
        da = join([da_i, da_f, da_o, da_g])
        product = d_normalise(da * self.params["gain"], n, scale)
        return da, (product @ self.params["W_h"].T, dc * f)

    def weight_grads(self, da: Array) -> dict[str, Array]:
        *_, n, scale = self.tape
        product = d_normalise(da * self.params["gain"], n, scale)
        return {
            "W_x": flat(self.x).T @ flat(da),
            "W_h": flat(self.h_prev).T @ flat(product),
            "b": flat(da).sum(0),
            "gain": flat(da * n).sum(0),
        }
