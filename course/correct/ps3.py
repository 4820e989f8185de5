"""Right solutions of problem set 3."""

import numpy as np

from course.correct import right, ways

J = "(1 - h_new**2)[:, None] * W_h.T"
ways(
    "ps3",
    "step_jacobian",
    ((J, "np.diag(1 - h_new**2) @ W_h.T"),),
    ((J, "(W_h * (1 - h_new**2)).T"),),
    ((J, "(W_h @ np.diag(1 - h_new**2)).T"),),
    ((J, "np.einsum('j,kj->jk', 1 - h_new**2, W_h)"),),
    ((J, "np.array([(1 - h_j**2) * column for h_j, column in zip(h_new, W_h.T)])"),),
    ((J, "W_h.T - (h_new**2)[:, None] * W_h.T"),),
    ((J, "((1 - h_new) * (1 + h_new)).reshape(-1, 1) * W_h.T"),),
    ((J, "W_h.T / np.cosh(np.arctanh(h_new))[:, None] ** 2"),),
    ((J, "np.multiply(W_h.T.T, 1 - np.square(h_new)).transpose()"),),
    ((J, "[[(1 - h_new[j] ** 2) * W_h[k, j] for k in range(len(h_new))] for j in range(len(h_new))]"),),
)

STEP = "J = J @ step_jacobian(h, W_h)"
ways(
    "ps3",
    "norms_by_lag",
    (("np.linalg.norm(J, 2)", "np.linalg.svd(J, compute_uv=False)[0]"),),
    (("np.linalg.norm(J, 2)", "np.linalg.svd(J)[1].max()"),),
    (("np.linalg.norm(J, 2)", "np.sqrt(np.linalg.eigvalsh(J @ J.T).max())"),),
    (("np.linalg.norm(J, 2)", "np.linalg.norm(J.T, ord=2)"),),
    ((STEP, "J = J @ np.diag(1 - h**2) @ W_h.T"),),
    (("hs[::-1]", "reversed(hs)"),),
    ((STEP, "J = (J * (1 - h**2)) @ W_h.T"),),
    (("np.array(norms)", "norms"),),
)


@right("norms_by_lag")
def from_the_left(hs, W_h):
    """The transposed product, built from the other side."""
    G, norms = np.eye(len(W_h)), [1.0]
    for h in hs[:0:-1]:
        G = W_h @ ((1 - h**2)[:, None] * G)
        norms.append(np.linalg.norm(G, 2))
    return np.array(norms)


@right("norms_by_lag")
def each_from_scratch(hs, W_h):
    """Every lag's product anew: slower, and as right."""
    T, H = hs.shape
    norms = np.zeros(T)
    for k in range(T):
        J = np.eye(H)
        for t in range(T - k, T):
            J = ((1 - hs[t] ** 2)[:, None] * W_h.T) @ J
        norms[k] = np.linalg.norm(J, 2)
    return norms


CLIPPED = "[g * min(1, limit / norm) for g in grads] if norm > 0 else [g.copy() for g in grads]"
NORM = "np.sqrt(sum((g**2).sum() for g in grads))"
ways(
    "ps3",
    "clip",
    ((NORM, "np.linalg.norm(np.concatenate([g.ravel() for g in grads]))"),),
    ((NORM, "np.linalg.norm([np.linalg.norm(g) for g in grads])"),),
    ((NORM, "np.hypot.reduce([np.linalg.norm(g) for g in grads])"),),
    ((CLIPPED, "[g / max(1, norm / limit) for g in grads]"),),
    ((CLIPPED, "[g * limit / max(norm, limit) for g in grads]"),),
    ((CLIPPED, "[g * (limit / norm if norm > limit else 1) for g in grads]"),),
    ((CLIPPED, "[np.array(g) if norm <= limit else g * (limit / norm) for g in grads]"),),
    ((NORM, "sum(np.vdot(g, g) for g in grads) ** 0.5"),),
    ((NORM, "np.sqrt(np.sum([np.sum(np.square(g)) for g in grads]))"),),
    ((CLIPPED, "tuple(np.minimum(1, limit / norm) * g for g in grads)"),),
)

SCALED = "W * radius / np.abs(np.linalg.eigvals(W)).max()"
ways(
    "ps3",
    "with_radius",
    ((SCALED, "W * (radius / max(abs(np.linalg.eigvals(W))))"),),
    ((SCALED, "radius * W / np.max(np.abs(np.linalg.eig(W)[0]))"),),
    ((SCALED, "W / np.abs(np.linalg.eigvals(W)).max() * radius"),),
    ((SCALED, "W * radius / np.abs(np.linalg.eigvals(W.T)).max()"),),
    ((SCALED, "W * radius / np.sqrt((np.linalg.eigvals(W) * np.linalg.eigvals(W).conj()).real.max())"),),
    ((SCALED, "W * radius / np.sort(np.abs(np.linalg.eigvals(W)))[-1]"),),
    ((SCALED, "W * radius / np.linalg.norm(np.linalg.eigvals(W), np.inf)"),),
    ((SCALED, "W * radius / np.abs(np.linalg.eigvals(W @ W)).max() ** 0.5"),),
    ((SCALED, "(W * radius / np.abs(np.linalg.eigvals(W)).max()).tolist()"),),
    ((SCALED, "W * radius / np.abs(np.roots(np.poly(W))).max()"),),
)

QR = "np.linalg.qr(rng.normal(size=(H, H)))[0]"
ways(
    "ps3",
    "orthogonal",
    ((QR, "np.linalg.qr(rng.normal(size=(H, H)))[0].T"),),
    ((QR, "np.linalg.svd(rng.normal(size=(H, H)))[0]"),),
    ((QR, "np.linalg.svd(rng.normal(size=(H, H)))[2]"),),
    ((QR, "-np.linalg.qr(rng.uniform(-1, 1, size=(H, H)))[0]"),),
    ((QR, "np.linalg.eigh((A := rng.normal(size=(H, H))) + A.T)[1]"),),
    ((QR, "np.linalg.qr(rng.standard_normal((H, H))).Q"),),
    ((QR, "np.linalg.qr(rng.normal(size=(H, H)))[0][rng.permutation(H)]"),),
)


@right("orthogonal")
def gram_schmidt(seed, H):
    """One column after the other, made orthogonal to those before."""
    rng, Q = np.random.default_rng(seed), []
    while len(Q) < H:
        v = rng.normal(size=H)
        for _ in range(2):  # twice is enough
            for q in Q:
                v = v - (q @ v) * q
        Q.append(v / np.linalg.norm(v))
    return np.array(Q)


@right("orthogonal")
def reflections(seed, H):
    """A product of reflections."""
    rng, Q = np.random.default_rng(seed), np.eye(H)
    for _ in range(H):
        v = rng.normal(size=(H, 1))
        Q = Q @ (np.eye(H) - 2 * v @ v.T / (v.T @ v))
    return Q


@right("orthogonal")
def cayley(seed, H):
    """Cayley's transform of a skew-symmetric matrix."""
    A = np.random.default_rng(seed).normal(size=(H, H))
    S = A - A.T
    return np.linalg.solve(np.eye(H) + S, np.eye(H) - S)
