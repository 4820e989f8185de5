"""A claim as a page shows it: what was said beforehand, and what came out, as HTML.

The verdict is a table, a row a condition: its name, its interval drawn beside the region that the claim
asserts, and its numbers. Whoever does not see the drawing reads the same in the table's caption and cells. The
drawing has no view box: it is as wide as its column, and its dots keep their size.

The classes are those of ``book/_static/verdicts.css``; without it a block is a plain table, as in JupyterLab.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby
from typing import NamedTuple

import numpy as np

from rnnbook.plots.table import Table
from rnnbook.trials.designs import results
from rnnbook.trials.estimates import Estimate
from rnnbook.trials.verdicts import ALPHA, LOGICS, Claim, Variation, in_words, label, mean_of, predicate, standing

MARKS = {"confirmed": "✓", "refuted": "✗", "depends": "±", "not proven": "?", "not tested": "–", "computed": "="}
SIDES = {"in": "inside the region", "out": "outside the region", "open": "reaches across the edge"}
FACTORS = {"decades": 10.0, "doublings": 2.0}  # units that are logarithms
CELLS = {"RNN": "RNN|ReLUs", "LSTM": "LSTM", "peephole": "(?i:peephole)", "coupled": "(?i:coupl)", "GRU": "GRU"}
FAR = 8  # times the median condition's distance from the region's edge: what lies beyond is an arrow
ROW = 24  # pixels


class Found(NamedTuple):
    """What the tables say of a claim."""

    estimates: list[Estimate]
    verdict: str
    why: str
    variations: dict[str, str]
    runs: int

    @property
    def stands(self) -> str:
        """In how many variations the verdict stands, and what turns it."""
        return standing(self.verdict, self.variations)

    @property
    def kept(self) -> tuple[int, int]:
        """In how many variations the verdict stands, and how many were tested; none of what is no verdict."""
        if self.verdict in ("computed", "not tested"):
            return 0, 0
        tested = [word for word in self.variations.values() if word != "not tested"]
        return tested.count(self.verdict), len(tested)

    @property
    def frail(self) -> bool:
        """Whether the verdict falls in most of its variations."""
        stands, tested = self.kept
        return 2 * stands < tested


def find(claim: Claim) -> Found:
    """From the committed tables."""
    estimates = claim.estimates()
    return Found(estimates, *claim.judge(estimates), claim.variations(estimates=estimates), claim.runs())


# ---------------------------------------------------------------- words
def slug(words: str) -> str:
    """Words as a part of an address or of a class."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def text(words: str) -> str:
    """Words as HTML; ``W_h`` gets its index, and a number its minus."""
    words = re.sub(r"(?<![\w.])-(?=\d)", "−", escape(words, quote=False))
    return re.sub(r"\b([WbcfhioU])_([a-z])\b", r"<i>\1</i><sub>\2</sub>", words)


def sentence(words: str) -> str:
    """Words with a capital letter and a full stop."""
    return words[:1].upper() + words[1:] + "." * (not words.endswith("."))


def badge(verdict: str) -> str:
    """The verdict in its colour, with its mark."""
    mark = f'<span aria-hidden="true">{MARKS[verdict]}</span>'
    return f'<span class="rb-badge rb-{slug(verdict)}">{mark} {verdict}</span>'


def marks(claim: Claim, found: Found) -> str:
    """What whoever reads the verdict alone has to know besides: plain words, each in a frame, for every reader."""
    said, (stands, tested) = [], found.kept
    if found.verdict == "computed":
        holds, all_of = cases(claim, found), len(found.estimates)
        said.append("it bears the claim out" if holds == all_of else f"the claim holds in {holds} of {all_of} cases")
    if found.frail:
        said.append(f"frail: falls in {tested - stands} of {tested} variations")
    if found.verdict != "not tested":
        said += ["planned after its runs"] * (claim.made_before() and found.runs > 0)
        parts = [part for part in ("rule", "variations") if any(one.part == part for one in claim.changes)]
        when = "later" if found.verdict == "computed" else "after the runs"
        said += [f"{' and '.join(parts)} changed {when}"] if parts else []
    return "".join(f' <span class="rb-mark">{words}</span>' for words in said)


