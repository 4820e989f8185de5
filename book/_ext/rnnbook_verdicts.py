"""Claims on the pages: all verdicts, as a file as well; a claim's plan and its verdict; simulated coverage.

In a chapter a cell prints a claim's plan and its report as text, for JupyterLab and for the comparison
with what a new run prints. Where a page is made, that text is looked up among what the claims of this
chapter say today, and the same claim's block takes its place; a text that is not theirs stays.
"""

import csv
from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from rnnbook import __version__, trials
from rnnbook.trials import blocks, coverage
from rnnbook.trials.verdicts import wrapped

FILE = "verdicts.csv"


def address(claim):
    """Of the claim's section, from the site's root."""
    heading = claim.words.replace("'", "")  # an apostrophe becomes a curly one, which an address leaves out
    return f"notebooks/{claim.section}.html#{nodes.make_id(heading)}"


def place(claim):
    """Of the claim on the page of verdicts."""
    return f"claim-{blocks.slug(claim.words)}"


def chapter(claim):
    """The number of its chapter."""
    return int(claim.section[:2])


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
    return blocks.find(known()[words])


@cache
def printed(words):
    """What a cell prints of a claim, and the block that a page shows instead."""
    claim = known()[words]
    link = f'<a href="../book/verdicts.html#{place(claim)}">All verdicts</a>'
    return (
        (claim.plan(), blocks.plan(claim)),
        (claim.report(), blocks.verdict(claim, decided(words), f'<span class="rb-more">{link}</span>')),
    )


def raw(html):
    """A node that is this HTML."""
    return nodes.raw("", html, format="html")


def parsed(directive, lines, name):
    """Markdown that a directive wrote from the tables, parsed, in a container; it is made anew when a trial changes."""
    holder = nodes.container(classes=[name])
    directive.state.nested_parse(StringList(lines), 0, holder)
    depend(directive.env, trials.claims())
    return [holder]


def depend(env, claims):
    """Make the page anew when the tables of these claims change, or their trials, or what all trials stand on."""
    words = {claim.words for claim in claims}
    others = {m.__file__ for m in trials.modules().values() if not words & {claim.words for claim in m.CLAIMS}}
    files = {str(trials.FOLDER / f"{table}.csv") for claim in claims for table in claim.tables}
    files |= {str(path) for path in trials.FOLDER.parent.glob("*.py")} - others
    for file in sorted(files):
        env.note_dependency(file)


# ---------------------------------------------------------------- the page of verdicts
def parts(root):
    """The chapters' parts, by the table of contents: for each its caption and its chapters."""
    contents = yaml.safe_load(Path(root, "_toc.yml").read_text("utf-8"))["parts"]
    names = {part["caption"]: [one["file"].removeprefix("notebooks/") for one in part["chapters"]] for part in contents}
    sections = {claim.section for claim in known().values()}
    return {caption: files for caption, files in names.items() if sections & set(files)}


def radio(group, value, label, checked=False):
    """A choice that style sheets can see."""
    return (
        f'<label class="rb-filter"><input type="radio" name="{group}" id="{group}-{value}"'
        f"{' checked' * checked}><span>{label}</span></label>"
    )


def filters(captions):
    """Radio buttons; what they hide, the style sheet hides."""
    founds = {words: decided(words) for words in known()}
    rows = [f'<div class="rb-kind">{radio("verdict", "all", f"all {len(founds)}", True)}</div>']
    for verdict, count in blocks.counted(founds.values()).items():
        links = "".join(
            f'<a href="#{place(known()[words])}" title="{escape(words)}"><span class="rb-hear">{escape(words)}, '
            f"chapter </span>{chapter(known()[words])}</a>"
            for words, found in founds.items()
            if found.verdict == verdict
        )
        kind = blocks.slug(verdict)
        choice = radio("verdict", kind, f'<b class="rb-{kind}">{blocks.MARKS[verdict]} {count} {verdict}</b>')
        rows.append(f'<div class="rb-kind">{choice}<span class="rb-squares rb-{kind}">{links}</span></div>')
    groups = {
        "Verdict <small>(a square is a claim, with the number of its chapter)</small>": rows,
        "Part": [radio("part", k, caption.replace("Part ", "")) for k, caption in enumerate(captions, 1)],
        "Cell": [radio("cell", name, name) for name in blocks.CELLS],
    }
    groups["Part"].insert(0, radio("part", "all", "all", True))
    groups["Cell"].insert(0, radio("cell", "all", "all", True))
    sets = [f"<fieldset><legend>{name}</legend>{''.join(group)}</fieldset>" for name, group in groups.items()]
    return f'<form class="rb-filters" autocomplete="off">{"".join(sets)}</form>'


