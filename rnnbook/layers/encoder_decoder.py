"""From sequence to sequence: an encoder, a decoder that goes on where it ended, and ways to decode."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array, join
from rnnbook.cells.base import Cell, sequence_mask, within
from rnnbook.layers.attention import Attention
from rnnbook.layers.checkpointed import Checkpointed
from rnnbook.layers.dense import Dense, Embedding
from rnnbook.layers.stack import Bidirectional, Container, checked_state, distinct, sequence_layer

#: The symbol that a decoder reads first, and writes when it has finished.
EOS = 0


class EncoderDecoder(Container):
    """One layer reads a sequence, another writes one (Sutskever et al. 2014; Cho et al. 2014)::

        keys, state = encoder(source)
        q = decoder(decoder_input, state)    from where the encoder ended
        y = q W + b                          without attention
        y = [q, attention(q, keys)] W + b    with it (Luong et al. 2015)

    ``decoder_input`` is what the decoder has written so far: `EOS`, then the target's symbols. In training the
    target itself stands there ("teacher forcing"), so that all steps run in one call. A ValueError or TypeError says
    which part, or which argument of a method, does not fit.

    Parameters
    ----------
    encoder : Cell, Bidirectional, Stack or Dense
        A `Bidirectional` hands over the state of the cell that ends at the first step. A `Dense` looks at
        every step by itself and hands nothing over: the decoder then starts from zero.
    decoder : Cell or Stack
        With the encoder's states.
    readout : Dense
        Of ``decoder.output_size`` numbers, and with attention of the encoder's besides.
    target : Embedding
        Of what the decoder writes.
    source : Embedding, optional
        Of what the encoder reads, where these are ids.
    attention : Attention, optional

    Examples
    --------
    >>> from rnnbook import LSTM, Attention, Dense, Embedding
    >>> made = {"rng": np.random.default_rng(0)}
    >>> attention = Attention(8, 8, kind="additive", **made)
    >>> model = EncoderDecoder(LSTM(4, 8, **made), LSTM(3, 8, **made), Dense(16, 12, **made), Embedding(12, 3, **made),
    ...                        Embedding(30, 4, **made), attention)
    >>> source, decoder_input = np.zeros((7, 2), int), np.zeros((5, 2), int)
    >>> model((source, decoder_input)).shape
    (5, 2, 12)
    """

    def __init__(
        self,
        encoder: Any,
        decoder: Any,
        readout: Dense,
        target: Embedding,
        source: Embedding | None = None,
        attention: Attention | None = None,
    ) -> None:
        sequence_layer("encoder", encoder, dense=True)
        sequence_layer("decoder", decoder)
        check.instance("readout", readout, Dense)
        check.instance("target", target, Embedding)
        check.instance("source", source, Embedding, type(None))
        check.instance("attention", attention, Attention, type(None))
        given = (encoder, decoder, readout, target, source, attention)
        distinct("the parts", [part for part in given if part is not None])
        ends = encoder.backward_cell if isinstance(encoder, Bidirectional) else encoder
        if not isinstance(encoder, Dense):
            made, wanted = _states(ends), _states(decoder)
            if made != wanted:
                raise ValueError(f"decoder must have the encoder's states and size {made}, got {wanted}")
        reads = decoder.output_size + (0 if attention is None else encoder.output_size)
        sizes = [("readout must take", readout.input_size, reads)]
        sizes += [("decoder must take the target's", decoder.input_size, target.output_size)]
        if source is not None:
            sizes += [("encoder must take the source's", encoder.input_size, source.output_size)]
        if attention is not None:
            sizes += [("attention must take the decoder's", attention.query_size, decoder.output_size)]
            sizes += [("attention must take as keys the encoder's", attention.key_size, encoder.output_size)]
        for what, size, wanted in sizes:
            if size != wanted:
                raise ValueError(f"{what} {wanted} numbers, its input_size is {size}")
        if readout.output_size > target.input_size:
            most = f"one number for each of the target's {target.input_size} symbols"
            raise ValueError(f"readout must give at most {most}, its output_size is {readout.output_size}")
        self.encoder, self.decoder, self.readout = encoder, decoder, readout
        self.target, self.source, self.attention = target, source, attention
        self.parts = {name: part for name, part in vars(self).items() if part is not None}

    def __call__(self, x: tuple[Array, Array], lengths: Array | None = None) -> Array:
        """Run on a pair.

        Parameters
        ----------
        x : tuple of two ndarrays
            ``source``, ids (S, B) or numbers (S, B, D), and ``decoder_input``, ids (T, B).
        lengths : ndarray of int, shape (B,), optional
            Steps of each source.

        Returns
        -------
        ndarray, shape (T, B, K)
            At each step logits of what comes next.
        """
        (source, decoder_input), lengths = self.checked(x, lengths)
        return self._decode(decoder_input, *self.encode(source, lengths), lengths)[0]

    def encode(self, source: Array, lengths: Array | None = None) -> tuple[Array, Any]:
        """The encoder's outputs (S, B, E) for `source`, with `lengths` or without, and where the decoder starts."""
        source, lengths = self.checked_source(source, lengths)
        if self.source is not None:
            source = self.source(source)
        if isinstance(self.encoder, Dense):
            alive = None if lengths is None else sequence_mask(lengths, len(source))
            return within(alive, self.encoder(within(alive, source))), None
        keys, state = self.encoder(source, None, lengths)
        return keys, state[1] if isinstance(self.encoder, Bidirectional) else state

    def decode(self, decoder_input: Array, keys: Array, state: Any, lengths: Array | None = None) -> tuple[Array, Any]:
        """Write on from a `state`: logits (T, B, K) behind ``decoder_input (T, B)``, and the state after it.

        The `keys` (S, B, E), and the `lengths` of their sequences, are what `encode` gave and was given.
        """
        keys = check.sequences("keys", keys, self.encoder.output_size, "(S, B, E)")
        decoder_input = check.ids("decoder_input", decoder_input, self.target.input_size, keys.shape[1])
        state = checked_state(self.decoder, "state", state, keys.shape[1:2])
        lengths = None if lengths is None else check.lengths(lengths, *keys.shape[:2])
        return self._decode(decoder_input, keys, state, lengths)

    def _decode(self, decoder_input: Array, keys: Array, state: Any, lengths: Array | None) -> tuple[Array, Any]:
        queries, state = self.decoder(self.target(decoder_input), state)
        if self.attention is None:
            self._unread = keys.shape  # their gradient is zero
            return self.readout(queries), state
        return self.readout(join([queries, self.attention(queries, keys, lengths)])), state

    def backward(self, dy: Array) -> Array | None:
        """Fill `grads` from ``dy (T, B, K)``. Returns ``dsource (S, B, D)``, or None where the source is ids."""
        dread, H = self.readout.backward(dy), self.decoder.output_size
        if self.attention is None:
            dqueries, dkeys = dread, np.zeros(self._unread, dread.dtype)
        else:
            dqueries, dkeys = self.attention.backward(dread[..., H:])
            dqueries = dqueries + dread[..., :H]
        d_input, dstate = self.decoder.backward(dqueries)
        self.target.backward(d_input)
        if isinstance(self.encoder, Dense):
            dsource = self.encoder.backward(dkeys)
        else:
            both = isinstance(self.encoder, Bidirectional)
            dsource, _ = self.encoder.backward(dkeys, (None, dstate) if both else dstate)
        if self.source is None:
            return dsource
        self.source.backward(dsource)  # ids have no gradient
        return None

    def checked(self, x: Any, lengths: Any = None) -> tuple[tuple[Array, Array], Array | None]:
        """`x` and `lengths` as arrays, or an error that says what is wrong with them."""
        if not isinstance(x, (tuple, list)) or len(x) != 2:
            got = f"{len(x)} of them" if isinstance(x, (tuple, list)) else type(x).__name__
            raise ValueError(f"x must be a pair, source and decoder_input, got {got}")
        source, decoder_input = x
        check.parameters(self)
        source, lengths = self.checked_source(source, lengths)
        decoder_input = check.ids("decoder_input", decoder_input, self.target.input_size, source.shape[1])
        return (source, decoder_input), lengths

    def checked_source(self, source: Any, lengths: Any = None) -> tuple[Array, Array | None]:
        """The `source` and `lengths` that `encode` reads, as arrays, or an error that says what is wrong with them."""
        if self.source is None:
            source = check.sequences("source", source, self.encoder.input_size, "(S, B, D)")
        else:
            source = check.ids("source", source, self.source.input_size, axes="(S, B)")
        return source, None if lengths is None else check.lengths(lengths, *source.shape[:2])


