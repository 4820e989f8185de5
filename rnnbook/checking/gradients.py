"""Is a gradient right? Central differences and the complex step, for any layer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.layers import Dense, EncoderDecoder, Model
from rnnbook.layers.stack import singles

COMPLEX_STEP = 1e-200  # no subtraction, so no cancellation: the step can be this small
CENTRAL_STEP = 6e-6  # about the cube root of the machine epsilon, where the two errors balance


def complex_step(loss: Callable[[Array], Any], array: ArrayLike) -> Array:
    """Gradient of a scalar function by the complex step, one entry at a time; a ValueError if it gives no scalar.

    ``df/dx = Im f(x + ih) / h`` to order h² without a subtraction (Squire & Trapp 1998).

    Parameters
    ----------
    loss : callable
        Takes one array of the shape of `array`, complex, and returns a scalar; analytic.
    array : ndarray
        The point at which to differentiate; left unchanged.

    Returns
    -------
    ndarray, float64, shape of `array`

    Examples
    --------
    >>> complex_step(lambda x: (x**3).sum(), np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    point = check.numbers("array", array).astype(complex)
    grad = np.empty(point.shape)
    for index in np.ndindex(grad.shape):
        original = point[index]
        point[index] += COMPLEX_STEP * 1j
        grad[index] = _scalar(loss(point)).imag / COMPLEX_STEP
        point[index] = original
    return grad


def central_difference(loss: Callable[[Array], Any], array: ArrayLike, step: float = CENTRAL_STEP) -> Array:
    """Gradient of a scalar function by central differences, one entry at a time; a ValueError if it gives no scalar.

    ``df/dx = (f(x + h) - f(x - h)) / 2h`` to order h², less what the subtraction cancels.

    Parameters
    ----------
    loss : callable
        Takes one array of the shape of `array` and returns a scalar.
    array : ndarray
        The point at which to differentiate; left unchanged.
    step : float, default 6e-6
        h, positive.

    Returns
    -------
    ndarray, float64, shape of `array`

    Examples
    --------
    >>> central_difference(lambda x: (x**3).sum(), np.array([1.0, 2.0])).round(8)
    array([ 3., 12.])
    """
    check.positive_real("step", step)
    point = check.numbers("array", array)
    grad = np.empty(point.shape)
    for index in np.ndindex(grad.shape):
        original = point[index]
        point[index] = original + step
        above = _scalar(loss(point))
        point[index] = original - step
        grad[index] = (above - _scalar(loss(point))) / (2 * step)
        point[index] = original
    return grad


def _scalar(value: Any) -> Any:
    """What a loss gave, as a number of NumPy, or a ValueError."""
    array = np.asarray(check.as_array("the value of loss", value))
    if array.shape or array.dtype.kind not in "biufc":
        raise ValueError(f"loss must return a single number, got dtype {array.dtype} of shape {array.shape}")
    return array[()]


@dataclass(frozen=True)
class Check:
    """One line of a report: an array whose gradient was checked."""

    name: str
    shape: tuple[int, ...]
    error: float  #: worst difference, relative to the array's largest gradient
    where: tuple[int, ...]  #: index of that entry


@dataclass(frozen=True)
class Report:
    """What `check_gradients` found; printing it shows a table."""

    method: str
    checks: tuple[Check, ...]

    @property
    def worst(self) -> float:
        """The largest relative error of all; NaN if one is."""
        return float(np.max([c.error for c in self.checks]))

    def __str__(self) -> str:
        width = max(len(c.name) for c in self.checks)
        lines = [f"{'array':{width}}  {'shape':12}  error   at    ({self.method})"]
        lines += [f"{c.name:{width}}  {c.shape!s:12}  {c.error:.0e}  {c.where}" for c in self.checks]
        return "\n".join(lines)


def check_gradients(
    layer: Any, x: Any, *, rng: np.random.Generator, lengths: ArrayLike | None = None, method: str = "complex step"
) -> Report:
    """Compare a layer's backward pass with numerical derivatives.

    The loss is ``Σ hs ⊙ dhs + Σ state ⊙ dstate`` with random `dhs` and `dstate`, so that outputs and final state both
    count; the initial state is random too. A `Model` and an `EncoderDecoder` start from zero, and their loss is
    ``Σ y ⊙ dy``. Everything is computed in float64.

    Parameters
    ----------
    layer : Cell, Stack, Bidirectional, Model or EncoderDecoder
        Its parameters are left as they were, to the bit.
    x : ndarray, shape (T, B, D), or what else the layer reads
        Ids (T, B) for a `Model` with an embedding, a pair ``(source, decoder_input)`` for an
        `EncoderDecoder`. Ids have no gradient.
    rng : numpy.random.Generator
    lengths : ndarray of int, shape (B,), optional
    method : {"complex step", "central difference"}

    Returns
    -------
    Report
        A line for every parameter, the input and every initial state.

    Raises
    ------
    TypeError
        When the layer is of another kind, or an argument of another type.
    ValueError
        When an argument has the wrong shape; when there is no sequence, B = 0.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> rng = np.random.default_rng(0)
    >>> report = check_gradients(LSTM(2, 3, rng=rng), rng.normal(size=(4, 2, 2)), rng=rng)
    >>> report.worst < 1e-12
    True
    """
    methods = {"complex step": complex_step, "central difference": central_difference}
    differentiate: Callable[..., Array] = methods[check.choice("method", method, tuple(methods))]
    check.generator("rng", rng)
    whole = isinstance(layer, (Model, EncoderDecoder))  # from input to readout: its state is its own affair
    layers = [] if isinstance(layer, type) else singles(layer)
    stateful = all(isinstance(one, Dense) or hasattr(one, "states") for _, one in layers)
    if isinstance(layer, (type, Dense)) or not (whole or stateful):
        kinds = "Cell, Stack, Bidirectional, Model or EncoderDecoder"
        raise TypeError(f"layer must be a {kinds}, got {type(layer).__name__}")
    source, *others = layer.checked(x, lengths)[0] if isinstance(layer, EncoderDecoder) else (check.as_array("x", x),)
    if 0 in source.shape[1:2]:
        raise ValueError("x must hold at least one sequence, got B = 0")
    # every array by name, and for each the dict in which the layer keeps it
    kept = {place + key: (one.params, key) for place, one in layers for key in one.params}
    original = {name: owner[key] for name, (owner, key) in kept.items()}
    arrays = {name: value.astype(np.float64) for name, value in original.items()}
    if getattr(layer, "embedding", None) is None and getattr(layer, "source", None) is None:
        arrays["x"] = np.array(check.floating("x", source, "f"), np.float64)

    def call(state: Any) -> tuple[Array, Any]:
        given = arrays.get("x", source)
        if whole:
            return layer((given, *others) if others else given, lengths), ()
        outputs: tuple[Array, Any] = layer(given, state, lengths)
        return outputs

    _, final = call(None)
    shapes = [s.shape for s in _leaves(final)]
    names = [] if whole else [place + s for place, one in layers for s in getattr(one, "states", ())]
    arrays |= {f"{name}_0": rng.normal(size=shape) for name, shape in zip(names, shapes, strict=True)}

    def run() -> tuple[Array, Any]:
        for name, (owner, key) in kept.items():
            owner[key] = arrays[name]
        return call(_like(final, iter([arrays[f"{name}_0"] for name in names])))

    try:
        hs, _ = run()
        dhs = rng.normal(size=hs.shape)
        dstate = [rng.normal(size=shape) for shape in shapes]
        dx, dstate0 = (layer.backward(dhs), ()) if whole else layer.backward(dhs, _like(final, iter(dstate)))
        analytic = {name: layer.grads[name] for name in kept} | ({"x": dx} if "x" in arrays else {})
        analytic |= {f"{name}_0": d for name, d in zip(names, _leaves(dstate0), strict=True)}

        def loss_of(name: str) -> Callable[[Array], Any]:
            def loss(value: Array) -> Any:
                arrays[name] = value
                hs, state = run()
                return (hs * dhs).sum() + sum((s * d).sum() for s, d in zip(_leaves(state), dstate, strict=True))

            return loss

        checks = []
        for name, gradient in analytic.items():
            value = arrays[name]
            exact = differentiate(loss_of(name), value)
            arrays[name] = value
            checks.append(_compare(name, gradient, exact))
    finally:
        for name, (owner, key) in kept.items():
            owner[key] = original[name]
    return Report(method, tuple(checks))


def _compare(name: str, gradient: Array, exact: Array) -> Check:
    if np.shape(gradient) != exact.shape:
        raise ValueError(f"the gradient of {name} must have shape {exact.shape}, backward gave {np.shape(gradient)}")
    difference = np.abs(gradient - exact)
    where = np.unravel_index(np.argmax(difference), difference.shape)
    scale = np.abs(exact).max()
    error = difference[where] / scale if scale > 0 else difference[where]
    return Check(name, exact.shape, float(error), tuple(int(k) for k in where))


def _leaves(state: Any) -> list[Array]:
    """The arrays of a state, however its tuples are nested."""
    return [state] if isinstance(state, np.ndarray) else [leaf for s in state for leaf in _leaves(s)]


def _like(state: Any, leaves: Iterator[Array]) -> Any:
    """A state nested like `state`, made of the next `leaves`."""
    return next(leaves) if isinstance(state, np.ndarray) else tuple(_like(s, leaves) for s in state)