def key():
    """What the drawings mean."""
    sides = {"inside": (1.0, 3.0), "across the edge": (-1.0, 1.0), "outside": (-3.0, -1.0)}
    shown = [f"<span>{blocks.sketch(*interval)} {words}</span>" for words, interval in sides.items()]
    thin = (
        f"<span>{blocks.sketch(-2.6, -1.0, (-3.2, 0.6))} the thin line is the wider interval that decides where one "
        "condition of several is enough; this one is outside at 95 %, but decides nothing</span>"
    )
    return f'<p class="rb-legend">What a claim needs is shaded: {"".join(shown)}{thin}</p>'


def cite(claim, found, base):
    """How to cite one verdict."""
    where = f" {base}book/verdicts.html#{place(claim)}" if base else ""
    return f"Cite it as: Recurrent cells {__version__}, “{claim.words}”: {found.verdict}; plan {claim.hash()}.{where}"


class Verdicts(SphinxDirective):
    """An article for each claim, in the parts of the book, behind the filters."""

    def run(self):
        """Sections of articles; who says a claim is Markdown, for its citations."""
        self.env.note_dependency(str(Path(self.env.srcdir, "_toc.yml")))
        found = parts(self.env.srcdir)
        made = [raw(filters(found) + key())]
        for k, (caption, names) in enumerate(found.items(), 1):
            section = nodes.section("", nodes.title(caption, caption), classes=["rb-part", f"rb-part-{k}"])
            section["ids"] = [nodes.make_id(caption)]
            for claim in known().values():
                if claim.section in names:
                    section += self.article(claim, decided(claim.words))
            made.append(section)
        self.env.rnnbook_verdicts = {self.env.docname: self.rows()}
        return made

    def article(self, claim, found):
        """A claim's block with its head and, folded, who says it and what was said beforehand."""
        at = place(claim)
        classes = " ".join([blocks.kinds(found), *(f"rb-on-{name}" for name in blocks.cells(claim))])
        words = f'<a href="../{address(claim)}">“{escape(claim.words, quote=False)}”</a>'
        link = f'<a class="headerlink" href="#{at}" title="Link to this claim">#</a>'
        head = (
            f'<article class="rb-claim {classes}" id="{at}" aria-labelledby="{at}-words"><div class="rb-head">'
            f'{blocks.badge(found.verdict)}<h3 id="{at}-words">{words}{link}</h3>'
            f"{blocks.marks(claim, found)}</div>"
            f'<p class="rb-sentence">{blocks.text(claim.sentence)}</p>{blocks.result(claim, found)}'
            "<details><summary>Who says it, what was said beforehand, how to cite it</summary>"
        )
        who = ((f"{{cite:t}}`{one.key}`" if one.key else "folklore", one.where) for one in claim.said)
        own = [design.said() for design in replace(claim, panel=()).designs()]
        others = [f"of variations: {design.said()}" for design in claim.designs() if design.said() not in own]
        settings = "; ".join(dict.fromkeys(own + others))
        varied = "; ".join(f"{name}: {word}" for name, word in found.variations.items())
        lines = [
            f"Said by {'; '.join(f'{name}: {where}' for name, where in who)}.",
            f"Logic: {claim.logic}. Margin: {claim.margin}.",
            f"Settings: {settings}." if settings else "",
            " ".join(f"Changed afterwards ({one.date}): {one.what}, since {one.why}." for one in claim.changes),
            f"Variations: {varied}." if varied else "",
            f'Put on trial in <a href="../{address(claim)}">chapter {chapter(claim)}</a>.',
            cite(claim, found, self.config.html_baseurl),
        ]
        text = [part for line in lines if line for part in (line, "")]
        return [raw(head), *parsed(self, text, "rb-about"), raw("</details></article>")]

    def rows(self):
        """The same for the file: a row a condition."""
        made = []
        for claim in known().values():
            found = decided(claim.words)
            about = [claim.words, claim.sentence, claim.logic, address(claim), found.runs, *claim.region, claim.unit]
            for one in found.estimates:
                numbers = [round(end, 4) for end in (one.value, *one.interval())]
                made.append([*about, one.name, *numbers, found.verdict, found.stands, claim.hash()])
        return made