def _states(layer: Any) -> Any:
    """The names and shapes of a layer's states, nested as the states are."""
    if isinstance(layer, Container):
        return tuple(_states(part) for part in layer.parts.values())
    if isinstance(layer, Checkpointed):
        return _states(layer.cell)
    return (layer.states, layer.state_shapes()) if isinstance(layer, Cell) else ()


def shift_right(target: Array) -> Array:
    """What the decoder has written before each step of ``target (T, B)``: `EOS`, then all but the last symbol.

    A TypeError when they are no integers with two axes.

    Examples
    --------
    >>> shift_right(np.array([[3], [5], [EOS]])).ravel().tolist()
    [0, 3, 5]
    """
    target = check.as_array("target", target)
    if target.ndim != 2 or target.dtype.kind not in "iu":
        raise TypeError(f"target must be integers of shape (T, B), got {target.dtype} of shape {target.shape}")
    return np.concatenate([np.full_like(target[:1], EOS), target[:-1]])


def pad_sequences(sequences: Sequence[Sequence[int]], steps: int | None = None) -> tuple[Array, Array]:
    """The ids in `sequences`, lists of integers, as one array (T, B), filled up with `EOS`, and the lengths (B,).

    T is that of the longest, or `steps`, at least as many, or it is a ValueError: batches of one shape can be compiled.

    Examples
    --------
    >>> ids, lengths = pad_sequences([[4, 5], [6]])
    >>> ids.T.tolist(), lengths.tolist()
    ([[4, 5], [6, 0]], [2, 1])
    """
    sequences = list(check.instance("sequences", sequences, Iterable))
    for k, s in enumerate(sequences):
        if check.as_array(f"sequences[{k}]", s).ndim != 1:
            raise TypeError(f"sequences[{k}] must be a sequence of integers, got {s!r:.30}")
    lengths = np.array([len(s) for s in sequences], int)
    longest = int(lengths.max(initial=0))
    if steps is not None and check.positive("steps", steps) < longest:
        raise ValueError(f"steps must be at least {longest}, the length of the longest of sequences, got {steps}")
    ids = np.full((longest if steps is None else steps, len(sequences)), EOS)
    for b, s in enumerate(sequences):
        if len(s) and np.asarray(s).dtype.kind not in "iu":
            raise TypeError(f"sequences must hold integers, got dtype {np.asarray(s).dtype}")
        ids[: len(s), b] = s
    return ids, lengths


