"""The page of verdicts: every claim on trial, from the tables of its runs, as a table and as a file."""

import csv
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
        for claim in trials.claims():
            link = f'<a href="../{address(claim)}">{claim.words}</a>'
            said_by = ", ".join(f"{{cite:t}}`{key}`" for key in claim.said_by) or "everybody"
            effects = "<br>".join(in_words(effect) for effect in claim.effects())
            effects = f"{claim.quantity}:<br>{effects}"
            cells = (link, f"**{claim.verdict()}**", effects, claim.tasks, str(claim.runs() or "none"), said_by)
            lines.append(f"| {' | '.join(cells)} |")
        return parsed(self, lines, "rb-verdicts")


def write(app, exception):
    """The same as a file to download."""
    if exception or app.builder.name != "html":
        return
    with Path(app.outdir, "_static", FILE).open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(
            ["claim", "said_by", "section", "tasks", "runs", "quantity", "effect", "value", "low", "high", "verdict"]
        )
        for claim in trials.claims():
            about = [claim.words, " ".join(claim.said_by), address(claim), claim.tasks, claim.runs(), claim.quantity]
            for effect in claim.effects():
                numbers = [round(number, 4) for number in effect[1:]]
                out.writerow([*about, effect.name, *numbers, claim.verdict()])


def setup(app):
    """Register with Sphinx."""
    app.add_directive("verdicts", Verdicts)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
