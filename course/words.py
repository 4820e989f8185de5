"""Words for the quantities of the model solutions, and the equations of the book in which they are defined."""

import json
import os
import re
from functools import cache
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
BASE = {
    "x": "the input",
    "h": "the state h",
    "c": "the memory c",
    "b": "the bias",
    "f": "the forget gate",
    "i": "the input gate",
    "o": "the output gate",
    "g": "the candidate g",
    "r": "the reset gate",
    "z": "the update gate",
    "n": "the candidate n",
    "a": "the pre-activation",
    "hs": "`hs`",
    "cs": "`cs`",
    "dhs": "`dhs`",
    "gates": "the array of the gates",
    "r_h": "the product r ⊙ h",
    "tanh_c": "tanh of the memory",
    "dc_all": "the memory's whole gradient",
    "d_reset": "the gradient behind the reset gate",
    "running": "the mask of the sequences that still run",
    "before": "the state before the step",
    "e": "the error e",
    "kept": "the matrix α S",
    "along": "the product of the new matrix's gradient and the key",
    "dS_all": "the whole gradient of the new matrix",
    "dkept": "the gradient of the matrix α S",
    "difference": "the difference from the target",
    "point": "the point with its complex step",
    "scale": "the scale",
    "spread": "the standard deviation",
}
#: Of each problem set: where the book defines a quantity, or the result of a function.
EQUATIONS = {
    "ps1": {"rnn_step": "eq-rnn", "rnn_forward": "eq-recurrence", "rnn_forward_padded": "eq-recurrence"},
    "ps2": {
        "da": "eq-rnn-da",
        **dict.fromkeys(("dx", "dh", "dh0"), "eq-rnn-back"),
        **dict.fromkeys(("dW_x", "dW_h", "db"), "eq-rnn-dw"),
        "before": "eq-rnn-dw",
        "complex_step": "eq-complex-step",
        "rnn_backward": "eq-collect",
    },
    "ps3": {
        "step_jacobian": "eq-one-factor",
        "norms_by_lag": "eq-bound",
        "clip": "eq-clip",
        "with_radius": "eq-bound",
    },
    "ps4": {
        "forget_bias": "eq-half-life",
        **dict.fromkeys(("a_f", "a_i", "a_g", "a_o"), "eq-lstm-affine"),
        **dict.fromkeys(("f", "i", "g", "o"), "eq-lstm-gates"),
        **dict.fromkeys(("c_new", "cs"), "eq-lstm-cell"),
        **dict.fromkeys(("h_new", "hs", "lstm_forward"), "eq-lstm-output"),
        "tanh_c": "eq-forward-again",
        "dc_all": "eq-dc",
        **dict.fromkeys(("da_f", "da_i", "da_g"), "eq-dgates"),
        "da_o": "eq-do",
        "da": "eq-da",
        **dict.fromkeys(("dc", "dc0"), "eq-dc-prev"),
        **dict.fromkeys(("dx", "dh", "dh0"), "eq-dinputs"),
        **dict.fromkeys(("dW_x", "dW_h", "db"), "eq-dweights"),
    },
    "ps5": {
        "peephole_step": "eq-peep-gates",
        **dict.fromkeys(("peephole_step.f", "peephole_step.i", "peephole_step.g"), "eq-peep-gates"),
        "peephole_step.c_new": "eq-peep-cell",
        **dict.fromkeys(("peephole_step.o", "peephole_step.h_new"), "eq-peep-output"),
        "coupled_step": "eq-coupled",
        **dict.fromkeys(("coupled_step.a_f", "coupled_step.a_g", "coupled_step.a_o"), "eq-lstm-affine"),
        **dict.fromkeys(("coupled_step.f", "coupled_step.g", "coupled_step.o"), "eq-lstm-gates"),
        **dict.fromkeys(("coupled_step.c_new", "coupled_step.h_new"), "eq-coupled"),
        "gru_step.h_new": "eq-gru",
        "gru_step": "eq-gru",
        "r": "eq-gru-before",
        "n": "eq-gru-before",
        "da_n": "eq-gru-da",
        "da_z": "eq-gru-dout",
        "d_reset": "eq-gru-back-before",
        "da_r": "eq-gru-back-before",
        "gru_step_back": "eq-gru-back-before",
    },
    "ps8": {"mase": "eq-mase", "scale": "eq-mase"},
    "ps9": {
        "linear_forward": "eq-later-linear",
        "du": "eq-scan-back",
        "two_in_one": "eq-scan",
        **dict.fromkeys(("e", "S_new"), "eq-later-delta"),
        "delta_step.h": "eq-later-write",
        "dkept": "eq-later-state-back",
        "dS_all": "eq-later-read-back",
        "dq": "eq-later-read-back",
        "de": "eq-later-write-back",
        "dbeta": "eq-later-write-back",
        "dk": "eq-later-error-back",
    },
}


def phrase(name):
    """A quantity in words, from its name in the model solution."""
    if name in BASE:
        return BASE[name]
    if match := re.fullmatch(r"each_(\w+)", name):
        return f"each of {phrase(match[1])}"
    if match := re.fullmatch(r"a_(\w)", name):
        return f"{phrase(match[1]).removesuffix(f' {match[1]}')}'s pre-activation"
    if match := re.fullmatch(r"([a-z])_new", name):
        return phrase(match[1]).replace("the ", "the new ", 1)
    if match := re.fullmatch(r"([a-z])0", name):
        return phrase(match[1]).replace("the ", "the first ", 1)
    if match := re.fullmatch(r"(\w+?)_t", name):
        return f"{phrase(match[1])} of the step"
    if match := re.fullmatch(r"d([WUp]_\w|[a-z](0|_new)?|a_\w)", name):
        return f"the gradient of {phrase(match[1])}"
    return f"`{name}`"


@cache
def numbered():
    """The labelled equations of the chapters: their numbers and pages."""
    found = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        for k, label in enumerate(re.findall(r"^\$\$ \((eq-[\w-]+)\)", text, re.MULTILINE), 1):
            found[label] = f"{int(path.name[:2])}.{k}", f"notebooks/{path.stem}.html#equation-{label}"
    return found


def equation(label):
    """An equation of the book by its number, with a link where ``BOOK_URL`` says where the book is."""
    number, page = numbered()[label]
    url = os.environ.get("BOOK_URL", "")
    return f"[equation ({number})]({url}{page})" if url else f"equation ({number}) of the book"
