"""Losses over (T, B, …). Each returns its value and its gradient.

What stands at a step that the mask leaves out, a number or not, changes neither. Values and gradients are computed
in the dtype of what comes in, and a gradient has the dtype of the predictions; they are infinite where the truth is
larger than that dtype can hold, and not a number where an input that counts is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from rnnbook import check
from rnnbook.activations import log_softmax, softmax
from rnnbook.arrays import Array, as_float, is_concrete, join, namespace

#: ``loss(y, target, mask)`` returns value and gradient.
Loss: TypeAlias = Callable[[Any, Any, Any], tuple[float, Array]]


def mean_squared_error(y: Any, target: Any, mask: Any = None) -> tuple[float, Array]:
    """Mean of the squared differences.

    Parameters
    ----------
    y, target : ndarray, shape (T, B, K)
        Predictions, and what they should have been.
    mask : ndarray, shape (T, B), optional
        Which steps count: a weight for each, 1 for all by default.

    Returns
    -------
    value : float
        ``Σ mask (y - target)² / (K Σ mask)``.
    dy : ndarray, shape (T, B, K)
        Its gradient.

    Raises
    ------
    ValueError
        When the shapes differ or the mask leaves nothing or holds a number below 0.

    Examples
    --------
    >>> value, dy = mean_squared_error(np.array([[[3.0]]]), np.array([[[1.0]]]))
    >>> value, dy
    (4.0, array([[[4.]]]))
    """
    y = check.shaped("y", y, (None, None, None), "(T, B, K)")
    target = check.shaped("target", target, y.shape, "(T, B, K)")
    weights, (y, target) = _counted(mask, y, target)
    error = y - target
    dy = error * (2 / y.shape[-1]) * weights[..., None]
    return as_float((error * (dy / 2)).sum()), dy.astype(y.dtype, copy=False)


def softmax_cross_entropy(logits: Any, labels: Any, mask: Any = None) -> tuple[float, Array]:
    """Mean negative log-probability of the labels under ``softmax(logits)``, in nats.

    Parameters
    ----------
    logits : ndarray, shape (T, B, K)
    labels : ndarray of int, shape (T, B)
        Between 0 and K - 1.
    mask : ndarray, shape (T, B), optional
        Which steps count: a weight for each, 1 for all by default.

    Returns
    -------
    value : float
    dlogits : ndarray, shape (T, B, K)
        ``softmax(logits) - onehot(labels)``, times each step's share of the mean.

    Raises
    ------
    ValueError, TypeError
        When shapes do not fit, labels that count are no integers in range, or the mask leaves nothing or holds a
        number below 0.

    Examples
    --------
    >>> value, _ = softmax_cross_entropy(np.zeros((1, 1, 4)), np.array([[2]]))
    >>> round(value, 6) == round(float(np.log(4)), 6)
    True
    """
    logits = check.shaped("logits", logits, (None, None, None), "(T, B, K)")
    K, xp, labels = logits.shape[-1], namespace(logits), check.as_array("labels", labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, got dtype {labels.dtype}")
    if labels.shape != logits.shape[:2]:
        raise ValueError(f"labels must have shape (T, B) = {logits.shape[:2]}, got {labels.shape}")
    weights, (logits, labels) = _counted(mask, logits, labels, "logits")
    labels = check.integers("labels", labels, K, "K - 1 = ")
    log_p = xp.take_along_axis(log_softmax(logits), labels[..., None], axis=-1)[..., 0]
    dlogits = softmax(logits) - (labels[..., None] == np.arange(K))
    return as_float((-log_p * weights).sum()), dlogits * weights[..., None]


def gaussian_nll(y: Any, target: Any, mask: Any = None) -> tuple[float, Array]:
    """Mean negative log-likelihood of what came under normal distributions, in nats.

    Parameters
    ----------
    y : ndarray, shape (T, B, 2K)
        The means ``μ``, then the logarithms of the standard deviations, ``log σ``.
    target : ndarray, shape (T, B, K)
    mask : ndarray, shape (T, B), optional
        Which steps count: a weight for each, 1 for all by default.

    Returns
    -------
    value : float
        The mean of ``log σ + (target - μ)² / (2 σ²) + log(2π) / 2``.
    dy : ndarray, shape (T, B, 2K)
        Its gradient: with ``e = (target - μ) / σ``, ``-e / σ`` and ``1 - e²``, times each number's share of the mean.

    Raises
    ------
    ValueError
        When the shapes do not fit or the mask leaves nothing or holds a number below 0.

    Notes
    -----
    Nix & Weigend 1994.

    Examples
    --------
    >>> value, _ = gaussian_nll(np.zeros((1, 1, 2)), np.array([[[1.0]]]))
    >>> round(value, 6) == round(0.5 + 0.5 * float(np.log(2 * np.pi)), 6)
    True
    """
    target = check.shaped("target", target, (None, None, None), "(T, B, K)")
    K = target.shape[-1]
    y = check.shaped("y", y, (*target.shape[:2], 2 * K), "(T, B, 2K)")
    weights, (y, target) = _counted(mask, y, target)
    weights, log_sigma = weights[..., None] / K, y[..., K:]
    e = _over_sigma(target - y[..., :K], log_sigma)
    value = ((log_sigma + e / 2 * e + np.log(2 * np.pi) / 2) * weights).sum()
    return as_float(value), (join([-_over_sigma(e, log_sigma), 1 - e * e]) * weights).astype(y.dtype, copy=False)


def _over_sigma(a: Array, log_sigma: Array) -> Any:
    """``a / σ``; it is finite, too, where ``1 / σ`` is not."""
    xp = namespace(a)
    most = 0.9 * float(np.log(np.finfo(log_sigma.dtype).max))  # what exp can take
    rest = xp.clip(xp.real(log_sigma) + most, -most, 0)  # 0 but for a tiny σ
    power = xp.where(xp.real(log_sigma) < -2 * most, most, rest - log_sigma)  # any more is too much, or times 0
    return a * xp.exp(power) * xp.exp(-rest)


@dataclass(frozen=True)
class QuantileLoss:
    """Mean pinball loss of quantiles: what the best answer to it has below it is its level (Koenker & Bassett 1978).

    Called as the other losses are, with ``target (T, B, K)`` and ``y (T, B, LK)``: in `y` stand the K forecasts of
    the first of L levels, then those of the second, and so on.

    Parameters
    ----------
    levels : tuple of float
        L levels, each between 0 and 1.

    Raises
    ------
    ValueError
        When a level is not between 0 and 1, the shapes do not fit, or the mask leaves nothing.

    Examples
    --------
    >>> loss = QuantileLoss((0.1, 0.5))
    >>> value, dy = loss(np.zeros((1, 1, 2)), np.ones((1, 1, 1)))  # 0.1 and 0.5 for being one too low
    >>> round(value, 3), dy.round(3)
    (0.3, array([[[-0.05, -0.25]]]))
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(check.vector("levels", self.levels).tolist()))
        if not self.levels:
            raise ValueError("levels must hold at least one level, got none")
        for level in self.levels:
            if not 0 < check.positive_real("levels", level) < 1:
                raise ValueError(f"levels must lie between 0 and 1, got {level}")

    def __call__(self, y: Any, target: Any, mask: Any = None) -> tuple[float, Array]:
        """``max(q e, (q - 1) e)`` with ``e = target - y``, its mean where `mask` counts a step, and the gradient."""
        target = check.shaped("target", target, (None, None, None), "(T, B, K)")
        T, B, K = target.shape
        y = check.shaped("y", y, (T, B, len(self.levels) * K), "(T, B, LK)")
        weights, (y, target) = _counted(mask, y, target)
        e, weights = target[..., None, :] - y.reshape(T, B, -1, K), weights[..., None, None] / y.shape[-1]
        slope = np.array(self.levels, y.dtype)[:, None] - (e < 0)
        slope = namespace(e).where(namespace(e).isnan(e), np.nan, slope)
        return as_float((slope * e * weights).sum()), (-slope * weights).reshape(y.shape)


