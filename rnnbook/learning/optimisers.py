"""Optimisers. ``update(params, grads)`` changes the arrays in `params` in place."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array, as_float, is_concrete, namespace


class Optimiser:
    """What the three have in common: arrays kept from update to update, one of each kind for every parameter.

    A ValueError or TypeError says which number is out of its range, or what does not fit.

    Attributes
    ----------
    learning_rate : float
    state : dict
        ``"t"``, the updates so far, and for each of `keeps` a dict of arrays like the parameters.
    """

    keeps: tuple[str, ...] = ()
    squares = False  #: whether it squares gradients
    weight_decay = 0.0

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = _rate("learning_rate", learning_rate)
        self.state: dict[str, Any] = {"t": 0}

    def begin(self, params: Mapping[str, Array]) -> None:
        """Make the arrays of `state`, zero and shaped like `params`, if this is the first update."""
        for kind in self.keeps:
            if kind not in self.state:
                self.state[kind] = {name: np.zeros_like(p) for name, p in params.items()}

    def update(self, params: dict[str, Array], grads: Mapping[str, Array]) -> None:
        """One step; `params` and `grads` are dicts with the same keys and shapes.

        Raises
        ------
        ValueError, TypeError
            When they are not, or hold no floating-point numbers; when the parameters are others than those of the
            update before; when a gradient is so large that its square, of which RMSProp and Adam take the mean, is
            infinite in its dtype. Nothing is changed then.
        """
        _alike("grads", grads, params)
        grads = {name: check.floating(f"grads[{name!r}]", g) for name, g in grads.items()}
        for name, g in grads.items():
            p = check.floating(f"params[{name!r}]", params[name])
            if p is not params[name] or (is_concrete(p) and not p.flags.writeable):
                raise TypeError(f"params[{name!r}] must be an array that can be written to")
            if g.dtype.kind == "c" != params[name].dtype.kind:
                raise TypeError(f"grads[{name!r}] must be real as its parameter is, got dtype {g.dtype}")
            most = abs(g).max(initial=0) if self.squares and is_concrete(g) else 0
            if not most <= np.finfo(g.dtype).max ** 0.5:
                raise ValueError(f"grads[{name!r}] must have finite squares in {g.dtype}, its largest is {most:.3g}")
        self.begin(params)
        for kind in self.keeps:
            _alike(f"state[{kind!r}], from the updates before,", self.state[kind], params)
        self.state["t"] += 1
        for name, g in grads.items():
            change = self.change(name, g)
            if self.weight_decay:
                change = change + self.learning_rate * self.weight_decay * params[name]
            params[name] -= change

    def change(self, name: str, g: Array) -> Any:
        """What an update subtracts from the parameter `name`, given its gradient `g`."""
        raise NotImplementedError(f"{type(self).__name__} must define change(name, g)")


class SGD(Optimiser):
    """Gradient descent, with momentum: ``v ← μ v + g``, ``w ← w - η v``.

    Parameters
    ----------
    learning_rate : float
        η, positive and finite.
    momentum : float, default 0
        μ in [0, 1).

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> SGD(0.1).update(params, {"w": np.array([2.0])})
    >>> params["w"]
    array([0.8])
    """

    keeps = ("v",)

    def __init__(self, learning_rate: float, *, momentum: float = 0.0) -> None:
        super().__init__(learning_rate)
        self.momentum = check.fraction("momentum", momentum)

    def change(self, name: str, g: Array) -> Any:
        """What is subtracted; see the formula above."""
        v = self.state["v"]
        v[name] = self.momentum * v[name] + g
        return self.learning_rate * v[name]


class RMSProp(Optimiser):
    """Each gradient divided by a running root mean square of its own (Tieleman & Hinton 2012).

    ``s ← ρ s + (1 - ρ) g²``, ``w ← w - η g / (√s + ε)``

    Parameters
    ----------
    learning_rate : float, default 1e-3
        η, positive and finite.
    decay : float, default 0.9
        ρ in [0, 1).
    epsilon : float, default 1e-8
        ε, at least 1e-15: a gradient whose square float32 loses is then small beside it.

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> RMSProp(0.1, decay=0.0).update(params, {"w": np.array([2.0])})
    >>> params["w"].round(6)
    array([0.9])
    """

    keeps, squares = ("s",), True

    def __init__(self, learning_rate: float = 1e-3, *, decay: float = 0.9, epsilon: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.decay, self.epsilon = check.fraction("decay", decay), _epsilon(epsilon)

    def change(self, name: str, g: Array) -> Any:
        """What is subtracted; see the formula above."""
        s = self.state["s"]
        s[name] = self.decay * s[name] + (1 - self.decay) * g * g
        return self.learning_rate * g / (namespace(g).sqrt(s[name]) + self.epsilon)


class Adam(Optimiser):
    """Momentum and RMSProp together, both corrected for their start at zero (Kingma & Ba 2015).

    Parameters
    ----------
    learning_rate : float, default 1e-3
        Positive and finite.
    betas : tuple of two floats, default (0.9, 0.999)
        Decay of the first and second moment, each in [0, 1).
    epsilon : float, default 1e-8
        At least 1e-15, as for `RMSProp`.
    weight_decay : float, default 0
        λ, not negative: besides, each update subtracts ``η λ w`` (Loshchilov & Hutter 2019).

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> Adam(0.1).update(params, {"w": np.array([2.0])})  # the first step has length learning_rate
    >>> params["w"].round(6)
    array([0.9])
    """

    keeps, squares = ("m", "v"), True

    def __init__(
        self,
        learning_rate: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ValueError(f"betas must be two numbers, got {betas!r}")
        self.betas, self.epsilon = tuple(check.fraction("betas", b) for b in betas), _epsilon(epsilon)
        if check.real("weight_decay", weight_decay) < 0:
            raise ValueError(f"weight_decay must not be negative, got {weight_decay}")
        self.weight_decay = float(weight_decay)

    def change(self, name: str, g: Array) -> Any:
        """What is subtracted; see the formula above."""
        (b1, b2), (t, m, v) = self.betas, (self.state[k] for k in ("t", "m", "v"))
        m[name] = b1 * m[name] + (1 - b1) * g
        v[name] = b2 * v[name] + (1 - b2) * g * g
        m_hat, v_hat = m[name] / (1 - b1**t), v[name] / (1 - b2**t)
        return self.learning_rate * m_hat / (namespace(g).sqrt(v_hat) + self.epsilon)


def clip_by_global_norm(grads: Mapping[str, Array], max_norm: float) -> tuple[dict[str, Array], float]:
    """Scale all gradients by one factor so that their joint norm is at most `max_norm`.

    Pascanu et al. 2013, algorithm 1. The direction stays.

    Parameters
    ----------
    grads : dict of str to ndarray
        Left unchanged.
    max_norm : float
        Positive.

    Returns
    -------
    clipped : dict of str to ndarray
    norm : float
        The joint norm before clipping. It is right also where squares are too large or too small for the dtype.

    Raises
    ------
    ValueError, TypeError
        When `max_norm` is not positive, or a gradient holds no floating-point numbers.

    Examples
    --------
    >>> clip_by_global_norm({"w": np.array([3.0, 4.0])}, 1.0)
    ({'w': array([0.6, 0.8])}, 5.0)
    """
    check.positive_real("max_norm", max_norm)
    check.instance("grads", grads, Mapping)
    grads = {name: check.floating(f"grads[{name!r}]", g) for name, g in grads.items()}
    norm = global_norm(grads)
    xp = namespace(norm)
    over = norm > max_norm
    scale = as_float(xp.where(over, max_norm / xp.where(over, norm, 1.0), 1.0))  # no division by a norm of zero
    return {name: g * scale for name, g in grads.items()}, norm


def global_norm(grads: Mapping[str, Array]) -> float:
    """The joint norm of all gradients in `grads`."""
    squared: Any = sum(as_float(namespace(g).vdot(g, g).real) for g in grads.values())
    plain = as_float(namespace(squared).sqrt(squared))
    arrays = [g for g in grads.values() if g.size]
    if not arrays or (is_concrete(plain) and SMALLEST < plain < LARGEST):
        return plain
    # the squares of some numbers may be too large or too small for their dtype: in units of the largest
    xp = namespace(arrays[0])
    most = xp.stack([abs(g).max() for g in arrays]).max()
    unit = xp.where((most > 0) & (most < np.inf), most, 1)
    units: Any = sum(as_float(xp.vdot(g / unit, g / unit).real) for g in arrays)
    inside = (plain > SMALLEST) & (plain < LARGEST)
    scaled = xp.where(unit == most, as_float(most) * namespace(units).sqrt(units), most)
    return as_float(xp.where(inside, plain, scaled))


def squarable(norm: float, max_norm: float, grads: Mapping[str, Array]) -> float:
    """The norm, or infinity where an optimiser could not square what clipping to `max_norm` leaves of `grads`."""
    most = min(float(np.finfo(g.dtype).max) ** 0.5 for g in grads.values())
    xp = namespace(norm)
    return as_float(xp.where(xp.minimum(norm, max_norm) >= most, np.inf, norm))


#: Between these, the squares of float32 numbers are neither infinite nor rounded to denormals.
SMALLEST, LARGEST = 1e-15, 1e18


def _alike(name: str, arrays: Mapping[str, Array], params: Mapping[str, Array]) -> None:
    """A ValueError where some arrays do not have the keys and the shapes of the parameters."""
    check.instance("params", params, Mapping)
    check.instance(name, arrays, Mapping)
    if params.keys() != arrays.keys():
        odd = sorted(map(str, params.keys() ^ arrays.keys()))
        raise ValueError(f"{name} must have the keys of params; only one of them has {', '.join(odd)}")
    for key, p in params.items():
        if (shape := check.as_array(f"{name}[{key!r}]", arrays[key]).shape) != np.shape(p):
            raise ValueError(f"{name} must have the shapes of params, {key} has {shape}, not {np.shape(p)}")


def _rate(name: str, value: float) -> float:
    return float(check.positive_real(name, check.real(name, value)))  # one of NumPy's would widen float32


def _epsilon(value: float) -> float:
    if _rate("epsilon", value) < 1e-15:  # or g / (√g² + ε) is large where g² is 0 in float32, below 1e-22
        raise ValueError(f"epsilon must be at least 1e-15, got {value}")
    return float(value)
