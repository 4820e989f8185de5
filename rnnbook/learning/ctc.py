"""Labels without an alignment: connectionist temporal classification (Graves et al. 2006).

A network says at each of T frames how likely each of K labels is, label 0 being the *blank*,
"nothing new here". A path is one label a frame; repeated labels count once, and blanks are struck
out: ``aa--ab`` and ``a-abbb`` both say ``aab`` (with ``-`` for the blank). A labelling is as
likely as all of its paths together.
"""

from collections import defaultdict
from itertools import groupby
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.activations import log_softmax, softmax
from rnnbook.arrays import Array, as_float, is_concrete, namespace, recurrence

BLANK = 0


def ctc(logits: Any, labels: Any, mask: Any = None) -> tuple[float, Array]:
    """Mean negative log-probability of labellings, in nats.

    Parameters
    ----------
    logits : ndarray, shape (T, B, K)
    labels : ndarray of int, shape (L, B)
        From 1 to ``K - 1``; behind the end of a shorter labelling stands 0.
    mask : ndarray, shape (T, B), optional
        1 for the frames of a sequence, 0 behind its end; all by default. A frame that is left out elsewhere counts
        as not being there; what it holds does not matter.

    Returns
    -------
    value : float
        Infinite where the logits make a labelling impossible.
    dlogits : ndarray, shape (T, B, K)
        ``(p - q) / B``: how likely each label is at each frame, less how likely it is there on the paths of the
        labelling. Of the dtype of the logits.

    Raises
    ------
    ValueError, TypeError
        When shapes do not fit or are empty, labels are no integers in range or follow a 0, or a sequence has fewer
        frames than its labels need. While JAX traces, numbers cannot be looked at: the value is then not finite.

    Notes
    -----
    The forward and backward variables α and β of Graves et al. 2006 (but β leaves out its own frame), as logarithms
    and, whatever the dtype of the logits, in float64: they grow with T, and a probability is the exponential of a
    difference of them.

    Examples
    --------
    Two frames, the label 1, and all labels equally likely: three of four paths say it.

    >>> value, _ = ctc(np.zeros((2, 1, 2)), np.array([[1]]))
    >>> round(float(np.exp(-value)), 6)
    0.75
    """
    logits = check.shaped("logits", check.floating("logits", logits, "f"), (None, None, None), "(T, B, K)")
    (T, B, K), xp = logits.shape, namespace(logits)
    if 0 in logits.shape:
        raise ValueError(f"logits must hold at least one frame, sequence and label, got shape {logits.shape}")
    labels = check.integers("labels", labels, K, "K - 1 = ")
    if labels.ndim != 2 or labels.shape[1] != B:
        raise ValueError(f"labels must have shape (L, B) = (any, {B}), got {labels.shape}")
    alive = xp.ones((T, B), bool) if mask is None else xp.asarray(check.mask(mask, T, B)) > 0
    _can_be_said(labels, alive)
    logits = xp.where(alive[..., None], logits, 0)

    # blanks around and between the labels: 0 a 0 b 0
    states = xp.stack([xp.zeros_like(labels), labels], axis=1).reshape(-1, B)
    states = xp.concatenate([states, xp.zeros((1, B), states.dtype)])
    # from a label to the next without a blank between, if it is another
    differs = (states[2:] != BLANK) & (states[2:] != states[:-2])
    skips = xp.concatenate([xp.zeros((2, B), bool), differs])[: len(states)]
    # at the end on the last label, or on a blank behind it
    s, last = np.arange(len(states))[:, None], 2 * (labels != BLANK).sum(axis=0)
    end = xp.where((s == last) | (s == last - 1), 0.0, -np.inf)

    chosen = xp.broadcast_to(states.T, (T, B, len(states)))
    emitted = xp.take_along_axis(log_softmax(logits.astype(end.dtype)), chosen, axis=2).swapaxes(1, 2)

    def onward(before: Array, emitted: Array, alive: Array) -> Array:
        jump = xp.where(skips, _moved(xp, before, 2), -np.inf)
        now = emitted + _sum(xp, before, _moved(xp, before, 1), jump)
        return xp.where(alive, now, before)

    def back(beta: Array, emitted: Array, alive: Array) -> Array:
        after = beta + emitted
        jump = _moved(xp, xp.where(skips, after, -np.inf), -2)
        now = _sum(xp, after, _moved(xp, after, -1), jump)
        return xp.where(alive, now, beta)

    # before the first frame nothing was said
    first = xp.where(xp.where(alive[0], s < 2, s == 0), xp.where(alive[0], emitted[0], 0), -np.inf)
    alpha = recurrence(onward, first, emitted[1:], alive[1:])
    beta = recurrence(back, end, emitted[:0:-1], alive[:0:-1])[::-1]
    total = _log_sum(xp, alpha[-1] + end)
    total = xp.where(_holes(labels).any(axis=0), np.nan, total)
    on_path = xp.exp(alpha + beta - total)  # (T, S, B)
    one_hot = (states[..., None] == np.arange(K)).astype(end.dtype)
    q = xp.einsum("tsb,sbk->tbk", on_path, one_hot)
    dlogits = xp.where(alive[..., None], softmax(logits) - q, 0) / B
    return as_float(-total.mean()), dlogits.astype(logits.dtype, copy=False)


