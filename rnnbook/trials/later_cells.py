"""The cells of chapter 19: linear recurrences whose gates see the input alone, matrices for a state, and the sLSTM.

They are cells like those of `rnnbook.cells`, and every test of a cell takes them.
"""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check, join, namespace, split
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.arrays import Array
from rnnbook.cells.base import Cell, Parameter, Saved, State
from rnnbook.cells.minimal import InputGated


def softplus(x: Array) -> Array:
    """``log(1 + exp(x))``, of which no exponential overflows; its derivative is the sigmoid.

    Examples
    --------
    >>> softplus(np.array([0.0, 1000.0])).round(3).tolist()
    [0.693, 1000.0]
    """
    xp = namespace(x)
    positive = xp.where(xp.real(x) > 0, x, 0)
    return positive + xp.log1p(xp.exp(x - 2 * positive))


def cut(a: Array, widths: tuple[int, ...]) -> list[Array]:
    """Split the last axis into blocks of these widths, as views."""
    ends = np.cumsum(widths)
    return [a[..., end - width : end] for width, end in zip(widths, ends, strict=True)]


def write(v: Array, k: Array) -> Array:
    """``v kᵀ``: what is written into a matrix at the key k, (..., H) and (..., N) to (..., H, N)."""
    return v[..., :, None] * k[..., None, :]


def read(S: Array, q: Array) -> Array:
    """``S q``: what stands in a matrix at the key q, (..., H, N) and (..., N) to (..., H)."""
    return (S * q[..., None, :]).sum(-1)


def read_back(S: Array, d: Array) -> Array:
    """``Sᵀ d``, back to the key: from `S` and `d`, (..., H, N) and (..., H) to (..., N)."""
    return (S * d[..., :, None]).sum(-2)


def dot(a: Array, b: Array) -> Array:
    """The inner product, (..., H) and (..., H) to (..., 1)."""
    return (a * b).sum(-1)[..., None]


class MatrixMemory(InputGated):
    """A cell whose state is a matrix, beside its output."""

    states = ("h", "S")

    def state_shapes(self) -> tuple[tuple[int, ...], ...]:
        return (self.hidden_size,), (self.hidden_size, self.hidden_size)


