"""The built site in a real browser: every page, wide and narrow, light and dark."""

import contextlib
import csv
import re
import time
from functools import cache
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest
from conftest import SITE, served

from rnnbook import explorables

PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts)
pytestmark = pytest.mark.skipif(not PAGES, reason="the site is not built: make book")
NPM = SITE.parents[1] / ".venv/npm/node_modules"


class Links(HTMLParser):
    """The ids a page defines and the places it points to."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.targets = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs[k] for k in ("id", "name") if attrs.get(k)}
        self.targets += [attrs[k] for k in ("href", "src") if attrs.get(k)]


@pytest.fixture(scope="module")
def links():
    return {page: Links((SITE / page).read_text("utf-8")) for page in PAGES}


def test_every_internal_link_and_anchor_leads_somewhere(links):
    broken = []
    for page, found in links.items():
        for target in found.targets:
            if re.match(r"[a-z]+:|//", target):
                continue
            address, anchor = urldefrag(unquote(target))
            path = (SITE / page).parent / address.split("?")[0] if address else SITE / page
            path = path.resolve()
            if path.is_dir():
                path /= "index.html"
            if not path.is_file():
                broken.append(f"{page}: {target}")
            elif anchor and path.suffix == ".html":
                name = path.relative_to(SITE.resolve()).as_posix()
                if name in links and anchor not in links[name].ids:
                    broken.append(f"{page}: {target}")
    assert not broken, broken


def test_every_public_name_has_an_api_entry(links):
    import rnnbook

    anchors = set().union(*(found.ids for found in links.values()))
    missing = [
        name
        for name in rnnbook.__all__
        if f"module-rnnbook.{name}" not in anchors and not any(a.endswith(f".{name}") for a in anchors)
    ]
    assert not missing, missing


RAW_LATEX = r"""() => {
  const found = [];
  const walk = document.createTreeWalker(document.querySelector("main") || document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.parentElement.closest("pre, code, script, style, annotation, svg")) continue;
    const raw =
      /\\(frac|sigma|tanh|odot|begin|delta|text|mathrm|left|right|htmlClass)\b|\$\$|\{(numref|eq|cite|term|doc)/;
    if (raw.test(node.data))
      found.push(node.data.trim().slice(0, 80));
  }
  return found;
}"""
WIDE = """() => [...document.querySelectorAll("main *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .filter(e => { for (let p = e.parentElement; p; p = p.parentElement)
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(p).overflowX)) return false; return true; })
  .map(e => e.outerHTML.slice(0, 120))"""
#: Displayed equations of which a part is out of view: so cut off, an equation looks complete.
CUT_OFF = """() => [...document.querySelectorAll("main .katex-display")].map(e => {
    const parts = [...e.querySelectorAll(".katex-html .base, .katex-html .tag")];
    const ends = Math.max(0, ...parts.map(part => part.getBoundingClientRect().right));
    let box = e;
    while (box && !["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX)) box = box.parentElement;
    const edge = Math.min(innerWidth, box ? box.getBoundingClientRect().right : innerWidth);
    return [ends - edge, (e.closest("[id]") || {}).id];
  }).filter(([over]) => over > 3).map(([over, id]) => `${id}: ${Math.round(over)} px are out of view`)"""
BROKEN_IMAGES = "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
SMALL_TEXT = """() => [...document.querySelectorAll("figure svg.rb-figure")].map(svg => {
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    return scale * 11.5;  // the smallest type of the style sheet, in points of the drawing
  }).filter(size => size && size < 11)"""
SMALL_TARGETS = """() => [...document.querySelectorAll("main :is(summary, button, select)")]
  .map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 120)])
  .filter(([height]) => height && height < 24)"""  # a finger needs 24 pixels

THEME = "t => [undefined, t].includes(document.documentElement.dataset.theme)"
#: What axe has no rule for, and most of what is on a page: the parts of drawings, and the formulas' twins that are read
#: aloud. Without them it takes three quarters of the time.
WITHOUT_RULES = """() => {
  const parts = "svg :is(path, use, rect, circle, line, polyline, polygon, defs, clipPath, g)";
  for (const e of document.querySelectorAll(`.katex-mathml, ${parts}`))
    if (!e.matches("[role], [tabindex], [id], [aria-label]") && !e.querySelector("title, text, [role], [tabindex], a"))
      e.remove();
}"""
#: A letter of a formula and a token of code have the colours of their classes, and of those around them: one of each
#: kind stands for all on the page. It takes a third of axe's time. What names a link, a button or a heading stays, and
#: so does what makes a part of the page scroll, which axe looks at too.
ONE_OF_EACH_KIND = """() => {
  const main = document.querySelector("main") || document.body, seen = new Set(), gone = [];
  const within = (e, is) => { for (; e && e !== main; e = e.parentElement) if (is(e)) return true; return false; };
  const fresh = e => {
    let key = "";
    within(e, p => { key += `${p.localName}.${p.className}${p.style.color}>`; });
    return !seen.has(key) && seen.add(key);
  };
  const named = e => e.closest("a, button, summary, th, figcaption, h1, h2, h3, h4, h5, h6");
  const scrolls = e => within(e, p => p.scrollWidth > p.clientWidth
    && ["auto", "scroll"].includes(getComputedStyle(p).overflowX));
  for (const formula of main.querySelectorAll(".katex")) {
    const parts = [...formula.querySelectorAll(".katex-html *")];
    const letters = parts.filter(e => !e.children.length && e.textContent.trim().length > 1);  // see KINDS_OF_TEXT
    if (!letters.filter(fresh).length && !named(formula) && !scrolls(formula)) gone.push(formula);
  }
  for (const token of main.querySelectorAll("pre[tabindex] span, .sig span"))  // other blocks must not scroll
    if (!token.children.length && !fresh(token) && !named(token)) gone.push(token);
  for (const e of gone) e.remove();
}"""


#: Texts whose contrast is asked anew in the second theme, where nothing but colours differs. Contrast depends on a
#: text's colour and type and on the grounds under it: of each kind three stand for all on the page. (Of a single
#: character axe never says that it is too pale.)
KINDS_OF_TEXT = """() => {
  const grounds = new Map([[null, ""]]), seen = new Map();
  let places = 0;  // what is moved from its place may lie on anything: it is a kind of its own
  const ground = e => {
    if (!grounds.has(e)) {
      const s = getComputedStyle(e), own = s.backgroundColor + s.backgroundImage + s.opacity;
      const moved = ["absolute", "fixed", "sticky"].includes(s.position) ? ++places : "";
      grounds.set(e, ground(e.parentElement) + (own === "rgba(0, 0, 0, 0)none1" ? "" : own) + moved);
    }
    return grounds.get(e);
  };
  const written = e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim().length > 1);
  const kind = e => {
    const s = getComputedStyle(e);
    return [ground(e), s.color, s.fontSize, s.fontWeight, s.textShadow].join();
  };
  return [...document.body.querySelectorAll("*")]
    .filter(e => written(e) && e.checkVisibility({opacityProperty: true, visibilityProperty: true}))
    .filter(e => seen.set(kind(e), (seen.get(kind(e)) || 0) + 1).get(kind(e)) <= 3);
}"""
CONTRAST = f"axe.run({{include: ({KINDS_OF_TEXT})()}}, {{runOnly: ['color-contrast'], resultTypes: ['violations']}})"

WIDE_LIGHT, NARROW_DARK = (1280, "light"), (390, "dark")
VISITS = [(name, *how) for how in (WIDE_LIGHT, NARROW_DARK) for name in PAGES]


@pytest.fixture(scope="module")
def visit(browser, address):
    """What is found on a page that is loaded once in a width and looked at in both themes, and the bytes of it."""
    axe = (NPM / "axe-core/axe.min.js").read_text("utf-8") if NPM.is_dir() else ""
    opened, free = {}, []  # the next page loads and comes to rest while one is looked at; two tabs serve for all

    def new_tab():
        tab = browser.new_page()
        tab.problems, tab.sizes = [], []
        tab.on("console", lambda m: tab.problems.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: tab.problems.append(str(e)))
        here = (address, "data:", "blob:", "about:")
        tab.on("request", lambda r: None if r.url.startswith(here) else tab.problems.append(r.url))
        tab.on("response", lambda r: tab.problems.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        tab.on("response", lambda r: tab.sizes.append(int(r.headers.get("content-length", 0))))
        return tab

    def opening(name, width, first):
        tab = free.pop() if free else new_tab()
        tab.goto("about:blank")  # what was there before has ended
        tab.problems, tab.sizes = [], []
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=first)
        tab.goto(f"{address}/{name}", wait_until="commit")
        return tab

    @cache
    def visit(*key):
        tab = opened.pop(key, None) or opening(*key)
        opened.update((following, opening(*following)) for following in VISITS[VISITS.index(key) + 1 :][:1])
        (name, width, first), problems, found = key, tab.problems, []
        try:
            tab.wait_for_load_state("networkidle")  # the theme's scripts come last
            # far sections too are laid out, so that they can be looked at; a colour on its way is neither theme's
            still = "section { content-visibility: visible !important } * { transition: none !important }"
            tab.add_style_tag(content=still)
            problems += tab.evaluate(CUT_OFF)
            for theme in (first, "dark" if first == "light" else "light"):
                tab.emulate_media(color_scheme=theme)
                tab.wait_for_function(THEME, arg=theme)
                problems += [f"raw LaTeX: {t}" for t in tab.evaluate(RAW_LATEX)]
                problems += [f"broken image: {t}" for t in tab.evaluate(BROKEN_IMAGES)]
                problems += [f"type of {t:.1f} px in a figure" for t in tab.evaluate(SMALL_TEXT)]
                problems += [f"{t:.1f} px high: {what}" for t, what in tab.evaluate(SMALL_TARGETS)]
                if tab.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                    problems += [f"wider than the screen: {t}" for t in tab.evaluate(WIDE)] or ["scrolls sideways"]
            if width == 1280 and axe:
                if "explorable" in name:
                    tab.evaluate("dispatchEvent(new Event('beforeprint'))")  # mounts them all
                    mounted = "n => document.querySelectorAll('.rb-live .rb-said').length == n"
                    tab.wait_for_function(mounted, arg=len(explorables.NAMES))
                tab.evaluate(WITHOUT_RULES)
                tab.evaluate(ONE_OF_EACH_KIND)
                tab.evaluate(axe)
                for theme, run in (("dark", CONTRAST), ("light", "axe.run({resultTypes: ['violations']})")):
                    tab.emulate_media(color_scheme=theme)
                    tab.wait_for_function(THEME, arg=theme)
                    report = tab.evaluate(run)
                    for violation in report["violations"]:
                        found += [(theme, violation["id"], node["html"][:150]) for node in violation["nodes"]]
        finally:
            free.append(tab)
        return problems, sum(tab.sizes), found

    yield visit
    for tab in (*free, *opened.values()):
        tab.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("how", [WIDE_LIGHT, NARROW_DARK], ids=str)
def test_a_page_loads_cleanly(name, how, visit):
    problems, _, _ = visit(name, *how)
    assert not problems, problems


@pytest.mark.skipif(not NPM.is_dir(), reason="needs what make test installs")
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_any_page_in_either_theme(name, visit):
    _, _, found = visit(name, *WIDE_LIGHT)
    assert not found, found[:10]


@pytest.mark.skipif(not NPM.is_dir(), reason="needs what make test installs")
def test_axe_sees_a_colour_that_is_too_pale_in_one_of_each_kind(browser, address):
    tab = browser.new_page()
    try:
        tab.goto(f"{address}/notebooks/01-sequences-and-state.html")
        tab.add_style_tag(content="section { content-visibility: visible }")
        tab.evaluate(WITHOUT_RULES)
        tab.evaluate(ONE_OF_EACH_KIND)
        tab.evaluate((NPM / "axe-core/axe.min.js").read_text("utf-8"))
        for bad in (".katex .mord", "pre :is(.k, .kn)"):
            style = tab.add_style_tag(content=f"{bad} {{ color: #ddd !important }}")
            for run in ("axe.run({runOnly: ['color-contrast']})", CONTRAST):
                assert [violation["id"] for violation in tab.evaluate(run)["violations"]] == ["color-contrast"], bad
            style.evaluate("e => e.remove()")
        assert tab.evaluate(CONTRAST)["violations"] == []
    finally:
        tab.close()


#: Bytes that a page may load, compressed: fonts, styles and scripts are among them.
WEIGHTS = {"index.html": 150_000, "search.html": 400_000, "book/explorables.html": 500_000}


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_heavier_than_it_may_be(name, visit):
    _, size, _ = visit(name, *WIDE_LIGHT)
    assert (name == "404.html" or size > 10_000) and size < WEIGHTS.get(name, 350_000)  # 404.html has another address


def test_nothing_moves_while_a_page_loads(browser, address):
    moved = """() => { window.moved = 0; new PerformanceObserver(list => {
      for (const shift of list.getEntries()) window.moved += shift.value;
    }).observe({type: "layout-shift", buffered: true}); }"""
    for name in ("index.html", "notebooks/08-gru.html", "book/glossary.html"):
        for width in (1280, 390):
            tab = browser.new_page(viewport={"width": width, "height": 844})
            tab.add_init_script(f"({moved})()")
            # as on a slow line: the fonts come when the text is there
            tab.route("**/*.woff2", lambda route: (time.sleep(0.3), route.continue_()))
            tab.goto(f"{address}/{name}", wait_until="networkidle")
            tab.wait_for_timeout(300)
            assert tab.evaluate("window.moved") < 0.01, (name, width)
            tab.close()


def test_without_scripts_a_page_follows_the_systems_theme(browser, address):
    grounds = {}
    for theme in ("light", "dark"):
        context = browser.new_context(java_script_enabled=False, color_scheme=theme)
        page = context.new_page()
        page.goto(f"{address}/notebooks/01-sequences-and-state.html")
        style = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
        kinds = ("body", "article p", ".cell_input .highlight")
        grounds[theme] = [page.locator(kind).first.evaluate(style) for kind in kinds]
        assert page.locator("img.logo__image:visible").count() == 1
        context.close()
    assert all(light != dark for light, dark in zip(grounds["light"], grounds["dark"], strict=True)), grounds


def test_the_search_works_without_network(browser, address):
    tab = browser.new_page()
    try:
        tab.goto(f"{address}/search.html?q=peephole")
        tab.wait_for_selector("#search-results li a", timeout=10_000)
        assert tab.locator("#search-results li a").count() >= 2
    finally:
        tab.close()


def test_a_solution_is_folded_until_it_is_opened(browser, address):
    tab = browser.new_page()
    try:
        tab.goto(f"{address}/notebooks/04-lstm-gate-by-gate.html")
        solution = tab.locator("div.solution").first
        body = solution.locator("section").first
        assert not body.is_visible()
        solution.locator(".toggle-button").first.click()
        tab.wait_for_timeout(500)
        assert body.is_visible()
    finally:
        tab.close()


def test_on_a_phone_the_menu_opens_and_leads_to_a_chapter(browser, address):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    try:
        tab.goto(f"{address}/index.html", wait_until="networkidle")  # the theme's scripts come last
        tab.locator(".primary-toggle:visible").click()
        tab.locator("dialog[open]").get_by_role("link", name="Peepholes").click()
        tab.wait_for_url("**/06-peepholes.html", timeout=5000)
    finally:
        tab.close()


def test_a_copied_formula_is_latex_without_the_sites_colours(browser, address):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/notebooks/04-lstm-gate-by-gate.html")
    page.evaluate(
        """() => {
            const formula = document.querySelector(".katex-display .katex-html"), range = document.createRange();
            range.selectNodeContents(formula);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }"""
    )
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert copied.startswith("$") and "a_{i,t} &= x_t W_{xi} + h_{t-1} W_{hi} + b_i" in copied
    assert "htmlClass" not in copied


def test_a_coloured_formula_is_built_as_the_formula_without_colours(monkeypatch):
    """An index, an exponent or an accent belongs to the same letter: KaTeX builds the same MathML of both."""
    monkeypatch.syspath_prepend(str(SITE.parents[1] / "book/_ext"))
    site, katex = pytest.importorskip("rnnbook_site"), pytest.importorskip("sphinxcontrib.katex")
    written = re.compile(r'<annotation encoding="application/x-tex">(.*?)</annotation>', re.DOTALL)
    formulas = {unescape(f) for page in PAGES for f in written.findall((SITE / page).read_text("utf-8"))}

    def built(latex):
        options = {**katex.KATEX_DEFAULT_OPTIONS, "output": "mathml", "displayMode": True}
        return written.sub("", katex.render_latex(latex, options))

    coloured = {latex: site.colour(latex) for latex in formulas if site.colour(latex) != latex}
    assert len(coloured) > 300 and not any("htmlClass" in latex for latex in formulas)
    assert not [latex for latex, other in coloured.items() if built(latex) != built(other)]
    examples = (r"a^x_{n,t}", r"\hat x_{t+k}", r"\delta\bar h_t^\top", r"h_t^{\text{here}}", "c_t^2", "b_n'", "e^{i_t}")
    assert [latex for latex in examples if built(latex) != built(site.colour(latex))] == []


#: What scrolls sideways and shows no shadow; words of code that are broken; prose of outputs that is cut off.
UNSEEN = """() => [...document.querySelectorAll("main *")].filter(e =>
  e.scrollWidth > e.clientWidth + 1 && e.clientWidth
    && ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
    && (getComputedStyle(e).backgroundImage === "none" || e.closest(".rb-wraps, .rb-stack"))
  || e.matches("td code .pre") && e.getClientRects().length > 1).map(e => e.outerHTML.slice(0, 120))"""


def test_on_a_phone_one_sees_that_there_is_more_and_no_word_of_a_table_is_broken(browser, address):
    tab, moved = browser.new_page(viewport={"width": 390, "height": 844}), 0
    chapters = ("04-lstm-gate-by-gate", "09-reading-the-literature", "10-long-memory")
    for name in ("book/notation", "book/syllabus", "book/teaching", *(f"notebooks/{name}" for name in chapters)):
        tab.goto(f"{address}/{name}.html")
        tab.add_style_tag(content="section { content-visibility: visible !important }")
        assert tab.evaluate(UNSEEN) == [], name
        moved += tab.locator(".rb-stack td, .rb-wraps pre").count()
    assert moved > 100
    tab.close()


def test_a_rule_stays_where_one_of_its_alternatives_is_used(monkeypatch):
    monkeypatch.syspath_prepend(str(SITE.parents[1] / "book/_ext"))
    slim = pytest.importorskip("rnnbook_slim")
    css = ".a :is(pre, .gone) {x: 1} .a :is(.gone, .lost) {x: 2} .a:not(.gone) {x: 3} .a .gone, .b {x: 4}"
    assert slim.used_rules(css, {"a", "b"}) == ".a :is(pre, .gone){x: 1}\n.a:not(.gone){x: 3}\n.b{x: 4}"


def test_prose_that_is_printed_may_be_broken_and_columns_and_code_may_not(monkeypatch):
    monkeypatch.syspath_prepend(str(SITE.parents[1] / "book/_ext"))
    site = pytest.importorskip("rnnbook_site")
    for prose in ("ones: 50   cell state: 50.000", "rate 0.1: loss 0.34\nlowest 0.05, and 1/m = 3.9\n"):
        assert site.is_prose(prose)
    for kept in ("step  output\n   1    0.76", "[[1. 2.]\n [3. 4.]]", "def f(x):\n    return x", "x = 1\nreturn x"):
        assert not site.is_prose(kept)


def test_a_plan_is_folded_on_a_phone_only_and_without_scripts(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}/book/evidence.html")
    plan = tab.locator(".rb-plan").first
    said, opening = plan.get_by_text("60 of each"), plan.locator("summary")
    for width, media, shown in ((1280, "screen", True), (390, "print", True), (390, "screen", False)):
        tab.set_viewport_size({"width": width, "height": 844})
        tab.emulate_media(media=media)
        assert (said.is_visible(), opening.is_visible()) == (shown, not shown)
    opening.click()
    assert said.is_visible()
    context.close()


@pytest.mark.parametrize("where", ["folder", "subpath"])
def test_the_site_works_from_a_folder_and_from_a_subpath(where, browser, address, tmp_path):
    with contextlib.ExitStack() as open_here:
        if where == "folder":
            base = SITE.as_uri()
        else:
            (tmp_path / "deep").mkdir()
            (tmp_path / "deep/book").symlink_to(SITE)
            base = open_here.enter_context(served(tmp_path)) + "/deep/book"
        page, problems = browser.new_page(), []
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.on("requestfailed", lambda r: problems.append(r.url))
        page.on("response", lambda r: problems.append(r.url) if r.status >= 400 else None)
        page.goto(f"{base}/book/explorables.html")
        page.wait_for_function("document.querySelector('.rb-explorable').state")
        page.wait_for_load_state("networkidle")
        page.goto(f"{base}/search.html?q=peephole")
        page.wait_for_selector("#search-results li a", timeout=20_000)
        page.wait_for_load_state("networkidle")
        fonts = page.evaluate("document.fonts.check('1rem \"Book Serif\"')")
        page.close()
    assert fonts
    if where == "folder":  # there a font may not be asked for beforehand, and comes all the same
        problems = [p for p in problems if not p.endswith(".woff2")]
    assert not problems, problems


def test_every_term_of_the_glossary_is_in_the_index(links):
    source = (SITE.parents[1] / "book/glossary.md").read_text("utf-8")
    terms = re.findall(r"(?m)^(\w[^\n]*)\n  \S", source)
    index = (SITE / "genindex.html").read_text("utf-8")
    assert len(terms) > 40
    assert not [term for term in terms if f">{term}<" not in index]
    assert "genindex.html" in links["index.html"].targets


@pytest.mark.parametrize("width", [1280, 390])
def test_the_verdicts_are_filtered_without_scripts_and_can_be_downloaded(width, browser, address):
    with (SITE / "_static/verdicts.csv").open(encoding="utf-8") as stream:
        verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(stream)}
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto(f"{address}/book/verdicts.html")
    shown = page.locator("article.rb-claim:visible")
    assert shown.count() == len(verdicts)
    for verdict in set(verdicts.values()):
        page.get_by_role("radio", name=f"{list(verdicts.values()).count(verdict)} {verdict}").check()
        assert shown.count() == list(verdicts.values()).count(verdict)
    page.get_by_role("radio", name=f"all {len(verdicts)}").check()
    page.get_by_role("radio", name="II · Gates", exact=True).check()
    page.get_by_role("radio", name="GRU", exact=True).check()
    words = shown.locator("h3").all_text_contents()
    assert any("A GRU is as good as an LSTM" in text for text in words) and len(words) < 12
    assert not any("stock" in text or "tanh is why" in text for text in words)
    assert page.get_by_role("link", name="chapter 8").first.get_attribute("href").startswith("#claim-")
    with page.expect_download() as download:
        page.get_by_role("link", name="a file").click()
    assert download.value.suggested_filename == "verdicts.csv"
    context.close()


def test_the_first_page_counts_the_verdicts_and_says_its_edition():
    with (SITE / "_static/verdicts.csv").open(encoding="utf-8") as stream:
        verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(stream)}
    page = re.sub("<[^>]*>", "", (SITE / "index.html").read_text("utf-8"))
    for verdict in set(verdicts.values()):
        assert re.search(rf"(?<!\d){list(verdicts.values()).count(verdict)} {verdict}", page)
    assert re.search(r"Edition \d+\.\d+\.\d+ of \d{1,2} [A-Z][a-z]+ \d{4}", page)
