"""The equations of the summary page, run as they are printed, give what the package computes."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from kinds import random_cell, random_state

from rnnbook import Attention, Dense, MinGRU, MinLSTM, MixtureDensity, QuantileLoss, gaussian_nll, softmax_cross_entropy
from rnnbook.activations import sigmoid, softmax
from rnnbook.cells.layer_norm import EPSILON, d_normalise, normalise
from rnnbook.layers import pooling_weights
from rnnbook.learning.ctc import ctc
from rnnbook.trials.later_cells import DeltaNet

PAGE = (Path(__file__).parents[1] / "book/summary.md").read_text("utf-8")
EQUATIONS = {name: body for body, name in re.findall(r"(?ms)^\$\$\n(.*?)\n\$\$ \(eq-all-([a-z-]+)\)$", PAGE)}
#: Equations of whole cells: above each stands, in a comment, which of `kinds.KINDS` it is.
CELLS = {
    name: kind for kind, name in re.findall(r"(?ms)^% ([^\n]+)\n\n\$\$\n(?:(?!\$\$).)*\$\$ \(eq-all-([a-z-]+)\)$", PAGE)
}
T, B, D, H = 1, 3, 4, 5  # one step, so that the sum over t has one term


def python(line):
    """One line of LaTeX, in the page's small vocabulary, as Python."""
    line = re.sub(r"\\textstyle|\\sum_t|&|\\\\|,?\\quad", "", line)
    line = line.replace(r"\alpha", "alpha").replace(r"\beta", "beta").replace(r"\ell", "l")
    line = re.sub(r"\\sum_j (.*)", r"(\1).sum(0, keepdims=True)", line)
    line = re.sub(r"\\sum_\{(?:B|t=1)\}(?:\^\{T\})? (.*)", r"(\1).sum(0)", line).replace(r"\bar h", "pooled")
    line = line.replace(r"\log\sigma", "logsd").replace(r"/ \sigma", "/ sd").replace(r"\mu", "mu")
    line = re.sub(r"\[(\w+ < \w+)\]", r"(\1)", line)  # 1 where it is so
    line = re.sub(r"\\tanh\^2(\(\w+(?:_t)?\))", r"tanh\1**2", line)
    line = line.replace(r"\operatorname{softmax}", "softmax")
    line = re.sub(r"\\(sigma|tanh|log)\(", r"\1(", line).replace(r"\leftarrow", "=")
    line = line.replace(r"\operatorname{mean}", "mean").replace(r"\epsilon", "eps").replace("^{-1/2}", "**-0.5")
    line = line.replace("b_n'", "b_nx").replace(r"\odot", "*")
    line = re.sub(r"_\{t-1\}", "_prev", line)
    line = re.sub(r"(?<=\w)_t\b", "", line)
    line = re.sub(r"_\{(\w+)\}", r"_\1", line)
    line = re.sub(r"\\delta (\w+)", r"d\1", line)
    line = line.replace(r"^\top", ".T").replace("^2", "**2")
    line = re.sub(r"([\w.]+) (?=[a-zA-Z])", r"\1 @ ", line)  # what stands side by side is a product
    left, right = (side.strip() for side in line.split("=", 1))
    if left.startswith("["):
        return f"{left[1:-1]} = split({right}, {left.count(',') + 1}, axis=-1)"
    if right.startswith("["):
        right = f"concatenate({right}, axis=-1)"
    return f"{left} = {right}"


def run(name, values):
    body = re.sub(r"\\(begin|end)\{aligned\}", "", EQUATIONS[name]).strip()
    body = re.sub(r" \\\\\n&\\quad \+", " +", body)  # a line that goes on
    functions = {
        "softmax": softmax,
        "mean": lambda v: v.mean(axis=-1, keepdims=True),
        "sigma": sigmoid,
        "tanh": np.tanh,
        "log": np.log,
        "split": np.split,
        "concatenate": np.concatenate,
    }
    for line in body.splitlines():
        exec(python(line), functions, values)


def test_every_equation_of_the_page_is_tested():
    assert {"rnn", "lstm", "gru-before"} <= CELLS.keys()
    assert EQUATIONS.keys() == {
        *("forward", "backward", "characters", "characters-back", "pooled", "pooled-back"),
        *("normal-back", "quantile-back", "ctc-back", "mixture-back"),
        *("attention", "attention-back", "additive", "additive-back"),
        *("norm", "norm-back"),
        *("min-gru", "min-gru-back", "min-lstm", "min-lstm-back", "delta", "delta-back"),
        *CELLS,
        *(f"{name}-back" for name in CELLS),
    }


