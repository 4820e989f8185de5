"""Mistakes in problem set 1: the tanh RNN forwards."""

import numpy as np

from course.examiner import NOTHING, PLACE, SINGLE
from course.misconceptions import slip, wrong
from course.model import solution

rnn_step = solution("ps1").rnn_step


@wrong("rnn_step")
def no_bias(x, h, W_x, W_h, b):
    """The bias does not take part. The visible test has zeros and ones only, where that is easily missed."""
    return np.tanh(x @ W_x + h @ W_h)


@wrong("rnn_step")
def transposed_recurrence(x, h, W_x, W_h, b):
    """`W_h` is used the wrong way round: with rows as vectors the state stands on the left, and nothing is transposed."""
    return np.tanh(x @ W_x + h @ W_h.T + b)


@wrong("rnn_step")
def both_transposed(x, h, W_x, W_h, b):
    """Both weight matrices are transposed. That belongs to the notation with columns; here vectors are rows."""
    return np.tanh(x @ W_x.T + h @ W_h.T + b)


@wrong("rnn_step")
def no_squashing(x, h, W_x, W_h, b):
    """The sum is right, but it is not squashed: the activation function is missing."""
    return x @ W_x + h @ W_h + b


@wrong("rnn_step")
def bracket_closed_after_the_input(x, h, W_x, W_h, b):
    """The bracket of tanh closes too early: only the part from the input is squashed."""
    return np.tanh(x @ W_x) + h @ W_h + b


@wrong("rnn_step")
def sigmoid_instead(x, h, W_x, W_h, b):
    """This is a sigmoid; the equation has another activation function, with values on both sides of zero."""
    return 1 / (1 + np.exp(-(x @ W_x + h @ W_h + b)))


@wrong("rnn_step")
def bias_outside(x, h, W_x, W_h, b):
    """The bias is added after the squashing. Look at what the brackets of the equation hold."""
    return np.tanh(x @ W_x + h @ W_h) + b


@wrong("rnn_step")
def squashed_apart(x, h, W_x, W_h, b):
    """Input and state are squashed one by one and then added. Look at what the brackets of the equation hold."""
    return np.tanh(x @ W_x) + np.tanh(h @ W_h + b)


@wrong("rnn_step")
def no_state(x, h, W_x, W_h, b):
    """The old state does not take part, so the network has no memory."""
    return np.tanh(x @ W_x + b)


@wrong("rnn_step", says=SINGLE)
def single_precision(x, h, W_x, W_h, b):
    """Computes in float32."""
    return np.tanh(x.astype(np.float32) @ W_x.astype(np.float32) + h @ W_h.astype(np.float32) + b.astype(np.float32))


@wrong("rnn_step", says=NOTHING)
def printed_only(x, h, W_x, W_h, b):
    """Prints the result."""
    print(np.tanh(x @ W_x + h @ W_h + b))


@wrong("rnn_forward")
def states_added_up(x, h0, W_x, W_h, b):
    """The new state is added to the old one. It takes the old one's place."""
    hs, h = [], h0
    for x_t in x:
        h = h + rnn_step(x_t, h, W_x, W_h, b)
        hs.append(h)
    return np.array(hs)


@wrong("rnn_forward")
def no_carry(x, h0, W_x, W_h, b):
    """Every step starts from `h0` again: the new state is not handed on to the next step."""
    return np.array([rnn_step(x_t, h0, W_x, W_h, b) for x_t in x])


@wrong("rnn_forward")
def one_step_early(x, h0, W_x, W_h, b):
    """All states are one step late: `hs[0]` is the given `h0`, where it should be the state after the first input."""
    hs, h = [], h0
    for x_t in x:
        hs.append(h)
        h = rnn_step(x_t, h, W_x, W_h, b)
    return np.array(hs)


@wrong("rnn_forward")
def start_included(x, h0, W_x, W_h, b):
    """`hs` has one state too many: the given `h0` does not belong in it."""
    hs = [h0]
    for x_t in x:
        hs.append(rnn_step(x_t, hs[-1], W_x, W_h, b))
    return np.array(hs)


@wrong("rnn_forward")
def one_array_for_all(x, h0, W_x, W_h, b):
    """Every `hs[t]` is the last state: one and the same array was stored at each step, and then overwritten."""
    h, hs = h0.copy(), []
    for x_t in x:
        h[:] = rnn_step(x_t, h, W_x, W_h, b)
        hs.append(h)
    return np.array(hs)


