"""Mistakes in problem set 5: peepholes, coupled gates, the GRU, a cell of one's own."""

from course.misconceptions import slip

SLIPS = [
    (
        "peephole_step",
        "output_sees_old_memory",
        "The output gate looks at the old memory. It acts after the memory has been renewed; which c is in its equation?",
        ("p_o * c_new", "p_o * c"),
    ),
    (
        "peephole_step",
        "peepholes_see_h",
        "The peepholes look at h. They were invented because h shows nothing of the memory when the output gate is closed.",
        ("p_f * c)", "p_f * h)"),
        ("p_i * c)", "p_i * h)"),
        ("p_o * c_new)", "p_o * h)"),
    ),
    (
        "peephole_step",
        "gates_exchanged",
        "The peepholes of f and i are exchanged.",
        ("a_f + p_f", "a_f + p_i"),
        ("a_i + p_i", "a_i + p_f"),
    ),
    (
        "peephole_step",
        "outside_the_sigmoid",
        "The peepholes are added after the sigmoid, so a gate can be larger than 1. They belong to its input.",
        ("sigmoid(a_f + p_f * c)", "(sigmoid(a_f) + p_f * c)"),
        ("sigmoid(a_i + p_i * c)", "(sigmoid(a_i) + p_i * c)"),
        ("sigmoid(a_o + p_o * c_new)", "(sigmoid(a_o) + p_o * c_new)"),
    ),
    (
        "peephole_step",
        "no_output_peephole",
        "The output gate has no peephole here. Its equation has one.",
        (" + p_o * c_new", ""),
    ),
    (
        "peephole_step",
        "not_squashed_first",
        "The peepholes look at tanh(c). They see the memory itself.",
        ("p_f * c)", "p_f * np.tanh(c))"),
        ("p_i * c)", "p_i * np.tanh(c))"),
        ("p_o * c_new)", "p_o * np.tanh(c_new))"),
    ),
    (
        "peephole_step",
        "candidate_peeps_too",
        "The candidate g has a peephole too. Only the gates have.",
        ("np.tanh(a_g)", "np.tanh(a_g + p_i * c)"),
    ),
    (
        "peephole_step",
        "swapped_return",
        "The results are right, but in the wrong order: `peephole_step` returns h first, then c.",
        (
            "return o * np.tanh(c_new), c_new",
            "return c_new, o * np.tanh(c_new)",
        ),
    ),
    (
        "coupled_step",
        "same_gate_for_both",
        "The same gate is used for keeping and for writing. The coupling says that one has what the other leaves.",
        ("(1 - f) * g", "f * g"),
    ),
    (
        "coupled_step",
        "roles_exchanged",
        "f writes and 1 - f keeps. It is the other way round: f is what is kept.",
        ("f * c + (1 - f) * g", "(1 - f) * c + f * g"),
    ),
    (
        "coupled_step",
        "written_whole",
        "What is new is written whole. How much is written is decided by the gate, too.",
        ("(1 - f) * g", "g"),
    ),
    (
        "coupled_step",
        "minus_before_the_sigmoid",
        "1 - f is computed with the gate's input: the sigmoid of 1 - a is not 1 minus the sigmoid of a.",
        ("(1 - f) * g", "sigmoid(1 - a_f) * g"),
    ),
    (
        "coupled_step",
        "order_of_blocks",
        "The blocks are read in the order f, o, g. Here they stand in another order; see the problem.",
        ("a_f, a_g, a_o", "a_f, a_o, a_g"),
    ),
    (
        "coupled_step",
        "memory_not_squashed",
        "h is the output gate times the memory itself. Between the two the equation has one function more.",
        ("np.tanh(c_new), c_new", "c_new, c_new"),
    ),
    (
        "gru_step",
        "z_and_one_minus_z",
        "z and 1 - z are exchanged, as in many tutorials: here z keeps the old state.",
        ("z * h + (1 - z) * n", "(1 - z) * h + z * n"),
    ),
    (
        "gru_step",
        "reset_after",
        "The reset gate multiplies after the product with the weights, as in cuDNN. Here it multiplies the state before it.",
        ("(r * h) @ W_h[:, 2 * H :]", "r * (h @ W_h[:, 2 * H :])"),
    ),
    (
        "gru_step",
        "no_reset",
        "The reset gate is computed, but nothing is reset: the candidate sees the whole old state.",
        ("(r * h) @", "h @"),
    ),
    (
        "gru_step",
        "blocks_z_first",
        "The blocks are read in the order z, r, n. Here r stands first.",
        ("gates[:, :H], gates[:, H:]", "gates[:, H:], gates[:, :H]"),
    ),
    (
        "gru_step",
        "reset_everything",
        "The reset gate multiplies all of the candidate's input. It only acts on the old state.",
        (
            "x @ W_x[:, 2 * H :] + (r * h) @ W_h[:, 2 * H :] + b[2 * H :]",
            "r * (x @ W_x[:, 2 * H :] + h @ W_h[:, 2 * H :] + b[2 * H :])",
        ),
    ),
    (
        "gru_step",
        "keeps_reset_state",
        "What z keeps is the state after the reset. The reset is for the candidate only.",
        ("z * h +", "z * r * h +"),
    ),
    (
        "gru_step",
        "candidate_like_a_gate",
        "The candidate goes through a sigmoid, so the state could never become negative. See its equation.",
        ("np.tanh(", "sigmoid("),
    ),
    (
        "gru_step_back",
        "reset_gate_without_gradient",
        "The reset gate gets no gradient. It acts on the candidate, and so on the loss.",
        ("da_r = d_reset * h * r * (1 - r)", "da_r = 0 * d_reset"),
    ),
    (
        "gru_step_back",
        "way_through_the_reset_missed",
        "`dh` misses one way: through the product r ⊙ h the old state also reaches the candidate.",
        (" + d_reset * r", ""),
    ),
    (
        "gru_step_back",
        "way_through_the_gates_missed",
        "`dh` misses the ways through the two gates: both look at the old state.",
        (" + da[:, : 2 * H] @ W_h[:, : 2 * H].T", ""),
    ),
    (
        "gru_step_back",
        "direct_way_missed",
        "`dh` misses the direct way, along which z keeps the old state.",
        ("dh_new * z + d_reset", "d_reset"),
    ),
    (
        "gru_step_back",
        "update_gate_sign",
        "The gradient of z has the wrong sign. What happens to the new state when z grows?",
        ("(h - n)", "(n - h)"),
    ),
    (
        "gru_step_back",
        "update_gate_half",
        "The gradient of z has only one of its two parts: z multiplies the old state, and 1 - z the candidate.",
        ("dh_new * (h - n)", "dh_new * h"),
    ),
    (
        "gru_step_back",
        "candidate_weights_see_whole_state",
        "The candidate's block of `dW_h` is built with h. What was multiplied by these weights in the step?",
        ("(r * h).T @ da_n", "h.T @ da_n"),
    ),
    (
        "gru_step_back",
        "reset_after_product",
        "The reset factor stands on the wrong side of the weights on the way back to the old state.",
        (
            "d_reset = da_n @ W_h[:, 2 * H :].T",
            "d_reset = (da_n * r) @ W_h[:, 2 * H :].T / np.where(r == 0, 1, r)",
        ),
    ),
    (
        "gru_step_back",
        "z_for_candidate",
        "The candidate's gradient is weighted with z. How much of the candidate gets into the new state?",
        ("da_n = dh_new * (1 - z)", "da_n = dh_new * z"),
    ),
    (
        "gru_step_back",
        "candidate_slope_missing",
        "The candidate's gradient passes tanh as if it were not there.",
        (" * (1 - n**2)", ""),
    ),
    (
        "gru_step_back",
        "bias_averaged",
        "`db` is a mean over the batch. One bias serves all sequences, so their shares are added.",
        ("da.sum(axis=0)", "da.mean(axis=0)"),
    ),
]
for problem, name, says, *edits in SLIPS:
    slip("ps5", problem, name, says, *edits)