@pytest.mark.parametrize("name", CELLS)
def test_the_printed_equations_are_the_packages(name, rng):
    cell = random_cell(CELLS[name], D, H, rng)
    x, state = rng.normal(size=(T, B, D)), random_state(cell, B, rng)
    dhs, dstate = rng.normal(size=(T, B, H)), random_state(cell, B, rng)
    _, after = cell(x, state)
    dx, dbefore = cell.backward(dhs, dstate)

    values = dict(cell.params)
    for block in ("W_x", "W_h", "b"):
        for gate in cell.blocks:
            values[f"{block}{gate}" if block != "b" else f"b_{gate}"] = cell.block(block, gate)
    values["b_nx"] = cell.block("b", "n") if "n" in cell.blocks else None
    values["b_n"] = cell.params.get("b_n")
    values |= {"x": x[0]} | {f"{s}_prev": v for s, v in zip(cell.states, state, strict=True)}
    run("forward", values)
    run(name, values)
    for s, expected in zip(cell.states, after, strict=True):
        np.testing.assert_allclose(values[s], expected, rtol=1e-12)

    values |= {f"d{s}": v for s, v in zip(cell.states, dstate, strict=True)}
    values["dh"] = values["dh"] + dhs[0]
    run(f"{name}-back", values)
    own = {k: values[k] for k in ("dW_hn", "db_n") if k in values}
    run("backward", values)
    for s, expected in zip(cell.states, dbefore, strict=True):
        np.testing.assert_allclose(values[f"d{s}_prev"], expected, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(values["dx"], dx[0], rtol=1e-10, atol=1e-13)
    if "dW_hn" in own:
        values["dW_h"][:, 2 * H :] = own["dW_hn"]
    values |= own
    for parameter, expected in cell.grads.items():
        np.testing.assert_allclose(values[f"d{parameter}"], expected, rtol=1e-10, atol=1e-13)


def test_the_printed_equations_of_the_next_character_are_the_packages(rng):
    h, labels, readout = rng.normal(size=(T, B, H)), rng.integers(0, D, (T, B)), Dense(H, D, rng=rng, dtype=np.float64)
    _, dy = softmax_cross_entropy(readout(h), labels)
    dh = readout.backward(dy)
    values = {"h": h[0], "W_y": readout.params["W"], "b_y": readout.params["b"], "q": np.eye(D)[labels[0]], "N": T * B}
    run("characters", values)
    run("characters-back", values)
    for name, expected in {"dy": dy[0], "dW_y": readout.grads["W"], "db_y": readout.grads["b"], "dh": dh[0]}.items():
        np.testing.assert_allclose(values[name], expected, rtol=1e-12, atol=1e-15, err_msg=name)


def test_the_printed_layer_normalisation_is_the_packages(rng):
    v, dn = rng.normal(size=(2, B, H))
    values = {"v": v, "dn": dn, "eps": EPSILON}
    run("norm", values)
    n, scale = normalise(v)
    np.testing.assert_allclose(values["n"], n, rtol=1e-12)
    run("norm-back", values)
    np.testing.assert_allclose(values["dv"], d_normalise(dn, n, scale), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("pool", ["last", "mean", "max"])
def test_the_printed_equations_of_an_answer_for_a_sequence_have_the_gradient_of_what_they_compute(pool, rng):
    h, labels, readout = rng.normal(size=(6, B, H)), rng.integers(0, D, B), Dense(H, D, rng=rng, dtype=np.float64)
    values = {"h": h, "w": pooling_weights(pool, h), "W_y": readout.params["W"], "b_y": readout.params["b"]}
    run("pooled", values)
    values["dy"] = softmax_cross_entropy(values["y"][None], labels[None])[1][0]
    run("pooled-back", values)
    direction, change = rng.normal(size=h.shape), []
    for step in (1e-6, -1e-6):
        moved = h + step * direction
        y = {"last": moved[-1], "mean": moved.mean(axis=0), "max": moved.max(axis=0)}[pool]
        change.append(softmax_cross_entropy(readout(y[None]), labels[None])[0])
    np.testing.assert_allclose((values["dh"] * direction).sum(), (change[0] - change[1]) / 2e-6, rtol=1e-6)


def test_the_printed_gradients_of_a_range_are_the_packages(rng):
    mu, logsd, y, v = rng.normal(size=(4, T, B, 1))
    values = {"mu": mu, "sd": np.exp(logsd), "v": v, "y": y, "q": 0.3, "N": T * B}
    run("normal-back", values)
    _, expected = gaussian_nll(np.concatenate([mu, logsd], axis=-1), v)
    np.testing.assert_allclose(np.concatenate([values["dmu"], values["dlogsd"]], axis=-1), expected, rtol=1e-12)
    run("quantile-back", values)
    np.testing.assert_allclose(values["dy"], QuantileLoss((0.3,))(y, v)[1], rtol=1e-12)


def test_the_printed_gradient_of_labels_without_an_alignment_is_that_of_all_paths_counted(rng):
    frames, K, said = 5, 3, (1, 2)
    logits = rng.normal(size=(frames, 1, K))
    p = softmax(logits)[:, 0]
    q = np.zeros((frames, K))
    for path in itertools.product(range(K), repeat=frames):
        if tuple(k for k, _ in itertools.groupby(path) if k) == said:
            q[np.arange(frames), path] += np.prod(p[np.arange(frames), path])
    values = {"p": p, "q": q / q[0].sum(), "B": 1}
    run("ctc-back", values)
    np.testing.assert_allclose(values["dy"], ctc(logits, np.array(said)[:, None])[1][:, 0], rtol=1e-10)


def test_the_printed_gradients_of_a_mixture_are_the_packages(rng):
    M = 3
    (y, mu, logsd), v = rng.normal(size=(3, T, B, M)), rng.normal(size=(T, B, 1))
    w, sd = softmax(y), np.exp(logsd)
    each = w * np.exp(-(((v - mu) / sd) ** 2) / 2) / sd
    values = {"mu": mu, "sd": sd, "v": v, "w": w, "r": each / each.sum(axis=-1, keepdims=True), "N": T * B}
    run("mixture-back", values)
    _, expected = MixtureDensity(M)(np.concatenate([y, mu, logsd], axis=-1), v)
    found = np.concatenate([values["dy"], values["dmu"], values["dlogsd"]], axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_the_printed_equations_of_attention_are_the_packages(kind, rng):
    look = Attention(H, D, kind=kind, rng=rng, dtype=np.float64)
    q, h, dcontext = rng.normal(size=(1, H)), rng.normal(size=(6, D)), rng.normal(size=(1, D))
    context = look(q[:, None], h[:, None])
    dq, dh = look.backward(dcontext[:, None])
    values = dict(look.params) | {"q": q, "h": h, "dpooled": dcontext}
    if kind == "additive":
        values["v"] = values["v"][None]
        run("additive", values)
        values["alpha"] = softmax(values["e"])
        np.testing.assert_allclose(values["alpha"] @ h, context[0], rtol=1e-12)
        values["de"] = values["alpha"] * (dcontext @ h.T - (dcontext @ h.T) @ values["alpha"].T)
        run("additive-back", values)
    else:
        run("attention", values)
        np.testing.assert_allclose(values["pooled"], context[0], rtol=1e-12)
        run("attention-back", values)
    np.testing.assert_allclose(values["dq"], dq[0], rtol=1e-10)
    np.testing.assert_allclose(values["dh"], dh[:, 0], rtol=1e-10)
    for name, gradient in look.grads.items():
        np.testing.assert_allclose(np.reshape(values[f"d{name}"], gradient.shape), gradient, rtol=1e-10)


@pytest.mark.parametrize(("name", "make"), [("min-gru", MinGRU), ("min-lstm", MinLSTM)])
def test_the_printed_equations_of_the_minimal_cells_are_the_packages(name, make, rng):
    cell = make(D, H, rng=rng, dtype=np.float64)
    x, h_prev, dh = rng.normal(size=(1, B, D)), rng.normal(size=(B, H)), rng.normal(size=(1, B, H))
    hs, _ = cell(x, (h_prev,))
    _, (dbefore,) = cell.backward(dh)
    values = {f"W_x{gate}": cell.block("W_x", gate) for gate in cell.blocks}
    values |= {f"b_{gate}": cell.block("b", gate) for gate in cell.blocks} | {"x": x[0], "h_prev": h_prev, "dh": dh[0]}
    run(name, values)
    np.testing.assert_allclose(values["h"], hs[0], rtol=1e-12)
    run(f"{name}-back", values)
    np.testing.assert_allclose(values["dh_prev"], dbefore, rtol=1e-10)
    found = np.concatenate([values[f"da_{gate}"].sum(axis=0) for gate in cell.blocks])
    np.testing.assert_allclose(found, cell.grads["b"], rtol=1e-10)


def test_the_printed_equations_of_the_delta_rule_are_the_packages(rng):
    cell = DeltaNet(D, H, rng=rng, dtype=np.float64)
    S_prev, dS, dh = rng.normal(size=(H, H)), rng.normal(size=(H, H)), rng.normal(size=H)
    (h, S), saved = cell.step(xw := rng.normal(size=3 * H + 1), (np.zeros(H), S_prev))
    da, (_, dS_prev) = cell.step_back(saved, (dh, dS))
    q, k, length, _, beta, *_ = saved
    values = {"q": q[:, None], "k": k[:, None], "v": xw[2 * H : 3 * H, None], "beta": beta, "S_prev": S_prev}
    run("delta", values)
    np.testing.assert_allclose(values["h"][:, 0], h, rtol=1e-12)
    np.testing.assert_allclose(values["S"], S, rtol=1e-12)
    values |= {"dS": dS, "dh": dh[:, None]}
    run("delta-back", values)
    np.testing.assert_allclose(values["dS_prev"], dS_prev, rtol=1e-10)
    dk = values["dk"][:, 0]
    found = [
        values["dq"][:, 0],
        (dk - k * (k @ dk)) / length,
        values["dv"][:, 0],
        (values["dbeta"] * beta * (1 - beta))[0],
    ]
    np.testing.assert_allclose(np.concatenate(found), da, rtol=1e-10, atol=1e-13)
