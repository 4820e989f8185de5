"""Losses over (T, B, …). Each returns its value and its gradient."""

import numpy as np

from rnnbook import check
from rnnbook.activations import softmax
from rnnbook.arrays import has_values, namespace, number


def mean_squared_error(y, target, mask=None):
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
        When the shapes differ or the mask leaves nothing.

    Examples
    --------
    >>> value, dy = mean_squared_error(np.array([[[3.0]]]), np.array([[[1.0]]]))
    >>> value, dy
    (4.0, array([[[4.]]]))
    """
    y = check.shaped("y", y, (None, None, None), "(T, B, K)")
    target = check.shaped("target", target, y.shape, "(T, B, K)")
    weights = _weights(mask, y)[..., None]
    error = y - target
    dy = error * (2 / y.shape[-1]) * weights
    return number((error * dy).sum() / 2), dy


def softmax_cross_entropy(logits, labels, mask=None):
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
        When shapes do not fit, labels are no integers in range, or the mask leaves nothing.

    Examples
    --------
    >>> value, _ = softmax_cross_entropy(np.zeros((1, 1, 4)), np.array([[2]]))
    >>> round(value, 6) == round(float(np.log(4)), 6)
    True
    """
    logits = check.shaped("logits", logits, (None, None, None), "(T, B, K)")
    K, xp = logits.shape[-1], namespace(logits)
    labels = check.integers("labels", labels, K, "K - 1 = ")
    if labels.shape != logits.shape[:2]:
        raise ValueError(f"labels must have shape (T, B) = {logits.shape[:2]}, got {labels.shape}")
    weights = _weights(mask, logits)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_sum = xp.log(xp.exp(shifted).sum(axis=-1))
    at_label = xp.take_along_axis(shifted, labels[..., None], axis=-1)[..., 0]
    dlogits = softmax(logits) - (labels[..., None] == np.arange(K))
    return number(((log_sum - at_label) * weights).sum()), dlogits * weights[..., None]


def _weights(mask, y):
    """Each step's share (T, B) of the mean."""
    xp = namespace(y)
    mask = xp.ones(y.shape[:2], y.dtype) if mask is None else xp.asarray(mask, y.dtype)
    if mask.shape != y.shape[:2]:
        raise ValueError(f"mask must have shape (T, B) = {y.shape[:2]}, got {mask.shape}")
    total = mask.sum()
    if has_values(total) and not total > 0:
        raise ValueError("mask must leave at least one step, got none")
    return mask / total
