"""Cells of students' own: each a text that takes the place of the three functions of problem set 5."""

#: name, parameters as {name: shape in D and H}, forward (h_new from x, h, p), backward (dx, dh, dictionary)
CELLS = [
    (
        "leaky with a fixed gate per unit",
        {"W": "D, H", "U": "H, H", "k": "H"},
        """
    keep = sigmoid(p["k"])
    n = np.tanh(x @ p["W"] + h @ p["U"])
    h_new = keep * h + (1 - keep) * n""",
        """
    da = dh_new * (1 - keep) * (1 - n**2)
    grads = {"W": x.T @ da, "U": h.T @ da, "k": (dh_new * (h - n)).sum(axis=0) * keep * (1 - keep)}
    return da @ p["W"].T, dh_new * keep + da @ p["U"].T, grads""",
    ),
    (
        "gate from the input only",
        {"W": "D, H", "U": "H, H", "V": "D, H"},
        """
    keep = sigmoid(x @ p["V"])
    n = np.tanh(x @ p["W"] + h @ p["U"])
    h_new = keep * h + (1 - keep) * n""",
        """
    da = dh_new * (1 - keep) * (1 - n**2)
    dk = dh_new * (h - n) * keep * (1 - keep)
    grads = {"W": x.T @ da, "U": h.T @ da, "V": x.T @ dk}
    return da @ p["W"].T + dk @ p["V"].T, dh_new * keep + da @ p["U"].T, grads""",
    ),
    (
        "keeps with a gate, adds without",
        {"W": "D, H", "V": "D, H", "Q": "H, H"},
        """
    keep = sigmoid(x @ p["V"] + h @ p["Q"])
    n = np.tanh(x @ p["W"])
    h_new = keep * h + n""",
        """
    da = dh_new * (1 - n**2)
    dk = dh_new * h * keep * (1 - keep)
    grads = {"W": x.T @ da, "V": x.T @ dk, "Q": h.T @ dk}
    return da @ p["W"].T + dk @ p["V"].T, dh_new * keep + dk @ p["Q"].T, grads""",
    ),
    (
        "residual with a small bounded step",
        {"W": "D, H", "U": "H, H", "b": "H"},
        """
    n = np.tanh(x @ p["W"] + h @ p["U"] + p["b"])
    h_new = h + 0.1 * (n - h)""",
        """
    da = 0.1 * dh_new * (1 - n**2)
    grads = {"W": x.T @ da, "U": h.T @ da, "b": da.sum(axis=0)}
    return da @ p["W"].T, 0.9 * dh_new + da @ p["U"].T, grads""",
    ),
    (
        "multiplicative write",
        {"W": "D, H", "U": "H, H", "V": "D, H"},
        """
    m = x @ p["V"]
    n = np.tanh(x @ p["W"] + h @ p["U"])
    h_new = 0.9 * h + np.tanh(m) * n""",
        """
    da = dh_new * np.tanh(m) * (1 - n**2)
    dm = dh_new * n * (1 - np.tanh(m) ** 2)
    grads = {"W": x.T @ da, "U": h.T @ da, "V": x.T @ dm}
    return da @ p["W"].T + dm @ p["V"].T, 0.9 * dh_new + da @ p["U"].T, grads""",
    ),
    (
        "sine candidate",
        {"W": "D, H", "U": "H, H", "V": "D, H"},
        """
    keep = sigmoid(x @ p["V"])
    a = x @ p["W"] + h @ p["U"]
    h_new = keep * h + (1 - keep) * np.sin(a)""",
        """
    da = dh_new * (1 - keep) * np.cos(a)
    dk = dh_new * (h - np.sin(a)) * keep * (1 - keep)
    grads = {"W": x.T @ da, "U": h.T @ da, "V": x.T @ dk}
    return da @ p["W"].T + dk @ p["V"].T, dh_new * keep + da @ p["U"].T, grads""",
    ),
    (
        "one scalar gate for all units",
        {"W": "D, H", "U": "H, H", "v": "H, 1"},
        """
    keep = sigmoid(h @ p["v"])
    n = np.tanh(x @ p["W"] + h @ p["U"])
    h_new = keep * h + (1 - keep) * n""",
        """
    da = dh_new * (1 - keep) * (1 - n**2)
    dk = (dh_new * (h - n)).sum(axis=1, keepdims=True) * keep * (1 - keep)
    grads = {"W": x.T @ da, "U": h.T @ da, "v": h.T @ dk}
    return da @ p["W"].T, dh_new * keep + da @ p["U"].T + dk @ p["v"].T, grads""",
    ),
    (
        "diagonal recurrence in the gate",
        {"W": "D, H", "U": "H, H", "q": "H", "V": "D, H"},
        """
    keep = sigmoid(x @ p["V"] + h * p["q"])
    n = np.tanh(x @ p["W"] + h @ p["U"])
    h_new = keep * h + (1 - keep) * n""",
        """
    da = dh_new * (1 - keep) * (1 - n**2)
    dk = dh_new * (h - n) * keep * (1 - keep)
    grads = {"W": x.T @ da, "U": h.T @ da, "q": (dk * h).sum(axis=0), "V": x.T @ dk}
    return da @ p["W"].T + dk @ p["V"].T, dh_new * keep + da @ p["U"].T + dk * p["q"], grads""",
    ),
    (
        "softplus candidate",
        {"W": "D, H", "V": "H, H"},
        """
    keep = sigmoid(h @ p["V"])
    a = x @ p["W"]
    h_new = keep * h + (1 - keep) * np.log1p(np.exp(a))""",
        """
    da = dh_new * (1 - keep) * sigmoid(a)
    dk = dh_new * (h - np.log1p(np.exp(a))) * keep * (1 - keep)
    grads = {"W": x.T @ da, "V": h.T @ dk}
    return da @ p["W"].T, dh_new * keep + dk @ p["V"].T, grads""",
    ),
    (
        "squashed sum of old and new",
        {"W": "D, H", "V": "D, H", "U": "H, H"},
        """
    keep = sigmoid(x @ p["V"])
    s = keep * h + x @ p["W"] + np.tanh(h @ p["U"])
    h_new = np.tanh(s)""",
        """
    ds = dh_new * (1 - h_new**2)
    dk = ds * h * keep * (1 - keep)
    du = ds * (1 - np.tanh(h @ p["U"]) ** 2)
    grads = {"W": x.T @ ds, "V": x.T @ dk, "U": h.T @ du}
    return ds @ p["W"].T + dk @ p["V"].T, ds * keep + du @ p["U"].T, grads""",
    ),
]


def functions(cell):
    """The three functions of a cell, as the text that a student would write."""
    _, shapes, forward, backward = cell
    drawn = "".join(f'        "{name}": 0.5 * rng.normal(size=({shape},)),\n' for name, shape in shapes.items())
    return {
        "my_params": f"def my_params(seed, D, H):\n    rng = np.random.default_rng(seed)\n    return {{\n{drawn}    }}\n",
        "my_step": f"def my_step(x, h, p):{forward}\n    return h_new\n",
        "my_step_back": f"def my_step_back(dh_new, x, h, p):{forward}{backward}\n",
    }