@dataclass(frozen=True)
class MixtureDensity:
    """Mean negative log-likelihood of what came under a mixture of normal distributions, in nats (Bishop 1994).

    Called as the other losses are, with ``y (T, B, M (1 + 2K))`` and ``target (T, B, K)``. In `y` stand, for each of M
    components, a logit of its weight; then all means, K for each component; then the logarithms of all standard
    deviations.

    Parameters
    ----------
    components : int
        M, at least 1.

    Raises
    ------
    ValueError
        When there is no component, the shapes do not fit, or the mask leaves nothing.

    Examples
    --------
    Half at -1 and half at 1, with small deviations: 1 is half as likely as by the second component alone.

    >>> y = np.array([0.0, 0.0, -1.0, 1.0, -3.0, -3.0]).reshape(1, 1, 6)
    >>> value, _ = MixtureDensity(2)(y, np.ones((1, 1, 1)))
    >>> alone, _ = gaussian_nll(np.array([[[1.0, -3.0]]]), np.ones((1, 1, 1)))
    >>> round(value - alone, 6) == round(float(np.log(2)), 6)
    True
    """

    components: int

    def __post_init__(self) -> None:
        check.positive("components", self.components)

    def parts(self, y: Any, K: int) -> tuple[Array, Array, Array]:
        """Logits (…, M), means (…, M, K) and log standard deviations (…, M, K) of an output `y`."""
        M, y, K = self.components, check.floating("y", y), check.positive("K", K)
        y = check.shaped("y", y, (*y.shape[:-1], M * (1 + 2 * K)), "(…, M (1 + 2K))")
        rest = y[..., M:].reshape(*y.shape[:-1], 2, M, K)
        return y[..., :M], rest[..., 0, :, :], rest[..., 1, :, :]

    def __call__(self, y: Any, target: Any, mask: Any = None) -> tuple[float, Array]:
        """``-log Σ π N(target; μ, σ)``, its mean over steps, and the gradient."""
        target = check.shaped("target", target, (None, None, None), "(T, B, K)")
        T, B, K = target.shape
        y = check.shaped("y", y, (T, B, self.components * (1 + 2 * K)), "(T, B, M (1 + 2K))")
        weights, (y, target) = _counted(mask, y, target)
        logits, mu, log_sigma = self.parts(y, K)
        xp, weights = namespace(y), weights[..., None]
        e = _over_sigma(target[..., None, :] - mu, log_sigma)
        log_density = -log_sigma - e / 2 * e - np.log(2 * np.pi) / 2
        joint = log_softmax(logits) + log_density.sum(axis=-1)
        most = joint.max(axis=-1, keepdims=True)
        far = most == -np.inf  # so far off that the density's logarithm overflows: what is nearest has the share
        most = xp.where(far, 0, most)
        total = most + xp.log(xp.exp(joint - most).sum(axis=-1, keepdims=True))
        r = softmax(xp.where(far, _nearest(logits, e), joint))  # the share of each component
        e = xp.where(r[..., None] > 0, e, 0)  # infinite in a component that has no share
        d_mu = -r[..., None] * _over_sigma(e, log_sigma)
        d_log_sigma = r[..., None] * (1 - e * e)
        merged = [d.reshape(*r.shape[:-1], -1) for d in (d_mu, d_log_sigma)]
        dy = join([softmax(logits) - r, *merged]) * weights
        return as_float(-(total * weights).sum()), dy.astype(y.dtype, copy=False)

    def sample(self, y: Any, K: int, rng: np.random.Generator, bias: float = 0.0) -> Array:
        """Draw from the mixture: a component by its weight, then a value.

        Parameters
        ----------
        y : ndarray, shape (…, M (1 + 2K))
        K : int
        rng : numpy.random.Generator
        bias : float, default 0
            How far towards what is likely: it is taken off each log standard deviation (Graves 2013, who sharpens the
            weights too; here both sides of an "or" keep theirs).

        Returns
        -------
        ndarray, shape (…, K)
            Of the dtype of `y`.

        Raises
        ------
        ValueError, TypeError
            When `y` has another shape or a number in it is not finite, or another argument is of the wrong type.
        """
        check.generator("rng", rng)
        check.real("bias", bias)
        logits, mu, log_sigma = self.parts(check.finite("y", y), K)
        ladder = np.cumsum(softmax(logits), axis=-1)
        # at least, not more than: a component without weight is never chosen
        chosen = (rng.uniform(size=(*ladder.shape[:-1], 1)) * ladder[..., -1:] >= ladder).sum(axis=-1)
        mean, spread = (np.take_along_axis(a, chosen[..., None, None], axis=-2)[..., 0, :] for a in (mu, log_sigma))
        return (mean + np.exp(spread - bias) * rng.normal(size=mean.shape)).astype(mean.dtype, copy=False)


