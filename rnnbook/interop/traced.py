"""Tracing: what a program does to a `Traced` array becomes nodes of an ONNX graph.

NumPy hands every operator and function that meets a `Traced` to it (NEP 13 and 18), so a cell's `step` is
traced by calling it. Sizes that are open in ONNX, the steps T and the sequences B, stand in shapes as "T" and "B".
"""

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from rnnbook.arrays import Array

if TYPE_CHECKING:
    from rnnbook.interop.graph import Graph

#: NumPy's elementwise functions and operators, by ONNX's names.
UFUNCS: dict[Any, str] = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.power: "Pow",
    np.float_power: "Pow",
    np.matmul: "MatMul",
    np.negative: "Neg",
    np.absolute: "Abs",
    np.fabs: "Abs",
    np.sign: "Sign",
    np.exp: "Exp",
    np.log: "Log",
    np.sqrt: "Sqrt",
    np.tanh: "Tanh",
    np.sinh: "Sinh",
    np.cosh: "Cosh",
    np.sin: "Sin",
    np.cos: "Cos",
    np.tan: "Tan",
    np.arcsin: "Asin",
    np.arccos: "Acos",
    np.arctan: "Atan",
    np.arcsinh: "Asinh",
    np.arccosh: "Acosh",
    np.arctanh: "Atanh",
    np.floor: "Floor",
    np.ceil: "Ceil",
    np.rint: "Round",
    np.maximum: "Max",
    np.minimum: "Min",
    np.isnan: "IsNaN",
    np.isinf: "IsInf",
    np.less: "Less",
    np.less_equal: "LessOrEqual",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.equal: "Equal",
    np.logical_and: "And",
    np.bitwise_and: "And",
    np.logical_or: "Or",
    np.bitwise_or: "Or",
    np.logical_xor: "Xor",
    np.bitwise_xor: "Xor",
    np.logical_not: "Not",
    np.invert: "Not",
}
LOGICAL = ("And", "Or", "Xor", "Not")
TO_THE_END = np.iinfo(np.int64).max


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of which shape and dtype are known, and what made it; float32 or bool."""

    def __init__(self, graph: "Graph", name: str, sample: Array) -> None:
        self.graph, self.name, self.sample = graph, name, sample
        if graph.inside and graph.sizes["B"] not in sample.shape:
            raise TypeError("the step mixes the sequences of a batch")

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape, with "T" and "B" for open sizes."""
        symbols = {size: name for name, size in self.graph.sizes.items()}
        return tuple(symbols.get(n, n) for n in self.sample.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.sample.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        return self.sample.dtype

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method == "__call__" and not options:
            if ufunc in UFUNCS:
                return apply(UFUNCS[ufunc], ufunc, *inputs)
            if ufunc in COMPOSED:
                return COMPOSED[ufunc](*inputs)
        method = "" if method == "__call__" else f".{method}"
        raise TypeError(f"np.{ufunc.__name__}{method} cannot be traced{' with '.join(['', *options])}")

    def __array_function__(self, function, types, args, kwargs):
        if function not in FUNCTIONS:
            raise TypeError(f"np.{function.__name__} cannot be traced")
        try:
            inspect.signature(FUNCTIONS[function]).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"np.{function.__name__} cannot be traced with such arguments: {error}") from error
        return FUNCTIONS[function](*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"an array's {name} cannot be traced")

    def _no_numbers(self, *_, **__):
        raise TypeError("numbers are not there while a step is traced: no if, float() or loop may depend on them")

    __bool__ = __float__ = __int__ = __iter__ = __array__ = _no_numbers

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if not all(i is None or i is Ellipsis or isinstance(i, (int, np.integer, slice)) for i in index):
            raise TypeError("an index must be made of integers, slices, None and ... to be traced")
        given = len([i for i in index if i is not None and i is not Ellipsis])
        index = index if Ellipsis in index else (*index, Ellipsis)
        at = index.index(Ellipsis)
        index = (*index[:at], *[slice(None)] * (self.ndim - given), *index[at + 1 :])
        cuts, axis = [], 0
        dropped: list[int] = []
        added: list[int] = []
        for i in index:
            if i is None:
                added.append(axis + len(added) - len(dropped))
                continue
            if not isinstance(i, slice):
                dropped.append(axis)
                i = slice(i, i + 1 if i != -1 else None)
            if i != slice(None):
                step = i.step or 1
                first, last = (0, TO_THE_END) if step > 0 else (TO_THE_END, -TO_THE_END)
                cuts.append((first if i.start is None else i.start, last if i.stop is None else i.stop, axis, step))
            axis += 1
        graph, name = self.graph, self.name
        if cuts:
            name = graph.node("Slice", [name, *(graph.constant(c, np.int64) for c in zip(*cuts, strict=True))])
        for operator, axes in (("Squeeze", dropped), ("Unsqueeze", added)):
            if axes:
                name = graph.node(operator, [name, graph.constant(axes, np.int64)])
        return Traced(graph, name, self.sample[index])

    def reshape(self, *shape: Any) -> "Traced":
        """In another shape; an open size must stay on its axis, or be -1."""
        shape = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        for axis, n in enumerate(shape):
            if isinstance(n, str) and self.shape[axis : axis + 1] != (n,):
                raise TypeError(f"a reshape must leave the axis {n} in its place to be traced")
        sizes = [0 if isinstance(n, str) else n for n in shape]
        name = self.graph.node("Reshape", [self.name, self.graph.constant(sizes, np.int64)])
        return Traced(self.graph, name, self.sample.reshape([self.graph.sizes.get(n, n) for n in shape]))

    def swapaxes(self, one: int, other: int) -> "Traced":
        """With two axes exchanged."""
        order = list(range(self.ndim))
        order[one], order[other] = order[other], order[one]
        return Traced(self.graph, self.graph.node("Transpose", [self.name], perm=order), self.sample.transpose(order))

    def astype(self, dtype: DTypeLike, **_: Any) -> "Traced":
        """As float32 or, if it is asked for, bool."""
        dtype = np.dtype(bool if np.dtype(dtype).kind == "b" else np.float32)
        if dtype == self.dtype:
            return self
        to = self.graph.onnx.helper.np_dtype_to_tensor_dtype(dtype)
        return Traced(self.graph, self.graph.node("Cast", [self.name], to=to), self.sample.astype(dtype))

    def sum(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """The sum over axes."""
        return reduce("Sum", self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """The mean over axes."""
        return reduce("Mean", self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """The maximum over axes."""
        return reduce("Max", self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """The minimum over axes."""
        return reduce("Min", self, axis, keepdims)


def apply(operator: str, function: Callable[..., Any], *arrays: Any, **attributes: Any) -> Traced:
    """Write the node that does to the arrays what NumPy's `function` does to their samples."""
    graph = next(a.graph for a in arrays if isinstance(a, Traced))
    names = graph.names(arrays, bool if operator in LOGICAL else np.float32)
    with np.errstate(all="ignore"):
        sample = np.asarray(function(*(a.sample if isinstance(a, Traced) else a for a in arrays)))
    sample = sample.astype(bool if sample.dtype.kind == "b" else np.float32, copy=False)
    return Traced(graph, graph.node(operator, names, **attributes), sample)


def reduce(kind: str, a: Traced, axis: Any, keepdims: bool) -> Traced:
    """Write a reduction over one axis, several or all."""
    axes = list(range(a.ndim)) if axis is None else [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    a, graph = a.astype(np.float32), a.graph
    options: dict[str, Any] = {"keepdims": int(keepdims)}
    if kind == "Sum":  # of opset 14 the only one that takes its axes as an input
        name = graph.node("ReduceSum", [a.name, graph.constant(axes, np.int64)], **options)
    else:
        name = graph.node(f"Reduce{kind}", [a.name], axes=axes, **options)
    sample = getattr(a.sample, kind.lower())(axis=tuple(axes), keepdims=keepdims)
    return Traced(graph, name, np.asarray(sample))


def where(condition: Any, one: Any, other: Any) -> Traced:
    """``np.where``, traced."""
    graph = next(a.graph for a in (condition, one, other) if isinstance(a, Traced))
    names = graph.names([condition], bool) + graph.names([one, other], np.float32)
    samples = (a.sample if isinstance(a, Traced) else a for a in (condition, one, other))
    return Traced(graph, graph.node("Where", names), np.where(*samples).astype(np.float32))


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Traced:
    """``np.concatenate``, traced."""
    return apply("Concat", lambda *samples: np.concatenate(samples, axis), *arrays, axis=axis)


def full_like(a: Traced, value: Any) -> Traced:
    """``np.full_like``, traced."""
    shape = a.graph.node("Shape", [a.name])
    name = a.graph.node("Expand", [a.graph.constant(value), shape])
    return Traced(a.graph, name, np.full(a.sample.shape, value, np.float32))


def einsum(equation: str, *arrays: Any, **_: Any) -> Traced:
    """``np.einsum``, traced."""
    return apply("Einsum", lambda *samples: np.einsum(equation, *samples), *arrays, equation=equation)


def remainder(a: Any, b: Any) -> Any:
    """``a % b``, traced: of the sign of `b`, where ONNX's is of that of `a`."""
    rest = np.fmod(a, b)
    return np.where(rest * b < 0, rest + b, rest)


def floor_divide(a: Any, b: Any) -> Any:
    """``a // b``, traced: not the floor of ``a / b``, which may have been rounded up."""
    rest = np.fmod(a, b)
    whole = np.rint((a - rest) / b)
    return np.where(abs(b) > 0, np.where(rest * b < 0, whole - 1, whole), a / b)


def clip(a: Traced, a_min: Any = None, a_max: Any = None) -> Traced:
    """``np.clip``, traced."""
    a = a if a_min is None else np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def rounded(a: Traced, decimals: int = 0) -> Any:
    """``np.round``, traced."""
    unit = 10.0**decimals
    return np.rint(a) if decimals == 0 else np.rint(a * unit) / unit


#: Functions that are written with others.
COMPOSED: dict[Any, Callable] = {
    np.fmod: lambda a, b: apply("Mod", np.fmod, a, b, fmod=1),
    np.remainder: remainder,
    np.floor_divide: floor_divide,
    np.divmod: lambda a, b: (a // b, a % b),
    np.fmax: lambda a, b: np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.maximum(a, b))),
    np.fmin: lambda a, b: np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.minimum(a, b))),
    np.trunc: lambda a: np.where(a < 0, np.ceil(a), np.floor(a)),
    np.isfinite: lambda a: abs(a) < np.inf,
    np.cbrt: lambda a: np.sign(a) * abs(a) ** (1 / 3),
    np.exp2: lambda a: np.exp(a * np.log(2)),
    np.log2: lambda a: np.log(a) / np.log(2),
    np.log10: lambda a: np.log(a) / np.log(10),
    np.radians: lambda a: a * (np.pi / 180),
    np.deg2rad: lambda a: a * (np.pi / 180),
    np.degrees: lambda a: a * (180 / np.pi),
    np.rad2deg: lambda a: a * (180 / np.pi),
    np.square: lambda a: a * a,
    np.reciprocal: lambda a: 1 / a,
    np.log1p: lambda a: np.log(1 + a),
    np.expm1: lambda a: np.exp(a) - 1,
    np.logaddexp: lambda a, b: np.maximum(a, b) + np.where(a == b, np.log(2), np.log(1 + np.exp(-abs(a - b)))),
    np.not_equal: lambda a, b: ~(a == b),
    np.positive: lambda a: a,
    np.conjugate: lambda a: a,
}
FUNCTIONS: dict[Any, Callable] = {
    np.where: where,
    np.concatenate: concatenate,
    np.stack: lambda arrays, axis=0: concatenate([np.expand_dims(a, axis) for a in arrays], axis),
    np.einsum: einsum,
    np.dot: lambda a, b: a @ b,
    np.real: lambda a: a,
    np.sum: Traced.sum,
    np.mean: Traced.mean,
    np.max: Traced.max,
    np.min: Traced.min,
    np.clip: clip,
    np.round: rounded,
    np.around: rounded,
    np.reshape: Traced.reshape,
    np.swapaxes: Traced.swapaxes,
    np.expand_dims: lambda a, axis: a[(slice(None),) * (axis % (a.ndim + 1)) + (None,)],
    np.zeros_like: lambda a: full_like(a, 0.0),
    np.ones_like: lambda a: full_like(a, 1.0),
    np.full_like: full_like,
}
