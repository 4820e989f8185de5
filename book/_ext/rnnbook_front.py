"""The first page: its figure before any script runs, some verdicts, the edition, and how long things take to read."""

import datetime
import json
import math
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import yaml
from docutils import nodes
from rnnbook_verdicts import address, decided, depend, known, named, parsed, raw
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinxcontrib import katex

from rnnbook import __version__, explorables, trials
from rnnbook.explorables import turning
from rnnbook.trials import blocks

WORDS, LINES = 200, 25  # read in a minute: words of text, lines of code


class Still(SphinxDirective):
    """The explorable "trace" as it begins; the same script that computes it in the page draws it here, in Node.js."""

    def run(self):
        """Put the picture and its words where the page will put them."""
        files = [str(explorables.FOLDER / f"explorable-{part}.js") for part in ("core", "trace")]
        script = (
            "globalThis.window = globalThis; const { readFileSync } = require('fs');"
            f"for (const file of {json.dumps(files)}) (0, eval)(readFileSync(file, 'utf8'));"
            "console.log(JSON.stringify(window.rnnbook.trace()));"
        )
        done = subprocess.run([katex.NODEJS_BINARY, "-e", script], capture_output=True, text=True, check=True)
        drawn = json.loads(done.stdout)
        for file in files:
            self.env.note_dependency(file)
        html = (
            '<div class="rb-explorable rb-first" data-explorable="trace">'
            f'<div class="rb-stage">{drawn["svg"]}</div><p class="rb-said">{drawn["said"]}</p></div>'
        )
        return [nodes.raw("", html, format="html")]


class Turning(SphinxDirective):
    """The explorable "turn"; without scripts it says where each of its verdicts turns."""

    def run(self):
        """A line for each trial."""
        self.env.note_dependency(str(turning.FILE))
        lines = []
        for trial in turning.committed().values():
            stretches = "; ".join(f"{where}: {verdict}" for where, verdict in turning.turns(trial))
            lines.append(f"<li>“{trial['words']}”, by {trial['label']}: {stretches}. {trial['note']}</li>")
        html = (
            '<div class="rb-explorable" data-explorable="turn"><p>This figure needs JavaScript. In a notebook: '
            f'<code>explorables.show("turn")</code>. What it shows, in words:</p><ul>{"".join(lines)}</ul></div>'
        )
        return [nodes.raw("", html, format="html")]


class Some(SphinxDirective):
    """Verdicts in short: how many claims have each, and the claims whose words are given, one a line, each drawn."""

    has_content = True

    def run(self):
        """Counts as a bar, then a list."""
        counts = blocks.counted(decided(words) for words in known())
        bar = "".join(f'<i class="rb-{blocks.slug(name)}" style="flex:{count}"></i>' for name, count in counts.items())
        kinds = ", ".join(f'<b class="rb-{blocks.slug(name)}">{count} {name}</b>' for name, count in counts.items())
        items = "".join(self.item(named(self, words), decided(words)) for words in self.content)
        depend(self.env, trials.claims())
        return [
            raw(
                f'<div class="rb-some"><div class="rb-bar" aria-hidden="true">{bar}</div>'
                f"<p>Of {sum(counts.values())} claims: {kinds}.</p><ul>{items}</ul></div>"
            )
        ]

    def item(self, claim, found):
        """A claim: its badge, its words, the sentence on trial, all its conditions in one drawing."""
        words = blocks.escape(claim.words, quote=False)
        return (
            f'<li class="{blocks.kinds(found)}"><div>{blocks.badge(found.verdict)} '
            f'<a href="{address(claim)}">“{words}”</a>{blocks.marks(claim, found)}'
            f"<p>{blocks.text(claim.sentence)} {blocks.varied(found)}</p></div>"
            f'<div class="rb-small">{blocks.small(claim, found)}'
            f"<small>{blocks.measured(claim)}</small></div></li>"
        )


class Edition(SphinxDirective):
    """Which edition this is, and of which day: that of its last commit, or where there is none of its release."""

    def run(self):
        """A line."""
        root = self.env.srcdir
        commits = git(root, "rev-parse", "--git-path", "logs/HEAD")
        if commits:
            self.env.note_dependency(str(Path(root, commits)))
        released = yaml.safe_load(Path(root, "CITATION.cff").read_text("utf-8"))["date-released"]
        day = datetime.date.fromisoformat(git(root, "log", "-1", "--format=%cs") or str(released))
        text = f"Edition {__version__} of {day.day} {day:%B %Y}, by the recurrent-cells textbook authors."
        return [nodes.paragraph(text, text, classes=["rb-edition"])]


def git(root, *words):
    """What git says; nothing where there is no git or no history."""
    if not shutil.which("git"):
        return ""
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    return done.stdout.strip()


