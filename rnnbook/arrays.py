"""What the cells ask of an array, whichever library it belongs to.

`Cell.step` and `Cell.step_back` are written with these functions and with operators, so that
the same lines run on NumPy's arrays and on those that JAX compiles (:mod:`rnnbook.jax.compiled`).
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: An array of NumPy; while JAX traces, one of its own stands for it. Docstrings say its shape.
Array: TypeAlias = NDArray[Any]


def namespace(array: Any) -> Any:
    """The library of an array: the module whose functions take it (Python array API standard).

    Parameters
    ----------
    array : array
        NumPy's, or any with ``__array_namespace__``; everything else counts as NumPy's.

    Returns
    -------
    module

    Examples
    --------
    >>> namespace(np.zeros(3)) is np
    True
    """
    if isinstance(array, np.ndarray):  # asking takes NumPy longer than adding two small arrays
        return np
    ask = getattr(array, "__array_namespace__", None)
    return np if ask is None else ask()


def split(a: Array, k: int) -> list[Array]:
    """Split the last axis of `a` into `k` equal column blocks, as views, or a ValueError.

    Examples
    --------
    >>> split(np.arange(6.0), 3)
    [array([0., 1.]), array([2., 3.]), array([4., 5.])]
    """
    H, rest = divmod(a.shape[-1], k)
    if rest:
        raise ValueError(f"a must have a multiple of k = {k} columns, got {a.shape[-1]}")
    return [a[..., j * H : (j + 1) * H] for j in range(k)]


def join(blocks: Sequence[Array]) -> Array:
    """Put column `blocks`, one at least or a ValueError, side by side in one array; undoes `split`.

    Examples
    --------
    >>> join([np.array([0.0, 1.0]), np.array([2.0, 3.0])])
    array([0., 1., 2., 3.])
    """
    if not blocks:
        raise ValueError("blocks must hold at least one block, got none")
    joined: Array = namespace(blocks[0]).concatenate(blocks, axis=-1)
    return joined


def flat(a: Array) -> Array:
    """Merge all axes of `a` but the last: (T, B, K) becomes (T·B, K).

    Examples
    --------
    >>> flat(np.zeros((5, 3, 2))).shape
    (15, 2)
    """
    return a.reshape(-1, a.shape[-1])


def is_concrete(array: Any) -> bool:
    """Whether an array's numbers are there: shapes are known while JAX traces, values not yet."""
    return isinstance(array, (np.ndarray, np.generic))


def as_float(value: Any) -> Any:
    """A single value as a number of Python, complex if it is; or what stands for it while JAX traces."""
    if not is_concrete(value):
        return value
    return complex(value) if np.iscomplexobj(value) else float(value)


def recurrence(step: Callable[..., Array], first: Array, *rows: Array) -> Array:
    """The values ``first, step(first, *row), ...`` of a recurrence over rows, stacked.

    NumPy's arrays go through a loop, those of JAX through `jax.lax.scan`, which compiles the step once.

    Examples
    --------
    >>> recurrence(lambda sum, x: sum + x, np.array(0.0), np.array([1.0, 2.0, 3.0])).tolist()
    [0.0, 1.0, 3.0, 6.0]
    """
    if namespace(first) is np:
        values: list[Any] = [np.asarray(first)]
        for row in zip(*rows, strict=True):
            values.append(np.asarray(step(values[-1], *row)))
        return np.stack(values)
    import jax

    _, rest = jax.lax.scan(lambda value, row: (step(value, *row),) * 2, first, rows)
    stacked: Any = jax.numpy.concatenate([first[None], rest])
    return stacked
