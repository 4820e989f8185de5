"""The decks: each chapter has one, which says what the chapter says, fits on its slides and asks no other host."""

import json
import re
import sys
from pathlib import Path

import pytest
from conftest import SITE
from test_site import WITHOUT_RULES

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
DECKS = SITE / "_static/slides"
NPM = ROOT / ".venv/npm/node_modules"
built = pytest.mark.skipif(not DECKS.is_dir(), reason="the site is not built: make slides")


def deck(name):
    """A deck's slides, as (kind, HTML)."""
    text = (DECKS / f"{name}.html").read_text("utf-8")
    return re.findall(r'<section class="on-([a-z]+)">(.*?)</section>', text, re.DOTALL)


def said(html):
    """The words of a piece of HTML, without drawings and the formulas' twins."""
    html = re.sub(r'<svg.*?</svg>|<span class="katex-mathml">.*?</math></span>', " ", html, flags=re.DOTALL)
    return re.findall(r"\w+", re.sub("<[^>]*>", " ", html))


@built
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_a_deck_for_one_lecture(name):
    kinds = [kind for kind, _ in deck(name)]
    assert 12 <= len(kinds) <= 24 and kinds[0] == "title"
    assert {"figure", "question"} <= set(kinds)
    cells = json.loads((ROOT / f"notebooks/{name}.ipynb").read_text("utf-8"))["cells"]
    if any("**Verdict:" in "".join(cell["source"]) for cell in cells):
        assert "verdict" in kinds
    for kind, html in deck(name):
        if kind == "question":
            assert html.count('class="fragment custom right"') == 1 and 2 <= html.count("<li") <= 5
        if kind == "verdict":
            assert re.search(r'<span class="rb-badge rb-[a-z-]+">', html)
        if kind not in ("code", "output"):
            assert len(said(html)) <= 180, "a slide is not a page"


@built
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_sentence_on_a_slide_stands_in_the_chapter(name):
    page = " ".join(said((SITE / f"notebooks/{name}.html").read_text("utf-8")))
    for _, html in deck(name)[1:]:
        for paragraph in re.findall(r"<(?:p|li|figcaption)(?: [^>]*)?>(.*?)</(?:p|li|figcaption)>", html, re.DOTALL):
            words = said(paragraph)
            runs = [" ".join(words[k : k + 4]) for k in range(len(words) - 3)]
            # a paragraph may be put together of three parts: its beginning in bold, its opening and what comes last
            assert sum(run not in page for run in runs) <= 6, (name, paragraph)


@built
@pytest.mark.parametrize("name", CHAPTERS)
def test_what_a_deck_loads_and_links_is_on_the_site(name):
    text = (DECKS / f"{name}.html").read_text("utf-8")
    loads = re.findall(r'(?:<link [^>]*?href|<(?:script|img|audio|source) [^>]*?src)="([^"]*)"', text)
    assert len(loads) >= 6
    for address in (*loads, *re.findall(r'<a [^>]*?href="([^"]*)"', text)):
        if address.startswith("data:") or (address not in loads and re.match("https?:", address)):
            continue
        path, _, anchor = address.partition("#")
        target = (DECKS / path).resolve()
        assert target.is_file() and SITE.resolve() in target.parents, address
        if anchor:
            assert f'id="{anchor}"' in target.read_text("utf-8"), address
    drawn = set(re.findall(r'xlink:href="#([^"]+)', text))
    assert drawn <= set(re.findall(r' id="([^"]+)"', text))


@pytest.mark.skipif(not (NPM / "reveal.js").is_dir(), reason="needs what make test installs")
@pytest.mark.parametrize("name", ["LICENSE", "dist/reveal.js", "dist/reveal.css"])
def test_reveal_is_what_npm_has_under_the_version_that_is_pinned(name):
    assert (ROOT / "book/_static/reveal" / Path(name).name).read_bytes() == (NPM / "reveal.js" / name).read_bytes()


