"""Optimisers. ``update(params, grads)`` changes the arrays in `params` in place."""

import numpy as np


class SGD:
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

    def __init__(self, learning_rate, *, momentum=0.0):
        self.learning_rate = _rate("learning_rate", learning_rate)
        self.momentum = _fraction("momentum", momentum)
        self._v: dict[str, np.ndarray] = {}

    def update(self, params, grads):
        """One step; `params` and `grads` are dicts with the same keys and shapes."""
        _same_keys(params, grads)
        for name, g in grads.items():
            v = self._v[name] = self.momentum * self._v.get(name, 0.0) + g
            params[name] -= self.learning_rate * v


class RMSProp:
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

    def __init__(self, learning_rate=1e-3, *, decay=0.9, epsilon=1e-8):
        self.learning_rate, self.decay = _rate("learning_rate", learning_rate), _fraction("decay", decay)
        self.epsilon = _rate("epsilon", epsilon)
        self._s: dict[str, np.ndarray] = {}

    def update(self, params, grads):
        """One step; `params` and `grads` are dicts with the same keys and shapes."""
        _same_keys(params, grads)
        for name, g in grads.items():
            s = self._s[name] = self.decay * self._s.get(name, 0.0) + (1 - self.decay) * g * g
            params[name] -= self.learning_rate * g / (np.sqrt(s) + self.epsilon)


class Adam:
    """Momentum and RMSProp together, both corrected for their start at zero (Kingma & Ba 2015).

    Parameters
    ----------
    learning_rate : float, default 1e-3
        Positive.
    betas : tuple of two floats, default (0.9, 0.999)
        Decay of the first and second moment, each in [0, 1).
    epsilon : float, default 1e-8
        Positive.

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> Adam(0.1).update(params, {"w": np.array([2.0])})  # the first step has length learning_rate
    >>> params["w"].round(6)
    array([0.9])
    """

    def __init__(self, learning_rate=1e-3, *, betas=(0.9, 0.999), epsilon=1e-8):
        self.learning_rate, self.epsilon = _rate("learning_rate", learning_rate), _rate("epsilon", epsilon)
        self.betas = tuple(_fraction("betas", b) for b in betas)
        self._m: dict[str, np.ndarray] = {}
        self._v: dict[str, np.ndarray] = {}
        self._t = 0

    def update(self, params, grads):
        """One step; `params` and `grads` are dicts with the same keys and shapes."""
        _same_keys(params, grads)
        self._t += 1
        b1, b2 = self.betas
        for name, g in grads.items():
            m = self._m[name] = b1 * self._m.get(name, 0.0) + (1 - b1) * g
            v = self._v[name] = b2 * self._v.get(name, 0.0) + (1 - b2) * g * g
            m_hat, v_hat = m / (1 - b1**self._t), v / (1 - b2**self._t)
            params[name] -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


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
    norm = float(np.sqrt(sum(float(np.vdot(g, g)) for g in grads.values())))
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * scale for name, g in grads.items()}, norm


def _rate(name, value):
    if not value > 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return value


def _fraction(name, value):
    if not 0 <= value < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {value}")
    return value


def _same_keys(params, grads):
    if params.keys() != grads.keys():
        odd = sorted(params.keys() ^ grads.keys())
        raise ValueError(f"grads must have the keys of params; only one of them has {', '.join(odd)}")
