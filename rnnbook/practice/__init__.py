"""Check your solution of a problem set at home: named mistakes, without the solution.

In the notebook itself::

    from rnnbook.practice import check

    check("ps4", globals())

or for a notebook as it lies there: ``python -m rnnbook.practice ps4.ipynb``.

What comes with the package is, for each function, some numbers to try it on and a locked table. A result opens the one
sentence that was locked with it: whoever makes a known mistake gets a result that opens its sentence, and whoever does
not make it cannot read it. The right results are not in the table, only a print (a SHA-256 digest) of each, as with
passwords, so it says whether a function is right on these numbers and not what it should give. Grading tries other
numbers, in other sizes. Answers that could be found by trying all of them (the warm-ups) are left out.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

GRID = 1e-6  # results that differ by much less have the same print
RIGHT, WRONG = "Right on these numbers.", "Runs, and is wrong in a way that no sentence here was written for."


def fingerprint(result: Any) -> bytes:
    """A digest of a result, rounded.

    Parameters
    ----------
    result : array_like or tuple of array_like

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        It is not made of finite numbers.
    """
    try:
        parts = [np.asarray(result)]  # nested lists are an array too
    except ValueError:
        parts = [np.asarray(part) for part in result]
    if not all(part.dtype.kind in "biufc" and np.isfinite(part).all() for part in parts):
        raise ValueError("result must be finite numbers")
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part.shape).encode())
        digest.update((np.rint(np.real(part) / GRID) + 0.0).astype(float).tobytes())  # there is no negative zero
    return digest.digest()


def locked(text: bytes, key: bytes) -> tuple[str, bytes]:
    """A `text` that can only be read with a digest, the `key`, and the name under which it lies there.

    Locking twice with the same `key` gives the text back.
    """
    stream, count = b"", 0
    while len(stream) < len(text):
        stream += hashlib.sha256(b"open" + key + count.to_bytes(4)).digest()
        count += 1
    name = hashlib.sha256(b"find" + key).hexdigest()[:12]
    return name, bytes(a ^ b for a, b in zip(text, stream, strict=False))


def table(problem_set: str) -> dict[str, Any]:
    """The numbers to try and the locked sentences of a `problem_set`.

    Raises
    ------
    ValueError
        There is no such problem set to practise.
    """
    path = resources.files(__name__) / f"{problem_set}.json"
    if not path.is_file():
        there = sorted(entry.name[:-5] for entry in resources.files(__name__).iterdir() if entry.name.endswith(".json"))
        raise ValueError(f"problem_set must be one of {', '.join(there)}, got {problem_set!r}")
    return json.loads(path.read_text("utf-8"))["functions"]


def argument(value: Any) -> Any:
    """The `value` of an argument as it was before it was written as JSON."""
    if isinstance(value, dict):
        return np.array(value["array"])
    return [argument(part) for part in value] if isinstance(value, list) else value


def key_of(function: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    """A digest of what a function gives on all `arguments`; where it stops, of that.

    Raises
    ------
    Exception
        The function's own, where it stops on all of them.
    """
    found, errors = [], []
    for numbers in arguments:
        try:
            with np.errstate(all="ignore"):
                found.append(fingerprint(function(*map(argument, numbers))))
        except Exception as error:
            errors.append(error)
            found.append(b"stops")
    if len(errors) == len(arguments):
        raise errors[0]
    return hashlib.sha256(b"".join(found)).digest()


def sentence(function: Callable[..., Any], about: Mapping[str, Any]) -> str:
    """What can be said of one function, given what is known `about` it."""
    try:
        key = key_of(function, about["arguments"])
    except NotImplementedError:
        return "Not written yet."
    except Exception as error:
        return f"Stops with {type(error).__name__}: {error}"
    name, _ = locked(b"", key)
    if name in about["sentences"]:
        return locked(base64.b85decode(about["sentences"][name]), key)[1].decode()
    return RIGHT if name == about["right"] else WRONG


def check(problem_set: str, functions: Mapping[str, Any]) -> dict[str, str]:
    """Say of each function of a problem set whether it is right on some numbers, or what is wrong with it.

    Parameters
    ----------
    problem_set : str
        Such as "ps4".
    functions : dict
        The functions by name; in a notebook ``globals()``.

    Returns
    -------
    dict
        A sentence for each function of the problem set that can be practised.

    Raises
    ------
    ValueError
        There is no such problem set to practise.
    """
    return {
        name: sentence(functions[name], about) if callable(functions.get(name)) else f"There is no `{name}`."
        for name, about in table(problem_set).items()
    }
