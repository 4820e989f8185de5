"""A claim as a page shows it: the drawing against its numbers, and the words against the verdict."""

import math
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from rnnbook.trials import INF, Change, Claim, Computed, Estimate, blocks, claims, state
from rnnbook.trials.blocks import Found

ROOT = Path(__file__).parents[1]


def claim(logic="always", region=(1.0, INF), unit="points", **more):
    words = dict.fromkeys(("words", "sentence", "section", "quantity", "margin"), "w_h < 1 & more")
    return Claim(**words, said=(), logic=logic, region=region, unit=unit, conditions=(), **more)


def fixed(*intervals):
    """Estimates with these intervals at every level."""
    return [Estimate(str(k), sum(i) / 2, 1.0, exact=lambda alpha, i=i: i) for k, i in enumerate(intervals)]


def found(estimates, verdict="refuted", why="", **variations):
    return Found(estimates, verdict, why, {name.replace("_", " "): word for name, word in variations.items()}, 60)


def drawn(one, estimates):
    """For each row the places of the interval's ends and of the dot, in per cent, and that of the region's edge."""
    table = BeautifulSoup(blocks.forest(one, found(estimates)), "html.parser").table
    rows = []
    for row in table.tbody.select("tr"):
        line, dot = row.select_one("g line"), row.select_one("g svg")
        edge = row.select_one("line.rb-edge")
        rows.append([float(at.rstrip("%")) for at in (line["x1"], dot["x"], line["x2"], edge["x1"])])
    return table, rows


def test_what_is_drawn_is_linear_in_what_is_printed():
    intervals = [(0.0, 1.0), (2.0, 4.0), (0.5, 2.5)]
    table, rows = drawn(claim(), fixed(*intervals))
    edge = rows[0][3]
    scale = (rows[1][1] - edge) / (3.0 - 1.0)
    for (low, high), places in zip(intervals, rows, strict=True):
        expected = [edge + scale * (x - 1.0) for x in (low, (low + high) / 2, high)]
        assert places == pytest.approx([*expected, edge], abs=0.15)
    assert [row["class"][0] for row in table.tbody.select("tr")] == ["rb-side-open", "rb-side-in", "rb-side-open"]
    assert all(0 < place < 100 for places in rows for place in places)


def test_what_is_far_away_is_an_arrow_and_the_rest_stays_to_be_seen():
    table, rows = drawn(claim(region=(0.0, INF)), fixed((-1, 1), (0.5, 1.5), (-0.5, 1.5), (-900, -700)))
    assert rows[3][1] == 0 and table.select("tbody tr")[3].select_one("g svg path") is not None
    assert rows[1][2] - rows[1][0] > 20


def test_a_logarithm_is_shown_as_the_factor_that_it_stands_for():
    for power, base in ((0.5, 10.0), (-2.2, 10.0), (1.9, 2.0)):
        assert float(blocks.factor(power, base)[1:].replace(",", "")) == pytest.approx(base**power, rel=0.05)
    for power, written in ((-9.0, "×10<sup>−9</sup>"), (-9.15, "×7.1·10<sup>−10</sup>"), (5.9999, "×10<sup>6</sup>")):
        assert blocks.factor(power, 10.0) == written
    table = BeautifulSoup(
        blocks.forest(claim(unit="decades", region=(-2.0, INF)), found(fixed((1.0, 3.0)))), "html.parser"
    ).table
    assert "above ×0.01" in table.caption.get_text()
    assert table.select_one("b").get_text() == "×100" and table.select_one("small").get_text() == " (10 to 1,000)"


def test_a_condition_has_its_own_unit_where_units_differ():
    one = claim(own={"0": (10.0, "ms"), "1": (5.0, "words")})
    table = BeautifulSoup(blocks.forest(one, found(fixed((-3.0, -1.0), (1.0, 4.0)))), "html.parser").table
    shown = [re.sub(r",.*", "", cell.get_text()) for cell in table.select("td.rb-numbers")]
    assert shown == ["−20 ms (−30 to −10)", "12.5 words (5.0 to 20.0)"]
    assert "above 10 ms, above 5 words" in table.caption.get_text()
    assert {tick.get_text() for tick in table.select(".rb-tick")} <= {"needed", "0", ""}


