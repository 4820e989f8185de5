"""Right solutions of problem set 4."""

import numpy as np

from course.correct import right, ways
from course.model import solution

lstm_step, lstm_forward, lstm_step_back = (
    getattr(solution("ps4"), name) for name in ("lstm_step", "lstm_forward", "lstm_step_back")
)
sigmoid = solution("ps4").sigmoid

BIAS = "np.log(f / (1 - f))"
ways(
    "ps4",
    "forget_bias",
    ((BIAS, "np.log(f) - np.log(1 - f)"),),
    ((BIAS, "-np.log(1 / f - 1)"),),
    ((BIAS, "2 * np.arctanh(2 * f - 1)"),),
    ((BIAS, "-np.log((1 - f) / f)"),),
    ((BIAS, "-np.log(2 ** (1 / steps) - 1)"),),
    ((BIAS, "-np.log(np.expm1(np.log(2) / steps))"),),
    ((BIAS, "float(np.log(f / (1 - f)))"),),
    (("0.5 ** (1 / steps)", "np.exp(-np.log(2) / steps)"),),
    (("0.5 ** (1 / steps)", "np.power(2.0, -1 / steps)"),),
    ((BIAS, "np.log(f / (1 - f)) * np.ones(())"),),
)

SPLIT = "np.split(x @ W_x + h @ W_h + b, 4, axis=1)"
NAMES = "a_f, a_i, a_g, a_o = "
NEW = "f * c + i * g"
ways(
    "ps4",
    "lstm_step",
    ((SPLIT, "((x @ W_x + h @ W_h + b)[:, k * len(b) // 4 : (k + 1) * len(b) // 4] for k in range(4))"),),
    ((SPLIT, "np.split(np.hstack([x, h]) @ np.vstack([W_x, W_h]) + b, 4, axis=1)"),),
    # another order of the gates inside
    (
        (
            NAMES + SPLIT,
            "I = np.arange(len(b)).reshape(4, -1)[[1, 0, 3, 2]].ravel()\n    a = x @ W_x[:, I] + h @ W_h[:, I] + b[I]\n    a_i, a_f, a_o, a_g = np.split(a, 4, axis=1)",
        ),
    ),
    ((SPLIT, "(x @ W + h @ U + v for W, U, v in zip(np.split(W_x, 4, 1), np.split(W_h, 4, 1), np.split(b, 4)))"),),
    ((SPLIT, "np.moveaxis((x @ W_x + h @ W_h + b).reshape(len(x), 4, -1), 1, 0)"),),
    ((NEW, "c / (1 + np.exp(-a_f)) + np.tanh(a_g) / (1 + np.exp(-a_i))"),),
    ((NEW, "np.add(np.multiply(sigmoid(a_f), c), np.multiply(sigmoid(a_i), np.tanh(a_g)))"),),
    (("o * np.tanh(c_new), c_new", "[o * np.tanh(c_new), c_new]"),),
    (("np.tanh(c_new), c_new", "(2 * sigmoid(2 * c_new) - 1), c_new"),),
    ((NEW, "sum([sigmoid(a_f) * c, sigmoid(a_i) * (1 - 2 / (np.exp(2 * a_g) + 1))])"),),
)


@right("lstm_step")
def row_by_row(x, h, c, W_x, W_h, b):
    """One sequence at a time."""
    h_new, c_new, H = np.zeros(h.shape), np.zeros(c.shape), h.shape[1]
    for k in range(len(x)):
        a = x[k] @ W_x + h[k] @ W_h + b
        s = 1 / (1 + np.exp(-a))
        c_new[k] = s[:H] * c[k] + s[H : 2 * H] * np.tanh(a[2 * H : 3 * H])
        h_new[k] = s[3 * H :] * np.tanh(c_new[k])
    return h_new, c_new


CALL = "lstm_step(x_t, h, c, W_x, W_h, b)"
ways(
    "ps4",
    "lstm_forward",
    (("np.array(hs), np.array(cs)", "np.stack(hs), np.stack(cs)"),),
    (("np.array(hs), np.array(cs)", "hs, cs"),),
    (("for x_t in x:", "for t in range(len(x)):\n        x_t = x[t]"),),
    (("np.array(hs), np.array(cs)", "[np.array(hs), np.array(cs)]"),),
    (("hs.append(h)", "hs += [h]"), ("cs.append(c)", "cs += [c]")),
    ((f"h, c = {CALL}", f"state = {CALL}\n        h, c = state[0], state[1]"),),
    (("hs, cs, h, c = [], [], h0, c0", "hs, cs, h, c = [], [], h0.copy(), c0.copy()"),),
)


@right("lstm_forward")
def filled_in(x, h0, c0, W_x, W_h, b):
    """Into arrays that are there."""
    states = np.empty((2, len(x) + 1, *h0.shape))
    states[:, 0] = h0, c0
    for t in range(len(x)):
        states[:, t + 1] = lstm_step(x[t], *states[:, t], W_x, W_h, b)
    return states[0, 1:], states[1, 1:]


@right("lstm_forward")
def written_out(x, h0, c0, W_x, W_h, b):
    """Without the step, and with all products of the inputs taken first."""
    H, h, c, hs, cs = h0.shape[1], h0, c0, [], []
    for a_x in x @ W_x + b:
        a = a_x + h @ W_h
        f, i, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
        c = f * c + i * np.tanh(a[:, 2 * H : 3 * H])
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
    return np.array(hs), np.array(cs)


@right("lstm_forward")
def accumulated(x, h0, c0, W_x, W_h, b):
    """With the standard library's tool for it."""
    from itertools import accumulate

    states = accumulate(x, lambda s, x_t: lstm_step(x_t, *s, W_x, W_h, b), initial=(h0, c0))
    hs, cs = zip(*list(states)[1:])
    return np.array(hs), np.array(cs)


