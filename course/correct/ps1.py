"""Right solutions of problem set 1."""

import numpy as np

from course.correct import right, ways

SUM = "x @ W_x + h @ W_h + b"
ways(
    "ps1",
    "rnn_step",
    ((SUM, "np.hstack([x, h]) @ np.vstack([W_x, W_h]) + b"),),
    ((SUM, "b + np.dot(h, W_h) + np.dot(x, W_x)"),),
    ((SUM, "(W_x.T @ x.T + W_h.T @ h.T + b[:, None]).T"),),
    ((SUM, "np.einsum('bd,dh->bh', x, W_x) + np.einsum('bk,kh->bh', h, W_h) + b"),),
    ((f"np.tanh({SUM})", f"2 / (1 + np.exp(-2 * ({SUM}))) - 1"),),
    ((f"return np.tanh({SUM})", f"up = np.exp({SUM})\n    return (up - 1 / up) / (up + 1 / up)"),),
    ((f"np.tanh({SUM})", f"np.tanh({SUM}).tolist()"),),
    ((SUM, "(x[:, :, None] * W_x).sum(axis=1) + (h[:, :, None] * W_h).sum(axis=1) + b"),),
    ((SUM, "np.hstack([x, h, np.ones((len(x), 1))]) @ np.vstack([W_x, W_h, b])"),),
)


@right("rnn_step")
def row_by_row(x, h, W_x, W_h, b):
    """One sequence at a time."""
    new = np.empty_like(h)
    for k in range(len(x)):
        new[k] = np.tanh(x[k] @ W_x + h[k] @ W_h + b)
    return new


@right("rnn_step")
def number_by_number(x, h, W_x, W_h, b):
    """As on paper, without arrays."""
    import math

    new = []
    for x_row, h_row in zip(x, h):
        row = []
        for j in range(len(b)):
            a = b[j] + sum(u * w for u, w in zip(x_row, W_x[:, j])) + sum(u * w for u, w in zip(h_row, W_h[:, j]))
            row.append(math.tanh(a))
        new.append(row)
    return np.array(new)


ways(
    "ps1",
    "rnn_forward",
    (("np.array(hs)", "np.stack(hs)"),),
    (("np.array(hs)", "hs"),),
    (("for x_t in x:", "for t in range(x.shape[0]):\n        x_t = x[t]"),),
    (("hs.append(h)", "hs = [*hs, h]"),),
    (("rnn_step(x_t, h, W_x, W_h, b)", "np.tanh(x_t @ W_x + h @ W_h + b)"),),
    (
        ("hs, h = [], h0\n", "hs, h = [], h0\n    x = x @ W_x + b\n"),
        ("rnn_step(x_t, h, W_x, W_h, b)", "np.tanh(x_t + h @ W_h)"),
    ),
    (("np.array(hs)", "np.concatenate([[h] for h in hs])"),),
)


@right("rnn_forward")
def filled_in(x, h0, W_x, W_h, b):
    """An array for all, with the first state in front."""
    hs = np.empty((len(x) + 1, *h0.shape))
    hs[0] = h0
    for t in range(len(x)):
        hs[t + 1] = np.tanh(x[t] @ W_x + hs[t] @ W_h + b)
    return hs[1:]


@right("rnn_forward")
def recursive(x, h0, W_x, W_h, b):
    """The states of a sequence are those of all but its last step, and one more."""
    if len(x) == 0:
        return np.empty((0, *h0.shape))
    before = rnn_forward(x[:-1], h0, W_x, W_h, b)  # noqa: F821  its own name in the notebook
    last = before[-1] if len(before) else h0
    return np.concatenate([before, [np.tanh(x[-1] @ W_x + last @ W_h + b)]])


@right("rnn_forward")
def accumulated(x, h0, W_x, W_h, b):
    """With the standard library's tool for it."""
    from itertools import accumulate

    return np.array(list(accumulate(x, lambda h, x_t: np.tanh(x_t @ W_x + h @ W_h + b), initial=h0))[1:])


@right("rnn_forward")
def sequence_by_sequence(x, h0, W_x, W_h, b):
    """One sequence after the other."""
    hs = np.zeros((len(x), *h0.shape))
    for k in range(x.shape[1]):
        h = h0[k]
        for t in range(len(x)):
            h = np.tanh(x[t, k] @ W_x + h @ W_h + b)
            hs[t, k] = h
    return hs


