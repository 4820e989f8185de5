"""Mistakes in problem set 3: vanishing and exploding gradients."""

import numpy as np

from course.examiner import PLACE
from course.misconceptions import slip, wrong
from course.model import solution

step_jacobian = solution("ps3").step_jacobian


@wrong("step_jacobian")
def not_transposed(h_new, W_h):
    """Rows and columns are exchanged. With rows as vectors, entry (j, k) of `W_h` leads from unit j to unit k; and in J?"""
    return W_h * (1 - h_new**2)


@wrong("step_jacobian")
def slope_on_the_wrong_side(h_new, W_h):
    """The slopes of tanh multiply the columns. They belong to the new state: to the rows of the Jacobian."""
    return W_h.T * (1 - h_new**2)


@wrong("step_jacobian")
def slope_missing(h_new, W_h):
    """The slope of tanh is missing: this is the Jacobian of a linear network."""
    return W_h.T.copy()


@wrong("step_jacobian")
def derivative_of_the_input(h_new, W_h):
    """The slope of tanh is taken at `h_new` as if that were the input of tanh. `h_new` is its output."""
    return (1 - np.tanh(h_new) ** 2)[:, None] * W_h.T


@wrong("step_jacobian")
def slope_on_untransposed(h_new, W_h):
    """The slopes are at the right place, but `W_h` is not transposed: entry (j, k) of it leads from unit j to unit k."""
    return (1 - h_new**2)[:, None] * W_h


@wrong("norms_by_lag")
def product_of_norms(hs, W_h):
    """These are products of the norms of single steps. That is an upper bound; the norm of the product is smaller."""
    norms = [1.0]
    for h in hs[:0:-1]:
        norms.append(norms[-1] * np.linalg.norm(step_jacobian(h, W_h), 2))
    return np.array(norms)


slip(
    "ps3",
    "norms_by_lag",
    "wrong_order",
    "The Jacobians are multiplied in the wrong order. The earlier step acts first, so it stands on the right.",
    ("J @ step_jacobian(h, W_h)", "step_jacobian(h, W_h) @ J"),
)


slip(
    "ps3",
    "norms_by_lag",
    "frobenius",
    "These are Frobenius norms, which NumPy takes unless told otherwise. The problem asks for the spectral norm.",
    ("(J, 2)", "(J)"),
)


@wrong("norms_by_lag")
def starts_at_one(hs, W_h):
    """The entries are shifted: entry 0 is for lag 0, the state with respect to itself."""
    J, norms = np.eye(len(W_h)), []
    for h in hs[::-1]:
        J = J @ step_jacobian(h, W_h)
        norms.append(np.linalg.norm(J, 2))
    return np.array(norms)


slip(
    "ps3",
    "norms_by_lag",
    "radius_for_norm",
    "These are the largest eigenvalues. How much a matrix can stretch a vector is its largest singular value.",
    ("np.linalg.norm(J, 2)", "np.abs(np.linalg.eigvals(J)).max()"),
)


slip(
    "ps3",
    "norms_by_lag",
    "from_the_front",
    "The product starts at the first state and goes forward. The lag counts back from the last.",
    ("hs[::-1]", "hs"),
    ("J @ step_jacobian(h, W_h)", "step_jacobian(h, W_h) @ J"),
)


@wrong("norms_by_lag")
def last_slope_forgotten(hs, W_h):
    """Each step uses the state before it: an error of one in the index of time. Which state decides a step's slopes?"""
    J, norms = np.eye(len(W_h)), [1.0]
    for h in hs[-2::-1]:
        J = J @ step_jacobian(h, W_h)
        norms.append(np.linalg.norm(J, 2))
    return np.array(norms)


slip(
    "ps3",
    "norms_by_lag",
    "order_of_time",
    "The numbers are right, in the opposite order: entry 0 belongs to lag 0.",
    ("np.array(norms)", "np.array(norms[::-1])"),
)


@wrong("clip")
def each_alone(grads, limit):
    """Each array is clipped by its own norm, which changes the direction of the step. The norm is taken over all of them together."""
    return [g * min(1, limit / np.linalg.norm(g)) for g in grads]


@wrong("clip")
def entry_by_entry(grads, limit):
    """Each entry is cut off at the limit, which changes the direction of the step. Scale all entries by one number."""
    return [np.clip(g, -limit, limit) for g in grads]


@wrong("clip")
def always_scaled(grads, limit):
    """Small gradients are made larger: the norm always becomes the limit. Those below the limit stay as they are."""
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    return [g * limit / norm for g in grads]


@wrong("clip")
def root_missing(grads, limit):
    """The square of the norm is compared with the limit: a square root is missing."""
    norm = sum((g**2).sum() for g in grads)
    return [g * min(1, limit / norm) for g in grads]


@wrong("clip")
def sum_of_norms(grads, limit):
    """The norms of the arrays are added. The joint norm is the root of the sum of their squares."""
    norm = sum(np.linalg.norm(g) for g in grads)
    return [g * min(1, limit / norm) for g in grads]


@wrong("clip", says=PLACE)
def clipped_in_place(grads, limit):
    """Scales the caller's arrays."""
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    for g in grads:
        g *= min(1, limit / norm)
    return grads


@wrong("with_radius")
def norm_for_radius(W, radius):
    """The matrix is scaled by its largest singular value. The spectral radius is about eigenvalues."""
    return W * radius / np.linalg.norm(W, 2)


@wrong("with_radius")
def real_parts(W, radius):
    """Only the real parts of the eigenvalues are looked at. They may be complex: take their absolute values."""
    return W * radius / np.abs(np.linalg.eigvals(W).real).max()


@wrong("with_radius")
def largest_not_absolute(W, radius):
    """The largest real part is taken for the radius. An eigenvalue far to the left of zero counts as much as one to the right."""
    return W * radius / np.linalg.eigvals(W).real.max()


@wrong("with_radius")
def entry_for_radius(W, radius):
    """The matrix is scaled by its largest entry, which is not the largest eigenvalue."""
    return W * radius / np.abs(W).max()


@wrong("with_radius")
def multiplied_only(W, radius):
    """The matrix is multiplied by the radius that is asked for, as if the one it had were 1."""
    return W * radius


@wrong("with_radius", says=PLACE)
def radius_in_place(W, radius):
    """Scales the caller's array."""
    W *= radius / np.abs(np.linalg.eigvals(W)).max()
    return W


@wrong("orthogonal")
def orthogonal_only_normalised(seed, H):
    """The columns have the length 1, but they are not at right angles to each other."""
    A = np.random.default_rng(seed).normal(size=(H, H))
    return A / np.linalg.norm(A, axis=0)


@wrong("orthogonal")
def orthogonal_scaled(seed, H):
    """The columns are at right angles to each other, but their length is not 1."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(H, H)))[0] * np.sqrt(H)


@wrong("orthogonal")
def orthogonal_identity(seed, H):
    """The identity matrix is orthogonal, but it is not random."""
    return np.eye(H)


@wrong("orthogonal")
def orthogonal_same_seed(seed, H):
    """Every seed gives the same matrix. Is the seed that the function is given used?"""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(H, H)))[0]


@wrong("orthogonal")
def orthogonal_ignores_seed(seed, H):
    """The same seed gives different matrices, so nobody could repeat an experiment. Is the seed used?"""
    return np.linalg.qr(np.random.default_rng().normal(size=(H, H)))[0]
