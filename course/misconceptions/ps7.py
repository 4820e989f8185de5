"""Mistakes in problem set 7: three papers, what they say and what they do not.

The name of a mistake begins with that of its paper.
"""

from course.misconceptions import slip
from course.papers import DIFFERENCES

UNLIKE = {
    "mgu": {
        2: "Statement 2 is not right: the long vector in the candidate's equation holds the input too.",
        4: "Statement 4 is not right: look for what is added inside the sigmoid.",
        6: "Statement 6 is not right: one matrix that multiplies a long vector has columns of its own for each of its parts. "
        "Only the way of writing differs.",
    },
    "mut1": {
        1: "Statement 1 is not right: look at the reset gate's equation again, what stands in it besides the input?",
        4: "Statement 4 is not right: the new state lies between the old one and what comes out of a tanh.",
        6: "Statement 6 is not right: the paper counts the states in another way, and the gates see the state before the step. "
        "Only the way of writing differs.",
    },
    "lstm97": {
        2: "Statement 2 is not right: in the sums over the units stand inputs and outputs. The memory came to the gates later, "
        "through peepholes.",
        5: "Statement 5 is not right: the output gate's sum goes over the inputs, too.",
        6: "Statement 6 is not right: look at the time in the output's equation.",
    },
}
for paper, statements in UNLIKE.items():
    for n, says in statements.items():
        slip("ps7", "differences", f"{paper}_says_{n}", says, ("[1, 3, 4]", str([*sorted(DIFFERENCES[paper])[:2], n])))