ways(
    "ps1",
    "rnn_forward_padded",
    (("(t < lengths)[:, None]", "(lengths > t).reshape(-1, 1)"),),
    (
        (
            "np.where(running, rnn_step(x_t, h, W_x, W_h, b), h)",
            "running * rnn_step(x_t, h, W_x, W_h, b) + (1 - running) * h",
        ),
    ),
    (("np.where(running, rnn_step(x_t, h, W_x, W_h, b), h)", "np.where(~running, h, rnn_step(x_t, h, W_x, W_h, b))"),),
    (("np.array(hs), h", "(np.stack(hs), hs[-1])"),),
    (("np.array(hs), h", "[np.array(hs), h]"),),
    (("rnn_step(x_t, h, W_x, W_h, b)", "np.tanh(x_t @ W_x + h @ W_h + b)"),),
    (
        ("hs, h = [], h0", "hs, h = [], h0.copy()"),
        (
            "h = np.where(running, rnn_step(x_t, h, W_x, W_h, b), h)",
            "h = h + running * (rnn_step(x_t, h, W_x, W_h, b) - h)",
        ),
    ),
)


@right("rnn_forward_padded")
def frozen_rows(x, lengths, h0, W_x, W_h, b):
    """Only the rows that go on are touched."""
    h, hs = h0.copy(), np.zeros((len(x), *h0.shape))
    for t in range(len(x)):
        on = lengths > t
        h[on] = np.tanh(x[t, on] @ W_x + h[on] @ W_h + b)
        hs[t] = h
    return hs, h


@right("rnn_forward_padded")
def each_to_its_end(x, lengths, h0, W_x, W_h, b):
    """One sequence at a time, as long as it is; then its last state for the rest."""
    hs = np.repeat(h0[None], len(x), axis=0)
    last = h0.copy()
    for k, n in enumerate(lengths):
        h = h0[k]
        for t in range(n):
            h = np.tanh(x[t, k] @ W_x + h @ W_h + b)
            hs[t, k] = h
        hs[n:, k] = h
        last[k] = h
    return hs, last


@right("rnn_forward_padded")
def run_then_pick(x, lengths, h0, W_x, W_h, b):
    """Run on through the padding, then put back what it spoiled."""
    hs, h = [h0], h0
    for x_t in x:
        h = np.tanh(x_t @ W_x + h @ W_h + b)
        hs.append(h)
    hs = np.array(hs)
    steps = np.minimum(np.arange(1, len(x) + 1)[:, None], lengths)
    out = hs[steps, np.arange(len(lengths))]
    return out, out[-1]


ways(
    "ps1",
    "delay_weights",
    (("0.02", "1e-3"),),
    (("0.02", "0.04"),),
    (("0.02", "-0.01"),),
    (
        ("W_h[unit, unit + 1] = 1", "W_h[unit, unit + 1] = -1"),
        ("w_y[delay] = 1 / small", "w_y[delay] = (-1) ** delay / small"),
    ),
    (("np.zeros(H), w_y", "[0.0] * H, w_y"),),
    (("0.02", "0.03"),),
    (("H, small = delay + 1, 0.02", "H, small = delay + 3, 0.02"),),
    (("for unit in range(delay):\n        W_h[unit, unit + 1] = 1", "W_h += np.eye(H, k=1)"),),
)


@right("delay_weights")
def from_the_other_end(delay):
    """The input enters at the last unit and moves down."""
    H = delay + 1
    W_x, w_y = np.zeros((1, H)), np.zeros(H)
    W_x[0, -1], w_y[0] = 0.01, 100
    return W_x, np.eye(H, k=-1), np.zeros(H), w_y


@right("delay_weights")
def growing(delay):
    """Each step a little larger, to make good what tanh takes."""
    H = delay + 1
    return np.eye(1, H) * 0.005, 1.5 * np.eye(H, k=1), np.zeros(H), np.eye(H)[delay] / (0.005 * 1.5**delay)


@right("delay_weights")
def mixed_units(delay):
    """The same memory in other coordinates: an orthogonal change of the units, small enough for tanh."""
    H = delay + 1
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(H, H)))[0]
    return 0.005 * np.eye(1, H) @ Q, Q.T @ np.eye(H, k=1) @ Q, np.zeros(H), Q.T @ np.eye(H)[delay] / 0.005
