"""Right solutions of problem set 2."""

import numpy as np

from course.correct import right, ways

RETURN = "(difference**2).mean(), 2 * difference / difference.size"
ways(
    "ps2",
    "mse",
    ((RETURN, "np.mean(difference**2), 2 * difference / np.prod(difference.shape)"),),
    ((RETURN, "np.square(difference).sum() / difference.size, difference * (2 / difference.size)"),),
    ((RETURN, "np.average(difference**2), 2.0 * difference / np.size(y)"),),
    ((RETURN, "np.vdot(difference, difference) / y.size, (y - target + y - target) / y.size"),),
    ((RETURN, "np.linalg.norm(difference) ** 2 / y.size, 2 * difference / y.size"),),
    (("y - target", "target - y"), ("2 * difference", "-2 * difference")),
    ((RETURN, "float((difference * difference).mean()), np.divide(2 * difference, y.size)"),),
    ((RETURN, "[(difference**2).mean(), 2 * difference / difference.size]"),),
    ((RETURN, "sum(d * d for d in difference.ravel()) / difference.size, 2 * difference / difference.size"),),
    ((RETURN, "(y**2 - 2 * y * target + target**2).mean(), (2 * y - 2 * target) / y.size"),),
)

DA = "dh_new * (1 - h_new**2)"
LAST = "da @ W_x.T, da @ W_h.T, x.T @ da, h.T @ da, da.sum(axis=0)"
ways(
    "ps2",
    "rnn_step_back",
    ((DA, "dh_new - dh_new * h_new**2"),),
    ((DA, "dh_new * (1 - h_new) * (1 + h_new)"),),
    ((DA, "dh_new / np.cosh(np.arctanh(h_new)) ** 2"),),
    ((LAST, "np.dot(da, W_x.T), np.dot(da, W_h.T), np.dot(x.T, da), np.dot(h.T, da), np.sum(da, 0)"),),
    ((LAST, "(W_x @ da.T).T, (W_h @ da.T).T, (da.T @ x).T, (da.T @ h).T, da.T.sum(axis=1)"),),
    (
        (
            LAST,
            "da @ W_x.T, da @ W_h.T, np.einsum('bd,bh->dh', x, da), np.einsum('bk,bh->kh', h, da), np.ones(len(da)) @ da",
        ),
    ),
    ((LAST, "[da @ W_x.T, da @ W_h.T, x.T @ da, h.T @ da, da.sum(axis=0)]"),),
    ((LAST, "da @ W_x.T, da @ W_h.T, sum(np.outer(u, v) for u, v in zip(x, da)), sum(map(np.outer, h, da)), sum(da)"),),
    ((LAST, "*np.split(da @ np.vstack([W_x, W_h]).T, [x.shape[1]], axis=1), x.T @ da, h.T @ da, da.sum(axis=0)"),),
    (
        (
            LAST,
            "np.array([W_x @ row for row in da]), np.array([W_h @ row for row in da]), x.T @ da, h.T @ da, da.mean(axis=0) * len(da)",
        ),
    ),
)

ADD = "dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t"
ways(
    "ps2",
    "rnn_backward",
    ((ADD, "dW_x += dW_x_t\n        dW_h += dW_h_t\n        db += db_t"),),
    (("reversed(range(len(x)))", "range(len(x) - 1, -1, -1)"),),
    (("before = hs[t - 1] if t else h0", "before = np.concatenate([h0[None], hs])[t]"),),
    (("dh + dhs[t]", "dhs[t] + dh"),),
    (("np.zeros(x.shape), np.zeros(h0.shape)", "np.empty_like(x), np.zeros_like(h0)"),),
    (("before = hs[t - 1] if t else h0", "before = h0 if t == 0 else hs[t - 1]"),),
    (("return dx, dh, dW_x, dW_h, db", "return [dx, dh, dW_x, dW_h, db]"),),
)


