"""Figures to play with, on the website without a kernel and in a live notebook as widgets.

Each is one small script beside this module. The website loads them when they come into
view; a notebook shows the same script through anywidget.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook import check, networks
from rnnbook.arrays import Array
from rnnbook.cells import GRU, LSTM, CoupledLSTM, PeepholeLSTM
from rnnbook.data import ALPHABET
from rnnbook.data.tasks.wording import FIGURES, LETTERS
from rnnbook.plots.graphs import graph
from rnnbook.plots.style import CELL_STYLES, COLOURS, GRID

#: The explorables, in the order in which the book has them.
NAMES = (
    "trace",
    "bptt",
    "spectrum",
    "cliff",
    "cell",
    "strip",
    "lag",
    "characters",
    "forecast",
    "dates",
    "cups",
    "turn",
)
#: Those that bring trained networks of their own, in a script that is loaded for them alone.
NETWORKS = ("characters", "dates", "cups")
#: Where their scripts and their style sheet lie.
FOLDER = Path(__file__).parent / "js"

PLAIN = {r"\tanh": "tanh", r"\odot": "⊙", "_{t-1}": "ₜ₋₁", "_t": "ₜ", "W_{hn}": "W", "-": "−", "$": ""}


def data() -> dict[str, Any]:
    """What the scripts take from the package: the diagrams' layout, a matrix with its eigenvalues, a small network.

    Returns
    -------
    dict
        Fit for JSON.

    Examples
    --------
    >>> sorted(data()["diagrams"])
    ['coupled', 'gru', 'lstm', 'peephole']
    """
    rng = np.random.default_rng(0)
    cells = {
        "lstm": LSTM(1, 1, rng=rng),
        "peephole": PeepholeLSTM(1, 1, rng=rng),
        "coupled": CoupledLSTM(1, 1, rng=rng),
        "gru": GRU(1, 1, rng=rng),
    }
    W = rng.normal(size=(12, 12)) / np.sqrt(12)
    eigenvalues = np.linalg.eigvals(W)
    return {
        "diagrams": {name: _diagram(cell) for name, cell in cells.items()},
        "spectrum": {"W": W.tolist(), "eigenvalues": np.stack([eigenvalues.real, eigenvalues.imag], -1).tolist()},
        "forecaster": _params("forecaster"),
    }


def data_script() -> str:
    """`data` as a script for the page.

    Returns
    -------
    str
    """
    return f"window.rnnbook.data = {json.dumps(data(), separators=(',', ':'))};\n"


def network_script(name: str) -> str:
    """The networks that an explorable brings as a script for the page.

    Parameters
    ----------
    name : {"characters", "dates", "cups"}

    Returns
    -------
    str
        Parameters as integers in base 64, with the scales of their columns; with a network of `rnnbook.networks` its
        alphabets, with the players of the cup game (`rnnbook.explorables.playing`) where they come from.
    """
    if name == "cups":
        network = json.loads(Path(__file__).with_name("playing.json").read_text("utf-8"))
    else:
        alphabets = {"characters": {"alphabet": ALPHABET}, "dates": {"letters": LETTERS, "figures": FIGURES}}[name]
        network = alphabets | {"params": _params(name)}
    return f"window.rnnbook.{name} = {json.dumps(network, separators=(',', ':'))};\n"


def turning_script() -> str:
    """The positions of the explorable "turn", which `rnnbook.explorables.turning` computed, as a script for the page.

    Returns
    -------
    str
    """
    return f"window.rnnbook.turning = {Path(__file__).with_name('turning.json').read_text('utf-8').strip()};\n"


def module(name: str) -> str:
    """One explorable as a JavaScript module in anywidget's form.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    str
        Its default export has ``render({ model, el })``.

    Raises
    ------
    ValueError
        When there is no explorable of that name.

    Examples
    --------
    >>> "export default" in module("lag")
    True
    """
    check.choice("name", name, NAMES)
    core, own = ((FOLDER / f"explorable-{part}.js").read_text("utf-8") for part in ("core", name))
    # JupyterLab has shortcuts of its own on the arrow keys; a control that has the focus keeps them for itself
    keys = 'el.addEventListener("focusin", (event) => { event.target.dataset.lmSuppressShortcuts = "true"; });'
    render = f'export default {{ render({{ el }}) {{ {keys} window.rnnbook.mount("{name}", el); }} }};'
    network = (network_script(name),) if name in NETWORKS else (turning_script(),) if name == "turn" else ()
    return "\n".join((core, data_script(), *network, own, render))


def show(name: str) -> Any:
    """The explorable as a widget, for a live notebook; needs anywidget.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    anywidget.AnyWidget

    Raises
    ------
    ImportError
        When anywidget is not installed.
    ValueError
        When there is no explorable of that name.
    """
    script = module(name)
    try:
        import anywidget
    except ImportError as error:
        raise ImportError("this needs anywidget, which is not installed: pip install anywidget") from error
    palette = {f"q-{name}": colour for name, colour in COLOURS.items()}
    palette |= {f"cell-{name}": style["color"] for name, style in CELL_STYLES.items()}
    palette |= {"rb-grid": GRID, "rb-on-accent": "#fff"}
    colours = ";".join(f"--{name}:{value}" for name, value in palette.items())
    css = f".rb-live{{{colours}}}\n" + (FOLDER / "explorables.css").read_text("utf-8")
    return type("Explorable", (anywidget.AnyWidget,), {"_esm": script, "_css": css})()


def packed(whole: Array, scale: Array) -> dict[str, Any]:
    """A quantized parameter, `whole` numbers and their `scale`, fit for JSON; `matrix` of the scripts unpacks it."""
    return {
        "rows": np.atleast_2d(whole).shape[0],
        "scale": scale.tolist(),
        "bytes": base64.b64encode(whole.tobytes()).decode(),
    }


def _params(network):
    """A network's parameters, fit for JSON."""
    return {name: packed(*parts) for name, parts in networks.quantized(network).items()}


def _diagram(cell):
    nodes, edges = graph(cell)
    lines = []
    for edge in edges:
        source, target = nodes[edge.source], nodes[edge.target]
        points = [source.at, *edge.corners, target.at]
        points = [source.boundary(points[1]), *edge.corners, target.boundary(points[-2])]
        origin = edge.source
        while nodes[origin].kind == "join" and any(w.target == origin for w in edges):
            origin = next(w.source for w in edges if w.target == origin)
        known = origin if nodes[origin].kind != "join" else None  # None: the inputs, known from the start
        lines.append({"from": known, "points": points, "quantity": source.quantity, "peephole": edge.peephole})
    return {
        "nodes": {
            name: {"at": n.at, "text": _plain(n.text), "kind": n.kind, "quantity": n.quantity, "half": n.half_width}
            for name, n in nodes.items()
        },
        "edges": lines,
    }


def _plain(text):
    for tex, word in PLAIN.items():
        text = text.replace(tex, word)
    return text
