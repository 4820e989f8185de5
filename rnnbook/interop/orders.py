"""Orders of the gates, and libraries that may be absent."""

import numpy as np

from rnnbook import check


def reorder(a, old, new):
    """Column blocks of the last axis, from one order of the gates to another.

    Parameters
    ----------
    a : ndarray, shape (..., kH)
    old, new : str or sequence of str
        The same k gates in either order.

    Returns
    -------
    ndarray, shape (..., kH)

    Raises
    ------
    ValueError
        When the two do not name the same gates, or `a` does not divide into them.

    Examples
    --------
    >>> reorder(np.array([1, 2, 3, 4]), "ifgo", "ifog")
    array([1, 2, 4, 3])
    """
    a = check.as_array("a", a)
    if not len(old) == len(set(old)) > 0 or sorted(old) != sorted(new) or a.shape[-1] % len(old):
        raise ValueError(
            f"old and new must name the same gates, each once, and their number divide the last axis of a; "
            f"got {old!r}, {new!r} and shape {a.shape}"
        )
    blocks = dict(zip(old, np.split(a, len(old), axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in new], axis=-1)