@wrong("rnn_forward")
def last_state_only(x, h0, W_x, W_h, b):
    """Only the last state comes back. The problem asks for the state after every step."""
    h = h0
    for x_t in x:
        h = rnn_step(x_t, h, W_x, W_h, b)
    return h


@wrong("rnn_forward")
def batch_first(x, h0, W_x, W_h, b):
    """The axes of time and batch are exchanged in the result: it should be (T, B, H)."""
    hs, h = [], h0
    for x_t in x:
        h = rnn_step(x_t, h, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1)


@wrong("rnn_forward")
def starts_from_zero(x, h0, W_x, W_h, b):
    """The sequence starts from zeros and not from the state that is given."""
    hs, h = [], np.zeros_like(h0)
    for x_t in x:
        h = rnn_step(x_t, h, W_x, W_h, b)
        hs.append(h)
    return np.array(hs)


@wrong("rnn_forward")
def backwards_in_time(x, h0, W_x, W_h, b):
    """The inputs are read from the last to the first. A state may only know the past."""
    hs, h = [], h0
    for x_t in x[::-1]:
        h = rnn_step(x_t, h, W_x, W_h, b)
        hs.append(h)
    return np.array(hs[::-1])


@wrong("rnn_forward_padded")
def reads_the_padding(x, lengths, h0, W_x, W_h, b):
    """The state goes on through the padding, as if the lengths were not there."""
    hs, h = [], h0
    for x_t in x:
        h = rnn_step(x_t, h, W_x, W_h, b)
        hs.append(h)
    return np.array(hs), h


@wrong("rnn_forward_padded")
def zero_after_the_end(x, lengths, h0, W_x, W_h, b):
    """After its end a sequence's state becomes zero. It should stand still."""
    hs, h = [], h0
    for t, x_t in enumerate(x):
        h = rnn_step(x_t, h, W_x, W_h, b) * (t < lengths)[:, None]
        hs.append(h)
    return np.array(hs), h


slip(
    "ps1",
    "rnn_forward_padded",
    "one_step_too_many",
    "Each sequence takes one step too many. With the first step numbered 0, which is the last real one?",
    ("t < lengths", "t <= lengths"),
)


slip(
    "ps1",
    "rnn_forward_padded",
    "one_step_too_few",
    "Each sequence ends one step too early. With the first step numbered 0, which is the last real one?",
    ("t < lengths", "t < lengths - 1"),
)


slip(
    "ps1",
    "rnn_forward_padded",
    "padding_set_to_zero",
    "The padded inputs are set to zero, but the step is still taken: the state moves on even without input.",
    ("np.where(running, rnn_step(x_t, h, W_x, W_h, b), h)", "rnn_step(np.where(running, x_t, 0), h, W_x, W_h, b)"),
)


@wrong("rnn_forward_padded", says=PLACE)
def state_overwritten(x, lengths, h0, W_x, W_h, b):
    """Works in the caller's array."""
    hs = []
    for t, x_t in enumerate(x):
        running = t < lengths
        h0[running] = rnn_step(x_t, h0, W_x, W_h, b)[running]
        hs.append(h0.copy())
    return np.array(hs), h0.copy()


slip(
    "ps1",
    "delay_weights",
    "delay_off_by_one",
    "The answers repeat the input one step too late or too early. How many units does an input pass on its way?",
    ("H, small = delay + 1, 0.02", "delay += 1\n    H, small = delay + 1, 0.02"),
)


slip(
    "ps1",
    "delay_weights",
    "delay_saturates",
    "The answers follow the input, but bent: tanh is steepest near zero and flat far from it. Where do your units work?",
    ("0.02", "1.0"),
)


slip(
    "ps1",
    "delay_weights",
    "delay_transposed",
    "`W_h` passes the memory on in the wrong direction: its row is the unit that gives, its column the unit that takes.",
    ("[unit, unit + 1]", "[unit + 1, unit]"),
)


slip(
    "ps1",
    "delay_weights",
    "delay_not_scaled_back",
    "The answers have the right shape over time but not the right size: what was made small has to be made large again.",
    ("1 / small", "1"),
)
