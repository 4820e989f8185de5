"""What bad input is told: the argument's name, what was expected and what came."""

import contextlib
import importlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from rnnbook.arrays import Array, is_concrete

Choice = TypeVar("Choice")


def as_array(name: str, value: Any) -> Array:
    """`value` as an array: of its own library if it has one, of NumPy otherwise; or an error for ragged lists."""
    try:
        array: Array = value if hasattr(value, "__array_namespace__") else np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array, got lists that differ in length") from None
    return array


def floating(name: str, value: Any, kinds: str = "fc") -> Array:
    """`value` as an array of floating-point numbers, complex ones too unless `kinds` is "f", or a TypeError."""
    array = as_array(name, value)
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must hold {'real ' * (kinds == 'f')}floating-point numbers, got dtype {array.dtype}")
    return array


def shaped(name: str, value: Any, expected: Sequence[int | None], axes: str) -> Array:
    """`value` as a floating-point array whose shape is `expected` (None: any size), or an error.

    `axes` names the expected axes in the message, as in ``"(T, B, D)"``.
    """
    array = floating(name, value)
    if array.ndim != len(expected) or any(e not in (None, n) for e, n in zip(expected, array.shape, strict=True)):
        sizes = ", ".join("any" if e is None else str(e) for e in expected)
        raise ValueError(f"{name} must have shape {axes} = ({sizes}), got {array.shape}")
    return array


def sequences(name: str, value: Any, size: int, axes: str = "(T, B, D)") -> Array:
    """`value` as floating-point numbers (T, B, D), `size` of them a step and at least one step, or an error."""
    return begun(name, shaped(name, value, (None, None, size), axes), axes)


def ids(name: str, value: Any, size: int, B: int | None = None, axes: str = "(T, B)") -> Array:
    """`value` as integers (T, B) from 0 to ``size - 1``, with at least one step, or an error."""
    array = integers(name, value, size)
    if array.ndim != 2 or B not in (None, array.shape[1]):
        raise ValueError(f"{name} must have shape {axes} = (any, {'any' if B is None else B}), got {array.shape}")
    return begun(name, array, axes)


def begun(name: str, array: Array, axes: str) -> Array:
    """`array` if it has at least one time step, or a ValueError."""
    if len(array) == 0:
        raise ValueError(f"{name} must have at least one time step, got {axes[1]} = 0")
    return array


def steps_and_batch(name: str, value: Any) -> tuple[int, int]:
    """T and B of an array whose first two axes they are, or an error."""
    shape = as_array(name, value).shape
    if len(shape) < 2:
        raise ValueError(f"{name} must have shape (T, B, ...), got {shape}")
    return shape[0], shape[1]


