"""Optimisers. ``update(params, grads)`` changes the arrays in `params` in place."""

from typing import Any

import numpy as np

from rnnbook.arrays import namespace, number


class Optimiser:
    """What the three have in common: arrays kept from update to update, one of each kind for every parameter.

    Attributes
    ----------
    learning_rate : float
    state : dict
        ``"t"``, the updates so far, and for each of `keeps` a dict of arrays like the parameters.
    """

    keeps: tuple[str, ...] = ()
    weight_decay = 0.0

    def __init__(self, learning_rate):
        self.learning_rate = _rate("learning_rate", learning_rate)
        self.state: dict[str, Any] = {"t": 0}

    def begin(self, params):
        """Make the arrays of `state`, zero, if this is the first update."""
        for kind in self.keeps:
            if kind not in self.state:
                self.state[kind] = {name: np.zeros_like(p) for name, p in params.items()}

    def update(self, params, grads):
        """One step; `params` and `grads` are dicts with the same keys and shapes."""
        if params.keys() != grads.keys():
            odd = sorted(params.keys() ^ grads.keys())
            raise ValueError(f"grads must have the keys of params; only one of them has {', '.join(odd)}")
        self.begin(params)
        self.state["t"] += 1
        for name, g in grads.items():
            change = self.change(name, g)
            if self.weight_decay:
                change = change + self.learning_rate * self.weight_decay * params[name]
            params[name] -= change

    def change(self, name, g):
        """What an update subtracts from a parameter, given its gradient."""
        raise NotImplementedError(f"{type(self).__name__} must define change(name, g)")


class SGD(Optimiser):
    """Gradient descent, with momentum: ``v ← μ v + g``, ``w ← w - η v``.

    Parameters
    ----------
    learning_rate : float
        η, positive.
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

    def __init__(self, learning_rate, *, momentum=0.0):
        super().__init__(learning_rate)
        self.momentum = _fraction("momentum", momentum)

    def change(self, name, g):
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
        η, positive.
    decay : float, default 0.9
        ρ in [0, 1).
    epsilon : float, default 1e-8
        ε, positive.

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> RMSProp(0.1, decay=0.0).update(params, {"w": np.array([2.0])})
    >>> params["w"].round(6)
    array([0.9])
    """

    keeps = ("s",)

    def __init__(self, learning_rate=1e-3, *, decay=0.9, epsilon=1e-8):
        super().__init__(learning_rate)
        self.decay, self.epsilon = _fraction("decay", decay), _rate("epsilon", epsilon)

    def change(self, name, g):
        """What is subtracted; see the formula above."""
        s = self.state["s"]
        s[name] = self.decay * s[name] + (1 - self.decay) * g * g
        return self.learning_rate * g / (namespace(g).sqrt(s[name]) + self.epsilon)


class Adam(Optimiser):
    """Momentum and RMSProp together, both corrected for their start at zero (Kingma & Ba 2015).

    Parameters
    ----------
    learning_rate : float, default 1e-3
        Positive.
    betas : tuple of two floats, default (0.9, 0.999)
        Decay of the first and second moment, each in [0, 1).
    epsilon : float, default 1e-8
        Positive.
    weight_decay : float, default 0
        λ, not negative: besides, each update subtracts ``η λ w`` (Loshchilov & Hutter 2019).

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> Adam(0.1).update(params, {"w": np.array([2.0])})  # the first step has length learning_rate
    >>> params["w"].round(6)
    array([0.9])
    """

    keeps = ("m", "v")

    def __init__(self, learning_rate=1e-3, *, betas=(0.9, 0.999), epsilon=1e-8, weight_decay=0.0):
        super().__init__(learning_rate)
        self.betas, self.epsilon = tuple(_fraction("betas", b) for b in betas), _rate("epsilon", epsilon)
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must not be negative, got {weight_decay}")
        self.weight_decay = weight_decay

    def change(self, name, g):
        """What is subtracted; see the formula above."""
        (b1, b2), (t, m, v) = self.betas, (self.state[k] for k in ("t", "m", "v"))
        m[name] = b1 * m[name] + (1 - b1) * g
        v[name] = b2 * v[name] + (1 - b2) * g * g
        m_hat, v_hat = m[name] / (1 - b1**t), v[name] / (1 - b2**t)
        return self.learning_rate * m_hat / (namespace(g).sqrt(v_hat) + self.epsilon)


def clip_by_global_norm(grads, max_norm):
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
        The joint norm before clipping.

    Examples
    --------
    >>> clip_by_global_norm({"w": np.array([3.0, 4.0])}, 1.0)
    ({'w': array([0.6, 0.8])}, 5.0)
    """
    _rate("max_norm", max_norm)
    norm = global_norm(grads)
    xp = namespace(norm)
    scale = number(xp.minimum(1.0, max_norm / xp.maximum(norm, 1e-30)))  # no division by a norm of zero
    return {name: g * scale for name, g in grads.items()}, norm


def global_norm(grads):
    """The joint norm of all gradients."""
    squared = sum(number(namespace(g).vdot(g, g)) for g in grads.values())
    return number(namespace(squared).sqrt(squared))


def _rate(name, value):
    if not value > 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return value


def _fraction(name, value):
    if not 0 <= value < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {value}")
    return value