def kinds(found: Found) -> str:
    """The classes of a claim's block: its verdict, and whether that is frail."""
    return f"rb-is-{slug(found.verdict)}" + " rb-is-frail" * found.frail


def cases(claim: Claim, found: Found) -> int:
    """How many conditions lie inside the region, as far as 95 % say."""
    return sum(label(claim.region, one.interval()) == "in" for one in found.estimates)


def places(value: float, low: float, high: float) -> int:
    """Decimals: two, as in the text; fewer where the interval is wide, more where it is narrow."""
    width = high - low
    usual = 2 if width < 5 else 1 if width < 20 else 0
    return max(usual, min(_decimals(width / 3), max(4, _decimals(value / 10))))


def _decimals(scale):
    return max(0, -math.floor(math.log10(abs(scale)))) if scale and math.isfinite(scale) else 0


def number(value: float, decimals: int) -> str:
    """As it is printed; no minus before zero."""
    printed = f"{value:,.{decimals}f}"
    return printed.replace("-", "−") if float(printed.replace(",", "")) else printed.replace("-", "")


def factor(value: float, base: float, digits: int = 2) -> str:
    """A logarithm as the factor that it stands for, to so many digits, and between 0.1 and 10 to as many decimals."""
    power = value * math.log10(base)
    if -4 <= power < 4:
        times = 10**power
        return f"×{round(times, digits) if 0.1 <= times < 10 else float(f'{times:.{digits}g}'):,g}"
    first, exponent = f"{10 ** (power % 1):.{digits - 1}f}", math.floor(power)
    if float(first) == 10:
        first, exponent = "1", exponent + 1
    return f"×{f'{first}·' * (float(first) != 1)}10<sup>{number(exponent, 0)}</sup>"


def base_of(claim: Claim) -> float | None:
    """Of which base the unit is a logarithm, if it is one."""
    return FACTORS.get(claim.unit.split()[0])


def in_numbers(claim: Claim, one: Estimate) -> str:
    """A condition's value and interval, with its own unit if it has one; of a logarithm the factors."""
    if math.isnan(one.value):
        return '<span class="rb-none">no runs yet</span>'
    value, ends = printed(claim, one)
    unit = f" {escape(unit_of(claim, one)[1], quote=False)}" if claim.own else ""
    interval = f" <span>({' to '.join(ends)})</span>" if ends[0] != ends[1] else ""
    return f"<b>{value}</b>{unit}<small>{interval}</small>"


def unit_of(claim: Claim, one: Estimate) -> tuple[float, str]:
    """How much of which unit counts as one in this condition; a mean of several units is one of margins."""
    return claim.own.get(one.name, (1.0, "margins"))


def printed(claim: Claim, one: Estimate) -> tuple[str, list[str]]:
    """An estimate's value and its interval's ends, as they are printed."""
    base = base_of(claim)
    low, high = one.interval()
    if base is not None:
        far = [digits for digits in (2, 3, 4) if factor(low, base, digits) != factor(high, base, digits)]
        shown, *ends = (factor(x, base, min(far, default=2)) for x in (one.value, low, high))
        return shown, [end.removeprefix("×") for end in ends]
    per = unit_of(claim, one)[0] if claim.own else 1.0
    value, low, high = per * one.value, per * low, per * high
    decimals = places(value, low, high)
    ends = [number(end, decimals) for end in (low, high)]
    return number(value, 2 if ends[0] == ends[1] else decimals), ends


def says(claim: Claim) -> str:
    """The region in the conditions' own units, or as the factors that it stands for."""
    base = base_of(claim)
    if base is not None:
        least, most = ("" if math.isinf(end) else factor(end, base) for end in claim.region)
        return f"from {least} to {most}" if least and most else f"above {least}" if least else f"below {most}"
    if claim.own:
        low, high = claim.region
        each = [((per * low, per * high), unit) for per, unit in dict.fromkeys(claim.own.values())]
        return ", ".join(f"{in_words(region)} {unit}" for region, unit in each).replace("-", "−")
    return in_words(claim.region).replace("-", "−")


def quantity(claim: Claim) -> str:
    """What is measured, with its unit."""
    if claim.own:
        return "Each condition in its own unit"
    unit = "as a factor" if base_of(claim) is not None else f"({claim.unit})"
    return text(f"{sentence(claim.quantity)[:-1]}{', ' if unit[0] == 'a' else ' '}{unit}")


