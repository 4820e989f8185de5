"""Networks that took longer to train than a reader should wait, as small files."""

from pathlib import Path

import numpy as np

from rnnbook.cells import LSTM
from rnnbook.data.shakespeare import ALPHABET
from rnnbook.layers import Dense, Embedding, Model

FOLDER = Path(__file__).parent
UNITS, EMBEDDED = 112, 32


def fresh_characters(rng, dtype=np.float32):
    """The network of `characters` before training."""
    K = len(ALPHABET)
    cell = LSTM(EMBEDDED, UNITS, rng=rng, dtype=dtype)
    return Model(cell, Dense(UNITS, K, rng=rng, dtype=dtype), Embedding(K, EMBEDDED, rng=rng, dtype=dtype))


def characters(dtype=np.float32):
    """An LSTM that has read Shakespeare's plays, character by character.

    112 units, 32 numbers for each character, 74 thousand parameters, each of them kept as one of
    255 multiples of a number that its column shares. ``python -m rnnbook.networks.characters``
    trains it (a quarter of an hour).

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
    model = fresh_characters(np.random.default_rng(0), dtype)
    for name, p in model.params.items():
        whole, scale = quantised()[name]
        p[...] = whole * scale
    return model


def quantised():
    """The parameters of `characters` as whole numbers and the scales of their columns.

    Returns
    -------
    dict of str to tuple of two ndarrays
        int8, and float64 with one number a column; their product is the parameter.
    """
    with np.load(FOLDER / "characters.npz", allow_pickle=False) as file:
        return {name: (file[name], file[f"{name} scale"]) for name in file.files if not name.endswith("scale")}


def quantise(p):
    """A parameter as whole numbers from -127 to 127, and the scale of each column.

    Examples
    --------
    >>> whole, scale = quantise(np.array([[0.5, 2.0], [-1.0, 1.0]]))
    >>> whole.tolist()
    [[64, 127], [-127, 64]]
    """
    most = np.atleast_1d(np.abs(p).max(axis=0 if p.ndim > 1 else None))
    scale = np.array([float(f"{value / 127:.4g}") for value in most])  # few digits: they travel as text
    return np.clip(np.round(p / scale), -127, 127).astype(np.int8), scale