@pytest.mark.parametrize(
    ("logic", "at_95", "thin"),
    [
        ("always", [(2.0, 3.0), (-1.0, 0.0), (0.0, 2.0)], [False, True, False]),  # one outside would refute
        ("exists", [(2.0, 3.0), (-1.0, 0.0), (0.0, 2.0)], [True, False, False]),  # one inside would confirm
        ("on average", [(2.0, 3.0), (-1.0, 0.0), (0.0, 2.0)], [True, True, False]),  # two that contradict each other
        ("on average", [(2.0, 3.0), (2.0, 4.0), (0.0, 2.0)], [False, False, False]),
    ],
)
def test_the_wider_interval_is_drawn_where_it_decides(logic, at_95, thin):
    def widened(low, high):
        middle, half = (low + high) / 2, (high - low) / 2
        return lambda alpha: (middle - half * (0.05 / alpha) ** 0.5, middle + half * (0.05 / alpha) ** 0.5)

    estimates = [Estimate(str(k), sum(i) / 2, 1.0, exact=widened(*i)) for k, i in enumerate(at_95)]
    table = BeautifulSoup(blocks.forest(claim(logic), found(estimates)), "html.parser").table
    rows = table.tbody.select("tr")[:3]
    drawn = [[line["x1"].rstrip("%") for line in row.select("g line")] for row in rows]
    assert [len(lines) == 2 for lines in drawn] == thin
    for lines in drawn:
        assert float(lines[-1]) <= float(lines[0])


def test_an_interval_that_is_outside_but_not_by_the_wider_one_is_heard():
    weak = Estimate("weak", 0.0, 1.0, exact=lambda alpha: (-0.9, 0.9) if alpha == 0.05 else (-1.2, 1.2))
    heard = BeautifulSoup(blocks.forest(claim(), found([weak, *fixed((2, 3))])), "html.parser").select(".rb-hear")
    assert "outside the region, but not with the wider interval" in heard[1].get_text()


@pytest.mark.parametrize(
    ("value", "low", "high", "decimals"),
    [(0.4, 0.19, 0.6, 2), (3.9e-5, 3.1e-5, 4.7e-5, 6), (-69.5, -120.7, -18.3, 0), (0.9998, 0.9997, 0.9999, 4)],
)
def test_numbers_have_the_digits_that_their_interval_bears(value, low, high, decimals):
    assert blocks.places(value, low, high) == decimals


def test_a_zero_has_no_minus():
    assert blocks.number(-0.001, 2) == "0.00" and blocks.number(-0.01, 2) == "−0.01"


def test_the_words_say_what_decides():
    inside, outside, across = (2.0, 3.0), (-1.0, 0.0), (0.0, 2.0)
    every = blocks.decides(claim(), found(fixed(inside, outside, across), "not proven", "open: 2"))
    assert "of 3, 1 lies inside, 1 outside" in every
    some = blocks.decides(claim("exists"), found(fixed(outside, outside), "refuted"))
    assert some == "One condition inside would be enough; both lie outside."
    assert blocks.decides(claim(), found(fixed(inside, inside), "confirmed")).startswith("Both conditions lie inside")
    mean = blocks.decides(claim("on average"), found(fixed(inside, inside), "confirmed"))
    assert "it is 2.50" in mean and "inside" in mean
    assert "gain 1.1" in blocks.decides(
        claim(), found([Computed("x", 1.0).estimate(dict)], "computed", "it holds for gain 1.1")
    )


def test_what_turns_a_verdict_is_said_by_what_it_brings():
    text = blocks.varied(found(fixed((2, 3)), "refuted", a="refuted", b="confirmed", c_d="confirmed", e="not tested"))
    assert (
        text == "The verdict “refuted” stands in 1 of 3 variations; the claim is confirmed with b, or with c d; "
        "the claim is not tested with e."
    )
    assert blocks.varied(found(fixed((2, 3)), a="depends", b="refuted")).endswith("variations; it depends with a.")
    assert found(fixed((2, 3)), a="depends", b="refuted").stands.endswith("variations; with a it depends")


def marks(one, *decided, **variations):
    return [
        m.get_text() for m in BeautifulSoup(blocks.marks(one, found(*decided, **variations)), "html.parser")("span")
    ]


def test_what_weakens_a_verdict_stands_beside_it():
    changed = tuple(Change("2026", "what", "why", part) for part in ("words", "rule"))
    both = {"a": "confirmed", "b": "not proven", "c": "refuted", "d": "not tested"}
    assert marks(claim(), fixed((2, 3)), "refuted", **both) == ["frail: falls in 2 of 3 variations"]
    assert marks(claim(), fixed((2, 3)), "refuted", a="refuted", b="confirmed") == []
    assert marks(claim(changes=changed), fixed((2, 3))) == ["rule changed after the runs"]
    assert marks(claim(changes=changed[:1]), fixed((2, 3))) == []  # nothing that decides
    assert marks(claim(), fixed((2, 3), (0, 0.5)), "computed", a="refuted") == ["the claim holds in 1 of 2 cases"]
    assert marks(claim(), fixed((2, 3)), "computed") == ["it bears the claim out"]
    assert "rb-is-frail" in blocks.verdict(claim(), found(fixed((2, 3)), "refuted", a="confirmed"))


