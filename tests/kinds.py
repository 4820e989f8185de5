"""Every cell with every option, for the tests that hold for all of them."""

from functools import partial

import numpy as np

from rnnbook import GRU, LSTM, RNN, CoupledLSTM, LayerNormLSTM, PeepholeLSTM

KINDS = {
    "RNN tanh": RNN,
    "RNN relu": partial(RNN, activation="relu"),
    "RNN leaky": partial(RNN, activation="leaky_relu"),
    "LSTM": LSTM,
    "Peephole ifo": PeepholeLSTM,
    "Peephole f": partial(PeepholeLSTM, peepholes="f"),
    "Peephole io": partial(PeepholeLSTM, peepholes="io"),
    "Peephole none": partial(PeepholeLSTM, peepholes=""),
    "Coupled": CoupledLSTM,
    "LayerNorm": LayerNormLSTM,
    "GRU after": GRU,
    "GRU before": partial(GRU, reset="before"),
}


def random_cell(kind, D, H, rng, dtype=np.float64, scale=0.5):
    """A cell whose parameters are all random, biases and peepholes too."""
    cell = KINDS[kind](D, H, rng=rng, dtype=dtype)
    for name, value in cell.params.items():
        cell.params[name] = rng.normal(scale=scale, size=value.shape).astype(dtype)
    return cell


def random_state(cell, B, rng, dtype=np.float64):
    return tuple(rng.normal(size=(B, cell.hidden_size)).astype(dtype) for _ in cell.states)
