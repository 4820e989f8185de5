"""The whole book as an EPUB 3, made of the built site's articles: python .ci/epub.py

Formulas become MathML, which readers of EPUB can set in their own type; figures stay SVG in the page; figures that
compute are shown as they begin, or left to the website; a question's answers stand at the end of its chapter.
"""

import datetime
import re
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ElementTree
import zipfile
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup
from pages import body, parts, target

from rnnbook import __version__

OUT, CHECK = Path("_build/epub"), Path("/usr/share/java/epubcheck.jar")
FIGURE = re.compile(r"<svg\b[^>]*\sxmlns:xlink=.*?</svg>", re.DOTALL)
#: A formula of KaTeX's up to the spans that it is drawn with; its MathML is XML as it is.
FORMULA = re.compile(r'<span class="katex"><span class="katex-mathml">(<math.*?</math>)</span>', re.DOTALL)
MATHML = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", MATHML)
#: Names in SVG that are not lower case; Python's parser of HTML makes them so.
CAMEL = ("viewBox", "clipPath", "clipPathUnits", "linearGradient", "preserveAspectRatio", "gradientUnits")
#: Elements of MathML with a fixed number of parts.
SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
#: Elements that may not stand in a line of text.
BLOCKS = ("p", "div", "ul", "ol", "dl", "table", "pre", "figure", "blockquote", "section")
#: Attributes that are of use on a website only, or that EPUB does not know.
SCREEN = ("role", "download", "open", "tabindex", "align", "name", "loading", "for", "scope")
#: The palette of the site's light theme stands in its style sheet; these are the rules that a reader needs.
STYLE = """
body { line-height: 1.5; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8em; }
pre { border-left: 2px solid #ccc; padding-left: 0.6em; }
table { border-collapse: collapse; font-size: 0.85em; }
td, th { border: 1px solid #ccc; padding: 0.2em 0.4em; text-align: left; vertical-align: top; }
.rb-numbers td { text-align: right; }
figure { margin: 1em 0; }
figcaption { font-size: 0.85em; }
svg { max-width: 100%; height: auto; }
svg text { font-size: 14px; }
.admonition, .sd-card { border: 1px solid #ccc; padding: 0 0.7em; margin: 0.8em 0; }
.admonition-title, .sd-card-title { font-weight: bold; }
.eqno { float: right; }
.rb-claim, .rb-some li { border-top: 2px solid #777; margin: 1.2em 0; }
.rb-badge { font-weight: bold; }
.rb-tests { width: 100%; table-layout: fixed; }
.rb-tests th, .rb-tests td { border: 0; font-weight: normal; }
.rb-tests .rb-drawn { padding: 0; }
.rb-tests caption { text-align: left; }
.rb-mean th, .rb-alone th { font-weight: bold; }
.rb-key .rb-row { width: 4em; }
.rb-plan dt { font-weight: bold; }
"""


def main():
    """Write _build/epub/recurrent-cells.epub."""
    OUT.mkdir(parents=True, exist_ok=True)
    names = [name for _, files in parts() for name in files]
    ids = {name: set(re.findall(r'\sid="([^"]+)"', body(name))) for name in names}
    pages = {name: page(name, ids) for name in names}
    colours = (Path("book/_static/book.css").read_text("utf-8")).split("}")[0] + "}"
    files = {f"{stem(name)}.xhtml": text for name, (_, text, _) in pages.items()}
    files |= {"nav.xhtml": contents(pages), "style.css": colours + STYLE, "book.opf": package(pages)}
    path = OUT / "recurrent-cells.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        for name, text in files.items():
            archive.writestr(f"book/{name}", text)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def stem(name):
    """A page's file in the book, without its ending."""
    return name.replace("/", "-")


