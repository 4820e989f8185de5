"""Right solutions of problem set 5."""

import numpy as np

from course.correct import right, ways
from course.model import solution

sigmoid = solution("ps5").sigmoid

FOUR = "np.split(x @ W_x + h @ W_h + b, 4, axis=1)"
ways(
    "ps5",
    "peephole_step",
    ((FOUR, "np.split(np.hstack([x, h]) @ np.vstack([W_x, W_h]) + b, 4, axis=1)"),),
    ((FOUR, "((x @ W_x + h @ W_h + b)[:, k * len(p_f) : (k + 1) * len(p_f)] for k in range(4))"),),
    ((FOUR, "np.moveaxis((x @ W_x + h @ W_h + b).reshape(len(x), 4, -1), 1, 0)"),),
    (("p_f * c)", "c @ np.diag(p_f))"), ("p_i * c)", "c @ np.diag(p_i))")),
    (("p_o * c_new)", "np.einsum('h,bh->bh', p_o, c_new))"),),
    (("sigmoid(a_f + p_f * c)", "1 / (1 + np.exp(-a_f - c * p_f))"),),
    (("np.tanh(c_new), c_new", "(2 * sigmoid(2 * c_new) - 1), c_new"),),
    (
        (
            "return o * np.tanh(c_new), c_new",
            "return [o * np.tanh(c_new), c_new]",
        ),
    ),
    (
        ("f, i, g = ", "a_f, a_i = a_f + np.tile(p_f, (len(c), 1)) * c, a_i + p_i[None] * c\n    f, i, g = "),
        ("a_f + p_f * c)", "a_f)"),
        ("a_i + p_i * c)", "a_i)"),
    ),
)


@right("peephole_step")
def row_by_row(x, h, c, W_x, W_h, b, p_f, p_i, p_o):
    """One sequence at a time."""
    H, hs, cs = h.shape[1], [], []
    for x_k, h_k, c_k in zip(x, h, c):
        a = (x_k @ W_x + h_k @ W_h + b).reshape(4, H)
        c_k = sigmoid(a[0] + p_f * c_k) * c_k + sigmoid(a[1] + p_i * c_k) * np.tanh(a[2])
        hs.append(sigmoid(a[3] + p_o * c_k) * np.tanh(c_k))
        cs.append(c_k)
    return np.array(hs), np.array(cs)


THREE = "np.split(x @ W_x + h @ W_h + b, 3, axis=1)"
KEEP = "f * c + (1 - f) * g"
ways(
    "ps5",
    "coupled_step",
    ((THREE, "np.split(np.hstack([x, h]) @ np.vstack([W_x, W_h]) + b, 3, axis=1)"),),
    ((THREE, "np.moveaxis((x @ W_x + h @ W_h + b).reshape(len(x), 3, -1), 1, 0)"),),
    ((KEEP, "np.tanh(a_g) + f * (c - np.tanh(a_g))"),),
    ((KEEP, "c + (1 - f) * (np.tanh(a_g) - c)"),),
    ((KEEP, "f * c + sigmoid(-a_f) * np.tanh(a_g)"),),
    (("= sigmoid(a_f)", "= 1 / (1 + np.exp(-a_f))"),),
    (("= sigmoid(a_f)", "= 1 - sigmoid(-a_f)"),),
    (("return o * np.tanh(c_new), c_new", "return [np.tanh(c_new) * o, c_new]"),),
    (
        (
            THREE,
            "((x @ W_x + h @ W_h + b)[:, s] for s in (slice(0, len(b) // 3), slice(len(b) // 3, 2 * len(b) // 3), slice(2 * len(b) // 3, None)))",
        ),
    ),
    ((KEEP, "np.where(True, np.average([c, np.tanh(a_g)], axis=0, weights=[f, 1 - f]), 0)"),),
)

GATES = "sigmoid(x @ W_x[:, : 2 * H] + h @ W_h[:, : 2 * H] + b[: 2 * H])"
ways(
    "ps5",
    "gru_step",
    (("z * h + (1 - z) * n", "n + z * (h - n)"),),
    (("z * h + (1 - z) * n", "h + (1 - z) * (n - h)"),),
    ((GATES, "1 / (1 + np.exp(-(x @ W_x[:, : 2 * H] + h @ W_h[:, : 2 * H] + b[: 2 * H])))"),),
    ((GATES, "sigmoid((x @ W_x + h @ W_h + b)[:, : 2 * H])"),),
    (("(r * h) @ W_h[:, 2 * H :]", "np.einsum('bk,bk,kh->bh', r, h, W_h[:, 2 * H :])"),),
    (("x @ W_x[:, 2 * H :]", "(x @ W_x)[:, 2 * H :]"),),
    (("H = h.shape[1]", "H = len(b) // 3"),),
    (("z * h + (1 - z) * n", "np.add(h * z, n * (1 - z))"),),
    (("r, z = gates[:, :H], gates[:, H:]", "r, z = np.hsplit(gates, 2)"),),
)


