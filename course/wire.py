"""How the grader and the sandbox talk: frames of plain data over a socket, nothing that could carry code.

A frame is a length, a JSON header and the bytes of the arrays that the header mentions. What arrives from
the sandbox was written by a student, so `decode` accepts numbers, text, containers and arrays of numbers,
and nothing else. Python's pickle would run code.
"""

import json
import struct
import time
from decimal import Decimal
from numbers import Complex, Real

import numpy as np

LARGEST = 64 << 20  # bytes in a frame: far more than any problem needs
LENGTHS = struct.Struct("!II")


class Broken(Exception):
    """The other side has gone, or does not keep to the protocol."""


class Foreign:
    """Stands for a value that is not data: what came back was an object of some class."""


def encode(value, functions=None):
    """Bytes of a frame. Callables are kept in `functions` and travel as their number."""
    arrays = []

    def plain(x):
        if x is None or type(x) in (bool, int, float, str):
            return x
        if isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "biufc":
            arrays.append(np.ascontiguousarray(x).tobytes())
            return {"array": x.dtype.str, "shape": x.shape}
        if isinstance(x, Real | Decimal):  # a fraction, or a subclass of a number
            return plain(float(x))
        if isinstance(x, Complex):
            return {"complex": [float(x.real), float(x.imag)]}
        if isinstance(x, tuple | list):
            return {type(x).__mro__[-2].__name__: [plain(item) for item in x]}
        if isinstance(x, dict):
            return {"dict": [[plain(key), plain(item)] for key, item in x.items()]}
        if callable(x) and functions is not None:
            functions.append(x)
            return {"function": len(functions) - 1}
        return {"foreign": 0}

    header = json.dumps(plain(value)).encode()
    body = b"".join(arrays)
    return LENGTHS.pack(len(header), len(body)) + header + body


def decode(header, body, function=None):
    """The value of a frame; `function` makes a callable of a number, where callables are expected."""
    at = 0

    def value(x):
        nonlocal at
        if not isinstance(x, dict):
            return x
        (kind, content), *rest = x.items()
        if kind == "array":
            dtype, shape = np.dtype(content), tuple(map(int, rest[0][1]))
            if dtype.kind not in "biufc" or min(shape, default=0) < 0 or len(shape) > 16:
                raise ValueError("not an array of numbers")
            size = dtype.itemsize * int(np.prod(shape, dtype=object))
            at += size
            return np.frombuffer(body[at - size : at], dtype).reshape(shape).copy()
        if kind == "complex":
            return complex(*map(float, content))
        if kind in ("tuple", "list"):
            return {"tuple": tuple, "list": list}[kind](value(item) for item in content)
        if kind == "dict":
            return {value(key): value(item) for key, item in content}
        if kind == "function" and function is not None:
            return function(int(content))
        if kind == "foreign":
            return Foreign()
        raise ValueError("unknown kind")

    try:
        return value(json.loads(header))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
        raise Broken("a frame that is not data") from error


def send(socket, value, functions=None):
    """Send one frame."""
    frame = encode(value, functions)
    if len(frame) > LARGEST:
        raise Broken("a frame that is too large")
    socket.sendall(frame)


def receive(socket, function=None, deadline=None):
    """Wait for one frame, until a time of `time.monotonic` at most, however its bytes trickle in."""
    header, body = LENGTHS.unpack(exactly(socket, LENGTHS.size, deadline))
    if header + body > LARGEST:
        raise Broken("a frame that is too large")
    return decode(exactly(socket, header, deadline), exactly(socket, body, deadline), function)


def exactly(socket, count, deadline):
    """Wait for so many bytes."""
    parts = bytearray()
    while len(parts) < count:
        if deadline is not None:
            if time.monotonic() > deadline:
                raise TimeoutError
            socket.settimeout(max(0.01, deadline - time.monotonic()))
        part = socket.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise Broken("the other side has gone")
        parts += part
    return bytes(parts)
