"""Two vowels, said by nine speakers."""

from pathlib import Path

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array


def vowels(part: str) -> tuple[Array, Array, Array]:
    """The vowels *ae* in Japanese, said by nine men, and who said them (Kudo et al. 1999).

    An utterance is a sequence of 7 to 29 frames, each of twelve cepstral coefficients of a linear
    prediction analysis. They are rounded to a thousandth here.

    Parameters
    ----------
    part : {"train", "test"}
        270 utterances to train, thirty of each speaker, and 370 to test, 24 to 88 of each.

    Returns
    -------
    x : ndarray of float32, shape (29, B, 12)
        Zero behind an utterance's end.
    lengths : ndarray of int, shape (B,)
    speaker : ndarray of int, shape (B,)
        From 0 to 8.

    Raises
    ------
    ValueError
        For another part.

    Notes
    -----
    Source: *JapaneseVowels* of the UCI archive (CC BY 4.0), in the package aeon 1.6.0 (BSD licence); ``python
    -m rnnbook.data.tables`` makes the table.

    Examples
    --------
    >>> x, lengths, speaker = vowels("train")
    >>> x.shape, lengths.min().item(), np.bincount(speaker).tolist()
    ((29, 270, 12), 7, [30, 30, 30, 30, 30, 30, 30, 30, 30])
    """
    check.choice("part", part, ("train", "test"))
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        frames, lengths, speaker = (file[f"{part}_{name}"] for name in ("frames", "lengths", "speaker"))
    x = np.zeros((29, len(lengths), 12), np.float32)
    for k, frame in enumerate(np.split(frames, np.cumsum(lengths)[:-1])):
        x[: len(frame), k] = frame / np.float32(1000)
    return x, lengths, speaker
