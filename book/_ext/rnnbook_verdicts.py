"""Claims on the pages: the table of verdicts, as a file as well; one claim's plan and report; simulated coverage."""

import csv
import math
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from rnnbook import trials
from rnnbook.trials import coverage
from rnnbook.trials.verdicts import in_words, label

FILE = "verdicts.csv"
MARKS = {"confirmed": "✓", "refuted": "✗", "depends": "±", "not proven": "?", "not tested": "–", "computed": "="}
MANY = 8  # conditions that are shown at once


def address(claim):
    """Of the claim's section, from the site's root."""
    heading = claim.words.replace("'", "")  # an apostrophe becomes a curly one, which an address leaves out
    return f"notebooks/{claim.section}.html#{nodes.make_id(heading)}"


class Decided(NamedTuple):
    """What the tables say of a claim."""

    estimates: list
    verdict: str
    why: str
    stands: str
    runs: int


def named(directive, words):
    """The claim with these words; the directive's error if there is none."""
    if words not in known():
        raise directive.error(f"there is no claim {words!r}")
    return known()[words]


@cache
def known():
    """Every claim, by its words."""
    return {claim.words: claim for claim in trials.claims()}


@cache
def decided(words):
    """What the tables say of the claim with these words, computed once."""
    claim = known()[words]
    estimates = claim.estimates()
    return Decided(estimates, *claim.judge(estimates), claim.stands(trials.results, estimates), claim.runs())


def number(value):
    """As it is printed."""
    return f"{value:.2f}".replace("-", "−").replace("nan", "no runs yet")


def in_numbers(estimate):
    """An estimate and its interval."""
    low, high = (number(end) for end in estimate.interval())
    return number(estimate.value) + (f" ({low} to {high})" if estimate.se and math.isfinite(estimate.value) else "")


def forest(claim, estimates):
    """A forest plot as HTML: one line a condition, the region shaded; the numbers stand beside it as text."""
    ends = [end for one in estimates for end in (one.value, *one.interval()) if math.isfinite(end)]
    ends += [end for end in claim.region if math.isfinite(end)]
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low or 1.0)
    low, high = low - margin, high + margin

    def place(value):
        return 100 * (min(max(value, low), high) - low) / (high - low)

    def bar(name, start, end):
        return f'<i class="{name}" style="left:{place(start):.1f}%;width:{place(end) - place(start):.1f}%"></i>'

    lines = []
    for one in estimates:
        drawn = bar("rb-region", *claim.region)
        if math.isfinite(one.value):
            found = label(claim.region, one.interval())
            drawn += bar(f"rb-interval rb-{found}", *one.interval())
            drawn += f'<i class="rb-value rb-{found}" style="left:{place(one.value):.1f}%"></i>'
        lines.append(
            f'<span class="rb-condition"><span>{escape(one.name)}</span>'
            f'<span class="rb-track" aria-hidden="true">{drawn}</span><span>{in_numbers(one)}</span></span>'
        )
    head = f"{escape(claim.quantity)}, in {escape(claim.unit)}; the claim says {in_words(claim.region)}"
    return f'<span class="rb-forest"><span>{head.replace("-", "−")}</span>{"".join(lines)}</span>'


def evidence(claim, found):
    """The forest plot, folded where it is long, what was said beforehand, and who says the claim."""
    drawn = forest(claim, found.estimates)
    if len(found.estimates) > MANY:
        drawn = f"<details><summary>{len(found.estimates)} conditions</summary>{drawn}</details>"
    settings = "; ".join(dict.fromkeys(design.said() for design in claim.designs()))
    who = ((f"{{cite:t}}`{one.key}`" if one.key else "folklore", one.where) for one in claim.said)
    said = "; ".join(f"{name}: {where}" for name, where in who)
    about = [f"Said by {said}.", f"Logic: {claim.logic}.", f"Margin: {escape(claim.margin)}."]
    about += [f"Settings: {escape(settings)}."] if settings else []
    about += [f"Changed afterwards ({one.date}): {escape(one.what)}, since {escape(one.why)}." for one in claim.changes]
    stands = f"It {found.stands}." if found.stands.startswith(("stands", "was")) else ""
    folded = f"<details><summary>Who says it, and what was said beforehand</summary>{' '.join(about)}</details>"
    return f"{drawn}{stands}{folded}"


def parsed(directive, lines, name):
    """Markdown that a directive wrote from the tables, parsed, in a container; it is made anew when a trial changes."""
    holder = nodes.container(classes=[name])
    directive.state.nested_parse(StringList(lines), 0, holder)
    for path in sorted([*trials.FOLDER.glob("*.csv"), *trials.FOLDER.parent.glob("*.py")]):
        directive.env.note_dependency(str(path))
    return [holder]


class Verdicts(SphinxDirective):
    """A table with a row a claim."""

    def run(self):
        """Write the table as Markdown, and let the parser read it."""
        lines = ["| Claim | Verdict | Evidence | Runs |", "| --- | --- | --- | --- |"]
        rows = []
        for claim in known().values():
            found = decided(claim.words)
            kind = found.verdict.replace(" ", "-")
            before = "<br>Its tables were made before the plan." if claim.made_before() else ""
            why = f"<br>{found.why}" if found.why else ""
            cells = (
                f'<a href="../{address(claim)}">{claim.words}</a><br>{claim.sentence}',
                f"<span class='rb-mark rb-{kind}'>{MARKS[found.verdict]} {found.verdict}</span>{why}{before}",
                evidence(claim, found),
                str(found.runs or "none"),
            )
            lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
            about = [claim.words, claim.sentence, claim.logic, address(claim), found.runs, *claim.region, claim.unit]
            for one in found.estimates:
                numbers = [round(end, 4) for end in (one.value, *one.interval())]
                rows.append([*about, one.name, *numbers, found.verdict, found.stands, claim.hash()])
        self.env.rnnbook_verdicts = {self.env.docname: rows}
        return parsed(self, lines, "rb-verdicts")


class Plan(SphinxDirective):
    """What was said of a claim before its first run, or what came out (`report`), as the chapter prints it."""

    required_arguments, final_argument_whitespace = 1, True
    option_spec = {"report": lambda _: True}  # noqa: RUF012

    def run(self):
        """As lines of text."""
        claim = named(self, self.arguments[0])
        text = claim.report() if "report" in self.options else claim.plan()
        return parsed(self, ["```text", *text.splitlines(), "```"], "rb-plan")


class Coverage(SphinxDirective):
    """What intervals cover that say 95 %, from the table of simulated experiments."""

    def run(self):
        """Write the table as Markdown."""
        lines = ["| Interval | Runs of a side | One side | The other | Covers |", "| --- | --- | --- | --- | --- |"]
        (design,) = coverage.DESIGNS
        for arm in design.arms:
            covered = 100 * trials.rows_where(trials.results(design.name), **arm)["covered"].mean()
            sides = f"{arm['one']} | {arm['other'] or 'none'}"
            lines.append(f"| {arm['kind']} | {arm['runs']} | {sides} | {covered:.1f} % |")
        return parsed(self, lines, "rb-coverage")


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
    head = "claim sentence logic section runs region_low region_high unit condition value low high verdict stands hash"
    with Path(app.outdir, "_static", FILE).open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(head.split())
        out.writerows(rows)


def setup(app):
    """Register with Sphinx."""
    app.add_directive("verdicts", Verdicts)
    app.add_directive("claim", Plan)
    app.add_directive("coverage", Coverage)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