def greedy_decode(
    model: EncoderDecoder, source: Array, lengths: Array | None = None, *, max_length: int
) -> list[list[int]]:
    """Write the likeliest symbol at each step, of equally likely ones the first, and read it at the next.

    Parameters
    ----------
    model : EncoderDecoder
    source : ndarray
        Ids (S, B) or numbers (S, B, D).
    lengths : ndarray of int, shape (B,), optional
    max_length : int
        Symbols, at most.

    Returns
    -------
    list of list of int
        For each source what was written before `EOS`.

    Raises
    ------
    ValueError
        When `max_length` is less than 1, or what the model gives is not a number.
    """
    max_length = check.positive("max_length", max_length)
    check.instance("model", model, EncoderDecoder)
    keys, state = model.encode(source, lengths)
    symbol = np.full((1, keys.shape[1]), EOS)
    steps = []
    for _ in range(max_length):
        y, state = model.decode(symbol, keys, state, lengths)
        symbol = _numbers(y).argmax(axis=-1)
        steps.append(symbol[0])
    return [row[: row.index(EOS)] if EOS in row else row for row in np.array(steps).T.tolist()]


def _numbers(y: Array) -> Array:
    """Logits, or a ValueError where the likeliest symbol cannot be told."""
    if not (y.max(axis=-1) > -np.inf).all() or not (y < np.inf).all():
        raise ValueError("model must give numbers as logits, got nan or infinity")
    return y


def beam_search(
    model: EncoderDecoder, source: Array, lengths: Array | None = None, *, width: int, max_length: int
) -> list[tuple[list[int], float]]:
    """Write several sequences at once and keep the likeliest (Graves 2012; Sutskever et al. 2014).

    Parameters
    ----------
    model : EncoderDecoder
    source : ndarray
        Of one sequence: ids (S, 1) or numbers (S, 1, D).
    lengths : ndarray of int, shape (1,), optional
    width : int
        Sequences that are kept at each step.
    max_length : int
        Symbols, at most.

    Returns
    -------
    list of tuple of (list of int, float)
        What was written before `EOS`, and its log-probability: at most `width`, the likeliest first.

    Raises
    ------
    ValueError
        When there is more than one source, or what the model gives is not a number.
    """
    check.instance("model", model, EncoderDecoder)
    width, max_length = check.positive("width", width), check.positive("max_length", max_length)
    keys, state = model.encode(source, lengths)
    if keys.shape[1] != 1:
        raise ValueError(f"source must be one sequence, got {keys.shape[1]}")
    prefixes: list[tuple[list[int], float]] = [([], 0.0)]
    finished: list[tuple[list[int], float]] = []
    for _ in range(max_length):
        last = np.array([[symbols[-1] if symbols else EOS for symbols, _ in prefixes]])
        B = last.shape[1]
        own = None if lengths is None else np.repeat(lengths, B)
        y, state = model.decode(last, np.repeat(keys, B, axis=1), state, own)
        _numbers(y)
        log_p = y[0] - np.logaddexp.reduce(y[0], axis=-1, keepdims=True)
        scores = log_p + np.array([[score] for _, score in prefixes])
        best = np.argsort(-scores, axis=None, kind="stable")[:width]
        kept = [(k // scores.shape[1], k % scores.shape[1], float(scores.flat[k])) for k in best.tolist()]
        finished += [(prefixes[k][0], score) for k, symbol, score in kept if symbol == EOS]
        going = [(k, symbol, score) for k, symbol, score in kept if symbol != EOS]
        if not going:
            break
        prefixes = [(prefixes[k][0] + [symbol], score) for k, symbol, score in going]
        state = _rows(state, [k for k, _, _ in going])
    else:
        finished += prefixes
    return sorted(finished, key=lambda found: -found[1])[:width]


def _rows(state: Any, rows: list[int]) -> Any:
    """Some rows of every array in a state."""
    return tuple(_rows(s, rows) if isinstance(s, tuple) else s[rows] for s in state)
