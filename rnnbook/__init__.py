"""Recurrent cells, derived, implemented and checked: the package behind the textbook.

Sequences are time-major, ``x (T, B, D)`` and ``h (T, B, H)``; vectors are rows,
``a_t = x_t W_x + h_{t-1} W_h + b``.
"""

from rnnbook import (
    activations,
    data,
    diagnostics,
    explorables,
    forecast,
    init,
    interop,
    networks,
    plots,
    tasks,
    text,
    words,
)
from rnnbook.arrays import join, namespace, split
from rnnbook.attention import Attention, SelfAttention
from rnnbook.cells import GRU, LSTM, RNN, Cell, CoupledLSTM, LayerNormLSTM, MinGRU, MinLSTM, PeepholeLSTM
from rnnbook.checkpointed import Checkpointed
from rnnbook.compiled import compiled
from rnnbook.files import load, save
from rnnbook.gradcheck import Check, Report, central_difference, check_gradients, complex_step
from rnnbook.layers import Bidirectional, Dense, Embedding, Model, Stack, Tied
from rnnbook.losses import MixtureDensity, QuantileLoss, gaussian_nll, mean_squared_error, softmax_cross_entropy
from rnnbook.optim import SGD, Adam, RMSProp, clip_by_global_norm
from rnnbook.seq2seq import EncoderDecoder
from rnnbook.sweep import read_table, row_rng, sweep
from rnnbook.train import Batch, History, fit, fit_many

__version__ = "0.1.0"

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "SGD",
    "Adam",
    "Attention",
    "Batch",
    "Bidirectional",
    "Cell",
    "Check",
    "Checkpointed",
    "CoupledLSTM",
    "Dense",
    "Embedding",
    "EncoderDecoder",
    "History",
    "LayerNormLSTM",
    "MinGRU",
    "MinLSTM",
    "MixtureDensity",
    "Model",
    "PeepholeLSTM",
    "QuantileLoss",
    "RMSProp",
    "Report",
    "SelfAttention",
    "Stack",
    "Tied",
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
    "read_table",
    "row_rng",
    "save",
    "softmax_cross_entropy",
    "split",
    "sweep",
    "tasks",
    "text",
    "words",
]
