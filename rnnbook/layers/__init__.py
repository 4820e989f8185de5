"""What stands around a cell: readouts, embeddings, stacks, both directions, attention, whole models."""

from rnnbook.layers.attention import Attention, SelfAttention
from rnnbook.layers.checkpointed import Checkpointed
from rnnbook.layers.dense import Dense, Embedding, TiedReadout
from rnnbook.layers.encoder_decoder import EncoderDecoder
from rnnbook.layers.files import load, save
from rnnbook.layers.model import Model
from rnnbook.layers.model import pooling_weights as pooling_weights
from rnnbook.layers.stack import Bidirectional, Stack
from rnnbook.layers.stack import Container as Container

__all__ = ["Attention", "Bidirectional", "Checkpointed", "Dense", "Embedding", "EncoderDecoder", "Model"]
__all__ += ["SelfAttention", "Stack", "TiedReadout", "load", "save"]
