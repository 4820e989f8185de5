"""The five cells, two minimal ones, one with layer normalisation, and the base class of all."""

from rnnbook.cells.base import Cell
from rnnbook.cells.gru import GRU
from rnnbook.cells.layer_norm import LayerNormLSTM
from rnnbook.cells.lstm import LSTM, CoupledLSTM, PeepholeLSTM
from rnnbook.cells.minimal import MinGRU, MinLSTM
from rnnbook.cells.rnn import RNN

__all__ = ["GRU", "LSTM", "RNN", "Cell", "CoupledLSTM", "LayerNormLSTM", "MinGRU", "MinLSTM", "PeepholeLSTM"]
