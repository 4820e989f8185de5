"""The five cells, two minimal ones, and the base class that gives any cell time, batches and weight gradients."""

from rnnbook.cells.base import Cell
from rnnbook.cells.gru import GRU
from rnnbook.cells.lstm import LSTM, CoupledLSTM, PeepholeLSTM
from rnnbook.cells.minimal import MinGRU, MinLSTM
from rnnbook.cells.rnn import RNN

__all__ = ["GRU", "LSTM", "RNN", "Cell", "CoupledLSTM", "MinGRU", "MinLSTM", "PeepholeLSTM"]
