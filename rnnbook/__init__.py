"""Recurrent cells, derived, implemented and checked: the package behind the textbook.

Sequences are time-major, ``x (T, B, D)`` and ``h (T, B, H)``; vectors are rows,
``a_t = x_t W_x + h_{t-1} W_h + b``.

The core (`cells`, `layers`, `learning`, `checking`) needs NumPy alone and is all one needs to read.
Everything else is loaded at its first use.
"""

import importlib

from rnnbook import activations, cells
from rnnbook.arrays import join, namespace, split
from rnnbook.cells import *
from rnnbook.checking import Check, Report, central_difference, check_gradients, complex_step, diagnostics
from rnnbook.layers import (
    Attention,
    Bidirectional,
    Checkpointed,
    Dense,
    Embedding,
    EncoderDecoder,
    Model,
    SelfAttention,
    Stack,
    TiedReadout,
    load,
    save,
)
from rnnbook.learning import (
    SGD,
    Adam,
    Batch,
    History,
    MixtureDensity,
    Monitor,
    QuantileLoss,
    RMSProp,
    Update,
    clip_by_global_norm,
    fit,
    fit_many,
    gaussian_nll,
    init,
    mean_squared_error,
    softmax_cross_entropy,
)

__version__ = "0.1.0"

#: What is loaded at its first use, and from where (PEP 562).
_LATER = {
    "compiled": "rnnbook.jax",
    "data": "rnnbook.data",
    "explorables": "rnnbook.explorables",
    "forecast": "rnnbook.data.forecast",
    "interop": "rnnbook.interop",
    "networks": "rnnbook.networks",
    "plots": "rnnbook.plots",
    "practice": "rnnbook.practice",
    "read_table": "rnnbook.trials.sweeps",
    "row_rng": "rnnbook.trials.sweeps",
    "speech": "rnnbook.data.speech",
    "sweep": "rnnbook.trials.sweeps",
    "tasks": "rnnbook.data.tasks",
    "text": "rnnbook.data.text",
    "trials": "rnnbook.trials",
    "words": "rnnbook.data.words",
}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'rnnbook' has no attribute {name!r}")
    module = importlib.import_module(_LATER[name])
    value = module if _LATER[name].endswith(f".{name}") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_LATER})


__all__ = [
    "SGD",
    "Adam",
    "Attention",
    "Batch",
    "Bidirectional",
    "Check",
    "Checkpointed",
    "Dense",
    "Embedding",
    "EncoderDecoder",
    "History",
    "MixtureDensity",
    "Model",
    "Monitor",
    "QuantileLoss",
    "RMSProp",
    "Report",
    "SelfAttention",
    "Stack",
    "TiedReadout",
    "Update",
    "activations",
    "central_difference",
    "check_gradients",
    "clip_by_global_norm",
    "compiled",
    "complex_step",
    "data",
    "diagnostics",
    "explorables",
    "fit",
    "fit_many",
    "forecast",
    "gaussian_nll",
    "init",
    "interop",
    "join",
    "load",
    "mean_squared_error",
    "namespace",
    "networks",
    "plots",
    "practice",
    "read_table",
    "row_rng",
    "save",
    "softmax_cross_entropy",
    "speech",
    "split",
    "sweep",
    "tasks",
    "text",
    "trials",
    "words",
    *cells.__all__,
]