def measured(claim: Claim) -> str:
    """What is measured, and what the claim says of it."""
    return f"{quantity(claim)}. The claim says: {says(claim)}."


def varied(found: Found) -> str:
    """In how many variations the verdict stands, and what turns it: names by what they bring."""
    if found.verdict in ("computed", "not tested") or not found.variations:
        return ""
    stands, tested = found.kept
    others: dict[str, list[str]] = {}
    for name, word in found.variations.items():
        if word != found.verdict:
            others.setdefault(word, []).append(f"with {name}")
    turned = [
        f"{'it' if word == 'depends' else 'the claim'} {predicate(word)} {', or '.join(names)}"
        for word, names in others.items()
    ]
    stays = f"The verdict “{found.verdict}” stands in {stands or 'none'} of {tested} variation{'s' * (tested != 1)}"
    return text(f"{'; '.join([stays, *turned])}.")


def decisive(claim: Claim, found: Found) -> list[str]:
    """The conditions that decide by themselves: one inside where one is enough, one outside where none may be."""
    side = {("some", "confirmed"): "in", ("every", "refuted"): "out"}.get((LOGICS[claim.logic], found.verdict))
    level = ALPHA / len(found.estimates)
    return [one.name for one in found.estimates if label(claim.region, one.interval(level)) == side]


def wider(claim: Claim, estimates: Sequence[Estimate]) -> dict[str, tuple[float, float]]:
    """The intervals that decide where they are wider than those of 95 %: of conditions that might decide alone."""
    usual = {one.name: one.interval() for one in estimates if math.isfinite(one.value)}
    sides = {name: label(claim.region, interval) for name, interval in usual.items()}
    both = {"in", "out"} <= set(sides.values())  # then the verdict may be that it depends
    alone = {"some": {"in"}, "every": {"out"}, "mean": {"in", "out"} if both else set()}[LOGICS[claim.logic]]
    strict = {one.name: one.interval(ALPHA / len(estimates)) for one in estimates if sides.get(one.name) in alone}
    return {name: interval for name, interval in strict.items() if interval != usual[name]}


def decides(claim: Claim, found: Found) -> str:
    """The number that decides, and what it hangs on, in a sentence or two."""
    if found.verdict == "computed":
        holds = cases(claim, found) == len(found.estimates)
        return text(f"Nothing in it is random. The sentence is {'true' if holds else 'not always true'}: {found.why}.")
    if found.verdict == "not tested":
        return text(f"Nothing is decided: {found.why}.")
    if found.verdict == "depends":
        return text(f"Its conditions contradict each other: {found.why}.")
    if LOGICS[claim.logic] == "mean":
        return _by_the_mean(claim, found)
    K = len(found.estimates)
    inside = cases(claim, found)
    outside = sum(label(claim.region, one.interval(ALPHA)) == "out" for one in found.estimates)
    if LOGICS[claim.logic] == "some":
        if found.verdict == "confirmed":
            return text(f"One condition inside is enough; it is confirmed {found.why}.")
        rest = _all_of(K) if outside == K else f"{outside} of {K}"
        return f"One condition inside would be enough; {rest} lie outside."
    if found.verdict == "confirmed":
        return (
            "Its condition lies inside." if K == 1 else f"{_all_of(K).title()} conditions lie inside, as they have to."
        )
    if found.verdict == "refuted":
        return text(f"Every condition has to lie inside; it is refuted {found.why}.")
    some = f", {outside} outside but not by the wider interval asked of one among {K}" if outside else ""
    lie = f"{inside} {_lie(inside)} inside{some}"
    return text(f"Every condition has to lie inside; of {K}, {lie}. {sentence(found.why)}")


def _all_of(count):
    return "both" if count == 2 else f"all {count}"


def _lie(count):
    return "lies" if count == 1 else "lie"


def _by_the_mean(claim, found):
    mean = mean_of(found.estimates, claim.shared)
    value, ends = printed(claim, mean)
    value += f" {unit_of(claim, mean)[1]}" * bool(claim.own)
    side = {"in": "inside", "out": "outside", "open": "and reaches across the edge"}[
        label(claim.region, mean.interval())
    ]
    stays = ", and stays there without any one condition" if len(found.estimates) > 1 and not found.why else ""
    stays = stays if found.verdict in ("confirmed", "refuted") else ""
    hangs = f" {sentence(found.why)}" if found.why else ""
    return f"The mean decides: it is {value} ({' to '.join(ends)}), {side}{stays}.{text(hangs)}"