LAST = "da @ W_x.T, da @ W_h.T, dc_all * f, x.T @ da, h.T @ da, da.sum(axis=0)"
ways(
    "ps4",
    "lstm_step_back",
    (("f * (1 - f)", "(f - f**2)"), ("i * (1 - i)", "(i - i**2)"), ("o * (1 - o)", "(o - o**2)")),
    (("* (1 - tanh_c**2)", "/ np.cosh(f * c + i * g) ** 2"),),
    (("dc_new + dh_new * o * (1 - tanh_c**2)", "dh_new * o * (1 - tanh_c) * (1 + tanh_c) + dc_new"),),
    (("np.hstack([da_f, da_i, da_g, da_o])", "np.concatenate((da_f, da_i, da_g, da_o), axis=1)"),),
    (
        (
            LAST,
            "np.dot(da, W_x.T), np.dot(da, W_h.T), f * dc_all, np.dot(x.T, da), np.dot(h.T, da), np.ones(len(x)) @ da",
        ),
    ),
    ((LAST, "(W_x @ da.T).T, (W_h @ da.T).T, dc_all * f, (da.T @ x).T, (da.T @ h).T, sum(da)"),),
    ((LAST, "[da @ W_x.T, da @ W_h.T, dc_all * f, x.T @ da, h.T @ da, da.sum(axis=0)]"),),
    (
        (
            LAST,
            "da @ W_x.T, da @ W_h.T, dc_all * f, np.einsum('bi,bj->ij', x, da), np.einsum('bi,bj->ij', h, da), da.sum(0)",
        ),
    ),
    (("dh_new * o * (1 - tanh_c**2)", "o * (dh_new - dh_new * tanh_c * tanh_c)"),),
    (("dc_all * i * (1 - g**2)", "dc_all * i * (1 - g) * (1 + g)"),),
)


@right("lstm_step_back")
def block_by_block(dh_new, dc_new, x, h, c, W_x, W_h, b):
    """One gate after the other, in another order."""
    H = h.shape[1]
    cut = {name: slice(k * H, (k + 1) * H) for k, name in enumerate("figo")}
    a = {name: x @ W_x[:, s] + h @ W_h[:, s] + b[s] for name, s in cut.items()}
    v = {name: np.tanh(a[name]) if name == "g" else 1 / (1 + np.exp(-a[name])) for name in "ogif"}
    c_new = v["f"] * c + v["i"] * v["g"]
    through = dc_new + dh_new * v["o"] / np.cosh(c_new) ** 2
    d = {"o": dh_new * np.tanh(c_new), "f": through * c, "i": through * v["g"], "g": through * v["i"]}
    dx, dh = np.zeros_like(x), np.zeros_like(h)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
    for name, s in cut.items():
        da = d[name] * (1 - v[name] ** 2 if name == "g" else v[name] * (1 - v[name]))
        dx += da @ W_x[:, s].T
        dh += da @ W_h[:, s].T
        dW_x[:, s], dW_h[:, s], db[s] = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, through * v["f"], dW_x, dW_h, db


ADD = "dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t"
ways(
    "ps4",
    "lstm_backward",
    ((ADD, "dW_x += dW_x_t\n        dW_h += dW_h_t\n        db += db_t"),),
    (("reversed(range(len(x)))", "range(len(x) - 1, -1, -1)"),),
    (("(hs[t - 1], cs[t - 1]) if t else (h0, c0)", "((h0, c0) if t == 0 else (hs[t - 1], cs[t - 1]))"),),
    (("dh + dhs[t]", "dhs[t] + dh"),),
    (
        (
            "hs, cs = lstm_forward(x, h0, c0, W_x, W_h, b)",
            "hs, cs = map(np.asarray, lstm_forward(x, h0, c0, W_x, W_h, b))",
        ),
    ),
    (("return dx, dh, dc, dW_x, dW_h, db", "return [dx, dh, dc, dW_x, dW_h, db]"),),
    (("np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(b.shape)", "0, 0, 0"),),
    (("reversed(range(len(x)))", "np.arange(len(x))[::-1]"),),
)


@right("lstm_backward")
def own_tape(dhs, x, h0, c0, W_x, W_h, b):
    """Keeps the states on the way forward."""
    tape, h, c = [], h0, c0
    for x_t in x:
        tape.append((x_t, h, c))
        h, c = lstm_step(x_t, h, c, W_x, W_h, b)
    dh, dc, dx, total = np.zeros(h0.shape), np.zeros(c0.shape), [], [0, 0, 0]
    for d, (x_t, h, c) in zip(dhs[::-1], tape[::-1]):
        dx_t, dh, dc, *parts = lstm_step_back(d + dh, dc, x_t, h, c, W_x, W_h, b)
        dx.append(dx_t)
        total = [u + v for u, v in zip(total, parts)]
    return (np.array(dx[::-1]), dh, dc, *total)


@right("lstm_backward")
def checkpointed(dhs, x, h0, c0, W_x, W_h, b):
    """Keeps nothing and runs forward again for every step."""
    dh, dc, dx = 0 * h0, 0 * c0, np.zeros(x.shape)
    dW_x, dW_h, db = 0 * W_x, 0 * W_h, 0 * b
    for t in range(len(x))[::-1]:
        h, c = h0, c0
        for s in range(t):
            h, c = lstm_step(x[s], h, c, W_x, W_h, b)
        dx[t], dh, dc, p, q, r = lstm_step_back(dhs[t] + dh, dc, x[t], h, c, W_x, W_h, b)
        dW_x, dW_h, db = dW_x + p, dW_h + q, db + r
    return dx, dh, dc, dW_x, dW_h, db
