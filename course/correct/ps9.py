"""Right solutions of problem set 9."""

import numpy as np

from course import model
from course.correct import right, ways

linear_forward, two_in_one = model.solution("ps9").linear_forward, model.solution("ps9").two_in_one

STEP, COLLECT = "h = keep_t * h + u_t", "hs.append(h)"
ways(
    "ps9",
    "linear_forward",
    ((STEP, "h = u_t + h * keep_t"),),
    ((STEP, "h = np.multiply(keep_t, h) + u_t"),),
    ((STEP, "h = h - (1 - keep_t) * h + u_t"),),
    ((COLLECT, "hs += [h]"),),
    (("np.array(hs)", "np.stack(hs)"),),
    (("np.array(hs)", "hs"),),
    (("for keep_t, u_t in zip(keep, u):", "for t in range(len(u)):\n        keep_t, u_t = keep[t], u[t]"),),
    (("np.array(hs)", "np.concatenate([h[None] for h in hs])"),),
)


@right("linear_forward")
def written_in_place(keep, u, h0):
    """Into an array of its own."""
    hs = np.zeros(u.shape)
    hs[0] = keep[0] * h0 + u[0]
    for t in range(1, len(u)):
        hs[t] = keep[t] * hs[t - 1] + u[t]
    return hs


@right("linear_forward")
def by_a_scan(keep, u, h0):
    """Joins steps that are 1, 2, 4, ... apart."""
    a, b, reach = keep.copy(), u.copy(), 1
    b[0] = b[0] + a[0] * h0
    a[0] = 0
    while reach < len(u):
        b[reach:] = b[reach:] + a[reach:] * b[:-reach].copy()
        a[reach:] = a[reach:] * a[:-reach].copy()
        reach *= 2
    return b


@right("linear_forward")
def all_ways_added(keep, u, h0):
    """What every input has become by now, added up."""
    hs = []
    for t in range(len(u)):
        h = h0 * np.prod(keep[: t + 1], axis=0)
        for s in range(t + 1):
            h = h + u[s] * np.prod(keep[s + 1 : t + 1], axis=0)
        hs.append(h)
    return np.array(hs)


ways(
    "ps9",
    "linear_backward",
    (("reversed(range(len(u)))", "range(len(u) - 1, -1, -1)"),),
    (("reversed(range(len(u)))", "np.arange(len(u))[::-1]"),),
    (("hs[t - 1] if t else h0", "h0 if t == 0 else hs[t - 1]"),),
    (("dhs[t] + dh", "dh + dhs[t]"),),
    (("hs = linear_forward(keep, u, h0)", "hs = np.asarray(linear_forward(keep, u, h0))"),),
    (("return dkeep, du, dh", "return [dkeep, du, dh]"),),
    (("np.zeros(h0.shape)", "0"),),
    (("dkeep[t] = du[t] * before", "dkeep[t] = before * du[t]"),),
)


@right("linear_backward")
def the_same_recurrence(dhs, keep, u, h0):
    """The gradients of the states are a linear recurrence with time reversed."""
    hs = linear_forward(keep, u, h0)
    later = np.concatenate([0 * keep[:1], keep[:0:-1]])
    du = np.asarray(linear_forward(later, dhs[::-1], 0 * h0))[::-1]
    before = np.concatenate([h0[None], np.asarray(hs)[:-1]])
    return du * before, du, du[0] * keep[0]


@right("linear_backward")
def lists_from_the_end(dhs, keep, u, h0):
    """Runs forward itself, keeps what stood before each step, and takes it off again."""
    tape, h = [], h0
    for k, v in zip(keep, u):
        tape.append(h)
        h = k * h + v
    dkeep, du, back = [], [], np.zeros(h0.shape)
    for d, k in zip(dhs[::-1], keep[::-1]):
        back = back + d
        dkeep.insert(0, back * tape.pop())
        du.insert(0, back)
        back = back * k
    return np.array(dkeep), np.array(du), back


ways(
    "ps9",
    "two_in_one",
    (("A2 @ A1", "np.dot(A2, A1)"),),
    (("A2 @ A1", "np.matmul(A2, A1)"),),
    (("A2 @ A1", "(A1.T @ A2.T).T"),),
    (("A2 @ A1", "np.einsum('ij,jk->ik', A2, A1)"),),
    (("A2 @ b1 + b2", "b2 + A2 @ b1"),),
    (("A2 @ b1 + b2", "b1 @ A2.T + b2"),),
    (("A2 @ b1 + b2", "(A2 * b1).sum(axis=1) + b2"),),
    (("A2 @ b1 + b2", "np.array([row @ b1 for row in A2]) + b2"),),
    (("return A2 @ A1, A2 @ b1 + b2", "return [A2 @ A1, A2.dot(b1) + b2]"),),
)