# ---------------------------------------------------------------- the drawing
class Axis(NamedTuple):
    """What part of a line is drawn; places on it are in per cent."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands; beyond the ends, at the end."""
        return 100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)


def axis_of(claim: Claim, estimates: Sequence[Estimate], wide: dict[str, tuple[float, float]]) -> Axis:
    """Wide enough for the region's edges and for all but what is far from them."""
    edges = [end for end in claim.region if math.isfinite(end)]
    drawn = [end for one in estimates for end in (one.value, *one.interval())]
    drawn += [end for interval in wide.values() for end in interval]
    ends = np.array([end for end in drawn if math.isfinite(end)] or edges)
    values = np.array([one.value for one in estimates if math.isfinite(one.value)] or edges)
    away, usual = (np.abs(some[:, None] - edges).min(axis=1) for some in (ends, values))
    near = ends[away <= FAR * np.median(usual)] if len(values) > 2 else ends
    low, high = min([*near, *edges]), max([*near, *edges])
    room = (high - low) or abs(high) or 1.0
    for end, away_from_it in zip(claim.region, (1, -1), strict=True):
        if math.isfinite(end):  # some of the region is to be seen
            low, high = min(low, end + 0.15 * away_from_it * room), max(high, end + 0.15 * away_from_it * room)
    room = high - low
    return Axis(low - 0.08 * room, high + 0.08 * room)


def shaded(region: tuple[float, float], axis: Axis) -> str:
    """The part that is claimed, shaded, with a line at each end."""
    a, b = (axis.at(end) for end in region)
    lines = "".join(
        f'<line class="rb-edge" x1="{axis.at(end):.1f}%" x2="{axis.at(end):.1f}%" y2="100%" stroke="currentColor"/>'
        for end in region
        if math.isfinite(end)
    )
    shade = 'fill="currentColor" fill-opacity=".09"'
    return f'<rect class="rb-shade" x="{a:.1f}%" width="{b - a:.1f}%" height="100%" {shade}/>{lines}'


def marker(
    region: tuple[float, float],
    axis: Axis,
    one: Estimate,
    y: str,
    mean: bool = False,
    wide: tuple[float, float] | None = None,
) -> str:
    """An interval with its dot, a mean's diamond, or an arrow where it is out of the picture; a thin wider interval."""
    if math.isnan(one.value):
        return ""
    low, high = one.interval()
    side, at = label(region, (low, high)), axis.at(one.value)
    a, b = axis.at(low), axis.at(high)
    drawn = f'<line x1="{a:.1f}%" x2="{b:.1f}%" y1="{y}" y2="{y}" stroke="currentColor" stroke-width="3.5"/>'
    if wide is not None:
        a, b = (axis.at(end) for end in wide)
        drawn += f'<line x1="{a:.1f}%" x2="{b:.1f}%" y1="{y}" y2="{y}" stroke="currentColor" stroke-width="1"/>'
    fill = 'fill="Canvas" stroke="currentColor" stroke-width="2"' if side == "open" else 'fill="currentColor"'
    if one.value < axis.low or one.value > axis.high:
        path = "M9-5 2 0 9 5" if one.value < axis.low else "M-9-5-2 0-9 5"
        shape = f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="2"/>'
    elif mean:
        shape = f'<path d="M0-6 6 0 0 6-6 0z" {fill}/>'
    else:
        shape = f'<circle r="4.5" {fill}/>'
    placed = f'<svg x="{at:.1f}%" y="{y}" overflow="visible">{shape}</svg>'
    return f'<g class="rb-side-{side}">{drawn}{placed}</g>'


def sketch(low: float, high: float, wide: tuple[float, float] | None = None) -> str:
    """An interval beside the region above zero, for a key."""
    above, axis = (0.0, math.inf), Axis(-4.0, 4.0)
    one = Estimate("", (low + high) / 2, 1.0, exact=lambda _: (low, high))
    return drawing(shaded(above, axis) + marker(above, axis, one, "50%", wide=wide))


