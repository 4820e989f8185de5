"""The nonlinearities of the book, and each derivative in terms of the *output*.

A backward pass keeps what the forward pass returned, so ``d_tanh(y)`` takes ``y = tanh(a)``, not ``a``. Everything
here accepts complex arrays, so that the complex step (:mod:`rnnbook.checking.gradients`) can pass through, and arrays
of JAX, so that a cell can be compiled (:mod:`rnnbook.jax.compiled`).
"""

from typing import Any

import numpy as np  # noqa: F401 (the examples use it)

from rnnbook.arrays import namespace


def sigmoid(x: Any) -> Any:
    """Logistic sigmoid, written with tanh so that no exponential can overflow.

    Parameters
    ----------
    x : ndarray, float or complex, any shape

    Returns
    -------
    ndarray
        ``1 / (1 + exp(-x))``, of the shape and dtype of `x`. The absolute error is of the order of the machine
        epsilon; below about -37 (float64) the result is exactly 0.

    Examples
    --------
    >>> sigmoid(np.array([0.0, np.log(3), -1000.0])).round(2)
    array([0.5 , 0.75, 0.  ])
    """
    return 0.5 * (1 + tanh(0.5 * x))


def d_sigmoid(y: Any) -> Any:
    """Derivative of the sigmoid at ``y = sigmoid(x)``: ``y (1 - y)``.

    Examples
    --------
    >>> float(d_sigmoid(0.5))
    0.25
    """
    return y * (1 - y)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent of `x`, of NumPy or of the array's own library.

    Examples
    --------
    >>> float(tanh(0.0))
    0.0
    """
    return namespace(x).tanh(x)


def d_tanh(y: Any) -> Any:
    """Derivative of tanh at ``y = tanh(x)``: ``1 - y**2``.

    Examples
    --------
    >>> float(d_tanh(0.5))
    0.75
    """
    return 1 - y * y


def relu(x: Any) -> Any:
    """Rectified linear unit: `x` where it is positive, 0 elsewhere (NaN stays NaN).

    Examples
    --------
    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    xp = namespace(x)
    return xp.where(xp.real(x) <= 0, 0, x)


def d_relu(y: Any) -> Any:
    """Derivative of relu at ``y = relu(x)``: 1 where `y` is positive; at the kink, 0.

    Examples
    --------
    >>> d_relu(np.array([0.0, 3.0]))
    array([0., 1.])
    """
    xp = namespace(y)
    return xp.sign(xp.real(y))


LEAK = 0.01  # slope of leaky_relu for negative input, the value of Maas et al. 2013


def leaky_relu(x: Any) -> Any:
    """Leaky rectified linear unit: `x` where positive, ``0.01 x`` elsewhere (Maas et al. 2013).

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 3.0]))
    array([-0.02,  3.  ])
    """
    xp = namespace(x)
    return xp.where(xp.real(x) <= 0, LEAK * x, x)


def d_leaky_relu(y: Any) -> Any:
    """Derivative of leaky_relu at ``y = leaky_relu(x)``: 1 where `y` is positive, 0.01 elsewhere.

    Examples
    --------
    >>> d_leaky_relu(np.array([-0.02, 3.0]))
    array([0.01, 1.  ])
    """
    xp = namespace(y)
    y = xp.asarray(xp.real(y))
    return xp.where(y <= 0, y.dtype.type(LEAK), y.dtype.type(1))


def softmax(x: Any) -> Any:
    """Softmax over the last axis, shifted by its maximum so that it cannot overflow.

    Parameters
    ----------
    x : ndarray, shape (..., K)

    Returns
    -------
    ndarray, shape (..., K)
        Positive, summing to 1 over the last axis.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    xp = namespace(x)
    e = xp.exp(x - xp.real(x).max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x: Any) -> Any:
    """The logarithm of `softmax`, right also where that is 0.

    Parameters
    ----------
    x : ndarray, shape (..., K)

    Returns
    -------
    ndarray, shape (..., K)

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    xp = namespace(x)
    shifted = x - xp.real(x).max(axis=-1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))


def d_softmax(y: Any, dy: Any) -> Any:
    """Back through ``y = softmax(x)``: the gradient with respect to `x`, given ``dy = dL/dy``.

    Softmax is not elementwise, so its derivative is a product with `dy` instead of a factor.

    Examples
    --------
    >>> d_softmax(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    array([ 0.25, -0.25])
    """
    return y * (dy - (y * dy).sum(axis=-1, keepdims=True))
