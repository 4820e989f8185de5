"""Networks that took longer to train than a reader should wait, as small files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check, speech
from rnnbook.arrays import Array
from rnnbook.cells import GRU, LSTM
from rnnbook.data.shakespeare import ALPHABET
from rnnbook.data.tasks.wording import FIGURES, LETTERS
from rnnbook.layers import Bidirectional, Dense, Embedding, Model
from rnnbook.layers.attention import Attention
from rnnbook.layers.encoder_decoder import EncoderDecoder

FOLDER = Path(__file__).parent
#: The characters of a text with two kinds of brackets.
BRACKETED = ALPHABET + "([)]"
#: What the forecaster sees, and how far ahead it looks.
SEEN, AHEAD = 40, 20


def characters(dtype: DTypeLike = np.float32) -> Model:
    """An LSTM that has read Shakespeare's plays, character by character.

    112 units, 32 numbers for each character, 74 thousand parameters, each of them kept as one of
    255 multiples of a number that its column shares. ``python -m rnnbook.networks.make`` trains
    it (a quarter of an hour).

    Parameters
    ----------
    dtype : dtype, default float32

    Returns
    -------
    Model
        Reads and predicts ids, the places in ``rnnbook.data.ALPHABET``.

    Examples
    --------
    >>> model = characters()
    >>> sum(p.size for p in model.params.values())
    73950
    """
    return _filled("characters", dtype)


def brackets(dtype: DTypeLike = np.float32) -> Model:
    """A GRU that has read the plays with brackets in them, as in ``rnnbook.trials.closing``.

    48 units, 16 numbers for each character, kept in the same way.

    Parameters
    ----------
    dtype : dtype, default float32

    Returns
    -------
    Model
        Reads and predicts ids, the places in ``rnnbook.networks.BRACKETED``.

    Examples
    --------
    >>> brackets().recurrent.hidden_size
    48
    """
    return _filled("brackets", dtype)


def forecaster(dtype: DTypeLike = np.float32) -> Model:
    """An LSTM of 16 units that has seen series made by code (`rnnbook.networks.make.series`).

    Parameters
    ----------
    dtype : dtype, default float32

    Returns
    -------
    Model
        Reads 40 values of mean 0 and variance 1, (40, B, 1), and forecasts the next 20, (1, B, 20).

    Examples
    --------
    >>> forecaster()(np.zeros((40, 3, 1), np.float32)).shape
    (1, 3, 20)
    """
    return _filled("forecaster", dtype)


def listener(dtype: DTypeLike = np.float32) -> Model:
    """An LSTM of 64 units that has heard 1000 strings of spoken digits, as in ``rnnbook.trials.spoken_digits``.

    Parameters
    ----------
    dtype : dtype, default float32

    Returns
    -------
    Model
        Reads log-mel bands, scaled as by `rnnbook.data.speech.batch`, and gives at each frame eleven logits: of the
        blank and of the ten digits.

    Examples
    --------
    >>> listener()(np.zeros((7, 3, 20), np.float32)).shape
    (7, 3, 11)
    """
    return _filled("listener", dtype)


def dates(dtype: DTypeLike = np.float32) -> EncoderDecoder:
    """An encoder–decoder with attention that brings dates into the order of ISO 8601 (`rnnbook.data.tasks.wording`).

    32 units in each of two directions, and 32 that write; 35 kB.

    Parameters
    ----------
    dtype : dtype, default float32

    Returns
    -------
    EncoderDecoder
        Reads and writes what `rnnbook.data.tasks.wording.dates` makes of dates.

    Examples
    --------
    >>> from rnnbook.layers.encoder_decoder import greedy_decode
    >>> from rnnbook.data.tasks import wording
    >>> batch = wording.dates([("tuesday, the 3rd of november 2026", "")])
    >>> found = greedy_decode(dates(), batch.x[0], batch.lengths, max_length=11)
    >>> "".join(wording.FIGURES[k] for k in found[0])
    '2026-11-03'
    """
    return _filled("dates", dtype)


def quantized(name: str) -> dict[str, tuple[Array, Array]]:
    """The parameters of a network as integers and the scales of their columns.

    Parameters
    ----------
    name : {"characters", "brackets", "forecaster", "listener", "dates"}

    Returns
    -------
    dict of str to tuple of two ndarrays
        int8, and float64 with one number a column; their product is the parameter.

    Raises
    ------
    ValueError
        When there is no such network.
    """
    check.choice("name", name, tuple(FRESH))
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        return {key: (file[key], file[f"{key} scale"]) for key in file.files if not key.endswith("scale")}


def _reader(cell, embedded, units, letters, made):
    """A network that reads and predicts characters."""
    K = len(letters)
    return Model(cell(embedded, units, **made), Dense(units, K, **made), Embedding(K, embedded, **made))


def _translator(made):
    """One that reads dates in both directions, and writes them with attention."""
    return EncoderDecoder(
        Bidirectional(LSTM(16, 32, **made), LSTM(16, 32, **made)),
        LSTM(16, 32, **made),
        Dense(96, len(FIGURES), **made),
        Embedding(len(FIGURES), 16, **made),
        Embedding(len(LETTERS), 16, **made),
        Attention(32, 64, kind="multiplicative", **made),
    )


FRESH = {
    "characters": lambda made: _reader(LSTM, 32, 112, ALPHABET, made),
    "brackets": lambda made: _reader(GRU, 16, 48, BRACKETED, made),
    "forecaster": lambda made: Model(LSTM(1, 16, **made), Dense(16, AHEAD, **made), pool="last"),
    "listener": lambda made: Model(LSTM(speech.BANDS, 64, **made), Dense(64, 11, **made)),
    "dates": _translator,
}


def untrained(name: str, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Any:
    """A network before training.

    Parameters
    ----------
    name : {"characters", "brackets", "forecaster", "listener", "dates"}
    rng : numpy.random.Generator
    dtype : dtype, default float32

    Returns
    -------
    Model or EncoderDecoder

    Raises
    ------
    ValueError, TypeError
        When there is no such network, `rng` is no generator, or `dtype` neither float32 nor float64.
    """
    return FRESH[check.choice("name", name, tuple(FRESH))]({"rng": rng, "dtype": dtype})


def _filled(name, dtype):
    model, kept = untrained(name, np.random.default_rng(0), dtype), quantized(name)
    for key, p in model.params.items():
        whole, scale = kept[key]
        p[...] = whole * scale
    return model