def drawing(inside: str, height: int = ROW) -> str:
    """SVG that is as wide as its place."""
    return f'<svg class="rb-drawing" aria-hidden="true" width="100%" height="{height}">{inside}</svg>'


def ticks(claim: Claim, axis: Axis) -> str:
    """The region's ends and a few numbers more, below the rows; for logarithms the factors."""
    base = base_of(claim)
    edges = [end for end in claim.region if math.isfinite(end)]
    step = (axis.high - axis.low) / 4
    power = 10.0 ** math.floor(math.log10(step))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / step)))
    step = max(1.0, round(step)) if base == 10 and axis.high - axis.low > 2 else step
    others = [k * step for k in range(math.ceil(axis.low / step), math.floor(axis.high / step) + 1)]
    shown: list[float] = []
    on_phones: list[float] = []
    marks = ""
    for value in (*edges, *others):
        at = axis.at(value)
        if not 4 < at < 96 or any(abs(at - other) < 17 for other in shown):
            continue
        shown.append(at)
        kind = " rb-at" if value in edges else " rb-spare" if any(abs(at - other) < 36 for other in on_phones) else ""
        on_phones += [at] if kind != " rb-spare" else []
        if claim.own:  # each condition has a scale of its own
            name = "needed" if value in edges else "0" if value == 0 else ""
        else:
            name = factor(value, base) if base is not None else f"{round(value, 9):,g}".replace("-", "−")
        marks += f'<span class="rb-tick{kind}" style="left:{at:.1f}%">{name}</span>'
    return marks


# ---------------------------------------------------------------- blocks
def forest(claim: Claim, found: Found) -> str:
    """The table of conditions: nothing but its caption where there are no runs."""
    listed = claim.listed(found.estimates)
    alone, wide = decisive(claim, found), wider(claim, found.estimates)
    axis, rows = axis_of(claim, listed, wide), []
    for k, one in enumerate(listed):
        mean = k >= len(found.estimates)
        side = label(claim.region, one.interval()) if math.isfinite(one.value) else ""
        weak = one.name in wide and label(claim.region, wide[one.name]) != side
        more = ", but not with the wider interval that decides" * weak
        said = f'<span class="rb-hear">, {SIDES[side]}{more}</span>' if side else ""
        drawn = drawing(shaded(claim.region, axis) + marker(claim.region, axis, one, "50%", mean, wide.get(one.name)))
        classes = [f"rb-side-{side}" * bool(side), "rb-mean" * mean, "rb-alone" * (one.name in alone)]
        rows.append(
            f'<tr class="{" ".join(filter(None, classes))}"><th scope="row">{text(one.name)}</th>'
            f'<td class="rb-drawn">{drawn}</td><td class="rb-numbers">{in_numbers(claim, one)}{said}</td></tr>'
        )
    axis_row = f'<tr><td></td><td class="rb-scale">{ticks(claim, axis)}</td><td></td></tr>'
    heads = '<th scope="col">Condition</th><th scope="col">Picture</th><th scope="col">Value and interval of 95 %</th>'
    return (
        f'<table class="rb-tests"><caption>{measured(claim)}</caption>'
        f'<thead class="rb-hear"><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody>'
        f'<tfoot aria-hidden="true">{axis_row}</tfoot></table>'
    )


def result(claim: Claim, found: Found) -> str:
    """What came out, without a head: the table, the number that decides, the variations, the runs."""
    if all(math.isnan(one.value) for one in found.estimates):
        names = text("; ".join(one.name for one in found.estimates))
        table = f'<p class="rb-measure">{measured(claim)}</p><p class="rb-short">Conditions: {names}.</p>'
    else:
        table = forest(claim, found)
    rests = f" It rests on {found.runs:,} runs." if found.runs and found.verdict != "not tested" else ""
    before = " Its tables were made before its plan." if claim.made_before() and rests else ""
    return f'{table}<p class="rb-decides">{decides(claim, found)} {varied(found)}{rests}{before}</p>'


def verdict(claim: Claim, found: Found | None = None, more: str = "") -> str:
    """What came out, as it stands in the claim's chapter; `more` follows in its last line."""
    found = find(claim) if found is None else found
    name = escape(f"Verdict: {claim.words}", quote=True)
    return (
        f'<article class="rb-claim {kinds(found)}" aria-label="{name}">'
        f'<p class="rb-head">{badge(found.verdict)}{marks(claim, found)}{more}</p>{result(claim, found)}</article>'
    )


