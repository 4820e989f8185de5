"""Handwritten digits, pixel by pixel."""

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.learning.training import Batch

TEST = 360  # images


def digits(part: str, dtype: DTypeLike = np.float32) -> Batch:
    """Images of handwritten digits as sequences of 64 pixels (Alpaydin & Kaynak 1998).

    The 1797 images of 8 by 8 pixels that come with scikit-learn, row after row from the top
    left. The last 360 are for testing; the digits are nearly equally frequent in both parts.

    Parameters
    ----------
    part : {"train", "test"}
    dtype : dtype, default float32

    Returns
    -------
    Batch
        ``x (64, B, 1)``, grey values from 0 (paper) to 1 (ink), labels ``target (64, B)``,
        ``mask (64, B)``: only the last step counts. B is 1437 or 360.

    Raises
    ------
    ImportError
        Without scikit-learn.
    ValueError
        For another part or dtype.

    Notes
    -----
    Source: the test part of "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, licence CC BY 4.0.

    Examples
    --------
    >>> x, target, mask, _ = digits("test")
    >>> x.shape, float(x.max()), target[-1, :10].tolist()
    ((64, 360, 1), 1.0, [2, 3, 4, 5, 6, 7, 8, 9, 0, 9])
    """
    check.choice("part", part, ("train", "test"))
    dtype = check.dtype(dtype)
    images, labels = check.require("sklearn.datasets", "data").load_digits(return_X_y=True)
    kept = slice(-TEST, None) if part == "test" else slice(None, -TEST)
    x = (images[kept] / 16).T[..., None].astype(dtype)
    mask = np.zeros(x.shape[:2], dtype)
    mask[-1] = 1
    return Batch(x, np.broadcast_to(labels[kept], x.shape[:2]), mask)
