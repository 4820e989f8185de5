"""Parameters in and out of files; files that are there whole or not at all."""

import io
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array


def save(path: str | os.PathLike[str], layer: Any) -> None:
    """Write a layer's parameters to an ``.npz`` file, without pickle.

    Parameters
    ----------
    path : str or Path
        Ending in ``.npz``.
    layer : Cell, Dense, Stack, Model or any other layer

    Raises
    ------
    ValueError, TypeError
        When the path does not end in ``.npz``, or the layer has no parameters.
    """
    path = _path(path)
    if path.suffix != ".npz":
        raise ValueError(f"path must end in .npz, got {path.name}")
    params: dict[str, Any] = _parameters(layer)
    odd = [name for name, value in params.items() if np.asarray(value).dtype.hasobject]
    if odd:
        raise ValueError(f"parameters must be arrays of numbers, not so {', '.join(odd)}")
    content = io.BytesIO()
    np.savez(content, **params)
    write_whole(path, content.getvalue())


def load(path: str | os.PathLike[str], layer: Any) -> None:
    """Read parameters written by `save` into a layer of the same kind.

    Parameters
    ----------
    path : str or Path
    layer : Cell, Dense, Stack, Model or any other layer
        Changed only when the whole file fits.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is no ``.npz`` file, holds pickled objects, or its names, shapes or dtypes are not the layer's.

    Examples
    --------
    >>> import tempfile
    >>> from rnnbook import GRU
    >>> one, two = (GRU(2, 3, rng=np.random.default_rng(seed)) for seed in (0, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/gru.npz", one)
    ...     load(f"{folder}/gru.npz", two)
    >>> bool((one.params["W_h"] == two.params["W_h"]).all())
    True
    """
    import zipfile  # with all its compressions it takes a tenth as long as NumPy
    import zlib

    path, params = _path(path), _parameters(layer)
    with open(path, "rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise ValueError(f"{path} is not a parameter file written by rnnbook.save: it is no zip archive")
        stream.seek(0)
        try:
            with np.load(stream, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError) as error:
            raise ValueError(f"{path} is not a parameter file written by rnnbook.save: {error}") from error
    if found.keys() != params.keys():
        wanted, held = (", ".join(sorted(names)) for names in (params, found))
        raise ValueError(f"{path} must hold the parameters {wanted}, it holds {held}")
    for name, value in found.items():
        wanted, held = (f"{a.dtype} of shape {a.shape}" for a in (params[name], value))
        if held != wanted:
            raise ValueError(f"{path}: {name} must be {wanted}, it is {held}")
    for name, value in found.items():
        params[name][...] = value


def _path(path: str | os.PathLike[str]) -> Path:
    return Path(check.instance("path", path, str, os.PathLike))


def _parameters(layer: Any) -> dict[str, Array]:
    params = getattr(layer, "params", None)
    if not (isinstance(params, dict) and params):
        raise TypeError(f"layer must have params, a dict of arrays, got {type(layer).__name__}")
    return params


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Two may do it at once: the last one's is there.

    Parameters
    ----------
    path : Path
    content : bytes
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with fresh.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