def variation(claim: Claim, one: Variation) -> tuple[str, str]:
    """What `Claim.varied` prints of a variation, and the table that a page shows instead."""
    found = [condition.estimate(results) for condition in one.conditions]
    rows = [(e.name, (e.value, *e.interval()) if e.se else e.value) for e in claim.listed(found)]
    table = Table(["", claim.unit], rows, "s z.2f")._repr_html_()
    return "\n".join([one.name, *claim.lines(found)]), f'<p class="rb-of">{text(one.name)}</p>{table}'


def plan(claim: Claim) -> str:
    """What was said beforehand, as it stands in the claim's chapter."""
    (_, on_trial), *rest = claim.beforehand()
    made = [(_of(claim, design), lines) for design, lines in claim.made()]
    first, last = rest[:4], rest[4 + sum(len(lines) for _, lines in made) :]
    several = len({heading for heading, _ in made}) > 1
    folded = ""
    for heading, group in groupby(made, key=lambda one: one[0]):
        folded += f'<p class="rb-of">{text(heading)}</p>' * several + _pairs(
            line for _, lines in group for line in lines
        )
    if last:
        folded += '<p class="rb-of">The whole trial</p>' * several + _pairs(last)
    what = ["runs"] * bool(made) + [_several(len(claim.panel), "variation"), _several(len(claim.changes), "change")]
    opening = f"<summary>{sentence(', '.join(filter(None, what)))[:-1]}</summary>"
    name = escape(f"What was said of: {claim.words}", quote=True)
    head = "Said before the first run"
    if claim.made_before():
        head = "Said when the runs were there, before they were read like this"
    elif claim.changes:
        head += ", but for what is marked as changed"
    return (
        f'<article class="rb-plan" aria-label="{name}"><p class="rb-head">{head}</p>'
        f'<p class="rb-sentence">{text(on_trial)}</p>{_pairs(first)}'
        f"{f'<details>{opening}{folded}</details>' * bool(folded)}</article>"
    )


def _pairs(lines):
    pairs = (f"<div><dt>{text(name.removeprefix('- '))}</dt><dd>{text(words)}</dd></div>" for name, words in lines)
    return f"<dl>{''.join(pairs)}</dl>"


def _of(claim, design):
    """Whose runs a table has."""
    names, conditions = claim.reading(design), [one.name for one in claim.conditions]
    if names == conditions:
        return "Runs of the conditions"
    kind = "condition" if names[0] in conditions else "variation"
    if any(claim.reading(other) == names for other in claim.designs() if other is not design):  # it has two tables
        (varied,) = (one for one in claim.panel if one.name == names[0])
        own = [one.name for one in varied.conditions if design in replace(claim, conditions=(one,), panel=()).designs()]
        names = [f"{varied.name} ({', '.join(own)})"]
    return f"Runs of the {kind}{'s' * (len(names) > 1)}: {'; '.join(names)}"


def _several(count, what):
    return f"{count} {what}{'s' * (count > 1)}" * bool(count)


def small(claim: Claim, found: Found) -> str:
    """All conditions in one small drawing, a line each."""
    wide, step = wider(claim, found.estimates), 11
    axis = axis_of(claim, found.estimates, wide)
    drawn = "".join(
        marker(claim.region, axis, one, f"{step * (k + 0.5):g}", wide=wide.get(one.name))
        for k, one in enumerate(found.estimates)
    )
    return drawing(shaded(claim.region, axis) + drawn, step * len(found.estimates))


def cells(claim: Claim) -> list[str]:
    """The cells of the book that its words or its conditions name; if they name none, its settings."""
    words = " ".join([claim.words, claim.sentence, *(one.name for one in claim.conditions)])
    settings = " ".join(str(value) for design in claim.designs() for value in design.settings.values())
    named = [[name for name, pattern in CELLS.items() if re.search(pattern, where)] for where in (words, settings)]
    return named[0] or named[1]


def counted(founds: Iterable[Found]) -> dict[str, int]:
    """How many claims have each verdict, in the order of `MARKS`."""
    verdicts = [found.verdict for found in founds]
    return {name: verdicts.count(name) for name in MARKS if name in verdicts}