@right("two_in_one")
def one_matrix_for_both(A1, b1, A2, b2):
    """The vectors as a last column, and a row of zeros and a one below."""
    H = len(b1)
    first, second = np.eye(H + 1), np.eye(H + 1)
    first[:H, :H], first[:H, H] = A1, b1
    second[:H, :H], second[:H, H] = A2, b2
    both = second @ first
    return both[:H, :H], both[:H, H]


@right("two_in_one")
def tried_out(A1, b1, A2, b2):
    """Two steps from zero, and from each unit vector."""
    start = A2 @ (A1 @ np.zeros(len(b1)) + b1) + b2
    columns = [A2 @ (A1 @ unit + b1) + b2 - start for unit in np.eye(len(b1))]
    return np.stack(columns, axis=1), start


OUTER = "beta * np.outer(e, k)"
ways(
    "ps9",
    "delta_step",
    ((OUTER, "beta * e[:, None] * k"),),
    ((OUTER, "np.outer(beta * e, k)"),),
    ((OUTER, "beta * (e.reshape(-1, 1) @ k.reshape(1, -1))"),),
    ((OUTER, "np.einsum('i,j->ij', e, beta * k)"),),
    (("S_new = kept + beta * np.outer(e, k)", "S_new = kept - beta * np.outer(kept @ k - v, k)"),),
    (("v - kept @ k", "v - alpha * (S @ k)"),),
    (("v - kept @ k", "v - kept.dot(k)"),),
    (("kept + beta * np.outer(e, k)", "kept @ (np.eye(len(k)) - beta * np.outer(k, k)) + beta * np.outer(v, k)"),),
    (("S_new @ q, S_new", "(S_new * q).sum(axis=1), S_new"),),
    (("S_new @ q, S_new", "kept @ q + beta * e * (k @ q), S_new"),),
    (("return S_new @ q, S_new", "return [S_new.dot(q), S_new]"),),
)

DS, DK = "dS_new + np.outer(dh, q)", "beta * (dS_all.T @ e) - kept.T @ de"
ways(
    "ps9",
    "delta_step_back",
    ((DS, "dS_new + dh[:, None] * q"),),
    ((DS, "np.einsum('i,j->ij', dh, q) + dS_new"),),
    ((DK, "dS_all.T @ (beta * e) - kept.T @ de"),),
    ((DK, "beta * (e @ dS_all) - de @ kept"),),
    (("dS_all - np.outer(de, k)", "dS_all @ (np.eye(len(k)) - beta * np.outer(k, k))"),),
    (("S_new.T @ dh", "dh @ S_new"),),
    (("(dkept * S).sum()", "np.sum(S * dkept)"),),
    (("(dkept * S).sum()", "(dS_all * S).sum() - de @ (S @ k)"),),
    (("e @ along", "(e * along).sum()"),),
    (
        (
            "return alpha * dkept, dk, de, dq, dalpha, e @ along",
            "return [dkept * alpha, dk, de, dq, dalpha, along.dot(e)]",
        ),
    ),
)


@right("delta_step_back")
def entry_by_entry(dh, dS_new, S, k, v, q, alpha, beta):
    """Loops over the entries, each with the two ways on which it reaches the results."""
    H = len(k)
    e = [v[i] - sum(alpha * S[i, j] * k[j] for j in range(H)) for i in range(H)]
    G = [[dS_new[i, j] + dh[i] * q[j] for j in range(H)] for i in range(H)]
    along = [sum(G[i][j] * k[j] for j in range(H)) for i in range(H)]
    dS, dk, dq = np.zeros((H, H)), np.zeros(H), np.zeros(H)
    dalpha = 0.0
    for i in range(H):
        for j in range(H):
            through = G[i][j] - beta * along[i] * k[j]
            dS[i, j] = alpha * through
            dalpha += through * S[i, j]
            dk[j] += beta * (G[i][j] * e[i] - along[i] * alpha * S[i, j])
            dq[j] += (alpha * S[i, j] + beta * e[i] * k[j]) * dh[i]
    return dS, dk, beta * np.array(along), dq, dalpha, sum(x * y for x, y in zip(e, along))


@right("delta_step_back")
def as_two_products(dh, dS_new, S, k, v, q, alpha, beta):
    """From the other form, S_new = alpha S M + beta v k', with M = I - beta k k'."""
    G = dS_new + np.outer(dh, q)
    M = np.eye(len(k)) - beta * np.outer(k, k)
    dM = alpha * S.T @ G
    dk = -beta * (dM + dM.T) @ k + beta * G.T @ v
    S_new = alpha * S @ M + beta * np.outer(v, k)
    dbeta = -k @ dM @ k + v @ G @ k
    return alpha * G @ M.T, dk, beta * G @ k, S_new.T @ dh, np.trace((S @ M).T @ G), dbeta


