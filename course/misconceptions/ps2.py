"""Mistakes in problem set 2: backpropagation through time."""

import numpy as np

from course.examiner import PLACE, SINGLE
from course.misconceptions import slip, wrong
from course.model import solution

rnn_step_back = solution("ps2").rnn_step_back


@wrong("mse")
def factor_missing(y, target):
    """The loss is right. Its gradient is half of what it should be: what is the derivative of a square?"""
    difference = y - target
    return (difference**2).mean(), difference / difference.size


@wrong("mse")
def mean_over_batch_only(y, target):
    """The mean is taken over the first axis only. It goes over all entries."""
    difference = y - target
    return (difference**2).sum() / len(y), 2 * difference / len(y)


@wrong("mse")
def gradient_of_the_sum(y, target):
    """The loss is a mean, but the gradient is that of a sum: the number of entries is missing."""
    difference = y - target
    return (difference**2).mean(), 2 * difference


@wrong("mse")
def gradient_over_batch_only(y, target):
    """The loss is right; the gradient divides by the size of the first axis, where the mean goes over all entries."""
    difference = y - target
    return (difference**2).mean(), 2 * difference / len(y)


@wrong("mse")
def sum_for_mean(y, target):
    """This is the sum of the squares. The problem asks for their mean."""
    difference = y - target
    return (difference**2).sum(), 2 * difference


@wrong("mse")
def sign_turned(y, target):
    """The gradient has the wrong sign: it points to where the loss gets smaller."""
    difference = y - target
    return (difference**2).mean(), -2 * difference / difference.size


@wrong("mse")
def loss_per_column(y, target):
    """The mean is taken along one axis, so the loss is an array. It should be one number."""
    difference = y - target
    return (difference**2).mean(axis=0), 2 * difference / difference.size


slip(
    "ps2",
    "rnn_step_back",
    "derivative_of_the_input",
    "The slope of tanh is taken at `h_new` as if that were the input of tanh. `h_new` is its output.",
    ("h_new**2", "np.tanh(h_new) ** 2"),
)


slip(
    "ps2",
    "rnn_step_back",
    "slope_missing",
    "The gradient passes tanh as if it were not there: a factor, entry by entry, is missing.",
    ("dh_new * (1 - h_new**2)", "dh_new"),
)


slip(
    "ps2",
    "rnn_step_back",
    "slope_of_sigmoid",
    "This is the slope of a sigmoid. The step used tanh.",
    ("(1 - h_new**2)", "h_new * (1 - h_new)"),
)


slip(
    "ps2",
    "rnn_step_back",
    "slope_of_the_old_state",
    "The slope of tanh is taken from the old state. The step's own result decides how steep tanh was.",
    ("h_new**2", "h**2"),
)


slip(
    "ps2",
    "rnn_step_back",
    "weights_not_transposed",
    "On the way back the gradient passes `W_h` in the forward direction. It has to be transposed.",
    ("da @ W_h.T", "da @ W_h"),
)


slip(
    "ps2",
    "rnn_step_back",
    "neither_transposed",
    "On the way back the gradient passes `W_x` and `W_h` in the forward direction. They have to be transposed.",
    ("da @ W_x.T, da @ W_h.T", "da @ W_x, da @ W_h"),
)


slip(
    "ps2",
    "rnn_step_back",
    "new_state_for_old",
    "`dW_h` is built with the new state. What was multiplied by `W_h` in this step?",
    ("h.T @ da", "h_new.T @ da"),
)


slip(
    "ps2",
    "rnn_step_back",
    "batch_averaged",
    "The gradients of the parameters are means over the batch. Each sequence adds its share: they are sums.",
    ("x.T @ da, h.T @ da, da.sum(axis=0)", "x.T @ da / len(x), h.T @ da / len(x), da.mean(axis=0)"),
)


slip(
    "ps2",
    "rnn_step_back",
    "bias_averaged",
    "`db` is a mean over the batch, where `dW_x` and `dW_h` are sums. One bias serves all sequences: add.",
    ("da.sum(axis=0)", "da.mean(axis=0)"),
)


slip(
    "ps2",
    "rnn_step_back",
    "bias_not_summed",
    "`db` still has the axis of the batch. One bias serves all sequences, so their shares are added.",
    ("da.sum(axis=0)", "da"),
)


