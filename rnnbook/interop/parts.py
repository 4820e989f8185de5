"""Which part of a network goes where: the one list that the README, the API page and the tests read."""

from collections.abc import Mapping, Sequence
from typing import Any

from rnnbook.cells import GRU, LSTM, RNN, Cell, CoupledLSTM, PeepholeLSTM
from rnnbook.layers import Bidirectional, Checkpointed, Dense, Embedding, Model, Stack, TiedReadout

LAYERS: dict[type, str] = dict.fromkeys((Stack, Bidirectional, Dense, Embedding, TiedReadout, Model), "")
#: The kinds that a library takes, each with what else it must be. ``Cell`` is every cell, a reader's own included.
EXPORTS: dict[str, dict[type, str]] = {
    "ONNX": {Cell: ""} | LAYERS,
    "PyTorch": {RNN: "tanh or relu", LSTM: "", GRU: "reset after the product"}
    | LAYERS
    | {Bidirectional: "of two cells that are alike"},
    "Keras": {RNN: "tanh or relu", LSTM: "", GRU: ""}
    | {kind: "of two cells of one size" * (kind is Bidirectional) for kind in LAYERS if kind is not TiedReadout},
    "Equinox": {LSTM: "", GRU: "reset after the product"},
    "C": {Model: "of an LSTM and a Dense"},
}
#: The kinds that come back.
IMPORTS: dict[str, dict[type, str]] = {
    "ONNX": dict.fromkeys((RNN, LSTM, PeepholeLSTM, CoupledLSTM, GRU, Stack, Bidirectional), ""),
    "PyTorch": dict.fromkeys((RNN, LSTM, GRU, Stack, Bidirectional), ""),
    "Keras": dict.fromkeys((RNN, LSTM, GRU), ""),
    "Equinox": dict.fromkeys((LSTM, GRU), ""),
}
#: What would do for a part that ONNX has not either.
REMEDIES = {
    "EncoderDecoder": "its encoder and its decoder go one by one",
    "SelfAttention": "a cell in its place would go",
}


def in_words(kinds: Mapping[type, str]) -> str:
    """Kinds as the README and the API page list them.

    Examples
    --------
    >>> in_words(EXPORTS["Equinox"])
    '`LSTM`, `GRU` (reset after the product)'
    """
    named: dict[type, str] = {Cell: "every cell, your own included"}
    return ", ".join(
        named.get(kind, f"`{kind.__name__}`") + (f" ({note})" if note else "") for kind, note in kinds.items()
    )


def table() -> str:
    """The table of what goes where, in Markdown, that the README and the API page show."""
    lines = ["| to | what goes | what comes back |", "| --- | --- | --- |"]
    lines += [
        f"| {library} | {in_words(kinds)} | {in_words(IMPORTS.get(library, {}))} |"
        for library, kinds in EXPORTS.items()
    ]
    return "\n".join(lines)


def plain(part: Any) -> Any:
    """A part without what matters in training only: a `Checkpointed` is its cell."""
    return part.cell if isinstance(part, Checkpointed) else part


def called(place: str, part: Any) -> str:
    """A part in words, ``recurrent.0 (PeepholeLSTM)``; what was handed over itself is the layer."""
    return f"{place.rstrip('.') or 'layer'} ({type(part).__name__})"


def refusal(library: str, place: str, part: Any) -> TypeError:
    """The error for a part that a library has not; it says which part, and what would do.

    Returns
    -------
    TypeError
    """
    takes = any(issubclass(type(part), Cell) if kind is Cell else type(part) is kind for kind in EXPORTS["ONNX"])
    remedy = "to_onnx takes it" if takes else REMEDIES.get(type(part).__name__, "take it apart, or write it as a cell")
    return TypeError(
        f"{called(place, part)} has no equivalent in {library}, "
        f"which takes {in_words(EXPORTS[library]).replace('`', '')}; {remedy}"
    )


def hold(library: str, place: str, part: Any, option: str, allowed: Sequence[Any]) -> None:
    """A ValueError if an option of a part has a value that a library has not."""
    value = getattr(part, option)
    if value not in allowed:
        raise ValueError(
            f"{called(place, part)} must have {option}={' or '.join(map(repr, allowed))} to have an equivalent in "
            f"{library}, got {value!r}; to_onnx takes it"
        )
