"""How the grader and the sandbox talk: frames of plain data over a socket, nothing that could carry code.

A frame is a length, a JSON header and the bytes of the arrays that the header mentions. What arrives from
the sandbox was written by a student, so `decode` accepts numbers, text, containers and arrays of numbers,
and nothing else, and no more of them than a problem needs: a frame is measured before anything is built
from it. Python's pickle would run code.
"""

import json
import math
import re
import struct
import time
from decimal import Decimal
from numbers import Complex, Real
from typing import NamedTuple

import numpy as np


class Bounds(NamedTuple):
    """The most that a frame may hold."""

    header: int  # bytes of its JSON
    body: int  # bytes of its arrays
    items: int  # brackets and commas in the JSON
    depth: int  # brackets that are open at once: two for each container


REPLY = Bounds(1 << 20, 16 << 20, 200_000, 64)
REQUEST = Bounds(16 << 20, 64 << 20, 5_000_000, 64)
KEYS = 1000  # in one dict: keys that collide cost their number squared
AXES = 16
LENGTHS = struct.Struct("!II")
#: Text in JSON. It ends with the frame at the latest, so that looking for its end is done once.
TEXT = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)', re.DOTALL)
DTYPE = re.compile(r"[<>=|]?[biufc]\d{1,2}")
OPEN, CLOSE = b"[{", b"]}"
UNMARKED = bytes({*range(256)} - {*OPEN, *CLOSE, *b","})
DEEPER = np.array([(sign in OPEN) - (sign in CLOSE) for sign in range(256)], np.int32)


class Broken(Exception):
    """The other side has gone, or does not keep to the protocol."""


class Foreign:
    """Stands for a value that is not data: what came back was an object of some class."""


def encode(value, functions=None):
    """Bytes of a frame. Callables are kept in `functions` and travel as their number."""
    arrays = []

    def plain(x):
        if x is None or type(x) in (bool, float, str):
            return x
        if type(x) is int:
            return x if abs(x) < 1 << 63 else decimal(x)
        if isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "biufc":
            arrays.append(np.ascontiguousarray(x).tobytes())
            return {"array": x.dtype.str, "shape": x.shape}
        if isinstance(x, Real | Decimal):  # a fraction, or a subclass of a number
            return decimal(x)
        if isinstance(x, Complex):
            return {"complex": [float(x.real), float(x.imag)]}
        if isinstance(x, tuple | list):
            return {type(x).__mro__[-2].__name__: [plain(item) for item in x]}
        if isinstance(x, dict):
            return {"dict": [[plain(key.item() if isinstance(key, np.generic) else key), plain(x[key])] for key in x]}
        if callable(x) and functions is not None:
            functions.append(x)
            return {"function": len(functions) - 1}
        return {"foreign": 0}

    def decimal(x):
        try:
            return float(x)
        except OverflowError:
            return float("inf") if x > 0 else float("-inf")

    header = json.dumps(plain(value)).encode()
    body = b"".join(arrays)
    return LENGTHS.pack(len(header), len(body)) + header + body


def split(frame):
    """Header and body of a frame."""
    header, body = LENGTHS.unpack(frame[: LENGTHS.size])
    at = LENGTHS.size + header
    return frame[LENGTHS.size : at], frame[at : at + body]


def check(header, body, bounds):
    """Measure a frame before it is decoded.

    Raises
    ------
    Broken
        It is larger, of more items, or deeper than its bounds.
    """
    if len(header) > bounds.header or len(body) > bounds.body:
        raise Broken("a frame that is too large")
    marks = TEXT.sub(b"", header).translate(None, UNMARKED)
    if len(marks) > bounds.items:
        raise Broken("a frame of too many items")
    if len(marks) <= bounds.depth:  # so few are not too deep, however they stand
        return
    if np.cumsum(DEEPER[np.frombuffer(marks, np.uint8)]).max(initial=0) > bounds.depth:
        raise Broken("a frame that is too deep")


def integer(digits):
    """A whole number of JSON, unless it is longer than any that `encode` writes."""
    if len(digits) > 20:
        raise ValueError("a number of too many digits")
    return int(digits)


def decode(header, body, function=None, bounds=REPLY):
    """The value of a frame; `function` makes a callable of a number, where callables are expected.

    Raises
    ------
    Broken
        It is not data, or more than its bounds allow.
    """
    check(header, body, bounds)
    at = 0

    def array(dtype, shape):
        nonlocal at
        if not (isinstance(dtype, str) and DTYPE.fullmatch(dtype) and len(shape) <= AXES):
            raise ValueError("not an array of numbers")
        if not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError("not a shape")
        dtype, sizes = np.dtype(dtype), math.prod(max(n, 1) for n in shape)
        if sizes * dtype.itemsize > bounds.body:  # also where an axis of length zero hides how long the others are
            raise ValueError("a shape that is too large")
        size = 0 if 0 in shape else sizes * dtype.itemsize
        at += size
        return np.frombuffer(body[at - size : at], dtype).reshape(shape).copy()

    def value(x):
        if isinstance(x, list):
            raise ValueError("a list without its kind")
        if not isinstance(x, tuple):
            return x
        (kind, content), *rest = x
        if kind == "array":
            return array(content, rest[0][1])
        if kind == "complex":
            return complex(*map(float, content))
        if kind == "tuple":
            return tuple([value(item) for item in content])
        if kind == "list":
            return [value(item) for item in content]
        if kind == "dict":
            if len(content) > KEYS:
                raise ValueError("a dict of too many keys")
            return {value(key): value(item) for key, item in content}
        if kind == "function" and function is not None:
            return function(int(content))
        if kind == "foreign":
            return Foreign()
        raise ValueError("unknown kind")

    try:
        # objects stay lists of pairs, as tuples: no dict is made of what arrives
        return value(json.loads(header.decode("ascii"), object_pairs_hook=tuple, parse_int=integer))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
        raise Broken("a frame that is not data") from error


def count(value):
    """How many numbers a decoded value holds."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(count, value)) if isinstance(value, list | tuple) else 1


def send(socket, value, functions=None):
    """Send one frame."""
    frame = encode(value, functions)
    if len(frame) > REQUEST.header + REQUEST.body:
        raise Broken("a frame that is too large")
    socket.sendall(frame)


def receive(socket, function=None, deadline=None, bounds=REPLY):
    """Wait for one frame, until a time of `time.monotonic` at most, however its bytes trickle in."""
    header, body = LENGTHS.unpack(exactly(socket, LENGTHS.size, deadline))
    if header > bounds.header or body > bounds.body:
        raise Broken("a frame that is too large")
    content = exactly(socket, header + body, deadline)
    return decode(content[:header], content[header:], function, bounds)


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