class LRU(InputGated):
    """The linear recurrent unit (Orvieto et al. 2023): H complex numbers, turned and shrunk alike at every step::

        r = exp(-exp(ν))                       λ = r exp(iθ)
        ζ_t = λ ζ_{t-1} + √(1 - r²) (u + iv)   h_t = Re ζ_t,  s_t = Im ζ_t

    The paper learns log θ, and a factor of the input that starts at √(1 - r²), and reads both parts of ζ. Here the
    factor stays that, and the output is the real part: for one number that is read, ``W_x`` can turn u + iv as a
    complex weight behind it would.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``. ``nu (H,)`` starts so that r² is uniform from 0.81 to 0.998, and
        ``theta (H,)`` uniform from 0 to π.

    Examples
    --------
    A quarter of a turn at each step, which halves:

    >>> cell = LRU(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 8 / 0.75**0.5, 0
    >>> cell.params["nu"][:], cell.params["theta"][:] = np.log(np.log(2)), np.pi / 2
    >>> hs, _ = cell(np.array([1.0, 0, 0, 0, 0]).reshape(5, 1, 1))
    >>> (hs.ravel().round(9) + 0).tolist()
    [8.0, 0.0, -2.0, 0.0, 0.5]
    """

    blocks, states = ("u", "v"), ("h", "s")
    saved = ("h_prev", "s_prev", "u", "v")

    def parameters(self) -> dict[str, Parameter]:
        """Those of every cell but ``W_h``, and ν and θ."""

        def start(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
            return np.log(-0.5 * np.log(rng.uniform(0.81, 0.998, shape)))

        H = (self.hidden_size,)
        return super().parameters() | {
            "nu": Parameter(H, start, recurrent=True),
            "theta": Parameter(H, lambda rng, shape: rng.uniform(0, np.pi, shape), recurrent=True),
        }

    def eigenvalue(self) -> tuple[Array, ...]:
        """λ, its real and imaginary part, and √(1 - r²), each (H,)."""
        nu, theta = self.params["nu"], self.params["theta"]
        xp = namespace(nu)
        r = xp.exp(-xp.exp(nu))
        return r * xp.cos(theta), r * xp.sin(theta), (-xp.expm1(-2 * xp.exp(nu))) ** 0.5

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        u, v = split(xw, 2)
        h_prev, s_prev = state
        a, b, scale = self.eigenvalue()
        h, s = a * h_prev - b * s_prev + scale * u, b * h_prev + a * s_prev + scale * v
        return (h, s), (h_prev, s_prev, u, v)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:  # noqa: ARG002 (a linear step needs none)
        dh, ds = dstate
        a, b, scale = self.eigenvalue()
        return join([scale * dh, scale * ds]), (a * dh + b * ds, a * ds - b * dh)  # turned back

    def weight_grads(self, da: Array) -> dict[str, Array]:
        h_prev, s_prev, u, v = self.tape
        a, b, scale = self.eigenvalue()
        scale = scale + (scale == 0)
        dh, ds = split(da, 2)
        dh, ds = dh / scale, ds / scale
        along, across = (dh * h_prev + ds * s_prev).sum((0, 1)), (ds * h_prev - dh * s_prev).sum((0, 1))
        let_in = (dh * u + ds * v).sum((0, 1)) * (a * a + b * b) / scale
        dnu = namespace(da).exp(self.params["nu"]) * (let_in - a * along - b * across)  # r falls as ν rises
        return super().weight_grads(da) | {"nu": dnu, "theta": a * across - b * along}


class GatedRotation(InputGated):
    """H complex numbers, turned by an angle and shrunk by a factor that the input chooses::

        r = σ(a_r)                             λ = r exp(iθ)
        ζ_t = λ ζ_{t-1} + u + iv               h_t = Re ζ_t,  s_t = Im ζ_t

    An `LRU` whose eigenvalue depends on the input, as the gate of every other cell here does.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.

    Examples
    --------
    A fifth of a turn at each step, and after five it is where it was; the gate is open:

    >>> cell = GatedRotation(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 0, 0, 1, 0
    >>> cell.params["b"][:] = 2 * np.pi / 5, 1000, 0, 0
    >>> hs, _ = cell(np.array([1.0, 0, 0, 0, 0, 0]).reshape(6, 1, 1))
    >>> hs.ravel().round(3).tolist()
    [1.0, 0.309, -0.809, -0.809, 0.309, 1.0]
    """

    blocks, gates, states = ("theta", "r", "u", "v"), ("r",), ("h", "s")
    saved = ("r", "cos", "sin", "turned_h", "turned_s")
    retention_gate = ("r", +1)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        theta, a_r, u, v = split(xw, 4)
        h_prev, s_prev = state
        r, cos, sin = sigmoid(a_r), namespace(xw).cos(theta), namespace(xw).sin(theta)
        turned_h, turned_s = cos * h_prev - sin * s_prev, sin * h_prev + cos * s_prev
        return (r * turned_h + u, r * turned_s + v), (r, cos, sin, turned_h, turned_s)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        r, cos, sin, turned_h, turned_s = saved
        dh, ds = dstate
        dtheta = r * (ds * turned_h - dh * turned_s)
        da_r = (dh * turned_h + ds * turned_s) * d_sigmoid(r)
        return join([dtheta, da_r, dh, ds]), (r * (cos * dh + sin * ds), r * (cos * ds - sin * dh))


class RGLRU(InputGated):
    """The real-gated linear recurrent unit of Griffin (De et al. 2024)::

        r, i = σ(a_r), σ(a_i)                  a = σ(Λ)^(8 r)
        h_t = a ⊙ h_{t-1} + √(1 - a²) ⊙ i ⊙ u

    It keeps between ``σ(Λ)⁸`` (r = 1) and everything (r = 0), and what it lets in shrinks as it keeps more.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``. ``Lambda (H,)`` starts so that ``σ(Λ)⁸`` lies between 0.9 and 0.999.

    Examples
    --------
    With ``Λ = 0`` and ``r = 1/8`` a half is kept, and ``√(1 - 1/4) / 2`` of the input is let in:

    >>> cell = RGLRU(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 0, 0, 1
    >>> cell.params["b"][:] = -np.log(7), 0, 0
    >>> cell.params["Lambda"][:] = 0
    >>> hs, _ = cell(np.array([1.0, 0.0]).reshape(2, 1, 1))
    >>> hs.ravel().round(4).tolist()
    [0.433, 0.2165]
    """

    blocks, gates = ("r", "i", "u"), ("r", "i")
    saved = ("a", "r", "not_r", "i", "u", "h_prev")
    retention_gate, input_gate = ("r", -1), "i"

    def parameters(self) -> dict[str, Parameter]:
        """Those of every cell but ``W_h``, and Λ."""

        def start(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
            return -np.log(np.expm1(-np.log(rng.uniform(0.9, 0.999, shape)) / 8))

        return super().parameters() | {"Lambda": Parameter((self.hidden_size,), start, recurrent=True)}

    def rate(self) -> Array:
        """``-8 log σ(Λ)``: what a whole r takes off the logarithm of the state, (H,)."""
        return 8 * softplus(-self.params["Lambda"])

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        (h_prev,) = state
        a_r, a_i, u = split(xw, 3)
        r, i, exp = sigmoid(a_r), sigmoid(a_i), namespace(xw).exp
        a = exp(-self.rate() * r)
        not_r = exp(-softplus(a_r))  # 1 - r, which must not be rounded to 0
        h = a * h_prev + (1 - a * a) ** 0.5 * i * u
        return (h,), (a, r, not_r, i, u, h_prev)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        a, r, not_r, i, u, h_prev = saved
        (dh,) = dstate
        scale = (1 - a * a) ** 0.5
        slope = a / (scale + (scale == 0))  # if scale is 0, so is r, and da_r
        da = dh * (h_prev - slope * i * u)
        da_r = da * a * -self.rate() * r * not_r
        da_i, du = dh * scale * u * d_sigmoid(i), dh * scale * i
        return join([da_r, da_i, du]), (dh * a,)

    def weight_grads(self, da: Array) -> dict[str, Array]:
        _, _, not_r, *_ = self.tape
        (da_r, _, _), Lambda = split(da, 3), self.params["Lambda"]
        # of log a = -8 r softplus(-Λ), da_r has the derivative by a_r, which is log a (1 - r)
        dLambda = (da_r / (not_r + (not_r == 0))).sum((0, 1)) * -sigmoid(-Lambda) / softplus(-Lambda)
        return super().weight_grads(da) | {"Lambda": dLambda}


class S6(InputGated):
    """The selective state space of Mamba (Gu & Dao 2023): H channels, each with a state of `N` numbers::

        Δ = softplus(a_Δ)                      A = (1, 2, ..., N)
        S_t = exp(-Δ A) ⊙ S_{t-1} + (Δ ⊙ u) Bᵀ      h_t = S_t C

    Δ has one number for each channel, B and C have one for each column of S. A stays where Mamba starts it.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.

    Examples
    --------
    With ``Δ = log 2`` the columns keep 1/2, 1/4, 1/8 and 1/16; C reads the first alone:

    >>> cell = S6(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 0, 1, 0, 0, 0, 0, 0, 0, 0, 0
    >>> cell.params["b"][:] = 0, 0, 1, 1, 1, 1, 1, 0, 0, 0
    >>> hs, _ = cell(np.array([1.0, 0.0]).reshape(2, 1, 1))
    >>> hs.ravel().round(4).tolist()
    [0.6931, 0.3466]
    """

    N = 4  #: numbers that each channel carries
    blocks, states = ("delta", "u", "B", "C"), ("h", "S")
    saved = ("delta", "u", "B", "C", "a", "S_prev", "S")

    def block_widths(self) -> tuple[int, ...]:
        return self.hidden_size, self.hidden_size, self.N, self.N

    def state_shapes(self) -> tuple[tuple[int, ...], ...]:
        return (self.hidden_size,), (self.hidden_size, self.N)

    def decay(self) -> Array:
        """A, (N,)."""
        return np.arange(1, self.N + 1).astype(self.params["b"].dtype)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        a_delta, u, B, C = cut(xw, self.block_widths())
        _, S_prev = state
        delta = softplus(a_delta)
        a = namespace(xw).exp(-delta[..., None] * self.decay())
        S = a * S_prev + write(delta * u, B)
        return (read(S, C), S), (delta, u, B, C, a, S_prev, S)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        delta, u, B, C, a, S_prev, S = saved
        dh, dS = dstate
        dS = dS + write(dh, C)
        dv = read(dS, B)  # of Δ ⊙ u
        ddelta = dv * u - read(dS * S_prev * a, self.decay())
        slope = 1 - namespace(delta).exp(-delta)  # the sigmoid of a_Δ
        dB, dC = read_back(dS, delta * u), read_back(S, dh)
        da = join([ddelta * slope, dv * delta, dB, dC])
        return da, (0 * dh, dS * a)


class LinearAttention(MatrixMemory):
    """A matrix that is written to and never erased (Katharopoulos et al. 2020; fast weights, Schlag et al. 2021)::

        S_t = S_{t-1} + v kᵀ                   h_t = S_t q

    The sum of keys by which Katharopoulos et al. divide is left out, and keys and queries go through no function.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.

    Examples
    --------
    What was written is read again as long as nothing else is written:

    >>> cell = LinearAttention(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 0, 1, 3
    >>> cell.params["b"][:] = 2, 0, 0
    >>> hs, _ = cell(np.array([1.0, 0.0]).reshape(2, 1, 1))
    >>> hs.ravel().tolist()
    [6.0, 6.0]
    """

    blocks = ("q", "k", "v")
    saved = ("q", "k", "v", "S")

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        q, k, v = split(xw, 3)
        _, S_prev = state
        S = S_prev + write(v, k)
        return (read(S, q), S), (q, k, v, S)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        q, k, v, S = saved
        dh, dS = dstate
        dS = dS + write(dh, q)
        return join([read_back(S, dh), read_back(dS, v), read(dS, k)]), (0 * dh, dS)


class DeltaNet(MatrixMemory):
    """A matrix that is corrected at a key (Schlag et al. 2021; Yang et al. 2024)::

        k = a_k / √(|a_k|² + 10⁻⁶)             β = most · σ(a_β)
        S_t = S_{t-1} + β (v - S_{t-1} k) kᵀ   h_t = S_t q

    At β = 1 what stood at k is replaced by v; at β = 2 and v = 0 it changes its sign: a reflection.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.
    most : {1, 2}, default 1
        How far β reaches. ``1 - β`` is an eigenvalue of what a step does to S, so 2 lets it be negative
        (Grazzi et al. 2025).

    Examples
    --------
    With ``β = 1/2`` the state goes half of the way to v at every step:

    >>> cell = DeltaNet(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 0
    >>> cell.params["b"][:] = 1, 1000, 8, 0
    >>> hs, _ = cell(np.zeros((2, 1, 1)))
    >>> hs.ravel().round(4).tolist()
    [4.0, 6.0]
    """

    blocks = ("q", "k", "v", "beta")
    saved = ("q", "k", "length", "e", "beta", "S_prev", "S")
    options: ClassVar[dict[str, tuple[Any, ...]]] = {"most": (1, 2)}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        most: int = 1,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.most = check.choice("most", most, self.options["most"])
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def block_widths(self) -> tuple[int, ...]:
        return (self.hidden_size,) * 3 + (1,)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        q, a_k, v, a_beta = cut(xw, self.block_widths())
        _, S_prev = state
        length = (dot(a_k, a_k) + 1e-6) ** 0.5
        k, beta = a_k / length, self.most * sigmoid(a_beta)
        e = v - read(S_prev, k)
        S = S_prev + write(beta * e, k)
        return (read(S, q), S), (q, k, length, e, beta, S_prev, S)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        q, k, length, e, beta, S_prev, S = saved
        dh, dS = dstate
        dS = dS + write(dh, q)
        along = read(dS, k)
        de = beta * along
        dk = read_back(dS, beta * e) - read_back(S_prev, de)
        da_k = (dk - k * dot(k, dk)) / length
        da_beta = dot(e, along) * beta * (1 - beta / self.most)
        da = join([read_back(S, dh), da_k, de, da_beta])
        return da, (0 * dh, dS - write(de, k))


class MLSTM(InputGated):
    """xLSTM's matrix memory (Beck et al. 2024), with an exponential input gate::

        i, f, o = exp(a_i), σ(a_f), σ(a_o)     i and f one number each
        C_t = f C_{t-1} + i v kᵀ               n_t = f n_{t-1} + i k
        h_t = o ⊙ C_t q / max(|n_t · q|, 1)

    C and n are kept divided by ``exp(m)``, so that no exponential overflows; m is a state. The paper also divides
    the key by √H, which is a matter of how ``W_x`` starts.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`; there is no ``W_h``.

    Examples
    --------
    One key, first written with i = 1, then kept with f = 1/2; the divisor is 1 and the output gate 1/2:

    >>> cell = MLSTM(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:] = 0, 1, 4, 0, 0, 0
    >>> cell.params["b"][:] = 1, 0, 0, 0, 0, 0
    >>> hs, _ = cell(np.array([1.0, 0.0]).reshape(2, 1, 1))
    >>> hs.ravel().round(4).tolist()
    [2.0, 1.0]
    """

    blocks, gates = ("q", "k", "v", "o", "i", "f"), ("o", "f")
    states = ("h", "C", "n", "m")
    saved = ("q", "k", "v", "o", "i", "f", "sf", "kept", "s", "d", "C_prev", "n_prev", "C", "n")
    retention_gate = ("f", +1)

    def block_widths(self) -> tuple[int, ...]:
        return (self.hidden_size,) * 4 + (1, 1)

    def state_shapes(self) -> tuple[tuple[int, ...], ...]:
        H = self.hidden_size
        return (H,), (H, H), (H,), (1,)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        q, k, v, a_o, a_i, a_f = cut(xw, self.block_widths())
        _, C_prev, n_prev, m_prev = state
        xp = namespace(xw)
        o = sigmoid(a_o)
        log_f = m_prev - softplus(-a_f)  # log σ(a_f) + m_{t-1}
        kept = xp.real(log_f) >= xp.real(a_i)
        m = xp.where(kept, log_f, a_i)  # the larger: one gate is 1
        i, f = xp.exp(a_i - m), xp.exp(log_f - m)
        C = f[..., None] * C_prev + write(i * v, k)
        n = f * n_prev + i * k
        s = dot(n, q)
        size = xp.where(xp.real(s) < 0, -s, s)
        # below -80 h is 0 in any case, and exp(-m) may overflow; above 80 it may be 0, as n · q is for a blank input
        least = xp.exp(xp.where(xp.real(m) < -80, 80, xp.where(xp.real(m) > 80, -80, -m)))
        d = xp.where(xp.real(size) > xp.real(least), size, least)
        saved = q, k, v, o, i, f, sigmoid(a_f), kept, s, d, C_prev, n_prev, C, n
        return (o * read(C, q) / d, C, n, m), saved

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        q, k, v, o, i, f, sf, kept, s, d, C_prev, n_prev, C, n = saved
        dh, dC, dn, dm = dstate
        xp = namespace(q)
        y, dy = read(C, q) / d, dh * o / d
        dd, large = -dot(dy, y), abs(s) == d
        ds = xp.where(large, dd * xp.sign(s), 0)
        dm = dm - xp.where(large, 0, dd * d)
        dC, dn = dC + write(dy, q), dn + ds * q
        dq, dk, dv = read_back(C, dy) + ds * n, read_back(dC, i * v) + i * dn, i * read(dC, k)
        di = dot(read(dC, k), v) + dot(dn, k)
        df = (dC * C_prev).sum((-2, -1))[..., None] + dot(dn, n_prev)
        dm = dm - di * i - df * f  # m divides both
        da_i, dlog_f = di * i + xp.where(kept, 0, dm), df * f + xp.where(kept, dm, 0)
        da = join([dq, dk, dv, dh * y * d_sigmoid(o), da_i, dlog_f * (1 - sf)])
        return da, (0 * dh, dC * f[..., None], dn * f, dlog_f)


class SLSTM(Cell):
    """xLSTM's scalar memory (Beck et al. 2024): an LSTM with an exponential input gate and a normaliser::

        a = x_t W_x + h_{t-1} W_h + b          i, f, o = exp(a_i), σ(a_f), σ(a_o)
        c_t = f ⊙ c_{t-1} + i ⊙ tanh(a_g)      n_t = f ⊙ n_{t-1} + i
        h_t = o ⊙ c_t / n_t

    It carries y = c / n and l = log n, of which no exponential overflows: y goes towards tanh(a_g) by the share
    ``w = i / n_t = σ(a_i - log(f n_{t-1}))``. The paper begins with n = 0; here the zero state has n = 1, as if a
    memory of 0 had been written once. The paper's W_h has blocks, one for each head; here there is one head.

    Parameters
    ----------
    input_size, hidden_size, rng, dtype
        As for every `Cell`.
    gate : {"exp", "sigmoid"}, default "exp"
        The input gate; the logistic one leaves of xLSTM's two changes the normaliser alone.

    Examples
    --------
    With f = 1 and equal input gates the memory is the mean of what was written, and of the 0 at the start:

    >>> cell = SLSTM(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> cell.params["W_x"][:], cell.params["W_h"][:] = (0, 0, 0, 1), 0
    >>> cell.params["b"][:] = 0, 1000, 1000, 0
    >>> hs, _ = cell(np.arctanh([0.3, 0.6, -0.6]).reshape(3, 1, 1))
    >>> hs.ravel().round(3).tolist()
    [0.15, 0.3, 0.075]
    """

    blocks, gates = ("i", "f", "o", "g"), ("f", "o")
    states = ("h", "y", "l")
    saved = ("slope", "f", "o", "g", "w", "y_prev", "y")
    retention_gate = ("f", +1)
    options: ClassVar[dict[str, tuple[Any, ...]]] = {"gate": ("exp", "sigmoid")}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        gate: str = "exp",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.gate = check.choice("gate", gate, self.options["gate"])
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        h_prev, y_prev, l_prev = state
        a_i, a_f, a_o, a_g = split(xw + h_prev @ self.params["W_h"], 4)
        f, o, g = sigmoid(a_f), sigmoid(a_o), tanh(a_g)
        log_i, slope = a_i, 0 * a_i + 1
        if self.gate == "sigmoid":
            log_i, slope = -softplus(-a_i), sigmoid(-a_i)
        kept = l_prev - softplus(-a_f)  # log(f n_{t-1})
        w = sigmoid(log_i - kept)
        y = (1 - w) * y_prev + w * g
        return (o * y, y, kept + softplus(log_i - kept)), (slope, f, o, g, w, y_prev, y)

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        slope, f, o, g, w, y_prev, y = saved
        dh, dy, dl = dstate
        dy = dy + dh * o
        dshare = dy * (g - y_prev) * d_sigmoid(w)  # back to log i, and its opposite to what is kept
        dlog_i, dkept = dshare + dl * w, -dshare + dl * (1 - w)
        da = join([dlog_i * slope, dkept * (1 - f), dh * y * d_sigmoid(o), dy * w * d_tanh(g)])
        return da, (da @ self.params["W_h"].T, dy * (1 - w), dkept)


CELLS = {cell.__name__: cell for cell in (LRU, GatedRotation, RGLRU, S6, LinearAttention, DeltaNet, MLSTM, SLSTM)}
