"""Text as sequences of characters: ids, streams to train on, surprisal in bits, sampling."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.activations import log_softmax, softmax
from rnnbook.arrays import Array
from rnnbook.layers import Model
from rnnbook.layers.stack import must_go_on
from rnnbook.learning.training import Batch


def encode(text: str, alphabet: str) -> Array:
    """The place of each character in the alphabet.

    Parameters
    ----------
    text, alphabet : str

    Returns
    -------
    ndarray of int, shape (T,)

    Raises
    ------
    ValueError
        When characters are not in the alphabet; it names them. Or when one stands in the alphabet twice.

    Examples
    --------
    >>> encode("hello", "ehlo")
    array([1, 0, 2, 2, 3])
    """
    check.instance("text", text, str)
    place = {letter: k for k, letter in enumerate(check.instance("alphabet", alphabet, str))}
    if len(place) < len(alphabet):
        raise ValueError(f"alphabet must hold each character once, it has {len(alphabet) - len(place)} of them again")
    unknown = sorted(set(text) - place.keys())
    if unknown:
        named = ", ".join(map(repr, unknown[:10])) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        raise ValueError(f"text must consist of the {len(alphabet)} characters of alphabet, it has {named}")
    return np.array([place[letter] for letter in text], dtype=int)


def decode(ids: ArrayLike, alphabet: str) -> str:
    """The text of some ids; undoes `encode`.

    Raises
    ------
    ValueError, TypeError
        When ids are not integers between 0 and the size of the alphabet less 1.

    Examples
    --------
    >>> decode([1, 0, 2, 2, 3], "ehlo")
    'hello'
    """
    ids, alphabet = check.vector("ids", ids), check.instance("alphabet", alphabet, str)
    if len(ids) == 0:
        return ""
    return "".join(alphabet[k] for k in check.integers("ids", ids, len(alphabet)))


def windows(ids, batch, length):
    """A text as batches, each of which goes on where the last one stopped.

    The text is cut into `batch` streams that lie side by side; a window of `length` steps
    moves along them, and starts again at the end. With ``fit(..., update=Update(carry=True))`` this is
    truncated backpropagation through time.

    Parameters
    ----------
    ids : ndarray of int, shape (N,)
    batch : int
        B, streams.
    length : int
        T, the steps of a window: how far back gradients go.

    Returns
    -------
    callable
        Each call gives the next `Batch`: ``x (T, B)``, and as ``target (T, B)`` the same a
        step later.

    Raises
    ------
    ValueError
        When the text is too short for one window.

    Examples
    --------
    >>> draw = windows(np.arange(13), batch=2, length=3)
    >>> draw().x.T.tolist(), draw().x.T.tolist(), draw().target.T.tolist()
    ([[0, 1, 2], [6, 7, 8]], [[3, 4, 5], [9, 10, 11]], [[1, 2, 3], [7, 8, 9]])
    """
    B, T = check.positive("batch", batch), check.positive("length", length)
    ids = check.vector("ids", ids)
    count = (len(ids) - 1) // (B * T)
    if count < 1:
        raise ValueError(f"ids must be longer than batch x length = {B * T}, got {len(ids)}")
    x, target = (ids[k : k + B * T * count].reshape(B, -1).T for k in (0, 1))
    k = -1

    def draw():
        nonlocal k
        k = (k + 1) % count
        return Batch(x[k * T : (k + 1) * T].copy(), target[k * T : (k + 1) * T].copy())

    return draw


def surprisal(model: Any, ids: Array, batch: int = 64) -> Array:
    """How much each character of a text surprises a model: ``-log2`` of its probability, in bits.

    Parameters
    ----------
    model : Model or Compiled
        Reads ids; its outputs are logits.
    ids : ndarray of int, shape (N,)
    batch : int, default 64
        The text is cut into that many pieces, read side by side from state zero.

    Returns
    -------
    ndarray, shape (M,)
        Of ``ids[1 : M + 1]``; M is the largest multiple of `batch` below N. Its mean is the
        text's bits per character.

    Raises
    ------
    ValueError
        When the text is not longer than `batch`, an id has no logit, or the model does not answer at every step.

    Examples
    --------
    >>> from rnnbook import RNN, Dense, Embedding, Model
    >>> rng = np.random.default_rng(0)
    >>> model = Model(RNN(2, 3, rng=rng), Dense(3, 4, rng=rng), Embedding(4, 2, rng=rng))
    >>> model.readout.params["W"][:] = 0  # all four characters equally likely
    >>> surprisal(model, np.array([0, 1, 2, 3, 2]), batch=2).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    ids, batch = check.vector("ids", ids), check.positive("batch", batch)
    if len(ids) <= batch:
        raise ValueError(f"ids must be longer than batch = {batch}, got {len(ids)}")
    if not callable(model) or isinstance(model, type):
        raise TypeError(f"model must be a Model, got {type(model).__name__}")
    x, target, _, _ = windows(ids, batch, (len(ids) - 1) // batch)()
    log_p = log_softmax(check.shaped("model's outputs", model(x), (*x.shape, None), "(T, B, K)"))
    check.integers("ids", ids, log_p.shape[-1], "K - 1 = ")
    return -np.take_along_axis(log_p, target[..., None], axis=-1)[..., 0].T.ravel() / math.log(2)


def probabilities(
    logits: ArrayLike, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Array:
    """The distribution from which the next character is drawn.

    Parameters
    ----------
    logits : ndarray, shape (..., K)
    temperature : float, default 1
        Divides the logits. Towards 0 the likeliest character wins always.
    top_k : int, optional
        Keep the `top_k` likeliest (Fan et al. 2018); of those that are equally likely, the first.
    top_p : float, optional
        Keep the fewest that together have at least this probability: the nucleus (Holtzman et
        al. 2020); of those that are equally likely, the first.

    Returns
    -------
    ndarray, shape (..., K)
        What is kept, scaled to sum to one.

    Raises
    ------
    ValueError, TypeError
        When an option is out of its range, or a logit is not a number. A logit may be -inf, not all of them.

    Examples
    --------
    >>> logits = np.log([0.5, 0.3, 0.15, 0.05])
    >>> probabilities(logits, top_k=2).round(3)
    array([0.625, 0.375, 0.   , 0.   ])
    >>> probabilities(logits, top_p=0.9).round(3)
    array([0.526, 0.316, 0.158, 0.   ])
    >>> probabilities(logits, temperature=0.5).round(3)
    array([0.685, 0.247, 0.062, 0.007])
    """
    logits = check.floating("logits", logits, "f")
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., K) with K at least 1, got {logits.shape}")
    most = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(most).all():
        raise ValueError("logits must be numbers, below infinity and not all -inf")
    check.positive_real("temperature", temperature)
    gaps = logits - most
    with np.errstate(all="ignore"):  # at a tiny temperature or a huge one
        p = softmax(np.where((gaps == 0) | np.isinf(gaps), gaps, gaps / float(temperature)))
    likeliest = np.argsort(-logits, axis=-1, kind="stable")
    falling = np.take_along_axis(p, likeliest, axis=-1)
    keep = np.ones(p.shape, bool)
    if top_k is not None:
        keep[..., check.positive("top_k", top_k) :] = False
    if top_p is not None:
        if not 0 < check.scalar("top_p", top_p) <= 1:
            raise ValueError(f"top_p must lie in (0, 1], got {top_p}")
        before = np.cumsum(falling, axis=-1, dtype=float) - falling  # the probability of everything likelier
        keep &= (before < top_p) | (top_p == 1)
    np.put_along_axis(p, likeliest, np.where(keep, falling, 0), axis=-1)
    return p / p.sum(axis=-1, keepdims=True)


def generate(model: Model, prompt: Array, length: int, rng: np.random.Generator, **options: Any) -> Array:
    """Let a model write: draw a character, feed it back, again and again.

    Parameters
    ----------
    model : Model
        Reads ids; its outputs are logits.
    prompt : ndarray of int, shape (T,) or (T, B)
        What the model reads first, at least one step; B texts at once.
    length : int
        Characters to write.
    rng : numpy.random.Generator
    **options
        Of `probabilities`.

    Returns
    -------
    ndarray of int, shape (length,) or (length, B)

    Raises
    ------
    ValueError, TypeError
        When the prompt is empty or has other ids, an argument is of the wrong type, the model pools or carries no
        state forward in time, or what it gives is not a number.

    Examples
    --------
    >>> from rnnbook import RNN, Dense, Embedding, Model
    >>> rng = np.random.default_rng(0)
    >>> model = Model(RNN(2, 3, rng=rng), Dense(3, 4, rng=rng), Embedding(4, 2, rng=rng))
    >>> generate(model, np.array([0, 1]), 5, rng).shape
    (5,)
    """
    check.positive("length", length)
    check.generator("rng", rng)
    check.instance("model", model, Model)
    if model.embedding is None:
        raise ValueError("model must read ids, it has no embedding")
    if model.pool is not None:
        raise ValueError(f"model must answer at every step, it has pool={model.pool!r}")
    must_go_on(model)
    prompt = check.integers("prompt", prompt, model.embedding.input_size)
    if prompt.ndim not in (1, 2) or len(prompt) == 0:
        raise ValueError(f"prompt must have shape (T,) or (T, B) with T at least 1, got {prompt.shape}")
    logits, state = model.forward(prompt.reshape(len(prompt), -1))
    written = []
    for _ in range(length):
        p = probabilities(logits[-1], **options)
        p = np.cumsum(p, axis=-1)
        drawn = (rng.random((len(p), 1)) * p[:, -1:] >= p).sum(axis=-1)
        written.append(drawn)
        logits, state = model.forward(drawn[None], state)
    return np.array(written).reshape(length, *prompt.shape[1:])
