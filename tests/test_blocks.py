"""A claim as a page shows it: the drawing against its numbers, and the words against the verdict."""

import math
import re

import pytest
from bs4 import BeautifulSoup

from rnnbook.trials import INF, Claim, Computed, Estimate, blocks, state
from rnnbook.trials.blocks import Found


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
    assert blocks.factor(-9.15, 10.0) == "×10<sup>−9</sup>"
    text = blocks.forest(claim(unit="decades", region=(-2.0, INF)), found(fixed((1.0, 3.0))))
    assert "×100" in text and "×0.01" in text and "each a factor of 10" in text


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
    assert some == "One condition inside would be enough; all 2 lie outside."
    mean = blocks.decides(claim("on average"), found(fixed(inside, inside), "confirmed"))
    assert "it is 2.50" in mean and "inside" in mean
    assert "gain 1.1" in blocks.decides(
        claim(), found([Computed("x", 1.0).estimate(dict)], "computed", "it holds for gain 1.1")
    )


def test_what_turns_a_verdict_is_said_by_what_it_brings():
    text = blocks.varied(found(fixed((2, 3)), "refuted", a="refuted", b="confirmed", c_d="confirmed", e="not tested"))
    assert (
        text == "The verdict stands in 1 of 3 variations; it is confirmed with b, or with c d; it is not tested with e."
    )


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
