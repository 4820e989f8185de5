"""The cells, and the base class of all."""

from rnnbook.cells.base import Cell as Cell
from rnnbook.cells.gru import GRU as GRU
from rnnbook.cells.layer_norm import LayerNormLSTM as LayerNormLSTM
from rnnbook.cells.lstm import LSTM as LSTM
from rnnbook.cells.lstm import CoupledLSTM as CoupledLSTM
from rnnbook.cells.lstm import PeepholeLSTM as PeepholeLSTM
from rnnbook.cells.minimal import MinGRU as MinGRU
from rnnbook.cells.minimal import MinLSTM as MinLSTM
from rnnbook.cells.rnn import RNN as RNN

__all__ = [name for name, value in globals().items() if isinstance(value, type)]
