"""Which part of a network goes where: the one list that the README, the API page and the tests read."""

from rnnbook.cells import GRU, LSTM, RNN, Cell, CoupledLSTM, PeepholeLSTM
from rnnbook.layers import Bidirectional, Checkpointed, Dense, Embedding, Model, Stack, TiedReadout

#: The kinds that a library takes, or a part of a model for it. ``Cell`` is every cell, a reader's own included;
#: a `Checkpointed` counts as its cell. What a kind must be besides is a note.
PARTS = {
    "ONNX": {Cell: "", Stack: "", Bidirectional: "", Dense: "", Embedding: "", TiedReadout: "", Model: ""},
    "PyTorch": {
        RNN: "tanh, relu",
        LSTM: "",
        GRU: "reset after",
        Stack: "",
        Bidirectional: "of cells that are alike",
        Dense: "",
        Embedding: "",
        TiedReadout: "",
        Model: "",
    },
    "Keras": {
        RNN: "tanh, relu",
        LSTM: "",
        GRU: "",
        Stack: "",
        Bidirectional: "",
        Dense: "",
        Embedding: "",
        Model: "",
    },
    "Equinox": {LSTM: "", GRU: "reset after"},
    "C": {Model: "of an LSTM and a Dense"},
}
#: What each library gives back: the function, and the kinds that come out of it.
BACK = {
    "ONNX": {RNN: "", LSTM: "", PeepholeLSTM: "", CoupledLSTM: "", GRU: "", Stack: "", Bidirectional: ""},
    "PyTorch": {RNN: "", LSTM: "", GRU: "", Stack: "", Bidirectional: ""},
    "Keras": {RNN: "", LSTM: "", GRU: ""},
    "Equinox": {LSTM: "", GRU: ""},
}


def sentence(library, listed=None):
    """The kinds of a library as the README and the API page name them.

    Examples
    --------
    >>> sentence("Equinox")
    '`LSTM`, `GRU` (reset after)'
    >>> sentence("Equinox", BACK)
    '`LSTM`, `GRU`'
    """
    kinds = (PARTS if listed is None else listed)[library]
    named = {"Cell": "every cell, your own included"}
    return ", ".join(
        named.get(kind.__name__, f"`{kind.__name__}`") + (f" ({note})" if note else "") for kind, note in kinds.items()
    )


def plain(part):
    """A part without what matters in training only: a `Checkpointed` is its cell."""
    return part.cell if isinstance(part, Checkpointed) else part


def refuse(library, place, part, remedy="to_onnx takes every cell"):
    """The error for a part that a library has not; it says which part, and what would do.

    Returns
    -------
    TypeError
    """
    where = f"{place.rstrip('.') or 'the layer'} is a {type(part).__name__}"
    return TypeError(f"{where}, which {library} has not (it takes {sentence(library)}); {remedy}")