def test_the_syllabus_has_every_chapter_every_deck_and_every_set():
    text = (ROOT / "book/syllabus.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| (\d+) \|(.*)", text)
    assert [int(week) for week, _ in rows] == list(range(1, 13))
    for name in CHAPTERS:
        assert text.count(f"{{doc}}`/notebooks/{name}`") == text.count(f"{{slides}}`{name}`") == 1, name
    sets = {path.name for path in (ROOT / "course/source").glob("ps*")}
    for way in ("out", "in"):
        found = re.findall(
            rf"(\d)(?: and (\d))?(?:, the project,)? {way}\b", " ".join(row.split("|")[-2] for _, row in rows)
        )
        assert sorted(f"ps{n}" for pair in found for n in pair if n) == sorted(sets), way


# ---------------------------------------------------------------- in a browser
#: What reaches out of its slide, and drawings whose type is too small to be read from the last row.
OUTSIDE = """() => [...document.querySelectorAll(".slides section")].flatMap(slide => {
  const box = slide.getBoundingClientRect(), scale = box.width / 1280, found = [];
  for (const e of slide.querySelectorAll("p, li, h1, h2, pre, svg.rb-figure, figcaption, td, th, .katex-html .base")) {
    const r = e.getBoundingClientRect();
    if (r.width && (r.right > box.right - 10 * scale || r.bottom > box.bottom + 1 || r.left < box.left))
      found.push(e.outerHTML.slice(0, 100));
  }
  for (const e of slide.querySelectorAll("svg.rb-figure")) {
    const type = 11.5 * e.getBoundingClientRect().height / e.viewBox.baseVal.height / scale;
    if (type < 12) found.push(`type of ${type} px: ${e.getAttribute("aria-label").slice(0, 60)}`);
  }
  return found;
})"""


@built
@pytest.mark.parametrize("name", ["05-lstm-backwards", "08-gru"])
def test_a_deck_fits_moves_by_keys_and_asks_no_other_host(name, browser, address):
    page, problems = browser.new_page(viewport={"width": 1280, "height": 720}), []
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else problems.append(r.url))
    page.on("response", lambda r: problems.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    page.goto(f"{address}/_static/slides/{name}.html")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash === '#/1'")
    assert page.locator("section.present h2").bounding_box()["height"] > 30
    page.goto(f"{address}/_static/slides/{name}.html?print-pdf")
    page.wait_for_selector(".pdf-page .on-verdict")
    problems += page.evaluate(OUTSIDE)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/_static/slides/{name}.html")
    assert page.locator(".on-verdict").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
    assert not problems, problems


@built
@pytest.mark.skipif(not NPM.is_dir(), reason="needs what make test installs")
def test_axe_finds_nothing_on_slides(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/_static/slides/04-lstm-gate-by-gate.html")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.add_style_tag(content="* { transition: none !important }")  # a colour on its way is neither theme's
    page.evaluate(WITHOUT_RULES)
    page.evaluate((NPM / "axe-core/axe.min.js").read_text("utf-8"))
    kinds = [kind for kind, _ in deck("04-lstm-gate-by-gate")]
    for kind in dict.fromkeys(kinds):  # one of each kind
        page.evaluate(f"Reveal.slide({kinds.index(kind)}, 0, 9)")
        assert page.locator("section.present :is(h1, h2)").bounding_box()["height"] > 30
        for theme, rules in (("light", ""), ("dark", "runOnly: ['color-contrast'], ")):  # nothing else differs
            page.emulate_media(color_scheme=theme)
            found = page.evaluate(f"axe.run({{{rules}resultTypes: ['violations']}})")["violations"]
            assert not found, (kind, theme, [(one["id"], one["nodes"][0]["html"][:150]) for one in found])
    page.close()


# ---------------------------------------------------------------- how a sentence is found
def test_a_sentence_is_cut_neither_in_a_formula_nor_in_a_link():
    sys.path.insert(0, str(ROOT / "book/_ext"))
    try:
        slides = pytest.importorskip("rnnbook_slides")
    finally:
        sys.path.pop(0)
    text = 'At <span class="math">x. Y</span> and <a href="#">A. et al.</a> it holds. Then <em>what?</em> So 0.5.'
    assert [len(slides.words(one).split()) for one in slides.sentences(text)] == [9, 4]
    assert slides.words(slides.opening(text, 10, 100)) == "At x. Y and A. et al. it holds."