def integers(name: str, value: Any, size: int, last: str = "") -> Array:
    """`value` as an array of integers from 0 to ``size - 1``, or an error; `last` may say what that number is."""
    array = as_array(name, value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got dtype {array.dtype}")
    if is_concrete(array) and array.size and not (array.min() >= 0 and array.max() < size):
        raise ValueError(f"{name} must lie between 0 and {last}{size - 1}, got {array.min()} to {array.max()}")
    return array


def vector(name: str, value: Any) -> Array:
    """`value` as an array with one axis, or an error."""
    array = as_array(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one axis, got shape {array.shape}")
    return array


def lengths(value: Any, T: int, B: int) -> Array:
    """The lengths of B sequences as an array (B,) of integers between 1 and T, or an error."""
    array = as_array("lengths", value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"lengths must be integers, got dtype {array.dtype}")
    if array.shape != (B,):
        raise ValueError(f"lengths must have shape (B,) = ({B},), got {array.shape}")
    if not is_concrete(array):
        return array
    if array.size and not (array.min() >= 1 and array.max() <= T):
        raise ValueError(f"lengths must lie between 1 and T = {T}, got {array.min()} to {array.max()}")
    return array.astype(np.intp, copy=False)  # unsigned ones would go wrong where something is subtracted


def shapes(params: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of parameters, or of what declares them."""
    return {name: p.shape for name, p in params.items()}


def parameters(layer: Any, prefix: str = "") -> None:
    """A ValueError when a parameter of a layer, or of its parts, is missing or was replaced by one of another shape."""
    for part, inner in getattr(layer, "parts", {}).items():
        parameters(inner, f"{prefix}{part}.")
    layer = getattr(layer, "cell", layer)
    expected = shapes(layer.parameters()) if hasattr(layer, "parameters") else getattr(layer, "_shapes", {})
    for name, shape in expected.items():
        if name not in layer.params:
            held = ", ".join(prefix + other for other in layer.params)
            raise ValueError(f"params must hold {prefix + name!r} of shape {shape}, it holds {held}")
        if np.shape(layer.params[name]) != shape:
            raise ValueError(f"params[{prefix + name!r}] must have shape {shape}, got {np.shape(layer.params[name])}")


def positive(name: str, value: Any) -> int:
    """`value` if it is a positive integer, or an error."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return int(value)


def generator(name: str, value: Any) -> np.random.Generator:
    """`value` if it is a numpy.random.Generator, or a TypeError."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator, got {type(value).__name__}")
    return value


def instance(name: str, value: Any, *kinds: Any) -> Any:
    """`value` if it is of one of the kinds, or a TypeError."""
    if not isinstance(value, kinds):
        named = " or ".join(kind.__name__.removesuffix("Type") for kind in kinds)
        got = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{name} must be {'an' if named[0] in 'AEIOU' else 'a'} {named}, got {got}")
    return value


def numbers(name: str, value: Any) -> Array:
    """`value` as an array of floating-point numbers, made of integers too, or a TypeError."""
    array = np.asarray(as_array(name, value))
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got dtype {array.dtype}")
    return array.astype(float)


def dtype(value: Any) -> "np.dtype[Any]":
    """`value` as a dtype in which parameters can be kept, float32 or float64, or an error."""
    try:
        found = np.dtype("none" if value is None else value)  # NumPy takes None for float64
    except TypeError:
        raise TypeError(f"dtype must be float32 or float64, got {value!r}") from None
    choice("dtype", found.name, ("float32", "float64"))
    return found


def choice(name: str, value: Choice, allowed: Sequence[Choice]) -> Choice:
    """`value` if it is one of `allowed`, or a ValueError."""
    if isinstance(value, np.ndarray) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def require(name: str, extra: str) -> Any:
    """The library of that name, or an ImportError that says which extra of the package brings it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs {name}, which is not installed: pip install rnnbook[{extra}]") from error


def optional(name: str) -> Any:
    """The library of that name without what it says at its import, or None where it is not installed."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return importlib.import_module(name)
    except ImportError:
        return None


def scalar(name: str, value: Any) -> Any:
    """`value` if it is a single number, or a TypeError."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    return value


def positive_real(name: str, value: Any) -> Any:
    """`value` if it is a single number above zero, infinity too, or an error."""
    if not scalar(name, value) > 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return value


def real(name: str, value: Any) -> Any:
    """`value` if it is a single finite number, or an error."""
    if not np.isfinite(scalar(name, value)):
        raise ValueError(f"{name} must be finite, got {value}")
    return value


def fraction(name: str, value: Any) -> float:
    """`value` as a float in [0, 1), or an error."""
    if not 0 <= real(name, value) < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {value}")
    return float(value)


def finite(name: str, value: Any) -> Array:
    """`value` as an array of finite floating-point numbers, or an error that says where it is not."""
    array = floating(name, value)
    if is_concrete(array) and not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        where = place[0] if len(place) == 1 else place
        raise ValueError(f"{name} must be finite, got {array[place]} at {where}")
    return array


def mask(value: Any, T: int, B: int) -> Array:
    """What each of B sequences' T steps counts, as an array (T, B) of finite numbers not below 0, or an error."""
    array = as_array("mask", value)
    if array.shape != (T, B):
        raise ValueError(f"mask must have shape (T, B) = ({T}, {B}), got {array.shape}")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"mask must hold numbers, got dtype {array.dtype}")
    if is_concrete(array) and array.size and not (array.min() >= 0 and array.max() < np.inf):
        raise ValueError(f"mask must hold finite numbers not below 0, got {array.min()} to {array.max()}")
    return array
