"""The book as one PDF, printed by Chromium from the built site: python .ci/pdf.py [page ...]

All of it, or the pages that are named, such as notebooks/05-lstm-backwards. Their articles are put behind each
other in the order of the table of contents; every link from one to another becomes a link inside the document.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from pages import SITE, body, parts, target, title

from rnnbook import explorables

OUT = Path("_build/pdf")
STYLE = """
@page { size: A4; margin: 20mm 18mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
@page :first { @bottom-center { content: none; } }
body { font-size: 10.5pt; }
h1, h2, h3 { break-after: avoid; }
.rb-stage svg { max-width: 11cm; }
.bd-article { break-before: page; }
.headerlink, .rb-cite, .prev-next-area, button { display: none !important; }
.rb-front { text-align: center; padding-top: 30vh; }
.rb-front h1 { font-size: 34pt; }
.rb-contents li { list-style: none; }
.bd-article > section > section { content-visibility: visible; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def main(wanted):
    """Write _build/pdf/recurrent-cells.pdf: some pages, or all if none is wanted."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit(
            "Chromium prints the PDF, and there is none: install it (Debian: apt install chromium), then make pdf."
        )
    unknown = set(wanted) - {name for _, files in parts() for name in files}
    if unknown:
        sys.exit(f"No such page in the table of contents: {', '.join(sorted(unknown))}.")
    contents, names = [], []
    for caption, files in parts():
        files = [name for name in files if not wanted or name in wanted]
        names += files
        if caption and files:
            lines = [f'<li><a href="#{key(name)}">{title(name)}</a></li>' for name in files]
            contents += [f"<h2>{caption}</h2><ul>", *lines, "</ul>"]
    articles = "\n".join(article(name, names) for name in names)
    style = (SITE / "_static/site.css").resolve()
    # a page on a screen does not wait for the book's fonts; paper does
    faces = re.findall(r"@font-face ?\{[^}]*optional[^}]*\}", style.read_text("utf-8"))
    fonts = "".join(faces).replace("optional", "block").replace("url(", f"url({style.parent.as_uri()}/")
    # the figures that compute are printed as they begin
    files = ("core", "data", "turning", *(f"network-{name}" for name in explorables.NETWORKS), *explorables.NAMES)
    sources = [(SITE / f"_static/explorable-{part}.js").resolve().as_uri() for part in files]
    scripts = "".join(f'<script src="{source}"></script>' for source in sources)
    scripts += (
        '<script>for (const e of document.querySelectorAll(".rb-explorable"))'
        " rnnbook.mount(e.dataset.explorable, e);</script>"
    )
    OUT.mkdir(parents=True, exist_ok=True)
    page = OUT / "book.html"
    page.write_text(
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Recurrent cells</title>'
        f'<link rel="stylesheet" href="{style.as_uri()}"><style>{fonts}{STYLE}</style></head><body>'
        '<div class="rb-front"><h1>Recurrent cells</h1><p>Derived, implemented, and put on trial</p></div>'
        f'<article class="bd-article rb-contents"><h1>Contents</h1>{"".join(contents)}</article>'
        f"{articles}{scripts}</body></html>",
        encoding="utf-8",
    )
    printed = OUT / "recurrent-cells.pdf"
    printed.unlink(missing_ok=True)
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
    ]
    subprocess.run(
        [chromium, *options, f"--print-to-pdf={printed}", page.resolve().as_uri()],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
    )
    print(f"{printed}: {printed.stat().st_size / 1e6:.1f} MB")


def key(name, anchor=""):
    """An id of the whole book for a page, or for a place on it."""
    return "--".join(filter(None, (name.replace("/", "-"), anchor)))


def article(name, names):
    """A page's article, with its ids and links made those of the whole book."""
    text = re.sub(r'(?<=\sid=")([^"]+)', lambda m: key(name, m[1]), body(name))
    # a plain space at the end of a line is gone in the outline: 1Sequences
    text = re.sub(r'(<span class="section-number">[\d.]+) ', "\\1\u00a0", text)
    text = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{key(name, m[1])})", text)

    def link(match):
        where = target(name, match[1])
        if where is None:
            return match[0]
        page, anchor = where
        return f'href="#{key(page, anchor)}"' if page in names else 'href="#index"'

    text = re.sub(r'href="([^"]*)"', link, text)
    return f'<article class="bd-article" id="{key(name)}">{text}</article>'


main(sys.argv[1:])
