"""What an update costs (no claim, one table).

Milliseconds of a compiled update (forward, loss, backward, clipping, Adam;
float32, one core), for each cell and one size at a time: T = 100 steps, B =
32 sequences and H = 64 units, with 64 inputs, and then a quarter of one of
these, and four times one. Five repetitions, of which a reader takes the
fastest.
"""

import numpy as np

from rnnbook import Batch, Dense, Model, mean_squared_error, sweep
from rnnbook.trials import FOLDER, results, rows_where, training

SIZES = {"T": 100, "B": 32, "H": 64}
CELLS = [cell for cell in training.CELLS if cell != "GRU before"]


def run(rng, cell, T, B, H, updates=20):
    """Time an update."""
    made = {"rng": rng, "dtype": np.float32}
    network = Model(training.CELLS[cell](H, H, **made), Dense(H, 1, **made))
    x = rng.normal(size=(T, B, H)).astype(np.float32)
    drawn = Batch(x, x[..., :1])
    return {"milliseconds": training.milliseconds(network, mean_squared_error, drawn, updates, compiled=True)}


def fastest(cell, **sizes):
    """Milliseconds of an update, with sizes that differ from `SIZES` in what is said."""
    return rows_where(results("costs-clock"), cell=cell, **(SIZES | sizes))["milliseconds"].min()


PLACE = 16, 2
CLAIMS = ()
SLICES = ()  # times


def make():
    """The table, one row at a time: it holds times."""
    sizes = [SIZES] + [SIZES | {name: int(size * by)} for name, size in SIZES.items() for by in (1 / 4, 4)]
    rows = [{"cell": cell, **one} for one in sizes for cell in CELLS]
    sweep(run, rows, range(5), table=FOLDER / "costs-clock.csv", workers=1)