FLAT, TILTED = "flat = [0.0, 1.0]", "tilted = [-np.sin(np.pi / n), np.cos(np.pi / n)]"
BETAS = "[[0.0, 0.0], [2.0, 2.0], [2.0, 2.0], [2.0, 0.0]]"
ways(
    "ps9",
    "counter",
    ((FLAT, "flat = [0.0, -1.0]"),),
    ((TILTED, "tilted = [np.sin(np.pi / n), -np.cos(np.pi / n)]"),),
    ((TILTED, "tilted = [np.cos(np.pi / 2 + np.pi / n), np.sin(np.pi / 2 + np.pi / n)]"),),
    ((BETAS, "[[0.0, 0.0], [2.0, 2.0], [2.0, 2.0], [0.0, 2.0]]"),),
    (("np.array([1.0, 0.0]), W", "np.array([7.0, 0.0]), 0.1 * W"),),
    (("return keys, betas, np.array([1.0, 0.0]), W", "return keys.tolist(), betas.tolist(), [1, 0], W.tolist()"),),
    (("[[flat, flat], [flat, tilted]", "[[flat, flat], [tilted, [-np.sin(2 * np.pi / n), np.cos(2 * np.pi / n)]]"),),
    (("[[flat, flat],", "[[tilted, tilted],"), ("[[0.0, 0.0],", "[[2.0, 2.0],")),
    (("keys = np.array", "n = int(n)\n    keys = np.array"),),
)


@right("counter")
def from_the_second_axis(n):
    """Starts upwards, turns the other way round, and reads accordingly."""
    places = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    rows = np.column_stack([np.cos(places), np.sin(places)])
    half = np.pi / 2 - np.pi / n
    upright, leaning = np.array([1.0, 0.0]), np.array([-np.sin(half), np.cos(half)])
    keys = np.zeros((4, 2, 2))
    keys[:] = upright
    keys[1, 1] = keys[2, 0] = leaning
    return keys, 2.0 * np.array([[0, 0], [1, 1], [1, 1], [0, 1]]), np.array([0.0, 1.0]), rows


@right("counter")
def with_complex_numbers(n):
    """Places as powers of a root of one; a mirror's key is a quarter turn away from it."""
    root = np.exp(2j * np.pi / n)
    places = root ** np.arange(n)
    keys = [[1j, 1j], [1j, 1j * root**0.5], [1j * root**0.5, 1j], [1j, 1j]]
    keys = np.stack([np.real(keys), np.imag(keys)], axis=-1)
    return keys, np.array([[0, 0], [2, 2], [2, 2], [2, 0]]), np.array([1, 0]), np.stack([places.real, places.imag], 1)


SHORT, LONG = "if len(symbols) < 6:", "[[0] * 1000, [1] + [0] * 999, [1] * 1000, [1] * 999]"
ways(
    "ps9",
    "confuse",
    ((SHORT, "if len(symbols) < 7:"),),
    ((LONG, "[[0] * 500, [1] + [0] * 499, [1] * 500, [1] * 501]"),),
    ((LONG, "[[0] * 400 + [0], [1] + [0] * 400, [1] * 400, [1] * 401]"),),
    (("return symbols, other", "return [symbols, other]"),),
    (("return symbols, other", "return np.array(symbols), np.array(other)"),),
    (("return symbols, other", "return other, symbols"),),
    (("< 1e-6", "< 1e-9"),),
    (("return symbols, other", "return tuple(symbols), tuple(other)"),),
    (("h = h0\n", "h = float(h0)\n"),),
)


@right("confuse")
def by_cases(keep, u, h0):
    """The cases that are argued on paper, then all binary numbers of up to six digits."""
    (a0, a1), (u0, u1) = keep, u
    if abs(a1) < 1:
        return [1] * 1000, [1] * 999
    if abs(a0) < 1:
        return [0] * 1000, [1] + [0] * 999
    ends = [], []  # with an even number of ones, and with an odd one
    for length in range(1, 7):
        for number in range(2**length):
            h, symbols = h0, [number >> k & 1 for k in range(length)]
            for s in symbols:
                h = (a1 * h + u1) if s else (a0 * h + u0)
            ends[sum(symbols) % 2].append((h, symbols))
    for h, symbols in ends[0]:
        for other_h, other in ends[1]:
            if abs(h - other_h) < 1e-9:
                return symbols, other
    return None


@right("confuse")
def by_search(keep, u, h0):
    """Breadth first over the states that can be reached, with what led there; then the long sequences."""
    seen, front = {}, [(h0, ())]
    for _ in range(6):
        following = []
        for h, path in front:
            for s in (0, 1):
                state, longer = keep[s] * h + u[s], (*path, s)
                key = round(float(state), 9)
                for odd, earlier in seen.get(key, {}).items():
                    if odd != sum(longer) % 2:
                        return list(earlier), list(longer)
                seen.setdefault(key, {})[sum(longer) % 2] = longer
                following.append((state, longer))
        front = following
    for s in (0, 1):
        if abs(keep[s]) < 1:
            return ([1] * 999, [1] * 998) if s else ([0] * 999, [1] + [0] * 998)
    return None