# ---------------------------------------------------------------- one claim
class Plan(SphinxDirective):
    """What was said of a claim before its first run, or what came out (`report`), as the chapter shows it."""

    required_arguments, final_argument_whitespace = 1, True
    option_spec = {"report": lambda _: True}  # noqa: RUF012

    def run(self):
        """As a block."""
        claim = named(self, self.arguments[0])
        depend(self.env, [claim])
        return [raw(blocks.verdict(claim, decided(claim.words)) if "report" in self.options else blocks.plan(claim))]


def show(app, doctree):
    """In a chapter, put a claim's block where a cell printed its text."""
    section = app.env.docname.removeprefix("notebooks/")
    claims = [claim for claim in known().values() if claim.section == section]
    if not claims:
        return
    depend(app.env, claims)
    for block in [one for one in doctree.findall(nodes.literal_block) if "stream" in one["classes"]]:
        pieces = [block.astext()]
        for claim in claims:
            for text, html in printed(claim.words):
                pieces = [part for piece in pieces for part in cut(piece, text, raw(html))]
            if any(isinstance(piece, str) and claim.measured() in " ".join(piece.split()) for piece in pieces):
                pieces = varied(claim, pieces)
        if len(pieces) > 1:
            place = block.parent.index(block)  # `replace_self` would give the first of them its classes
            shown = [still(block, piece) for piece in pieces if not isinstance(piece, str) or piece.strip()]
            block.parent[place : place + 1] = shown


def varied(claim, pieces):
    """These pieces with a table in the place of each variation that was printed."""
    for one in claim.panel:
        if one.conditions:
            text, table = blocks.variation(claim, one)
            shown = raw(f'<div class="output text_html">{table}</div>')
            pieces = [part for piece in pieces for part in cut(piece, text, shown)]
    head = raw(f'<p class="rb-measure">{blocks.text(blocks.sentence(claim.measured()))}</p>')
    return [part for piece in pieces for part in cut(piece, wrapped(claim.measured(), "    "), head)]


def cut(piece, text, node):
    """A piece of what was printed, with a node in the place of a text."""
    if not isinstance(piece, str) or text not in piece:
        return [piece]
    before, after = piece.split(text, 1)
    return [before, node, after]


def still(block, piece):
    """What was printed besides, as before."""
    if isinstance(piece, nodes.raw):
        return piece
    words = piece.strip("\n")
    left = nodes.literal_block(words, words)
    left.attributes |= {name: value for name, value in block.attributes.items() if name not in ("ids", "names")}
    return left


# ---------------------------------------------------------------- coverage, and the file
class Coverage(SphinxDirective):
    """What intervals cover that say 95 %, from the table of simulated experiments."""

    def run(self):
        """Write the table as Markdown."""
        lines = ["| Interval | Runs of a side | One side | The other | Covers |", "| --- | --- | --- | --- | --- |"]
        design = coverage.DESIGNS[0]
        for arm in design.arms:
            covered = 100 * trials.rows_where(trials.results(design.name), **arm)["covered"].mean()
            sides = f"{arm['one']} | {arm['other'] or 'none'}"
            lines.append(f"| {arm['kind']} | {arm['runs']} | {sides} | {covered:.1f} % |")
        return parsed(self, lines, "rb-coverage")


class CoverageBefore(SphinxDirective):
    """The same of the intervals over runs at one rate that others chose."""

    def run(self):
        """Write the table as Markdown."""
        design = coverage.DESIGNS[1]
        columns = [(tuning, choice) for tuning in coverage.PARTS for choice in (True, False)]
        heads = (f"{tuning} runs{'' if choice else ', choice certain'}" for tuning, choice in columns)
        lines = [f"| Losses | {' | '.join(heads)} |", "| --- " * (1 + len(columns)) + "|"]
        for shape in coverage.SHAPES:
            rows = trials.rows_where(trials.results(design.name), shape=shape)
            shares = (
                100 * trials.rows_where(rows, tuning=tuning, choice=choice)["covered"].mean()
                for tuning, choice in columns
            )
            lines.append(f"| {shape} | {' | '.join(f'{share:.0f} %' for share in shares)} |")
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
    app.add_directive("coverage-before", CoverageBefore)
    app.connect("doctree-read", show)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 3}
