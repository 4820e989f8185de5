"""Mistakes in problem set 4: the LSTM."""

import numpy as np

from course.examiner import PLACE
from course.misconceptions import slip, wrong
from course.model import solution

lstm_step, sigmoid = solution("ps4").lstm_step, solution("ps4").sigmoid

SLIPS = [
    (
        "forget_bias",
        "gate_for_bias",
        "This is the value that the gate must have. Which bias gives a sigmoid that value?",
        ("np.log(f / (1 - f))", "f"),
    ),
    (
        "forget_bias",
        "half_divided",
        "The half is divided by the number of steps. At each step the memory is multiplied by the gate.",
        ("0.5 ** (1 / steps)", "1 - 0.5 / steps"),
    ),
    (
        "forget_bias",
        "inverse_of_tanh",
        "This inverts tanh. A gate is a sigmoid.",
        ("np.log(f / (1 - f))", "np.arctanh(f)"),
    ),
    (
        "forget_bias",
        "sign_turned",
        "The sign is wrong: with this bias the gate is nearly closed, and the memory is gone at once.",
        ("f / (1 - f)", "(1 - f) / f"),
    ),
    (
        "lstm_step",
        "swapped_return",
        "The results are right, but in the wrong order: `lstm_step` returns h first, then c.",
        ("return o * np.tanh(c_new), c_new", "return c_new, o * np.tanh(c_new)"),
    ),
    (
        "lstm_step",
        "order_of_the_package",
        "The blocks are read in the order i, f, o, g, as in the book's package. Here they stand in another order; see the notation.",
        ("a_f, a_i, a_g, a_o", "a_i, a_f, a_o, a_g"),
    ),
    (
        "lstm_step",
        "order_of_pytorch",
        "The blocks are read in the order i, f, g, o, as in PyTorch. Here they stand in another order; see the notation.",
        ("a_f, a_i, a_g, a_o", "a_i, a_f, a_g, a_o"),
    ),
    (
        "lstm_step",
        "candidate_like_a_gate",
        "The candidate g goes through a sigmoid like a gate, so it can only add to the memory. See its equation.",
        ("np.tanh(a_g)", "sigmoid(a_g)"),
    ),
    (
        "lstm_step",
        "memory_not_squashed",
        "h is the output gate times the memory itself. Between the two the equation has one function more.",
        ("np.tanh(c_new), c_new", "c_new, c_new"),
    ),
    (
        "lstm_step",
        "output_like_a_candidate",
        "The output gate goes through tanh. All gates are sigmoids.",
        ("sigmoid(a_o)", "np.tanh(a_o)"),
    ),
    (
        "lstm_step",
        "old_memory_shown",
        "h shows the old memory. It should show the memory after this step.",
        ("np.tanh(c_new)", "np.tanh(c)"),
    ),
    (
        "lstm_step",
        "nothing_forgotten",
        "The old memory is kept whole: the forget gate does not take part. (This was the LSTM of 1997.)",
        ("f * c +", "c +"),
    ),
    (
        "lstm_step",
        "input_gate_missing",
        "All that is new is written whole: the input gate does not take part.",
        ("i * g", "g"),
    ),
    (
        "lstm_step",
        "hidden_state_kept",
        "The forget gate multiplies h. It decides what is kept of the memory, c.",
        ("f * c", "f * h"),
    ),
    (
        "lstm_step",
        "bias_missing",
        "The biases do not take part.",
        (" + b,", ","),
    ),
    (
        "lstm_forward",
        "memory_not_carried",
        "Every step starts from `c0`: the memory is not handed on.",
        ("h, c = lstm_step(x_t, h, c,", "h, c = lstm_step(x_t, h, c0,"),
    ),
    (
        "lstm_forward",
        "hidden_state_not_carried",
        "Every step starts from `h0`: h is not handed on, only c.",
        ("h, c = lstm_step(x_t, h, c,", "h, c = lstm_step(x_t, h0, c,"),
    ),
    (
        "lstm_forward",
        "neither_carried",
        "Every step starts from `h0` and `c0`: no state is handed on.",
        ("h, c = lstm_step(x_t, h, c,", "h, c = lstm_step(x_t, h0, c0,"),
    ),
    (
        "lstm_forward",
        "states_before_the_step",
        "The states before each step are returned. `hs[0]` should be the state after the first input.",
        (
            "h, c = lstm_step(x_t, h, c, W_x, W_h, b)\n        hs.append(h)\n        cs.append(c)",
            "hs.append(h)\n        cs.append(c)\n        h, c = lstm_step(x_t, h, c, W_x, W_h, b)",
        ),
    ),
    (
        "lstm_forward",
        "states_swapped",
        "h and c are exchanged on their way from one step to the next, or in what is returned.",
        ("np.array(hs), np.array(cs)", "np.array(cs), np.array(hs)"),
    ),
    (
        "lstm_step_back",
        "later_memory_forgotten",
        "`dc_new` does not take part. What later steps send back along the memory has to be added to what comes from h.",
        ("dc_all = dc_new + dh_new", "dc_all = dh_new"),
    ),
    (
        "lstm_step_back",
        "hidden_way_forgotten",
        "The memory gets only `dc_new`. It also shows itself in h, and what h sends back has to be added.",
        ("dc_new + dh_new * o * (1 - tanh_c**2)", "dc_new"),
    ),
    (
        "lstm_step_back",
        "memory_slope_missing",
        "On the way from h to the memory the slope of tanh is missing.",
        ("o * (1 - tanh_c**2)", "o"),
    ),
    (
        "lstm_step_back",
        "memory_slope_of_output",
        "On the way from h to the memory the slope of tanh is taken at c as if c were tanh(c).",
        ("(1 - tanh_c**2)", "(1 - (f * c + i * g) ** 2)"),
    ),
    (
        "lstm_step_back",
        "new_memory_in_forget_gate",
        "The gradient of the forget gate has the new memory in it. What did the forget gate multiply in this step?",
        ("da_f = dc_all * c * f", "da_f = dc_all * (f * c + i * g) * f"),
    ),
    (
        "lstm_step_back",
        "candidate_and_gate_swapped",
        "The partners of i and g are exchanged: the gradient of a factor of a product has the other factor in it.",
        ("da_i = dc_all * g * i", "da_i = dc_all * i * i"),
        ("da_g = dc_all * i *", "da_g = dc_all * g *"),
    ),
    (
        "lstm_step_back",
        "output_gate_sees_memory",
        "The gradient of the output gate has c in it. What did the gate multiply?",
        ("dh_new * tanh_c * o", "dh_new * (f * c + i * g) * o"),
    ),
    (
        "lstm_step_back",
        "gate_slopes_missing",
        "The gradients arrive at the gates' values and not at their inputs: the slopes of the sigmoids are missing.",
        ("c * f * (1 - f)", "c"),
        ("g * i * (1 - i)", "g"),
        ("tanh_c * o * (1 - o)", "tanh_c"),
    ),
    (
        "lstm_step_back",
        "candidate_slope_of_gate",
        "The candidate is given the slope of a sigmoid. It went through tanh.",
        ("dc_all * i * (1 - g**2)", "dc_all * i * g * (1 - g)"),
    ),
    (
        "lstm_step_back",
        "gate_slopes_of_tanh",
        "The gates are given the slope of tanh. They went through sigmoids.",
        ("f * (1 - f)", "(1 - f**2)"),
        ("i * (1 - i)", "(1 - i**2)"),
        ("o * (1 - o)", "(1 - o**2)"),
    ),
    (
        "lstm_step_back",
        "forget_gate_forgotten",
        "The gradient goes from the new memory to the old one without the forget gate.",
        ("dc_all * f,", "dc_all,"),
    ),
    (
        "lstm_step_back",
        "blocks_in_another_order",
        "The four blocks of the gradient stand in another order than those of the weights.",
        ("[da_f, da_i, da_g, da_o]", "[da_i, da_f, da_o, da_g]"),
    ),
    (
        "lstm_step_back",
        "weights_not_transposed",
        "`dW_x` and `dW_h` are transposed: the gradient of a matrix has the shape of the matrix.",
        ("x.T @ da, h.T @ da", "da.T @ x, da.T @ h"),
    ),
    (
        "lstm_step_back",
        "bias_averaged",
        "`db` is a mean over the batch. One bias serves all sequences, so their shares are added.",
        ("da.sum(axis=0)", "da.mean(axis=0)"),
    ),
    (
        "lstm_backward",
        "memory_not_carried",
        "The gradient of c is not handed back from step to step; only that of h is.",
        ("dh + dhs[t], dc,", "dh + dhs[t], 0 * dc,"),
    ),
    (
        "lstm_backward",
        "hidden_state_not_carried",
        "The gradient of h is not handed back from step to step; only that of c is.",
        ("dh + dhs[t], dc,", "dhs[t], dc,"),
    ),
    (
        "lstm_backward",
        "neither_carried",
        "No gradient is handed back from step to step: each state hears only from its own loss.",
        ("dh + dhs[t], dc,", "dhs[t], 0 * dc,"),
    ),
    (
        "lstm_backward",
        "overwritten",
        "The gradients of the weights are those of one step: each step overwrites them. The same weights serve all steps, so add.",
        ("dW_x + dW_x_t, dW_h + dW_h_t, db + db_t", "dW_x_t, dW_h_t, db_t"),
    ),
    (
        "lstm_backward",
        "same_step_states",
        "Each step is given the states after it where those before it belong: an error of one in the index of time.",
        ("(hs[t - 1], cs[t - 1]) if t else (h0, c0)", "(hs[t], cs[t])"),
    ),
    (
        "lstm_backward",
        "forwards",
        "The steps are taken in the order of time. A gradient goes back: the last step comes first.",
        ("reversed(range(len(x)))", "range(len(x))"),
    ),
    (
        "lstm_backward",
        "first_memory_zero",
        "The first step is treated as if the sequence had started from zeros. It started from `h0` and `c0`.",
        ("else (h0, c0)", "else (0 * h0, 0 * c0)"),
    ),
]
for problem, name, says, *edits in SLIPS:
    slip("ps4", problem, name, says, *edits)


@wrong("lstm_step", says=PLACE)
def memory_in_place(x, h, c, W_x, W_h, b):
    """Works in the caller's memory."""
    a_f, a_i, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    c *= sigmoid(a_f)
    c += sigmoid(a_i) * np.tanh(a_g)
    return sigmoid(a_o) * np.tanh(c), c


@wrong("lstm_forward", says=PLACE)
def start_in_place(x, h0, c0, W_x, W_h, b):
    """Writes the states into the arrays of the first ones."""
    hs, cs = [], []
    for x_t in x:
        h0[:], c0[:] = lstm_step(x_t, h0, c0, W_x, W_h, b)
        hs.append(h0.copy())
        cs.append(c0.copy())
    return np.array(hs), np.array(cs)