@right("gru_step")
def separate_matrices(x, h, W_x, W_h, b):
    """Three matrices, in another order."""
    (W_r, W_z, W_n), (U_r, U_z, U_n), (b_r, b_z, b_n) = np.split(W_x, 3, 1), np.split(W_h, 3, 1), np.split(b, 3)
    z = 1 / (1 + np.exp(-(x @ W_z + h @ U_z + b_z)))
    r = 1 / (1 + np.exp(-(x @ W_r + h @ U_r + b_r)))
    return z * h + (1 - z) * np.tanh(x @ W_n + (h * r) @ U_n + b_n)


@right("gru_step")
def gru_row_by_row(x, h, W_x, W_h, b):
    """One sequence at a time."""
    H, new = h.shape[1], h.copy()
    for k in range(len(x)):
        a = x[k] @ W_x + b
        u = h[k] @ W_h
        r, z = sigmoid(a[:H] + u[:H]), sigmoid(a[H : 2 * H] + u[H : 2 * H])
        n = np.tanh(a[2 * H :] + (r * h[k]) @ W_h[:, 2 * H :])
        new[k] = z * h[k] + (1 - z) * n
    return new


ways(
    "ps5",
    "gru_step_back",
    (("dh_new * (1 - z) * (1 - n**2)", "dh_new * (1 - z) * (1 - n) * (1 + n)"),),
    (("r * (1 - r)", "(r - r**2)"), ("z * (1 - z)\n", "(z - z**2)\n")),
    (("da_z = dh_new * (h - n)", "da_z = -dh_new * (n - h)"),),
    (("np.hstack([da_r, da_z, da_n])", "np.concatenate([da_r, da_z, da_n], axis=1)"),),
    (
        (
            "return da @ W_x.T, dh, x.T @ da, dW_h, da.sum(axis=0)",
            "return [da @ W_x.T, dh, x.T @ da, dW_h, np.ones(len(x)) @ da]",
        ),
    ),
    (("da[:, : 2 * H] @ W_h[:, : 2 * H].T", "da_r @ W_h[:, :H].T + da_z @ W_h[:, H : 2 * H].T"),),
    (("np.hstack([h.T @ da[:, : 2 * H], (r * h).T @ da_n])", "np.hstack([h.T @ da_r, h.T @ da_z, (r * h).T @ da_n])"),),
    (("gates = sigmoid(", "gates = 1 / (1 + np.exp(-1 * ("), ("+ b[: 2 * H])\n", "+ b[: 2 * H])))\n")),
    (("da @ W_x.T, dh", "(W_x @ da.T).T, dh"), ("x.T @ da, dW_h", "np.einsum('bd,bh->dh', x, da), dW_h")),
)


@right("gru_step_back")
def four_ways(dh_new, x, h, W_x, W_h, b):
    """The four ways to the old state, each by its name."""
    (W_r, W_z, W_n), (U_r, U_z, U_n), (b_r, b_z, b_n) = np.split(W_x, 3, 1), np.split(W_h, 3, 1), np.split(b, 3)
    r, z = sigmoid(x @ W_r + h @ U_r + b_r), sigmoid(x @ W_z + h @ U_z + b_z)
    n = np.tanh(x @ W_n + (r * h) @ U_n + b_n)
    d_n = (1 - z) * dh_new / np.cosh(np.arctanh(n)) ** 2
    d_z = (h - n) * dh_new * z * (1 - z)
    d_r = h * (d_n @ U_n.T) * r * (1 - r)
    kept, reset = z * dh_new, r * (d_n @ U_n.T)
    dW_x = np.hstack([x.T @ d for d in (d_r, d_z, d_n)])
    dW_h = np.hstack([h.T @ d_r, h.T @ d_z, (r * h).T @ d_n])
    dx = d_r @ W_r.T + d_z @ W_z.T + d_n @ W_n.T
    return dx, kept + reset + d_r @ U_r.T + d_z @ U_z.T, dW_x, dW_h, np.hstack([d.sum(0) for d in (d_r, d_z, d_n)])


@right("gru_step_back")
def sequence_by_sequence(dh_new, x, h, W_x, W_h, b):
    """One sequence at a time, with outer products."""
    H = h.shape[1]
    dx, dh, dW_x, dW_h, db = (np.zeros(a.shape) for a in (x, h, W_x, W_h, b))
    for k in range(len(x)):
        a = x[k] @ W_x + b
        r, z = np.split(sigmoid(a[: 2 * H] + h[k] @ W_h[:, : 2 * H]), 2)
        n = np.tanh(a[2 * H :] + (r * h[k]) @ W_h[:, 2 * H :])
        da_n = dh_new[k] * (1 - z) * (1 - n**2)
        back = W_h[:, 2 * H :] @ da_n
        da = np.concatenate([back * h[k] * r * (1 - r), dh_new[k] * (h[k] - n) * z * (1 - z), da_n])
        dx[k] = W_x @ da
        dh[k] = dh_new[k] * z + back * r + W_h[:, : 2 * H] @ da[: 2 * H]
        dW_x += np.outer(x[k], da)
        dW_h[:, : 2 * H] += np.outer(h[k], da[: 2 * H])
        dW_h[:, 2 * H :] += np.outer(r * h[k], da_n)
        db += da
    return dx, dh, dW_x, dW_h, db
