"""Slides: for each chapter a deck, out of its rendered page, of the cells that the notebook tags.

The tags of a cell say what a slide takes from it:

- ``slide``: of a cell of text, each section's head, the opening of its first paragraph, how the items of its lists
  begin, its tables, its formulas with what introduces them, its questions and verdicts; of a cell of code, its figures
  or what else it has put out;
- ``slide-opening``: heads and openings only; ``slide-formula``: heads and formulas; ``slide-question``,
  ``slide-verdict``: those only;
- ``slide-code``: of a cell of code, the code.

A cell of text may have several. What does not fit on a slide goes on to the next one.
"""

import json
import posixpath
import re
from html import escape
from pathlib import Path

from docutils import nodes
from rnnbook_site import LETTER
from sphinx.util.docutils import SphinxRole

TAG = re.compile(r'tag_slide(?:-([a-z]+))?(?=[\s"])')
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# of a letter: once a page
OUTLINE = re.compile(rf'<path id="({LETTER}[^"]*)"[^>]*/>')
RIGHT = ' class="fragment custom right"'
LINES = 12  # of text that a slide holds below its head
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="auto"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides: {title}</title>
<link rel="icon" href="../logo.svg">
<link rel="stylesheet" href="../reveal/reveal.css" media="(min-width: 600px), print">
<link rel="stylesheet" href="../site.css"><link rel="stylesheet" href="../slides.css">
<script>
document.documentElement.dataset.theme =
  location.search === "?print-pdf" ? "light" : {{light: "light", dark: "dark"}}[localStorage.getItem("mode")] || "auto";