def test_a_plan_that_is_younger_than_its_runs_says_so(monkeypatch):
    monkeypatch.setattr(Claim, "made_before", lambda _: True)
    assert marks(claim(), fixed((2, 3))) == ["planned after its runs"]
    assert marks(claim(), fixed((2, 3)), "not tested") == []


@pytest.mark.parametrize("one", claims(), ids=lambda one: one.words)
def test_a_plan_has_every_line_in_its_order_and_nothing_twice_under_one_head(one):
    page = BeautifulSoup(blocks.plan(one), "html.parser")
    lines = [(row.dt.get_text(), row.dd.get_text()) for row in page.select("dl > div")]
    said = [(blocks.text(name.removeprefix("- ")), blocks.text(words)) for name, words in one.beforehand()[1:]]
    assert lines == [tuple(BeautifulSoup(x, "html.parser").get_text() for x in line) for line in said]
    assert [row.dt.get_text() for row in page.article.find("dl").select("div")] == [name for name, _ in lines[:4]]
    for head in page.select(".rb-of"):
        keys = [key.get_text() for key in head.find_next("dl").select("dt") if key.get_text() != "changed"]
        assert len(keys) == len(set(keys)), head.get_text()
    assert not page.details or page.summary.get_text()


def test_a_plan_says_whose_runs_a_table_has():
    (one,) = [one for one in claims() if one.words == "An LSTM beats ARIMA"]
    heads = [head.get_text() for head in BeautifulSoup(blocks.plan(one), "html.parser").select(".rb-of")]
    assert heads[:2] == [
        "Runs of the conditions: sunspots, 1 year; sunspots, 11 years",
        "Runs of the condition: power, 12 hours",
    ]


def test_whoever_hears_a_block_misses_nothing():
    one, estimates = claim(), fixed((2.0, 3.0), (0.0, 2.0))
    article = BeautifulSoup(blocks.verdict(one, found(estimates, "not proven", "open: 1")), "html.parser").article
    assert "not proven" in article["class"][1].replace("-", " ") and article["aria-label"].startswith("Verdict: ")
    assert {"scope": "row"}.items() <= article.tbody.th.attrs.items() and "above 1" in article.caption.get_text()
    cells = [cell.get_text() for cell in article.select("td.rb-numbers")]
    assert "inside the region" in cells[0] and "across the edge" in cells[1]
    for (low, high), cell in zip(((2.0, 3.0), (0.0, 2.0)), cells, strict=True):
        assert re.findall(r"\d\.\d\d", cell) == [f"{(low + high) / 2:.2f}", f"{low:.2f}", f"{high:.2f}"]
    assert all(picture["aria-hidden"] == "true" for picture in article.select("svg.rb-drawing"))
    assert "&lt; 1 &amp; more" in blocks.verdict(one, found(estimates))  # what a claim says is text, not HTML


def test_a_claim_without_runs_has_an_honest_short_form():
    nothing = [Estimate("a", math.nan, INF, remark="its runs are not finished")]
    article = BeautifulSoup(
        blocks.verdict(claim(), found(nothing, "not tested", "its runs are not finished")), "html.parser"
    )
    assert (
        article.table is None and "its runs are not finished" in article.get_text() and "nan" not in article.get_text()
    )


def test_jupyter_shows_a_claim_as_its_block():
    article = BeautifulSoup(state.CLAIMS[0]._repr_html_(), "html.parser").article
    assert "computed" in article.get_text() and len(article.select("tbody tr")) == len(state.CLAIMS[0].conditions)
    assert repr(state.CLAIMS[0]) == state.CLAIMS[0].report()  # where there is no page


def test_the_styles_of_verdicts_and_of_explorables_name_nothing_alike():
    """All pages have one style sheet: a name that both use had hidden a picture on phones."""
    sheets = (ROOT / "book/_static/verdicts.css", ROOT / "rnnbook/explorables/js/explorables.css")
    one, other = ({*re.findall(r"\.(rb-[\w-]+)", sheet.read_text("utf-8"))} for sheet in sheets)
    assert one and other and not one & other


def test_a_variation_that_a_chapter_prints_is_a_table_on_the_page():
    one = next(one for one in claims() if one.words == "A matrix recalls more than a vector of equal size")
    varied = [each for each in one.panel if each.conditions]
    for each in varied:
        text, html = blocks.variation(one, each)
        page = BeautifulSoup(html, "html.parser")
        assert text in one.varied() and page.p.get_text() == each.name
        shown = [row.get_text(" ").split() for row in page.select("tbody tr")]
        printed = [line.split() for line in text.splitlines()[1:]]
        assert shown == printed and len(shown) == len(each.conditions)
    assert len(varied) == 6
