"""Recurrent cells, derived, implemented and checked: the package behind the textbook.

Sequences are time-major, ``x (T, B, D)`` and ``h (T, B, H)``; vectors are rows,
``a_t = x_t W_x + h_{t-1} W_h + b``.

The core (`cells`, `layers`, `learning`, `checking`) needs NumPy alone and is all one needs to read.
Everything is loaded at its first use (PEP 562), so that importing the package takes hardly longer than NumPy.
"""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what `__getattr__` finds, for mypy and editors
    from rnnbook import activations as activations
    from rnnbook.arrays import join as join
    from rnnbook.arrays import namespace as namespace
    from rnnbook.arrays import split as split
    from rnnbook.cells import *
    from rnnbook.checking import *
    from rnnbook.layers import *
    from rnnbook.learning import *

__version__ = "0.1.0"

#: The subpackages of the core; what is in the `__all__` of one is public here too.
_CORE = ("cells", "layers", "learning", "checking")

#: The other public names, and where each stands.
_ELSEWHERE = {
    "activations": "rnnbook.activations",
    "compiled": "rnnbook.jax",
    "data": "rnnbook.data",
    "explorables": "rnnbook.explorables",
    "forecast": "rnnbook.data.forecast",
    "interop": "rnnbook.interop",
    "join": "rnnbook.arrays",
    "namespace": "rnnbook.arrays",
    "networks": "rnnbook.networks",
    "plots": "rnnbook.plots",
    "practice": "rnnbook.practice",
    "read_table": "rnnbook.trials.sweeps",
    "row_rng": "rnnbook.trials.sweeps",
    "speech": "rnnbook.data.speech",
    "split": "rnnbook.arrays",
    "sweep": "rnnbook.trials.sweeps",
    "tasks": "rnnbook.data.tasks",
    "text": "rnnbook.data.text",
    "trials": "rnnbook.trials",
    "words": "rnnbook.data.words",
}


def _core() -> dict[str, Any]:
    """The public names of the core, with what they stand for."""
    subpackages = [importlib.import_module(f"rnnbook.{name}") for name in _CORE]
    return {name: getattr(part, name) for part in subpackages for name in part.__all__}


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__all__":
        value = sorted({*_core(), *_ELSEWHERE})
    elif name.startswith("_"):
        raise AttributeError(f"module 'rnnbook' has no attribute {name!r}")
    elif name in _ELSEWHERE:
        module = importlib.import_module(_ELSEWHERE[name])
        value = module if _ELSEWHERE[name].endswith(f".{name}") else getattr(module, name)
    elif importlib.util.find_spec(f"rnnbook.{name}"):  # before the core, which itself imports `rnnbook.check`
        value = importlib.import_module(f"rnnbook.{name}")
    elif name in (core := _core()):
        value = core[name]
    else:
        raise AttributeError(f"module 'rnnbook' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *_core(), *_ELSEWHERE})