def greedy_decode(logits: Any, mask: Any = None) -> list[list[int]]:
    """The labelling of the likeliest path; of labels that are equally likely, the first.

    Parameters
    ----------
    logits : ndarray, shape (T, B, K)
    mask : ndarray, shape (T, B), optional
        As for `ctc`.

    Returns
    -------
    list of list of int
        One labelling a sequence.

    Raises
    ------
    ValueError, TypeError
        When shapes do not fit, or a logit of a frame that counts is not a number.

    Examples
    --------
    >>> path = [1, 1, 0, 1, 2]
    >>> greedy_decode(np.eye(3)[path][:, None])
    [[1, 1, 2]]
    """
    logits = check.shaped("logits", check.floating("logits", logits, "f"), (None, None, None), "(T, B, K)")
    T, B, _ = logits.shape
    alive = np.ones((T, B), bool) if mask is None else check.mask(mask, T, B) > 0
    _comparable(np.where(alive[..., None], logits, 0))
    paths = logits.argmax(axis=-1)
    return [[k for k, _ in groupby(paths[alive[:, b], b].tolist()) if k != BLANK] for b in range(B)]


def beam_search(logits: Any, width: int) -> tuple[list[int], float]:
    """The labelling that is likeliest with all its paths, as far as a beam of prefixes sees.

    Of labellings that are equally likely it returns the one it met first.

    Parameters
    ----------
    logits : ndarray, shape (T, K)
        Of one sequence.
    width : int
        How many prefixes are kept at each frame.

    Returns
    -------
    labels : list of int
    log_probability : float
        Of the paths that were followed, in nats: at most that of the labelling.

    Raises
    ------
    ValueError, TypeError
        When the shape does not fit, a logit is not a number, or `width` is no positive integer.

    Notes
    -----
    Each prefix has two probabilities, of its paths that end with a blank and of those that do not: only
    behind a blank does a label that is repeated count again (Graves & Jaitly 2014, algorithm 1, without a language
    model).

    Examples
    --------
    The likeliest path is all blanks, the likeliest labelling is not.

    >>> labels, _ = beam_search(np.log([[0.6, 0.4], [0.6, 0.4]]), width=3)
    >>> greedy_decode(np.log([[[0.6, 0.4]], [[0.6, 0.4]]])), labels
    ([[]], [1])
    """
    logits = check.shaped("logits", check.floating("logits", logits, "f"), (None, None), "(T, K)").astype(
        np.float64, copy=False
    )
    _comparable(logits)
    width = check.positive("width", width)
    # by prefix: log-probabilities of ending with a blank, and with a label
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for frame in log_softmax(logits):
        grown: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [-np.inf, -np.inf])
        for labels, (blank, label) in beam.items():
            either = np.logaddexp(blank, label)
            ways = [(labels, 0, either + frame[BLANK])]
            if labels:
                ways.append((labels, 1, label + frame[labels[-1]]))
            for k in range(1, len(frame)):
                ways.append(((*labels, k), 1, frame[k] + (blank if labels and labels[-1] == k else either)))
            for longer, kind, value in ways:
                grown[longer][kind] = np.logaddexp(grown[longer][kind], value)
        best = sorted(grown, key=lambda labels: -np.logaddexp(grown[labels][0], grown[labels][1]))[:width]
        beam = {labels: (grown[labels][0], grown[labels][1]) for labels in best}
    labels, (blank, label) = next(iter(beam.items()))
    return list(labels), float(np.logaddexp(blank, label))


def _sum(xp: Any, a: Array, b: Array, c: Array) -> Any:
    """The sum of three probabilities that are logarithms."""
    return xp.logaddexp(xp.logaddexp(a, b), c)


def _log_sum(xp: Any, a: Array) -> Array:
    """The sum of probabilities that are logarithms, over the first axis."""
    most = a.max(axis=0)
    most = xp.where(most == -np.inf, 0, most)
    total: Array = xp.exp(a - most).sum(axis=0)
    nothing = total == 0
    return xp.where(nothing, -np.inf, most + xp.log(xp.where(nothing, 1, total)))


def _moved(xp: Any, a: Array, n: int) -> Any:
    """`a` moved along its first axis by `n` places, with nothing where nothing was."""
    nothing = xp.full((min(abs(n), len(a)), a.shape[1]), -np.inf, a.dtype)
    return xp.concatenate([nothing, a[:-n]] if n > 0 else [a[-n:], nothing])[: len(a)]


def _holes(labels: Array) -> Array:
    """Where a blank stands before a label."""
    return (labels[1:] != BLANK) & (labels[:-1] == BLANK)


def _can_be_said(labels: Array, alive: Array) -> None:
    """A ValueError where a labelling has a hole, or is longer than its frames allow.

    It takes a frame a label, and one between equal ones.
    """
    if not (is_concrete(labels) and is_concrete(alive)):
        return
    for place, b in np.argwhere(_holes(labels))[:1].tolist():
        found = labels[place + 1, b]
        raise ValueError(f"labels must stand before all zeros, those of sequence {b} have {found} behind a 0")
    needed = (labels != BLANK).sum(axis=0) + ((labels[1:] == labels[:-1]) & (labels[1:] != BLANK)).sum(axis=0)
    for b, (n, m) in enumerate(zip(needed, alive.sum(axis=0), strict=True)):
        if n > m:
            raise ValueError(f"labels of sequence {b} need at least {n} frames, it has {m}")


def _comparable(logits: Array) -> None:
    """A ValueError where the likeliest label cannot be told."""
    if logits.shape[-1] == 0:
        raise ValueError(f"logits must hold at least one label, got shape {logits.shape}")
    if np.isnan(logits).any() or (logits.max(axis=-1) == -np.inf).any() or (logits == np.inf).any():
        raise ValueError("logits must be numbers, at least one a frame above -inf and none inf")
