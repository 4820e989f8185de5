"""Right solutions of problem set 7: each of its three papers in ten ways."""

import numpy as np

from course import model
from course.correct import RIGHT, right, ways
from course.papers import DIFFERENCES

sigmoid = model.solution("ps7").sigmoid
# the k-th of these names draws the k-th paper, so that thirty of them meet ten solutions of each
NAMES: dict[str, list] = {paper: [] for paper in DIFFERENCES}
for number in range(200):
    NAMES[model.solution("ps7").draw(f"student {number}")].append(f"student {number}")
RIGHT.setdefault("ps7", {})["name"] = [
    f'def name():\n    return "{NAMES[paper][k]}"\n' for k in range(10) for paper in DIFFERENCES
]
KNOWN = "{'mgu': (1, 3, 5), 'mut1': (2, 3, 5), 'lstm97': (1, 3, 4)}[draw(name())]"
ways(
    "ps7",
    "differences",
    *(
        (("[1, 3, 4]", way.format(KNOWN)),)
        for way in ("{}", "list({})", "sorted({})", "{}[::-1]", "np.array({})", "[float(n) for n in {}]")
    ),
    *((("[1, 3, 4]", way.format(KNOWN)),) for way in ("tuple({})", "[*{}]", "np.array({}, float)", "list({})[::-1]")),
)

GATE, CANDIDATE = "np.hstack([h, x]) @ W_f.T", "np.hstack([f * h, x]) @ W_h.T"
ways(
    "ps7",
    "mgu_step",
    ((GATE, "(W_f @ np.vstack([h.T, x.T])).T"),),
    ((GATE, "(h @ W_f[:, : h.shape[1]].T + x @ W_f[:, h.shape[1] :].T)"),),
    ((CANDIDATE, "(f * h) @ W_h[:, : h.shape[1]].T + x @ W_h[:, h.shape[1] :].T"),),
    ((CANDIDATE, "np.concatenate([h * f, x], axis=1) @ np.transpose(W_h)"),),
    (("(1 - f) * h + f * n", "h + f * (n - h)"),),
    (("(1 - f) * h + f * n", "n + (1 - f) * (h - n)"),),
    (("f = sigmoid(" + GATE + " + b_f)", "f = 1 / (1 + np.exp(-(" + GATE + ") - b_f))"),),
    (("n = np.tanh(" + CANDIDATE + " + b_h)", "n = 2 * sigmoid(2 * (" + CANDIDATE + " + b_h)) - 1"),),
    ((GATE, "np.einsum('bk,hk->bh', np.hstack([h, x]), W_f)"),),
)


@right("mgu_step")
def mgu_row_by_row(x, h, W_f, b_f, W_h, b_h):
    """One sequence at a time, with columns as in the paper."""
    new = h.copy()
    for k in range(len(x)):
        f = sigmoid(W_f @ [*h[k], *x[k]] + b_f)
        new[k] = (1 - f) * h[k] + f * np.tanh(W_h @ [*(f * h[k]), *x[k]] + b_h)
    return new


SLOPE = "dh_new * f * (1 - n**2)"
ways(
    "ps7",
    "mgu_step_back",
    ((SLOPE, "dh_new * f * (1 - n) * (1 + n)"),),
    (("f * (1 - f)\n", "(f - f**2)\n"),),
    (("da_f.sum(axis=0)", "np.ones(len(x)) @ da_f"),),
    (("da_f.T @ both", "(both.T @ da_f).T"), ("da_n.T @ gated", "np.einsum('bh,bk->hk', da_n, gated)")),
    (("da_f.T @ both", "np.hstack([da_f.T @ h, da_f.T @ x])"),),
    (("d_both = da_f @ W_f", "d_both = (W_f.T @ da_f.T).T"),),
    (("both = np.hstack([h, x])", "both = np.concatenate((h, x), axis=-1)"),),
    (("(dh_new * (n - h) + d_gated[:, :H] * h) *", "(dh_new * n - dh_new * h + d_gated[:, :H] * h) *"),),
    (("return dx, dh, da_f.T", "return [dx, dh, da_f.T"), ("da_n.sum(axis=0)", "da_n.sum(axis=0)]")),
)