def page(name, ids):
    """A page: its title, its XHTML, and what it contains that the package has to declare."""
    # Matplotlib's figures and formulas are XML as they are, and most of what there is: BeautifulSoup gets neither
    figures: list[str] = []
    formulas: list[str] = []

    def without(match):
        figures.append(for_readers(match[0]))
        return f'<svg n="{len(figures) - 1}"></svg>'

    soup = BeautifulSoup(without_formulas(FIGURE.sub(without, body(name)), formulas), "html.parser")
    screen = (
        "a.headerlink, .rb-cite, .prev-next-area, button, .sd-summary-state-marker, .rb-filters, .rb-more, .rb-scale"
    )
    for link in soup.select(screen):
        link.decompose()
    for code in soup.select("details.hide.above-input"):  # of the figures; it is in the notebook
        code.decompose()
    for audio in soup.select("audio"):
        audio.replace_with("(To be heard on the website.) ")
    for figure in soup.select(".rb-explorable:not(.rb-first)"):
        figure.replace_with("(A figure to play with, on the website.) ")
    for drawing in soup.select("svg"):
        drawing["xmlns"] = "http://www.w3.org/2000/svg"
    for choice in soup.select(".question details"):  # an open reply would give the answer away
        choice.name, choice["class"] = "p", "choice"
        summary = choice.summary.extract()
        choice.clear()
        choice.extend(["◦ ", *summary.contents])
    for opening in soup.select("details"):
        opening.name = "div"
        if opening.summary:
            opening.summary.name = "p"
    seen: set[str] = set()
    for part in soup.find_all(True):  # what the site's scripts and theme put there
        for attribute in [a for a in part.attrs if a.startswith(("data-", "aria-", "xmlns:")) or a in SCREEN]:
            if not (attribute == "aria-label" and part.name == "svg"):
                del part[attribute]
        if part.get("id") in seen:
            del part["id"]
        elif part.get("id"):
            seen.add(part["id"])
        if part.name in ("p", "span") and part.find(BLOCKS):
            part.name = "div"
    for link in soup.select("a[href]"):
        where = target(name, link["href"])
        if where is None:
            continue
        other, anchor = where
        if other not in ids:
            link.unwrap()  # a file of the site that is not in the book
        else:
            link["href"] = f"{stem(other)}.xhtml" + (f"#{anchor}" if anchor in ids[other] else "")
    heading = soup.h1.get_text(" ", strip=True) if soup.h1 else name
    text = soup.decode(formatter="minimal")
    for word in CAMEL:
        text = re.sub(rf"(?<=[<\s/]){word.lower()}(?=[\s=>])", word, text)
    text = re.sub(r'<svg n="(\d+)"[^>]*></svg>', lambda match: figures[int(match[1])], text)
    text = re.sub(r'<math n="(\d+)"></math>', lambda match: formulas[int(match[1])], text)
    properties = [kind for kind, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in text]
    return heading, XHTML.format(title=escape(heading), body=text), properties


def without_formulas(text, formulas):
    """The text with a mark in the place of each formula, whose MathML goes to a list."""
    kept, end = [], 0
    for match in FORMULA.finditer(text):
        kept += [text[end : match.start()], f'<math n="{len(formulas)}"></math>']
        formulas.append(mathml(match[1]))
        depth = 1  # the spans around what is read: the formula ends with the one that it began with
        for tag in re.compile("<(/?)span").finditer(text, match.end()):
            depth += -1 if tag[1] else 1
            if not depth:
                end = tag.end() + 1
                break
    return "".join([*kept, text[end:]])


def mathml(text):
    """A formula as EPUB knows it: without its LaTeX, and with no more parts of an element than it may have."""
    formula = ElementTree.fromstring(text)
    for part in [*formula.iter()]:
        for child in [*part]:
            kind = child.tag.removeprefix(f"{{{MATHML}}}")
            # KaTeX puts the sign for "applied to" where a third part may not stand
            extra = part.tag.removeprefix(f"{{{MATHML}}}") in SCRIPTS and kind == "mo" and child.text == "\u2061"
            if extra or kind == "annotation":
                part.remove(child)
    return ElementTree.tostring(formula, encoding="unicode")


def for_readers(text):
    """A figure of Matplotlib's, without what is of use on a website only."""
    text = re.sub(r'\s(role|xmlns:xlink|(data|aria-(?!label))[\w-]*)="[^"]*"', "", text)
    text = re.sub(r"<path(?=[^>]*>)(?![^>]*\sd=)", '<path d="M0 0"', text)  # the outline of a space
    return text.replace("xlink:href", "href")


def contents(pages):
    """The table of contents, which EPUB readers show."""
    lines = []
    for caption, files in parts():
        own = "".join(f'<li><a href="{stem(n)}.xhtml">{escape(pages[n][0])}</a></li>' for n in files)
        lines.append(f"<li><span>{escape(caption)}</span><ol>{own}</ol></li>" if caption else own)
    nav = f'<nav epub:type="toc"><h1>Contents</h1><ol>{"".join(lines)}</ol></nav>'
    return XHTML.format(title="Contents", body=nav)


def package(pages):
    """The file that says what the book consists of."""
    items = [
        f'<item id="{stem(name)}" href="{stem(name)}.xhtml" media-type="application/xhtml+xml"'
        + (f' properties="{" ".join(properties)}"' if properties else "")
        + "/>"
        for name, (_, _, properties) in pages.items()
    ]
    spine = "".join(f'<itemref idref="{stem(name)}"/>' for name in pages)
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"recurrent-cells {__version__}")
    return OPF.format(key=key, now=now, version=__version__, items="".join(items), spine=spine)


CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""
XHTML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" data-theme="light">
<head><meta charset="utf-8"/><title>{title}</title><link rel="stylesheet" href="style.css"/></head>
<body>{body}</body></html>
"""
OPF = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="key" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="key">urn:uuid:{key}</dc:identifier><dc:title>Recurrent cells</dc:title>
<dc:creator>The recurrent-cells textbook authors</dc:creator><dc:language>en</dc:language>
<dc:description>Derived, implemented, and put on trial; edition {version}</dc:description>
<dc:rights>CC BY 4.0</dc:rights><meta property="dcterms:modified">{now}</meta></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>{items}</manifest>
<spine><itemref idref="nav"/>{spine}</spine></package>
"""


if __name__ == "__main__":
    main()
    if "--check" in sys.argv:
        # Debian's epubcheck is a jar that is called like a program, which not every system can
        subprocess.run(["java", "-jar", CHECK, "--quiet", OUT / "recurrent-cells.epub"], check=True, timeout=300)
