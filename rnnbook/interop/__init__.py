"""The same networks elsewhere, with the same weights: ONNX, PyTorch, Keras, Equinox (JAX) and C.

PyTorch, Keras, Equinox and ONNX are imported when a function needs them, not with the package;
``pip install rnnbook[interop]`` brings them. Where the conventions differ (order of the
gates, number of biases) the functions here translate. What a library has not is refused, with
the part that it is and what would do; `rnnbook.interop.parts` lists what goes where.
"""

from rnnbook.interop.c import to_c
from rnnbook.interop.equinox import EQUINOX_ORDER, from_equinox, to_equinox
from rnnbook.interop.keras import KERAS_ORDER, from_keras, to_keras
from rnnbook.interop.onnx import ONNX_ORDER, to_onnx
from rnnbook.interop.onnx_back import from_onnx
from rnnbook.interop.orders import reorder
from rnnbook.interop.pytorch import TORCH_ORDER, from_torch, to_torch

__all__ = [
    "EQUINOX_ORDER",
    "KERAS_ORDER",
    "ONNX_ORDER",
    "TORCH_ORDER",
    "from_equinox",
    "from_keras",
    "from_onnx",
    "from_torch",
    "reorder",
    "to_c",
    "to_equinox",
    "to_keras",
    "to_onnx",
    "to_torch",
]