@right("mgu_step_back")
def mgu_with_outer_products(dh_new, x, h, W_f, b_f, W_h, b_h):
    """One sequence at a time."""
    H = h.shape[1]
    dx, dh, dW_f, db_f, dW_h, db_h = (np.zeros(a.shape) for a in (x, h, W_f, b_f, W_h, b_h))
    for k in range(len(x)):
        v = np.r_[h[k], x[k]]
        f = sigmoid(W_f @ v + b_f)
        w = np.r_[f * h[k], x[k]]
        n = np.tanh(W_h @ w + b_h)
        a = dh_new[k] * f * (1 - n**2)
        dw = W_h.T @ a
        d = (dh_new[k] * (n - h[k]) + dw[:H] * h[k]) * f * (1 - f)
        dv = W_f.T @ d
        dh[k], dx[k] = dh_new[k] * (1 - f) + dw[:H] * f + dv[:H], dw[H:] + dv[H:]
        dW_f, db_f, dW_h, db_h = dW_f + np.outer(d, v), db_f + d, dW_h + np.outer(a, w), db_h + a
    return dx, dh, dW_f, db_f, dW_h, db_h


MIXED = "n * z + h * (1 - z)"
ways(
    "ps7",
    "mut1_step",
    ((MIXED, "h + z * (n - h)"),),
    ((MIXED, "n - (1 - z) * (n - h)"),),
    (("sigmoid(x @ W_xz.T + b_z)", "1 / (1 + np.exp(-(x @ W_xz.T + b_z)))"),),
    (("x @ W_xr.T + h @ W_hr.T", "np.hstack([x, h]) @ np.hstack([W_xr, W_hr]).T"),),
    (("x @ W_xr.T", "(W_xr @ x.T).T"),),
    (("(r * h) @ W_hh.T", "np.einsum('bk,hk->bh', r * h, W_hh)"),),
    (("np.tanh(x) + b_h", "b_h + 2 * sigmoid(2 * x) - 1"),),
    (("np.tanh(x)", "np.sinh(x) / np.cosh(x)"),),
    (("z = sigmoid(", "z = 1 - sigmoid(-("), ("+ b_z)", "+ b_z))")),
)


@right("mut1_step")
def mut1_row_by_row(x, h, W_xz, b_z, W_xr, W_hr, b_r, W_hh, b_h):
    """One sequence at a time, with columns as in the paper."""
    rows = []
    for x_t, h_t in zip(x, h):
        z, r = sigmoid(W_xz @ x_t + b_z), sigmoid(W_xr @ x_t + W_hr @ h_t + b_r)
        rows.append(np.tanh(W_hh @ (r * h_t) + np.tanh(x_t) + b_h) * z + h_t * (1 - z))
    return np.array(rows)


ways(
    "ps7",
    "mut1_step_back",
    (("(1 - n**2)", "(1 - n) * (1 + n)"),),
    (("(1 - u**2)", "/ np.cosh(x) ** 2"), ("da_n * /", "da_n /")),
    (("da_z.sum(axis=0)", "np.ones(len(x)) @ da_z"),),
    (("da_r.T @ x, da_r.T @ h,", "(x.T @ da_r).T, (h.T @ da_r).T,"),),
    (("da_z @ W_xz", "(W_xz.T @ da_z.T).T"),),
    (("da_z = dh_new * (n - h) * z", "da_z = -dh_new * (h - n) * z"),),
    (("r * (1 - r)", "(r - r**2)"), ("z * (1 - z)\n", "(z - z**2)\n")),
    (("da_n.T @ (r * h)", "np.einsum('bh,bk->hk', da_n, r * h)"),),
    (("+ da_r @ W_hr", "+ np.einsum('bh,hk->bk', da_r, W_hr)"),),
)


@right("mut1_step_back")
def mut1_with_outer_products(dh_new, x, h, W_xz, b_z, W_xr, W_hr, b_r, W_hh, b_h):
    """One sequence at a time."""
    arguments = (x, h, W_xz, b_z, W_xr, W_hr, b_r, W_hh, b_h)
    dx, dh, dW_xz, db_z, dW_xr, dW_hr, db_r, dW_hh, db_h = (np.zeros(a.shape) for a in arguments)
    for k, (x_t, h_t, d) in enumerate(zip(x, h, dh_new)):
        z, r = sigmoid(W_xz @ x_t + b_z), sigmoid(W_xr @ x_t + W_hr @ h_t + b_r)
        n = np.tanh(W_hh @ (r * h_t) + np.tanh(x_t) + b_h)
        a_n, a_z = d * z * (1 - n**2), d * (n - h_t) * z * (1 - z)
        back = W_hh.T @ a_n
        a_r = back * h_t * r * (1 - r)
        dx[k] = a_n / np.cosh(x_t) ** 2 + W_xz.T @ a_z + W_xr.T @ a_r
        dh[k] = d * (1 - z) + back * r + W_hr.T @ a_r
        dW_xz, db_z = dW_xz + np.outer(a_z, x_t), db_z + a_z
        dW_xr, dW_hr, db_r = dW_xr + np.outer(a_r, x_t), dW_hr + np.outer(a_r, h_t), db_r + a_r
        dW_hh, db_h = dW_hh + np.outer(a_n, r * h_t), db_h + a_n
    return dx, dh, dW_xz, db_z, dW_xr, dW_hr, db_r, dW_hh, db_h


