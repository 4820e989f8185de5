"""The built site's articles, for the book as one file: .ci/pdf.py and .ci/epub.py."""

import posixpath
import re
from functools import cache
from pathlib import Path

import yaml

SITE = Path("_build/html")


def parts():
    """The table of contents: (caption, names of pages) for each part, the first page before them."""
    yield None, ["index"]
    for part in yaml.safe_load(Path("_toc.yml").read_text("utf-8"))["parts"]:
        files = [f["file"] for chapter in part["chapters"] for f in (chapter, *chapter.get("sections", []))]
        yield part["caption"], [name for name in files if name != "genindex"]


@cache
def body(name):
    """A page's article with those inside it, which claims are; without scripts."""
    text = (SITE / f"{name}.html").read_text("utf-8")
    text = re.search(r'<article class="bd-article"[^>]*>(.*)</article>', text, re.DOTALL)[1]
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def title(name):
    """A page's heading, as HTML."""
    return re.search(r"<h1>(.*?)<a class=\"headerlink", body(name), re.DOTALL)[1]


def target(name, address):
    """Where a link on a page leads: (page, anchor); None for another site's."""
    if re.match(r"[a-z]+:", address):
        return None
    path, _, anchor = address.partition("#")
    page = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else f"{name}.html"
    return page.removesuffix(".html"), anchor