CANDIDATE = "np.tanh(np.hstack([f * h, x]) @ W_h.T + b_h)"
STEPS = [
    (
        "mgu_keeps_with_the_gate",
        "The gate keeps the old state, as z does in the GRU. In this paper it is the other way round.",
        ("(1 - f) * h + f * n", "f * h + (1 - f) * n"),
    ),
    (
        "mgu_gate_after_the_product",
        "The gate multiplies what comes out of the product with the weights. Here it multiplies the old state before.",
        (CANDIDATE, "np.tanh(f * (h @ W_h[:, : h.shape[1]].T) + x @ W_h[:, h.shape[1] :].T + b_h)"),
    ),
    (
        "mgu_gates_the_input_too",
        "The gate multiplies the input as well. It only acts on the old state.",
        (CANDIDATE, "np.tanh(np.hstack([f * h, f.mean(axis=1, keepdims=True) * x]) @ W_h.T + b_h)"),
    ),
    (
        "mgu_no_gate_in_the_candidate",
        "The candidate sees the whole old state: its equation has a gate there.",
        ("[f * h, x]", "[h, x]"),
    ),
    (
        "mgu_written_whole",
        "The candidate is written whole. How much of it is written is decided by the gate.",
        ("f * n", "n"),
    ),
    (
        "mgu_kept_whole",
        "The old state is kept whole. How much of it is kept is decided by the gate.",
        ("(1 - f) * h", "h"),
    ),
    (
        "mgu_candidate_like_a_gate",
        "The candidate goes through a sigmoid. See its equation.",
        ("np.tanh(", "sigmoid("),
    ),
    (
        "mgu_biases_exchanged",
        "The two biases are exchanged.",
        ("W_f.T + b_f", "W_f.T + b_h"),
        ("W_h.T + b_h", "W_h.T + b_f"),
    ),
    (
        "mut1_keeps_with_the_gate",
        "The update gate keeps the old state, as z does in the GRU. In this paper it is the other way round.",
        ("n * z + h * (1 - z)", "n * (1 - z) + h * z"),
    ),
    (
        "mut1_gate_sees_the_state",
        "The update gate looks at the state. In this paper it does not: that is what is special in it.",
        ("z = sigmoid(x @ W_xz.T + b_z)", "z = sigmoid(x @ W_xz.T + h @ W_hr.T + b_z)"),
    ),
    (
        "mut1_input_not_squashed",
        "The input gets into the candidate as it is. In the equation it goes through a function of its own first.",
        ("np.tanh(x)", "x"),
    ),
    (
        "mut1_input_with_weights",
        "The input gets into the candidate through weights. The paper has none there.",
        ("np.tanh(x)", "np.tanh(x @ W_xz.T)"),
    ),
    (
        "mut1_reset_after",
        "The reset gate multiplies after the product with the weights. Here it multiplies the state before it.",
        ("(r * h) @ W_hh.T", "r * (h @ W_hh.T)"),
    ),
    (
        "mut1_no_reset",
        "The reset gate is computed, but nothing is reset: the candidate sees the whole old state.",
        ("(r * h) @", "h @"),
    ),
    (
        "mut1_resets_the_input_too",
        "The reset gate multiplies all that goes into the candidate. It only acts on the old state.",
        ("(r * h) @ W_hh.T + np.tanh(x) + b_h", "r * (h @ W_hh.T + np.tanh(x) + b_h)"),
    ),
    (
        "mut1_keeps_the_reset_state",
        "What is kept is the state after the reset. The reset is for the candidate only.",
        ("h * (1 - z)", "r * h * (1 - z)"),
    ),
    (
        "lstm97_tanh_everywhere",
        "g and h are taken for tanh, as in later papers. Here they are other functions; see how large and how steep they are.",
        ("4 * sigmoid(u @ W_c.T) - 2", "np.tanh(u @ W_c.T)"),
        ("(2 * sigmoid(s_new) - 1)", "np.tanh(s_new)"),
    ),
    (
        "lstm97_g_is_tanh",
        "g is taken for tanh, as in later papers. Its formula gives a function of another size and steepness.",
        ("4 * sigmoid(u @ W_c.T) - 2", "np.tanh(u @ W_c.T)"),
    ),
    (
        "lstm97_h_is_tanh",
        "The memory goes out through tanh, as in later papers. The formula of h gives a function that is less steep.",
        ("(2 * sigmoid(s_new) - 1)", "np.tanh(s_new)"),
    ),
    (
        "lstm97_forgets",
        "The old internal state is multiplied by what the input gate leaves. In this paper nothing multiplies it.",
        ("s_new = s + i * g", "s_new = (1 - i) * s + i * g"),
    ),
    (
        "lstm97_outputs_the_old_state",
        "The output is made from the internal state of the step before. See the time in its equation.",
        ("(2 * sigmoid(s_new) - 1), s_new", "(2 * sigmoid(s) - 1), s_new"),
    ),
    (
        "lstm97_state_not_squashed",
        "The internal state goes out as it is. Between it and the output there is one function more.",
        ("(2 * sigmoid(s_new) - 1)", "s_new"),
    ),
    (
        "lstm97_inputs_last",
        "The outputs stand before the inputs in the sums. Here the inputs come first.",
        ("[x, y]", "[y, x]"),
    ),
    (
        "lstm97_memory_before_output",
        "The results are right, but in the wrong order: the output first, then the internal state.",
        ("o * (2 * sigmoid(s_new) - 1), s_new", "s_new, o * (2 * sigmoid(s_new) - 1)"),
    ),
]
BACKS = [
    (
        "mgu_gate_in_the_candidate_missed",
        "The gate's gradient has one part only: the gate also decides what of the old state the candidate sees.",
        ("(dh_new * (n - h) + d_gated[:, :H] * h)", "dh_new * (n - h)"),
    ),
    (
        "mgu_update_half",
        "The gate's gradient misses that the gate also takes something away from the old state.",
        ("dh_new * (n - h)", "dh_new * n"),
    ),
    (
        "mgu_direct_way_missed",
        "`dh` misses the direct way, along which the old state is kept.",
        ("dh_new * (1 - f) + d_gated", "d_gated"),
    ),
    (
        "mgu_way_through_the_gate_missed",
        "`dh` misses the way through the gate, which looks at the old state.",
        (" + d_both[:, :H]", ""),
    ),
    (
        "mgu_way_through_the_candidate_missed",
        "`dh` misses the way through the candidate.",
        (" + d_gated[:, :H] * f", ""),
    ),
    (
        "mgu_candidate_weights_see_whole_state",
        "`dW_h` is built with the old state. What was multiplied by these weights in the step?",
        ("da_n.T @ gated", "da_n.T @ both"),
    ),
    (
        "mgu_input_through_one_way",
        "`dx` follows one way only: the input reaches the gate and the candidate.",
        ("d_gated[:, H:] + d_both[:, H:]", "d_gated[:, H:]"),
    ),
    (
        "mgu_weights_transposed",
        "The gradients of the weights lie on their side: they have the shapes of the weights, as the paper writes them.",
        ("da_f.T @ both", "both.T @ da_f"),
        ("da_n.T @ gated", "gated.T @ da_n"),
    ),
    (
        "mut1_update_half",
        "The gradient of z has one part only: z writes the candidate, and takes away from the old state.",
        ("dh_new * (n - h)", "dh_new * n"),
    ),
    (
        "mut1_input_slope_missed",
        "`dx` passes the input's own tanh as if it were not there.",
        (" * (1 - u**2)", ""),
    ),
    (
        "mut1_input_through_gates_only",
        "`dx` misses the direct way into the candidate.",
        ("da_n * (1 - u**2) + da_z", "da_z"),
    ),
    (
        "mut1_direct_way_missed",
        "`dh` misses the direct way: of the old state stays what z leaves.",
        ("dh_new * (1 - z) + d_reset", "d_reset"),
    ),
    (
        "mut1_way_through_the_gate_missed",
        "`dh` misses the way through the reset gate, which looks at the old state.",
        (" + da_r @ W_hr", ""),
    ),
    (
        "mut1_way_through_the_candidate_missed",
        "`dh` misses the way through the candidate, which sees the reset state.",
        (" + d_reset * r", ""),
    ),
    (
        "mut1_update_gate_sees_the_state",
        "`dh` has a way through the update gate. In this paper that gate does not look at the state.",
        ("da_r @ W_hr", "da_r @ W_hr + da_z @ W_hr"),
    ),
    (
        "mut1_candidate_weights_see_whole_state",
        "`dW_hh` is built with the old state. What was multiplied by these weights in the step?",
        ("da_n.T @ (r * h)", "da_n.T @ h"),
    ),
    (
        "lstm97_way_through_the_output_missed",
        "The internal state's gradient misses what comes back through the output.",
        ("ds_new + dy_new * o * 0.5 * (1 - out**2)", "ds_new"),
    ),
    (
        "lstm97_carried_gradient_missed",
        "The internal state's gradient misses what comes from the step after.",
        ("ds_new + dy_new", "dy_new"),
    ),
    (
        "lstm97_slope_of_h",
        "The slope of h is that of tanh. h is less steep: write it down with the value of h itself.",
        ("o * 0.5 * (1 - out**2)", "o * (1 - out**2)"),
    ),
    (
        "lstm97_slope_of_g",
        "The slope of g is that of tanh. g reaches from −2 to 2: write its slope down with the value of g itself.",
        ("1 - 0.25 * g**2", "1 - g**2"),
    ),
    (
        "lstm97_forgets",
        "The gradient of the old internal state is multiplied by a gate. Nothing multiplied that state on its way forward.",
        ("return du[:, :D], du[:, D:], ds,", "return du[:, :D], du[:, D:], ds * (1 - i),"),
    ),
    (
        "lstm97_output_gate_from_memory",
        "The output gate's gradient is made from that of the memory. It multiplies what goes out.",
        ("dy_new * out * o * (1 - o)", "ds * out * o * (1 - o)"),
    ),
    (
        "lstm97_parts_exchanged",
        "`dx` and `dy` are cut from the wrong ends: in the sums the inputs come first.",
        ("du[:, :D], du[:, D:], ds", "du[:, -D:], du[:, : y.shape[1]], ds"),
    ),
    (
        "lstm97_cut_short",
        "`dx` and `dy` miss the gates: the paper cuts these ways off, you should not.",
        ("da_i @ W_in + da_o @ W_out + da_g @ W_c", "da_g @ W_c"),
    ),
]
for kind, mistakes in (("step", STEPS), ("step_back", BACKS)):
    for name, says, *edits in mistakes:
        slip("ps7", kind, name, says, *edits, replaces=f"{name.partition('_')[0]}_{kind}")