def _nearest(logits: Array, e: Array) -> Any:
    """The logits of those components that are nearest by ``e (…, M, K)``, squared in units of the nearest's largest."""
    xp = namespace(e)
    size = xp.where(logits > -np.inf, abs(e).max(axis=-1), np.inf)
    unit = xp.clip(size.min(axis=-1)[..., None, None], 1, np.finfo(size.dtype).max)
    distance = xp.where(logits > -np.inf, ((e / unit) ** 2).sum(axis=-1), np.inf)
    return xp.where(distance == distance.min(axis=-1, keepdims=True), logits, -np.inf)


def _counted(mask: Any, y: Array, target: Array, name: str = "y") -> tuple[Array, tuple[Array, Array]]:
    """Each step's share (T, B) of the mean; predictions and targets, with 0 where a step has none."""
    xp, (T, B) = namespace(y), y.shape[:2]
    for argument, array in ((name, y), ("target", target)):
        if 0 in array.shape:
            raise ValueError(f"{argument} must hold at least one number, got shape {array.shape}")
    if mask is None:
        ones = xp.ones((T, B), y.dtype)
        return ones / ones.sum(), (y, target)
    mask = xp.asarray(check.mask(mask, T, B), y.dtype)
    total = mask.sum()
    if is_concrete(total) and not 0 < total < np.inf:
        raise ValueError(f"mask must leave at least one step and have a finite sum, got {total}")
    counts = (mask != 0).reshape(T, B, *(1,) * (y.ndim - 2))
    return mask / total, (xp.where(counts, y, 0), xp.where(counts.reshape(T, B, *(1,) * (target.ndim - 2)), target, 0))
