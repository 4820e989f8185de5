"""The book as an EPUB: well-formed, complete, all links inside it lead somewhere; and epubcheck, where there is one."""

import posixpath
import shutil
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import processes
import pytest
from conftest import SITE

from rnnbook import trials

ROOT = Path(__file__).parents[1]
JAR = Path("/usr/share/java/epubcheck.jar")
pytestmark = pytest.mark.skipif(not (SITE / "index.html").exists(), reason="the site is not built")
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def book():
    processes.run([sys.executable, ".ci/epub.py"], 300, cwd=ROOT)
    with zipfile.ZipFile(ROOT / "_build/epub/recurrent-cells.epub") as archive:
        yield archive


@pytest.fixture(scope="module")
def pages(book):
    return {name: ElementTree.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xhtml")}


def test_it_is_an_epub_of_moderate_size(book):
    first = book.infolist()[0]
    assert (first.filename, first.compress_type, book.read("mimetype")) == ("mimetype", 0, b"application/epub+zip")
    assert Path(book.filename).stat().st_size < 25e6


def test_every_page_of_the_table_of_contents_is_in_it(pages):
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    for path in (*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "book").glob("*.md")):
        if f"file: {path.parent.name}/{path.stem}\n" in toc:
            assert f"book/{path.parent.name}-{path.stem}.xhtml" in pages


def test_every_link_inside_it_leads_somewhere(pages):
    ids = {name: {e.get("id") for e in page.iter()} - {None} for name, page in pages.items()}
    inside = 0
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            path, _, anchor = link.get("href", "").partition("#")
            if ":" in path:
                continue
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert goal in pages and (not anchor or anchor in ids[goal]), (name, link.get("href"))
            inside += 1
    assert inside > 1000


def test_every_claim_is_in_it(pages):
    """They are articles inside the page's article."""
    assert len(list(pages["book/book-verdicts.xhtml"].iter(f"{XHTML}article"))) == len(trials.claims())


def test_formulas_are_mathml_and_figures_are_there(pages):
    chapter = pages["book/notebooks-04-lstm-gate-by-gate.xhtml"]
    assert len(list(chapter.iter("{http://www.w3.org/1998/Math/MathML}math"))) > 50
    assert len(list(chapter.iter("{http://www.w3.org/2000/svg}svg"))) >= 4
    assert "\\sigma" not in "".join(chapter.itertext()), "no raw LaTeX"


def test_the_choices_of_a_question_keep_their_formulas(pages):
    choices = [p for page in pages.values() for p in page.iter(f"{XHTML}p") if p.get("class") == "choice"]
    assert any(list(choice.iter("{http://www.w3.org/1998/Math/MathML}math")) for choice in choices)


@pytest.mark.skipif(
    not (JAR.exists() and shutil.which("java")), reason="needs epubcheck (Debian: apt install epubcheck)"
)
def test_epubcheck_finds_nothing(book):
    done = processes.run(["java", "-jar", JAR, book.filename], 300, check=False)
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout, (done.stdout + done.stderr)[-3000:]