</script></head>
<body class="rb-deck"><svg width="0" height="0" aria-hidden="true"><defs>{letters}</defs></svg>
<main><h1 class="rb-hear">Slides: {title}</h1><div class="reveal"><div class="slides bd-article">
{slides}
</div></div></main>
<script src="../reveal/reveal.js"></script><script src="../slides.js"></script></body></html>
"""


def mark(app, doctree):
    """Give the blocks of a tagged cell of text its tags as classes, as MyST-NB does for cells of code."""
    if not app.env.docname.startswith("notebooks/"):
        return
    cells = json.loads(Path(app.env.doc2path(app.env.docname)).read_text("utf-8"))["cells"]
    tags = [[f"tag_{tag}" for tag in cell["metadata"].get("tags", []) if tag.startswith("slide")] for cell in cells]
    kinds = (nodes.paragraph, nodes.math_block, nodes.admonition, nodes.table, nodes.bullet_list, nodes.enumerated_list)
    for block in (
        one for section in doctree.findall(nodes.section) for one in section if isinstance(one, kinds) and one.line
    ):
        # MyST-NB counts lines anew in every cell, from ten thousand times its number
        block["classes"] += tags[block.line // 10_000 - 1]


# ---------------------------------------------------------------- HTML, as far as it is needed
def elements(html):
    """The elements that stand in a piece of HTML, each as (tag, its start, what is in it, all of it)."""
    found, depth = [], 0
    for m in re.finditer(r"<(/?)([a-zA-Z][\w:-]*)([^>]*)>", html):
        if m[2] in VOID or m[3].endswith("/"):
            if depth == 0:
                found.append((m[2], m[0], "", m[0]))
        elif not m[1]:
            if depth == 0:
                start = m
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                found.append((start[2], start[0], html[start.end() : m.start()], html[start.start() : m.end()]))
    return found


def classes(start):
    """Of an element, by its start."""
    found = re.search(r' class="([^"]*)"', start)
    return set(found[1].split()) if found else set()


def inside(html, name):
    """The elements of a class, at any depth."""
    for tag, start, inner, whole in elements(html):
        if name in classes(start):
            yield tag, start, inner, whole
        else:
            yield from inside(inner, name)


def words(html):
    """What is read of a piece of HTML."""
    html = re.sub(r'<span class="katex-mathml">.*?</math></span>|<svg.*?</svg>', "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


def sentences(html):
    """A paragraph's sentences; what stands in an element, such as a formula or a link, is not cut.

    A full stop that is kept beside its formula ends both, the sentence and the element of the two.
    """
    cut, inside, last = [], [], 0
    for m in re.finditer(r"<(/?)[^>]*?(/?)>|[.?!:](?:[”\"’)]*)(?=\s|$|</span>)", html):
        if m[0].startswith("</"):
            inside.pop()
        elif m[0].startswith("<"):
            inside += [] if m[2] else ["rb-together" in m[0]]
        elif all(inside):
            end = m.end() + len("</span>") * len(inside)
            cut.append(html[last:end])
            last = end
    return [*cut, html[last:]] if words(html[last:]) else cut


def opening(html, enough=90, most=230):
    """The first sentence of a paragraph, and the next ones as long as it is short."""
    said = ""
    for one in sentences(html):
        if said and (len(words(said)) >= enough or len(words(said + one)) > most):
            break
        said += one
    return re.sub(r":$", ".", said.strip())


# ---------------------------------------------------------------- what of a block goes on a slide
def question(inner):
    """A question and its choices; which one is right comes when everybody has raised a hand."""
    asked = "".join(whole for tag, start, _, whole in elements(inner) if tag == "p" and "class=" not in start)
    choices, said = "", ""
    for choice in (one for tag, _, one, _ in elements(inner) if tag == "details"):
        ((_, _, text, _),) = inside(choice, "sd-summary-text")
        ((_, _, reply, _),) = inside(choice, "sd-card-body")
        right = words(reply).startswith("Right")
        choices += f"<li{RIGHT * right}>{text}</li>"
        said = opening(elements(reply)[0][2], 60, 260) if right else said
    return f'{asked}<ol class="choices">{choices}</ol><p class="fragment reply">{said}</p>'


def verdict(inner):
    """A verdict as a badge, and the sentences that begin its paragraph."""
    kind = re.match(r"<strong>Verdict: (?:it )?(confirmed|refuted|depends|not proven|not tested|computed)", inner)
    badge = f'<p><span class="rb-badge rb-{kind[1].replace(" ", "-")}">{kind[1]}</span></p>' if kind else ""
    return f"{badge}<p>{opening(inner, 160, 420)}</p>"


def figure(html):
    """A figure with its number and the beginning of its caption."""
    ((_, _, caption, whole),) = [one for one in elements(elements(html)[0][2]) if one[0] == "figcaption"]
    ((_, _, number, _),) = inside(caption, "caption-number")
    ((_, _, text, _),) = inside(caption, "caption-text")
    short = f'<figcaption><span class="caption-number">{number}</span>{opening(text, 60, 200)}</figcaption>'
    return html.replace(whole, short)


def paragraph(inner, first, kinds, before_formula):
    """What the first paragraph of a section says first, and what introduces a formula, with its beginning in bold."""
    said = [opening(inner)] if first and kinds & {"all", "opening"} else []
    if before_formula and kinds & {"all", "formula"}:
        last = sentences(inner)[-1].strip()
        bold = re.match(r"<strong>.*?</strong>", inner, re.DOTALL)
        said += [bold[0]] if bold and not said and bold[0] not in last else []
        if not "".join(said).endswith(re.sub(":$", ".", last)):
            said.append(last)
        elif last.endswith(":"):  # the opening reaches as far as the formula
            said[-1] = f"{said[-1][:-1]}:"
    return " ".join(said)


def cell(inner, kinds):
    """What a cell of code has put out, or its figures if it has drawn, and its code."""
    if "code" in kinds:
        yield from (("code", code) for _, _, _, code in inside(inner, "cell_input"))
    for output in (one for _, _, one, _ in inside(inner, "cell_output") if "all" in kinds):
        found = elements(output)
        figures = [("figure", figure(whole)) for tag, _, _, whole in found if tag == "figure"]
        yield from figures or [("output", output)]


def blocks(html):
    """A page's blocks in their order, as elements, without those of exercises and further reading."""
    for one in elements(html):
        if one[0] != "section":
            yield one
        elif not re.search(r'id="(exercises|further-reading)', one[1]):
            yield from blocks(one[2])


def pieces(page):
    """What goes on slides, as (kind, HTML), with all heads."""
    found, first = list(blocks(page)), True  # no paragraph yet since the head
    for (tag, start, inner, whole), (_, after, _, _) in zip(found, [*found[1:], ("", "", "", "")], strict=True):
        kinds = {m[1] or "all" for m in TAG.finditer(whole[:300])}
        if re.match("h[1-4]$", tag):
            yield "head", re.sub(r'<a class="headerlink.*?</a>', "", inner)
            first = True
        elif "cell" in classes(start):
            yield from cell(inner, kinds)
        elif "question" in classes(start) and kinds & {"all", "question"}:
            yield "question", question(inner)
        elif inner.startswith("<strong>Verdict"):
            yield from [("verdict", verdict(inner))] if kinds & {"all", "verdict"} else []
        elif tag == "p":
            said = paragraph(inner, first, kinds, "math" in classes(after))
            yield from [("text", f"<p>{said}</p>")] if said else []
            first = False
        elif "math" in classes(start) and kinds & {"all", "formula"}:
            yield "formula", whole
        elif tag in ("ul", "ol") and "all" in kinds:
            yield "text", re.sub("(?<=<li><p>)(.*?)(?=</p>)", lambda m: opening(m[1], 40, 170), whole, flags=re.DOTALL)
        elif (tag == "table" or "pst-scrollable-table-container" in classes(start)) and "all" in kinds:
            yield "text", whole