slip(
    "ps2",
    "rnn_step_back",
    "outer_product_transposed",
    "`dW_x` and `dW_h` are transposed: the gradient of a matrix has the shape of the matrix, what came in along its rows.",
    ("x.T @ da, h.T @ da", "da.T @ x, da.T @ h"),
)


slip(
    "ps2",
    "rnn_backward",
    "overwritten",
    "The gradients of the weights are those of one step: each step overwrites them. The same weights serve all steps, so add.",
    ("dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t", "dW_x, dW_h, db = dW_x_t, dW_h_t, db_t"),
)


slip(
    "ps2",
    "rnn_backward",
    "nothing_carried",
    "Only the loss of the step itself arrives at each state. What later steps send back is lost.",
    ("dh + dhs[t]", "dhs[t]"),
)


slip(
    "ps2",
    "rnn_backward",
    "own_loss_forgotten",
    "Only the loss of the last step takes part. Each step has a loss of its own, which joins what comes from later steps.",
    ("np.zeros(h0.shape)", "dhs[-1]"),
    ("dh + dhs[t]", "dh"),
)


slip(
    "ps2",
    "rnn_backward",
    "forwards",
    "The steps are taken in the order of time. A gradient goes back: the last step comes first.",
    ("reversed(range(len(x)))", "range(len(x))"),
)


slip(
    "ps2",
    "rnn_backward",
    "same_step_state",
    "Each step is given the state after it where the state before it belongs: an error of one in the index of time.",
    ("hs[t - 1] if t else h0", "hs[t]"),
)


slip(
    "ps2",
    "rnn_backward",
    "first_step_left_out",
    "The first step is left out. It starts from `h0`, and its gradients count too.",
    ("reversed(range(len(x)))", "reversed(range(1, len(x)))"),
)


slip(
    "ps2",
    "rnn_backward",
    "first_state_zero",
    "The first step is treated as if the sequence had started from zeros. It started from `h0`.",
    ("if t else h0", "if t else 0 * h0"),
)


@wrong("rnn_backward", says=PLACE)
def losses_overwritten(dhs, x, h0, hs, W_x, W_h):
    """Adds what comes from later steps into the caller's array."""
    dx, dh = np.zeros(x.shape), np.zeros(h0.shape)
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(W_h.shape[0])
    for t in reversed(range(len(x))):
        dhs[t] += dh
        dx[t], dh, a, b, c = rnn_step_back(dhs[t], x[t], hs[t - 1] if t else h0, hs[t], W_x, W_h)
        dW_x, dW_h, db = dW_x + a, dW_h + b, db + c
    return dx, dh, dW_x, dW_h, db


slip(
    "ps2",
    "complex_step",
    "real_part",
    "The real part is taken. It holds the value of the function; the derivative is in the other part.",
    ("np.imag", "np.real"),
)


slip(
    "ps2",
    "complex_step",
    "not_divided",
    "All gradients are close to zero: the imaginary part is not divided by the step.",
    (" / 1e-100", ""),
)


@wrong("complex_step")
def all_at_once(f, w):
    """All entries are moved at once, so every entry gets the sum of all derivatives. Move one at a time."""
    return np.full(w.shape, np.imag(f(w + 1e-100j)) / 1e-100)


@wrong("complex_step")
def steps_pile_up(f, w):
    """The derivatives pile up: an entry that was moved is not put back before the next is moved."""
    gradient, point = np.zeros(w.shape), w.astype(complex)
    for k in np.ndindex(w.shape):
        point[k] += 1e-100j
        gradient[k] = np.imag(f(point)) / 1e-100
    return gradient


@wrong("complex_step")
def first_axis_only(f, w):
    """Whole rows are moved at once. `w` may have any number of axes: move one entry at a time."""
    gradient = np.zeros(w.shape)
    for k in range(len(w)):
        point = w.astype(complex)
        point[k] += 1e-100j
        gradient[k] = np.imag(f(point)) / 1e-100
    return gradient


@wrong("complex_step", says=SINGLE)
def central_differences(f, w):
    """Central differences: close, but not exact."""
    gradient = np.zeros(w.shape)
    for k in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[k] += 1e-4
        down[k] -= 1e-4
        gradient[k] = (f(up) - f(down)) / 2e-4
    return gradient
