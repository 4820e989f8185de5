"""Every cell of the package with every option, found by looking, for the tests that hold for all of them.

Those of `rnnbook.cells`, and those of chapter 19.
"""

import inspect
from functools import partial
from itertools import product

import numpy as np

from rnnbook import Cell, cells
from rnnbook.trials import later_cells


def kinds(cell):
    """A class of cells with each choice of its options: (name, what makes one)."""
    keywords = {name for name, one in inspect.signature(cell).parameters.items() if one.kind == one.KEYWORD_ONLY}
    assert keywords == {"rng", "dtype", *cell.options}, f"{cell.__name__}.options must say what each option may be"
    for chosen in product(*cell.options.values()):
        words = [str(value) or "none" for value in chosen]
        yield " ".join([cell.__name__, *words]), partial(cell, **dict(zip(cell.options, chosen, strict=True)))


CELLS = [one for one in vars(cells).values() if isinstance(one, type) and issubclass(one, Cell) and one is not Cell]
CELLS += later_cells.CELLS.values()
KINDS = dict(pair for cell in CELLS for pair in kinds(cell))
#: Those whose gates see the state by way of `W_h`.
RECURRENT = [kind for kind, make in KINDS.items() if "W_h" in make(1, 1, rng=np.random.default_rng(0)).params]


def random_cell(kind, D, H, rng, dtype=np.float64, scale=0.5):
    """A cell whose parameters are all random, biases and peepholes too."""
    cell = KINDS[kind](D, H, rng=rng, dtype=dtype)
    for name, value in cell.params.items():
        cell.params[name] = rng.normal(scale=scale, size=value.shape).astype(dtype)
    return cell


def random_state(cell, B, rng, dtype=np.float64):
    return tuple(rng.normal(size=(B, *shape)).astype(dtype) for shape in cell.state_shapes())