def lines(kind, html):
    """How many lines of text a piece takes, about."""
    if kind == "formula":
        latex = re.search(r"<annotation[^>]*>(.*?)</annotation>", html, re.DOTALL)[1]
        return 0.8 + sum(2.1 if re.search("frac|sum|prod|matrix", row) else 1.35 for row in latex.split(r"\\"))
    items = [one for one in re.split("</(?:p|li|tr)>", html) if words(one)]
    return sum(0.45 + -(-len(words(one)) // 76) for one in items)


def slides(page):
    """A chapter's slides, as (kind, head, HTML)."""
    _, _, gives, _ = next(inside(page, "tip"))
    head, waiting, taken = "", [], 0
    for kind, html in [*pieces(page), ("head", "")]:
        alone = kind in ("figure", "question", "verdict", "code", "output")
        more = 0 if alone or kind == "head" else lines(kind, html)
        if waiting and (alone or kind == "head" or taken + more > LINES):
            # what introduces a formula goes with it
            kept = [waiting.pop()] if kind == "formula" and waiting[-1].startswith("<p>") else []
            if waiting:
                yield "text", head, "".join(waiting)
            waiting, taken = kept, sum(lines("text", one) for one in kept)
        if kind == "head" and not head:
            yield "title", html, f"<p>{opening(elements(gives)[1][2], 60, 400)}</p>"
        if kind == "head":
            head = html
        elif alone:
            yield kind, head, html
        else:
            waiting.append(html)
            taken += more


# ---------------------------------------------------------------- the deck
def deck(name, html):
    """The deck of the chapter with this name, out of its page; links lead to the pages that they led to."""
    page = re.search(r'<article class="bd-article"[^>]*>(.*)</article>', html, re.DOTALL)[1]
    page = re.sub(r"<script.*?</script>|<!--.*?-->", "", page, flags=re.DOTALL)
    letters, made, title = {m[1]: m[0] for m in OUTLINE.finditer(page)}, [], ""
    page = OUTLINE.sub("", page)
    for kind, head, body in slides(page):
        if kind == "title":
            title = words(head)
            chapter = f'<p><a href="{name}.html">The chapter</a>, with its derivations, code and exercises</p>'
            made.append(f'<section class="on-title"><h1>{head}</h1>{body}{chapter}</section>')
        else:
            asked = '<p class="rb-hands">Raise your hands</p>' if kind == "question" else ""
            made.append(f'<section class="on-{kind}"><div><h2>{head}</h2>{asked}{body}</div></section>')
    text = "\n".join(made)

    def there(match):
        return match[0] if re.match(r"[a-z]+:", match[2]) else match[1] + moved(name, match[2])

    text = re.sub(r'(<(?:a|img|audio|source) [^>]*?(?:href|src)=")([^"]*)', there, text)
    used = dict.fromkeys(re.findall(r'xlink:href="#([^"]+)', text))
    return PAGE.format(
        title=escape(title), letters="".join(letters[one] for one in used if one in letters), slides=text
    )


def moved(name, address):
    """An address on a chapter's page, as it is in its deck."""
    address = f"{name}.html{address}" if address.startswith("#") else address
    return posixpath.relpath(posixpath.join("notebooks", address), "_static/slides")


def write(app, exception):
    """All decks."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    (out / "_static/slides").mkdir(exist_ok=True)
    for page in sorted((out / "notebooks").glob("*.html")):
        file = out / "_static/slides" / page.name
        if not file.exists() or file.stat().st_mtime < max(page.stat().st_mtime, Path(__file__).stat().st_mtime):
            file.write_text(deck(page.stem, page.read_text(encoding="utf-8")), encoding="utf-8")


class Slides(SphinxRole):
    """``{slides}`01-sequences-and-state` `` : a link to a chapter's deck."""

    def run(self):
        """A chapter that is not there stops the build."""
        if not Path(self.env.srcdir, "notebooks", f"{self.text}.ipynb").exists():
            raise ValueError(f"{self.env.docname} links the slides of {self.text!r}, and there is no such chapter")
        address = posixpath.relpath(f"_static/slides/{self.text}.html", posixpath.dirname(self.env.docname))
        said = f"slides of chapter {int(self.text[:2])}"  # each link has words of its own
        return [nodes.reference("", said, refuri=address)], []


def setup(app):
    """Register with Sphinx; decks are made when the pages are as they stay."""
    app.add_role("slides", Slides())
    app.connect("doctree-read", mark)
    app.connect("build-finished", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
