"""An ONNX graph while it is written."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnnbook.interop.traced import Traced


class Graph:
    """The nodes of an ONNX graph while they are written.

    Parameters
    ----------
    onnx : module
    sizes : dict of str to int
        A size for each open one, which no other axis has: shapes are found by NumPy itself, on samples.
    """

    def __init__(self, onnx: Any, sizes: dict[str, int]) -> None:
        self.onnx, self.sizes = onnx, sizes
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.tensors: list[Any] = []
        self.labels: dict[int, str] = {}  #: names for the parameters among the constants, by id
        self.inside = False  #: whether this is the body of a Scan
        self._constants: dict[tuple, str] = {}
        self._count = itertools.count()

    def body(self) -> "Graph":
        """A graph inside this one, which shares its constants: the body of a Scan."""
        inner = Graph(self.onnx, self.sizes)
        inner.inside = True
        inner.tensors, inner.labels = self.tensors, self.labels
        inner._constants, inner._count = self._constants, self._count
        return inner

    def constant(self, value: Any, dtype: DTypeLike = np.float32) -> str:
        """The name of a constant; the same one for equal values."""
        array = np.asarray(value)
        if array.dtype.kind == "c":
            raise TypeError("ONNX has no complex numbers: write real and imaginary parts apart")
        array = array.astype(dtype, order="C")
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            name = self.labels.get(id(value), f"constant_{next(self._count)}")
            self._constants[key] = name
            self.tensors.append(self.onnx.numpy_helper.from_array(array, name))
        return self._constants[key]

    def node(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str] | None = None, **attributes: Any
    ) -> str:
        """Write a node whose inputs are names; returns the name of its first output."""
        outputs = outputs or [f"{operator}_{next(self._count)}"]
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0]

    def value(self, name: str, shape: Sequence[Any], dtype: DTypeLike = np.float32) -> Any:
        """The description of an input or output."""
        return self.onnx.helper.make_tensor_value_info(
            name, self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape
        )

    def input(self, name: str, shape: Sequence[Any], dtype: DTypeLike = np.float32) -> Any:
        """A new input, traced."""
        self.inputs.append(self.value(name, shape, dtype))
        return self.traced(name, shape, dtype)

    def traced(self, name: str, shape: Sequence[Any], dtype: DTypeLike = np.float32) -> Traced:
        """What has this name and shape, traced."""
        return Traced(self, name, np.ones([self.sizes.get(n, n) for n in shape], dtype))

    def output(self, name: str, traced: Any) -> None:
        """Give a result a name and make it an output."""
        self.node("Identity", [traced.name], [name])
        self.outputs.append(self.value(name, traced.shape, traced.dtype))

    def names(self, values: Iterable[Any], dtype: DTypeLike) -> list[str]:
        """The names of traced arrays and constants, all of one dtype."""
        return [v.astype(dtype).name if isinstance(v, Traced) else self.constant(v, dtype) for v in values]