class Chapters(SphinxDirective):
    """A paragraph for each part of the contents: its chapters, each with what its notebook says of itself (`about`)."""

    def run(self):
        """Write the paragraphs as Markdown, and let the parser read them."""
        contents, lines = Path(self.env.srcdir, "_toc.yml"), []
        self.env.note_dependency(str(contents))
        for part in yaml.safe_load(contents.read_text("utf-8"))["parts"]:
            names = [one["file"] for one in part["chapters"] if one["file"].startswith("notebooks/")]
            for name in names:
                self.env.note_dependency(str(Path(self.env.srcdir, f"{name}.ipynb")))
            sentences = [f"{{doc}}`/{name}` {about(name, self.env.srcdir)}" for name in names]
            if sentences:
                lines += [f"**{part['caption'].replace(' · ', ', ')}.** {' '.join(sentences)}", ""]
        return parsed(self, lines, "rb-contents")


class Needs(SphinxDirective):
    """A table of what chapters need besides the package, each as its notebook says (`needs`)."""

    def run(self):
        """Write the table as Markdown, and let the parser read it."""
        for name in chapters(self.env.srcdir):
            self.env.note_dependency(str(Path(self.env.srcdir, f"{name}.ipynb")))
        return parsed(self, needs(self.env.srcdir), "rb-needs")


def needs(root):
    """The lines of that table."""
    lines = ["| chapter | reads | where it comes from |", "| --- | --- | --- |"]
    for name in chapters(root):
        found = notebook(Path(root, f"{name}.ipynb"))["metadata"].get("needs")
        lines += [f"| {{doc}}`/{name}` | {found[0]} | {found[1]} |"] if found else []
    return lines


class Besides(SphinxDirective):
    """The chapters that the page does not name."""

    def run(self):
        """Write a sentence as Markdown, and let the parser read it, if there are such chapters."""
        page = Path(self.env.srcdir, f"{self.env.docname}.md").read_text("utf-8")
        self.env.note_dependency(str(Path(self.env.srcdir, "_toc.yml")))
        return parsed(self, besides(page, self.env.srcdir), "rb-besides")


def besides(page, root):
    """The lines of that sentence."""
    others = [f"{{doc}}`/{name}`" for name in chapters(root) if f"/{name}`" not in page]
    return [f"On none of these paths: {', '.join(others)}."] if others else []


def chapters(root):
    """The chapters, in the order of the contents, each as ``notebooks/01-…``."""
    parts = yaml.safe_load(Path(root, "_toc.yml").read_text("utf-8"))["parts"]
    files = [one["file"] for part in parts for one in part["chapters"]]
    return [file for file in files if file.startswith("notebooks/")]


def about(name, root):
    """The rest of a sentence that begins with a chapter's title, from the metadata of its notebook."""
    return notebook(Path(root, f"{name}.ipynb"))["metadata"].get("about", "").strip() or "\u2026"


def notebook(path):
    """A notebook, not validated: that takes most of the time, and the first page reads all of them."""
    return json.loads(path.read_text("utf-8"))


def source(name, root):
    """The file of a page: a chapter by its name, or a page of the folder book."""
    chapter = Path(root, "notebooks", f"{name}.ipynb")
    return chapter if chapter.exists() else Path(root, "book", f"{name}.md")


@cache
def minutes(name, root):
    """How long a page takes to read."""
    path = source(name, root)
    if path.suffix == ".ipynb":
        cells = notebook(path)["cells"]
        text = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    else:
        text, code = path.read_text("utf-8"), ""
    text = re.sub(r"\$\$.*?\$\$", " formula formula formula formula formula ", text, flags=re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip()]
    return math.ceil(len(re.findall(r"\w+", text)) / WORDS + len(lines) / LINES)


class Minutes(SphinxRole):
    """``{minutes}`01-sequences-and-state, 02-…``` : how long these pages take to read, in minutes or hours."""

    def run(self):
        """Count words and lines of code."""
        names = [name.strip() for name in self.text.split(",")]
        for name in names:  # read this page again when one of them has changed
            self.env.note_dependency(str(source(name, self.env.srcdir)))
        total = sum(minutes(name, self.env.srcdir) for name in names)
        return [nodes.Text(f"{total}\u00a0minutes" if total < 100 else f"{total / 60:.0f}\u00a0hours")], []


class Files(SphinxDirective):
    """Where the whole book is as one file: on a published site to download; elsewhere, but for the first page, how."""

    def run(self):
        """Links, if ``BOOK_FILES`` says that the files will be there."""
        if not os.environ.get("BOOK_FILES") and self.env.docname == "index":
            return []
        root = "../" * self.env.docname.count("/")
        links = [
            f'<a href="{root}_static/recurrent-cells.{kind}" download>{kind.upper()}</a>' for kind in ("pdf", "epub")
        ]
        text = f"The whole book as one file: {' · '.join(links)}."
        if not os.environ.get("BOOK_FILES"):
            text = "The whole book as one file: <code>make pdf</code>, <code>make epub</code>."
        return [nodes.raw("", f"<p>{text}</p>", format="html")]


def setup(app):
    """Register with Sphinx."""
    app.add_directive("first-figure", Still)
    app.add_directive("turning", Turning)
    app.add_directive("some-verdicts", Some)
    app.add_directive("edition", Edition)
    app.add_directive("whole-book", Files)
    app.add_directive("chapters", Chapters)
    app.add_directive("chapter-needs", Needs)
    app.add_directive("chapters-besides", Besides)
    app.add_role("minutes", Minutes())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
