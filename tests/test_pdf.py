"""The book as one PDF: chapters with their numbers, readable text, links that lead somewhere."""

import sys
from pathlib import Path

import processes
import pytest
from conftest import CHROMIUM, SITE

ROOT = Path(__file__).parents[1]
pypdf = pytest.importorskip("pypdf")
pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").exists() or not CHROMIUM, reason="needs the site and Chromium"
)


@pytest.fixture(scope="module")
def book():
    # a part of it: to print all takes minutes
    pages = ["index", "notebooks/01-sequences-and-state", "notebooks/02-backpropagation-through-time"]
    pages += [
        "notebooks/05-lstm-backwards",
        "book/glossary",
        "notebooks/09-reading-the-literature",
        "book/bibliography",
    ]
    processes.run([sys.executable, ".ci/pdf.py", *pages], 300, cwd=ROOT)
    return pypdf.PdfReader(ROOT / "_build/pdf/recurrent-cells.pdf")


def test_chapters_are_there_with_their_numbers(book):
    chapters = [entry for entry in book.outline if not isinstance(entry, list)]  # and their sections in lists
    starts = [book.pages[book.get_destination_page_number(entry)].extract_text() for entry in chapters]
    text = " ".join(" ".join(starts).split())
    assert "1 Sequences and state" in {" ".join(entry.title.split()) for entry in chapters}
    for title in (
        "Chapter 1 Sequences and state",
        "Chapter 5 The LSTM backwards",
        "Chapter 9 Reading the literature",
        "Glossary",
        "Bibliography",
    ):
        assert title in text, title
    assert len(book.pages) > 30


def test_it_is_set_in_the_books_own_type(book):
    # a page of which no font came in time would print in DejaVu
    faces = {"BookSerif", "BookSerifItalic", "BookSans", "BookMono"}
    for page in book.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            name = font.get("/BaseFont") or font["/FontDescriptor"].get_object()["/FontName"]
            faces.discard(name.split("+")[-1])
    assert not faces


def test_its_cross_references_are_links_inside_the_document(book):
    known, inside = {name.lstrip("/") for name in book.named_destinations}, 0
    for page in book.pages:
        for note in page.get("/Annots", []):
            action = note.get_object()
            target = action.get("/Dest", action.get("/A", {}).get("/D"))
            if isinstance(target, str):
                inside += 1
                assert target.lstrip("/") in known, target
            else:
                address = action.get("/A", {}).get("/URI", "https://")
                assert address.startswith("http"), address
    assert inside > 300