@right("rnn_backward")
def gathered_afterwards(dhs, x, h0, hs, W_x, W_h):
    """All pre-activations' gradients first, then one product for all steps."""
    das, dh = np.zeros(hs.shape), 0
    for t in range(len(x))[::-1]:
        das[t] = (dhs[t] + dh) * (1 - hs[t] ** 2)
        dh = das[t] @ W_h.T
    before = np.concatenate([h0[None], hs[:-1]])
    dW_x = np.tensordot(x, das, axes=([0, 1], [0, 1]))
    return das @ W_x.T, dh, dW_x, np.tensordot(before, das, axes=([0, 1], [0, 1])), das.sum(axis=(0, 1))


@right("rnn_backward")
def einsums(dhs, x, h0, hs, W_x, W_h):
    """With einsum throughout."""
    da, das = np.zeros_like(h0), []
    dh = np.zeros_like(h0)
    for d, h in zip(dhs[::-1], hs[::-1]):
        da = (d + dh) * (1 - h * h)
        dh = np.einsum("bk,jk->bj", da, W_h)
        das.insert(0, da)
    das, before = np.array(das), np.concatenate(([h0], hs))[:-1]
    return das @ W_x.T, dh, np.einsum("tbd,tbh->dh", x, das), np.einsum("tbk,tbh->kh", before, das), das.sum((0, 1))


@right("rnn_backward")
def by_recursion(dhs, x, h0, hs, W_x, W_h):
    """The gradient of a sequence is that of its end, and one step more in front."""

    def back(t, before):
        if t == len(x):
            return [], 0, 0, 0, 0
        dx, dh, dW_x, dW_h, db = back(t + 1, hs[t])
        da = (dhs[t] + dh) * (1 - hs[t] ** 2)
        return [da @ W_x.T, *dx], da @ W_h.T, dW_x + x[t].T @ da, dW_h + before.T @ da, db + da.sum(0)

    dx, *rest = back(0, h0)
    return (np.array(dx), *rest)


@right("rnn_backward")
def path_by_path(dhs, x, h0, hs, W_x, W_h):
    """Each step's loss is followed all the way back on its own, and all are added."""
    dx, dh0 = np.zeros(x.shape), np.zeros(h0.shape)
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(W_h.shape[0])
    for s in range(len(x)):
        dh = dhs[s]
        for t in range(s, -1, -1):
            da = dh * (1 - hs[t] ** 2)
            dx[t] += da @ W_x.T
            dW_x += x[t].T @ da
            dW_h += (hs[t - 1] if t > 0 else h0).T @ da
            db += da.sum(axis=0)
            dh = da @ W_h.T
        dh0 += dh
    return dx, dh0, dW_x, dW_h, db


ways(
    "ps2",
    "complex_step",
    (("1e-100", "1e-50"),),
    (("1e-100", "1e-30"),),
    (("np.imag(f(point))", "f(point).imag"),),
    (("point[k] += 1e-100j", "point[k] = point[k] + 1e-100 * 1j"),),
    (("w.astype(complex)", "np.array(w, dtype=complex)"),),
    (("np.imag(f(point))", "complex(f(point)).imag"),),
    (("np.zeros(w.shape)", "np.empty(w.shape)"),),
    (("point = w.astype(complex)", "point = w + 0j"),),
)


@right("complex_step")
def flattened(f, w):
    """Along a flat view."""
    point, gradient = w.astype(complex), []
    for k in range(w.size):
        saved = point.flat[k]
        point.flat[k] = saved + 1e-40j
        gradient.append(f(point).imag / 1e-40)
        point.flat[k] = saved
    return np.array(gradient).reshape(w.shape)


@right("complex_step")
def with_directions(f, w):
    """With the unit vectors as rows of a matrix."""
    directions = np.eye(w.size).reshape(w.size, *w.shape)
    return np.array([np.imag(f(w + 1e-60j * e)) / 1e-60 for e in directions]).reshape(w.shape)
