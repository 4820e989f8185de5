"""What an update of the cells of chapter 19 costs (no claim, one table).

Milliseconds of a compiled update (forward, loss, backward, clipping, Adam; float32, one core), by a loop over T = 100
steps of B = 32 sequences with 64 inputs, for cells of 16 and of 64 units. A reader takes the fastest of three.
"""

import numpy as np

from rnnbook import LSTM, Batch, Dense, MinGRU, Model, mean_squared_error, sweep
from rnnbook.trials import FOLDER, later_cells, results, rows_where, training

T, B, INPUTS = 100, 32, 64
UNITS = (16, 64)
CELLS = {"LSTM": LSTM, "MinGRU": MinGRU} | later_cells.CELLS


def run(rng, cell, units, updates=20):
    """Time an update."""
    made = {"rng": rng, "dtype": np.float32}
    network = Model(CELLS[cell](INPUTS, units, **made), Dense(units, 1, **made))
    x = rng.normal(size=(T, B, INPUTS)).astype(np.float32)
    drawn = Batch(x, x[..., :1])
    return {"milliseconds": training.milliseconds(network, mean_squared_error, drawn, updates, compiled=True)}


def times(cell, units):
    """How many times as long as an LSTM's an update takes, each at its fastest."""
    rows = rows_where(results("later-clock"), units=units)
    own, lstm = (rows_where(rows, cell=name)["milliseconds"].min() for name in (cell, "LSTM"))
    return own / lstm


PLACE = 19, 6
CLAIMS = ()
SLICES = ()  # times


def make():
    """The table, one row at a time: it holds times."""
    rows = [{"cell": cell, "units": units} for units in UNITS for cell in CELLS]
    sweep(run, rows, range(3), table=FOLDER / "later-clock.csv", workers=1)
