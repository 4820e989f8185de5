"""The page of verdicts: every claim on trial, from the tables of its runs, as a table and as a file."""

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from rnnbook import trials

FILE = "verdicts.csv"


def address(claim):
    """Of the claim's section, from the site's root."""
    heading = claim.words.replace("'", "")  # an apostrophe becomes a curly one, which an address leaves out
    return f"notebooks/{claim.section}.html#{nodes.make_id(heading)}"


def in_words(effect):
    """An effect and its interval."""
    low, high = f"{effect.low:.2f}", f"{effect.high:.2f}"
    interval = f" ({low} to {high})" if low != high else ""
    return f"{effect.name}: {effect.value:.2f}{interval}".replace("-", "−")


@cache
def decided(claim):
    """The claim, its effects computed once: every interval is a bootstrap of thousands of samples."""
    effects = claim.effects()
    return replace(claim, effects=lambda: effects)


def parsed(directive, lines, name):
    """Markdown that a directive wrote from the tables, parsed, in a container; it is made anew when a table changes."""
    holder = nodes.container(classes=[name])
    directive.state.nested_parse(StringList(lines), 0, holder)
    for path in sorted(trials.FOLDER.glob("*.csv")):
        directive.env.note_dependency(str(path))
    return [holder]


class Verdicts(SphinxDirective):
    """A table with a row a claim."""

    def run(self):
        """Write the table as Markdown, and let the parser read it."""
        lines = ["| Claim | Verdict | Effect | Tasks | Runs | Said by |", "| --- | --- | --- | --- | --- | --- |"]
        rows = []
        for claim in map(decided, trials.claims()):
            link = f'<a href="../{address(claim)}">{claim.words}</a>'
            said_by = ", ".join(f"{{cite:t}}`{key}`" for key in claim.said_by) or "everybody"
            effects = "<br>".join(in_words(effect) for effect in claim.effects())
            effects = f"{claim.quantity}:<br>{effects}"
            cells = (link, f"**{claim.verdict()}**", effects, claim.tasks, str(claim.runs() or "none"), said_by)
            lines.append(f"| {' | '.join(cells)} |")
            about = [claim.words, " ".join(claim.said_by), address(claim), claim.tasks, claim.runs(), claim.quantity]
            for effect in claim.effects():
                rows.append([*about, effect.name, *(round(number, 4) for number in effect[1:]), claim.verdict()])
        self.env.rnnbook_verdicts = {self.env.docname: rows}
        return parsed(self, lines, "rb-verdicts")


def merge(_app, env, docnames, other):
    """Take over what another process read."""
    found = getattr(other, "rnnbook_verdicts", {})
    if found.keys() & set(docnames):
        env.rnnbook_verdicts = found


def write(app, exception):
    """The same as a file to download."""
    if exception or app.builder.name != "html":
        return
    (rows,) = app.env.rnnbook_verdicts.values()
    with Path(app.outdir, "_static", FILE).open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(
            ["claim", "said_by", "section", "tasks", "runs", "quantity", "effect", "value", "low", "high", "verdict"]
        )
        out.writerows(rows)


def setup(app):
    """Register with Sphinx."""
    app.add_directive("verdicts", Verdicts)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