OWN = [
    (
        "my_step_back",
        "my_constant_gate",
        "The gradients are not those of `my_step`. Is something in the cell treated as a constant that depends on the "
        "input or the state, such as a gate?",
        ("da_f = (dh_new * (n - h) + d_fh * h) * f * (1 - f)", "da_f = 0 * dh_new"),
    ),
    (
        "my_step_back",
        "my_state_gradient",
        "`dx` and `dparams` are right, `dh` is not: the old state reaches the new one in more ways than you follow.",
        ("dh_new * (1 - f) + d_fh * f", "d_fh * f"),
    ),
    (
        "my_step_back",
        "my_parameter_gradient",
        "`dx` and `dh` are right, `dparams` is not. Check it parameter by parameter: which numbers does each multiply?",
        ("(f * h).T @ da_n", "h.T @ da_n"),
    ),
    (
        "my_step_back",
        "my_averages_the_batch",
        "`dparams` is a mean over the batch. Each sequence adds its share: it is a sum.",
        (
            '{"W_f": x.T @ da_f, "U_f": h.T @ da_f, "W": x.T @ da_n, "U": (f * h).T @ da_n}',
            '{"W_f": x.T @ da_f / 3, "U_f": h.T @ da_f / 3, "W": x.T @ da_n / 3, "U": (f * h).T @ da_n / 3}',
        ),
    ),
    (
        "my_step_back",
        "my_forgets_a_parameter",
        "`dparams` does not have the same keys as `params`: every parameter needs its gradient.",
        ('"U_f": h.T @ da_f, ', ""),
    ),
    (
        "my_step",
        "my_ignores_state",
        "The new state does not depend on the old one, so the cell has no memory.",
        (
            'f = sigmoid(x @ params["W_f"] + h @ params["U_f"])\n    return (1 - f) * h + f * np.tanh(x @ params["W"] + (f * h) @ params["U"])',
            'return np.tanh(x @ params["W"])',
        ),
    ),
    (
        "my_step",
        "my_ignores_input",
        "The new state does not depend on the input.",
        (
            'f = sigmoid(x @ params["W_f"] + h @ params["U_f"])\n    return (1 - f) * h + f * np.tanh(x @ params["W"] + (f * h) @ params["U"])',
            'return np.tanh(h @ params["U"])',
        ),
    ),
    (
        "my_step",
        "my_is_linear",
        "The new state is a linear function of the old one. A gate that looks at the state would bend it.",
        (
            'f = sigmoid(x @ params["W_f"] + h @ params["U_f"])\n    return (1 - f) * h + f * np.tanh(x @ params["W"] + (f * h) @ params["U"])',
            'return 0.9 * h + 0.1 * np.tanh(x @ params["W"])',
        ),
    ),
]
for replaces, name, says, *edits in OWN:
    slip("ps5", "my_step_back", name, says, *edits, replaces=replaces)