OUT = "(2 * sigmoid(s_new) - 1)"
ways(
    "ps7",
    "lstm97_step",
    ((OUT, "np.tanh(s_new / 2)"),),
    ((OUT, "(2 / (1 + np.exp(-s_new)) - 1)"),),
    (("4 * sigmoid(u @ W_c.T) - 2", "2 * np.tanh(0.5 * u @ W_c.T)"),),
    (("4 * sigmoid(u @ W_c.T) - 2", "4 / (1 + np.exp(-u @ W_c.T)) - 2"),),
    (("np.hstack([x, y])", "np.concatenate([x, y], axis=1)"),),
    (("sigmoid(u @ W_in.T)", "sigmoid(x @ W_in[:, : x.shape[1]].T + y @ W_in[:, x.shape[1] :].T)"),),
    (("u @ W_c.T", "(W_c @ u.T).T"),),
    (("s_new = s + i * g", "s_new = i * g + s"),),
    (("return o * " + OUT + ", s_new", "return [" + OUT + " * o, s_new]"),),
)


@right("lstm97_step")
def sums_over_units(x, y, s, W_in, W_out, W_c):
    """The sums of the paper, written out."""
    B, H = y.shape
    y_new, s_new = np.zeros((B, H)), s.copy()
    for b in range(B):
        units = [*x[b], *y[b]]
        for j in range(H):
            net = [sum(w * unit for w, unit in zip(W[j], units)) for W in (W_in, W_out, W_c)]
            s_new[b, j] += sigmoid(net[0]) * (4 * sigmoid(net[2]) - 2)
            y_new[b, j] = sigmoid(net[1]) * (2 * sigmoid(s_new[b, j]) - 1)
    return y_new, s_new


ways(
    "ps7",
    "lstm97_step_back",
    (("o * 0.5 * (1 - out**2)", "o * (1 - out) * (1 + out) / 2"),),
    (("(1 - 0.25 * g**2)", "(1 - (g / 2) ** 2)"),),
    (("(1 - 0.25 * g**2)", "/ np.cosh(0.5 * (u @ W_c.T)) ** 2"), ("i * /", "i /")),
    (("i * (1 - i)", "(i - i**2)"), ("o * (1 - o)", "(o - o**2)")),
    (("da_i.T @ u, da_o.T @ u, da_g.T @ u", "(u.T @ da_i).T, (u.T @ da_o).T, (u.T @ da_g).T"),),
    (("da_i @ W_in + da_o @ W_out + da_g @ W_c", "np.hstack([da_i, da_o, da_g]) @ np.vstack([W_in, W_out, W_c])"),),
    (("du[:, :D], du[:, D:], ds", "*np.split(du, [D], axis=1), ds"),),
    (("g = 2 * np.tanh(0.5 * (u @ W_c.T))", "g = 4 * sigmoid(u @ W_c.T) - 2"),),
    (("out = np.tanh(0.5 * (s + i * g))", "out = 2 * sigmoid(s + i * g) - 1"),),
)


@right("lstm97_step_back")
def lstm97_with_outer_products(dy_new, ds_new, x, y, s, W_in, W_out, W_c):
    """One sequence at a time."""
    dx, dy, ds, dW_in, dW_out, dW_c = (np.zeros(a.shape) for a in (x, y, s, W_in, W_out, W_c))
    for k in range(len(x)):
        u = np.r_[x[k], y[k]]
        i, o, g = sigmoid(W_in @ u), sigmoid(W_out @ u), 4 * sigmoid(W_c @ u) - 2
        p = sigmoid(s[k] + i * g)
        ds[k] = ds_new[k] + dy_new[k] * o * 2 * p * (1 - p)
        q = (g + 2) / 4
        a_i, a_o, a_g = ds[k] * g * i * (1 - i), dy_new[k] * (2 * p - 1) * o * (1 - o), ds[k] * i * 4 * q * (1 - q)
        du = W_in.T @ a_i + W_out.T @ a_o + W_c.T @ a_g
        dx[k], dy[k] = du[: x.shape[1]], du[x.shape[1] :]
        dW_in, dW_out, dW_c = dW_in + np.outer(a_i, u), dW_out + np.outer(a_o, u), dW_c + np.outer(a_g, u)
    return dx, dy, ds, dW_in, dW_out, dW_c
