"""The search of the built site, in a browser: what a student types, and what should come first."""

import csv
from pathlib import Path

import pytest
from conftest import SITE

pytestmark = pytest.mark.skipif(not (SITE / "_static/search-index.js").is_file(), reason="the site is not built")
QUERIES = list(csv.DictReader(Path(__file__).with_name("search.csv").read_text("utf-8").splitlines()))

#: Each result as shown: address and title of its page, and of each section with the sentence quoted.
SHOWN = """() => [...document.querySelectorAll(".rb-results > li")].map(item => ({
  page: item.querySelector("h2 a").getAttribute("href"),
  sections: [...item.querySelectorAll("h3 a")].map(a => [a.textContent, a.getAttribute("href")]),
  quotes: [...item.querySelectorAll(".rb-quote")].map(p => p.textContent),
  marked: [...item.querySelectorAll("mark")].map(m => m.textContent),
}))"""


@pytest.fixture(scope="module")
def search(browser, address):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(f"{address}/search.html")

    def results(query):
        tab.locator(".rb-search input").fill(query)
        return tab.evaluate(SHOWN)

    results.tab = tab
    yield results
    tab.close()


def test_the_queries_find_their_page_first_and_their_section_among_the_first_three(search):
    pages, sections = [], []
    for row in QUERIES:
        found = search(row["query"])
        first = found[0]["page"] if found else ""
        titles = [(f["page"], title.lower()) for f in found for title, _ in f["sections"]][:3]
        if not first.endswith(f"/{row['page']}.html"):
            pages.append((row["query"], first))
        wanted = [part.strip().replace("`", "") for part in row["sections"].split("|")]
        if not any(row["page"] in page and part in title for page, title in titles for part in wanted):
            sections.append((row["query"], titles))
    assert len(QUERIES) == 33
    assert len(pages) <= 3, pages
    assert len(sections) <= 3, sections


@pytest.mark.parametrize(
    ("query", "page", "section"),
    [  # by a visitor, who found others first
        ("beam search", "15-attention", "greedy, or with a beam"),
        ("how to choose the learning rate", "16-training-recipes", "default rate is good enough"),
        ("padding masking variable length", "17-elsewhere", "after the end of a sequence"),
    ],
)
def test_what_a_visitor_asked_has_its_section_first(search, query, page, section):
    first = search(query)[0]
    assert first["page"].endswith(f"/{page}.html") and section in first["sections"][0][0].lower()


def test_a_result_quotes_a_sentence_that_has_the_words(search):
    first = search("forget gate bias")[0]
    assert any("forget" in quote and "bias" in quote for quote in first["quotes"])
    assert {"forget", "bias"} <= {word.lower() for word in first["marked"]}
    text = " ".join((SITE / "notebooks/04-lstm-gate-by-gate.html").read_text("utf-8").split())
    for title, href in first["sections"]:
        assert f'id="{href.split("#")[1]}"' in text, title


def test_what_is_nowhere_is_said_to_be_nowhere(search):
    assert search("xyzzyq") == []
    assert "Nothing found" in search.tab.locator("#search-status").text_content()


def test_the_arrow_keys_go_through_the_results_and_enter_follows_one(search):
    tab = search.tab
    search("peephole")
    tab.locator(".rb-search input").focus()
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.textContent") == tab.locator(".rb-results a").first.text_content()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/06-peepholes.html")
    tab.go_back()
    assert tab.locator(".rb-search input").input_value() == "peephole"


def test_no_page_but_the_search_loads_an_index():
    for page in ("index.html", "notebooks/04-lstm-gate-by-gate.html", "book/glossary.html"):
        text = (SITE / page).read_text("utf-8")
        assert "searchindex" not in text and "search-index" not in text
