"""Claims, and how their conditions decide them.

A claim asserts a *region* for a quantity in raw units, in named conditions. Its *logic* follows
from its words by this table, which was written down before any verdict:

==============  =====================================================  ==========================
logic           words                                                  the region is asserted of
==============  =====================================================  ==========================
exists          can, it is possible, there is                          some condition
always          cannot, never, always, solves, is enough, the most     every condition
on average      better, faster, helps, lengthens, needs less           the mean of all conditions
as good as      as good as, costs nothing, does no harm                every condition, one-sided
equivalent      does not matter, the same                              every condition, both sides
within          a share, a time, a factor is about so much             every condition, both sides
==============  =====================================================  ==========================

Every condition has an interval at each level. It is *in* if the whole interval lies within the
region, *out* if the whole of it lies outside, and *open* otherwise; one that touches a limit is
open. Of K conditions one is picked out at the level alpha / K, all are asked for at alpha: either
way a wrong verdict comes in less than alpha of all trials.

==================  ===================================================================================
asked of            verdict
==================  ===================================================================================
some condition      confirmed if one is in, refuted if all are out
every condition     confirmed if all are in, refuted if one is out
the mean            depends if one is in and one is out; confirmed if the mean is in and stays in the
                    region without any one condition, refuted if it is out and stays outside
==================  ===================================================================================

Otherwise the verdict is *not proven*.

A claim is *not tested* if runs are missing, nothing was learned, or the best rates lie at the edge
of their range; it is *computed* if nothing in it is random.
"""

import hashlib
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from rnnbook.arrays import Array
from rnnbook.trials.designs import Design, matches, results
from rnnbook.trials.estimates import Computed, Condition, Estimate, Total, total

LOGICS = {  # of what the region is asserted
    "exists": "some",
    "always": "every",
    "on average": "mean",
    "as good as": "every",
    "equivalent": "every",
    "within": "every",
}
ALPHA = 0.05
VERDICTS = ("confirmed", "refuted", "depends", "not proven", "not tested", "computed")


class Said(NamedTuple):
    """Who says a claim."""

    key: str  #: of the bibliography; empty for folklore
    where: str  #: their words and their setting; for folklore, where one finds it


class Change(NamedTuple):
    """What of a plan was changed when there were runs already."""

    date: str
    what: str
    why: str
    part: str = "rule"  #: what was changed: the "rule" that decides, the "variations", or "words" that decide nothing


@dataclass(frozen=True)
class Variation:
    """What a referee would try: the same sentence under other conditions, or another region."""

    name: str
    conditions: tuple[Any, ...] = ()
    region: tuple[float, float] | None = None

    def declared(self) -> dict[str, Any]:
        """What decides, as data."""
        return {**vars(self), "conditions": [one.declared() for one in self.conditions]}


@dataclass(frozen=True, kw_only=True, repr=False)
class Claim:
    """A sentence on trial, and everything that decides it."""

    words: str  #: as one finds it said; the heading of its section
    sentence: str  #: with subject, rival and conditions: what is on trial
    said: tuple[Said, ...]
    section: str  #: the chapter's file
    logic: str  #: one of `LOGICS`
    region: tuple[float, float]  #: what is asserted of the quantity
    unit: str  #: of the quantity
    quantity: str  #: what it is
    margin: str  #: why the region ends where it does
    conditions: tuple[Any, ...]
    panel: tuple[Variation, ...] = ()
    shared: bool = False  #: conditions have runs in common
    null: float = 0.0  #: from where the margin is measured
    changes: tuple[Change, ...] = ()
    own: Mapping[str, tuple[float, str]] = field(default_factory=dict)  #: conditions' own units: what counts as one

    def __post_init__(self):
        if self.logic not in LOGICS:
            raise ValueError(f"logic must be one of {', '.join(LOGICS)}, got {self.logic!r}")
        sides = sum(np.isfinite(self.region))
        if sides != {"as good as": 1, "equivalent": 2, "within": 2}.get(self.logic, sides):
            raise ValueError(f"region must fit the logic {self.logic!r}, got {self.region}")

    def declared(self) -> dict[str, Any]:
        """What decides, as data: neither prose nor results."""
        designs = {design.name: design.declared() for design in self.designs()}
        return {
            **{name: getattr(self, name) for name in ("logic", "region", "unit", "shared", "null")},
            "conditions": [one.declared() for one in self.conditions],
            "panel": [one.declared() for one in self.panel],
            "designs": designs,
        }

    def hash(self) -> str:
        """Of what is declared; the same on every machine."""
        return hashlib.sha256(json.dumps(self.declared(), sort_keys=True).encode()).hexdigest()[:16]

    def designs(self) -> list[Design]:
        """Every design that the verdict or its panel reads."""
        found: dict[str, Design] = {}
        for part in self._parts():  # a variation may read a table of the conditions by another rule
            found.setdefault(part.design.name, part.design)
        return list(found.values())

    def _parts(self):
        every = [*self.conditions, *(one for variation in self.panel for one in variation.conditions)]
        parts = [part for one in every for part in (one.parts if isinstance(one, Total) else [one])]
        return [part for part in parts if isinstance(part, Condition)]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the verdict or its panel reads."""
        old = dict.fromkeys(table for one in self.conditions for table in getattr(one, "tables", ()))
        return (*(design.name for design in self.designs()), *old)

    def estimates(self, read: Callable[[str], Array] = results) -> list[Estimate]:
        """The quantity in every condition."""
        return [one.estimate(read) for one in self.conditions]

    def runs(self, read: Callable[[str], Array] = results) -> int:
        """How many runs the verdict rests on; those that two conditions share count once.

        Of older tables it is not declared which rows a condition reads: there they count for both.
        """
        used: dict[str, Array] = {}
        for part in replace(self, panel=())._parts():
            try:
                rows = read(part.design.name)
            except FileNotFoundError:  # there are none yet
                continue
            own = [matches(rows, **arm) for arm in part.arms()]
            used[part.design.name] = np.any([used.get(part.design.name, own[0]), *own], axis=0)
        old = [one for one in self.conditions if not isinstance(one, (Condition, Total))]
        return sum(int(rows.sum()) for rows in used.values()) + sum(one.estimate(read).runs for one in old)

    def verdict(self, read: Callable[[str], Array] = results) -> str:
        """One of `VERDICTS`."""
        return self.judge(self.estimates(read))[0]

    def judge(self, estimates: Sequence[Estimate]) -> tuple[str, str]:
        """The verdict that these estimates bear, and what it hangs on."""
        if all(isinstance(one, Computed) for one in self.conditions):
            held, others = (
                "; ".join(one.name for one in estimates if (label(self.region, one.interval()) == "in") is side)
                for side in (True, False)
            )
            if not held:
                return "computed", "it does not hold"
            return "computed", f"it holds for {held}" + (f", not for {others}" if others else "")
        remarks = dict.fromkeys(one.remark for one in estimates if one.remark)
        if remarks:
            return "not tested", "; ".join(remarks)
        if missing := unreachable(self.logic, self.region, estimates):
            return "not tested", f"it could not have been {missing}"
        return decide(self.logic, self.region, estimates, self.shared)

    def variations(
        self, read: Callable[[str], Array] = results, estimates: Sequence[Estimate] | None = None
    ) -> dict[str, str]:
        """The verdict under every variation: half and double the margin, and what the panel names.

        Whoever has the estimates already may hand them on, here and to `stands`.
        """
        estimates = self.estimates(read) if estimates is None else estimates
        found = {}
        for name, factor in (("half the margin", 0.5), ("twice the margin", 2.0)):
            low, high = (end if np.isinf(end) else self.null + factor * (end - self.null) for end in self.region)
            if (low, high) != self.region:
                found[name] = replace(self, region=(low, high)).judge(estimates)[0]
        for one in self.panel:
            varied = replace(self, conditions=one.conditions or self.conditions, region=one.region or self.region)
            found[one.name] = varied.verdict(read)
        return found

    def stands(self, read: Callable[[str], Array] = results, estimates: Sequence[Estimate] | None = None) -> str:
        """In how many of its variations the verdict stands, and what turns it, in a sentence."""
        estimates = self.estimates(read) if estimates is None else estimates
        verdict, found = self.judge(estimates)[0], self.variations(read, estimates)
        return standing(verdict, found)

    def __repr__(self) -> str:
        return self.report()

    def _repr_html_(self) -> str:
        from rnnbook.trials import blocks  # HTML is for pages, not for those who decide

        return blocks.verdict(self)

    def made_before(self) -> bool:
        """Whether a table that it reads is older than its plan."""
        beside = [about for design in self.designs() if (about := design.about())]
        return any(self.words not in about.get("plan", ()) for about in beside) or any(
            hasattr(condition, "tables") for condition in self.conditions
        )

    def beforehand(self) -> list[tuple[str, str]]:
        """What was said before the first run: names, and what stands under them."""
        said = [
            ("that is", self.sentence),
            ("quantity", self.measured()),
            ("logic", f"{self.logic}: {self._rule()}"),
            ("margin", self.margin),
            ("conditions", "; ".join(one.name for one in self.conditions)),
        ]
        said += [line for _, lines in self.made() for line in lines]
        if self.panel:
            said.append(("variations", "; ".join(one.name for one in self.panel)))
        said += [("changed", f"{one.date}: {one.what}, since {one.why}") for one in self.changes]
        return said

    def made(self) -> list[tuple[Design, list[tuple[str, str]]]]:
        """How the runs of each table are made: names, and what stands under them; what tables share is said once."""
        of_conditions = replace(self, panel=()).designs()
        said: list[tuple[str, str]] = []
        found = []
        for design in self.designs():
            kept = dict.fromkeys(part.kept() for part in self._parts() if part.design is design)
            runs = ("runs" if design in of_conditions else "varied runs", design.counted() + "".join(kept))
            new = [(f"- {name}", value) for name, value in design.settings.items() if (f"- {name}", value) not in said]
            if new or runs not in said:
                found.append((design, [runs, *new]))
                said += found[-1][1]
        return found

    def reading(self, design: Design) -> list[str]:
        """The conditions that read a table or, if none does, the variations: their names."""
        conditions = [
            one.name for one in self.conditions if design in replace(self, conditions=(one,), panel=()).designs()
        ]
        return conditions or [one.name for one in self.panel if design in replace(self, panel=(one,)).designs()]

    def plan(self) -> str:
        """What was said before the first run, as lines of text."""
        lines = [f"{name:13s} {words}" for name, words in self.beforehand()]
        return "\n".join([f"On trial: {self.words}", *(wrapped(f"  {line}", " " * 16) for line in lines)])

    def _rule(self):
        region = in_words(self.region)
        mean = f"confirmed if the mean is {region}, refuted if it is not"
        if len(self.conditions) > 1:
            mean = (
                f"depends if one condition is {region} and another is not; else confirmed if the mean is {region}, "
                "also without any one condition, and refuted if it is not"
            )
        return {
            "some": f"confirmed if one condition is {region}, refuted if none is",
            "every": f"confirmed if every condition is {region}, refuted if one is not",
            "mean": mean,
        }[LOGICS[self.logic]]

    def listed(self, estimates: Sequence[Estimate]) -> list[Estimate]:
        """These estimates and, where it decides, their mean."""
        by_the_mean = LOGICS[self.logic] == "mean" and len(estimates) > 1
        return [*estimates, mean_of(estimates, self.shared)] if by_the_mean else [*estimates]

    def report(self, read: Callable[[str], Array] = results) -> str:
        """The estimates with their intervals, the verdict and its variations, as lines of text."""
        estimates = self.estimates(read)
        word, why = self.judge(estimates)
        lines = [
            f"{self.measured()}; the claim says {in_words(self.region)}",
            *self.lines(estimates),
            f"{word}{': ' * bool(why)}{why}",
            self.stands(read, estimates),
        ]
        return "\n".join(wrapped(line, "    ") for line in lines)

    def varied(self, read: Callable[[str], Array] = results, only: Sequence[str] = ()) -> str:
        """The estimates of the variations that have conditions of their own, or of those named, as lines of text."""
        own = [one for one in self.panel if one.conditions and (not only or one.name in only)]
        lines = [[one.name, *self.lines([c.estimate(read) for c in one.conditions])] for one in own]
        return "\n".join([wrapped(self.measured(), "    "), *(line for several in lines for line in several)])

    def measured(self) -> str:
        """What the numbers are, and in which unit."""
        return f"{self.quantity}, in {self.unit}"

    def lines(self, estimates: Sequence[Estimate]) -> list[str]:
        """These estimates, one a line, with the interval of each."""
        shown = self.listed(estimates)
        width = max(len(one.name) for one in shown)
        lines = []
        for one in shown:
            low, high = one.interval()
            numbers = f"{one.value:8.2f}" + (f"   ({low:.2f}, {high:.2f})" if one.se else "")
            lines.append(f"  {one.name:{width}s} {'no runs yet' if np.isnan(one.value) else numbers}")
        return lines


def standing(verdict: str, variations: dict[str, str]) -> str:
    """In how many variations a verdict stands, and what turns it, in a sentence."""
    if not variations or verdict in ("computed", "not tested"):
        return "without variations"
    untested = [name for name, other in variations.items() if other == "not tested"]
    others = {name: other for name, other in variations.items() if other not in (verdict, "not tested")}
    turned = [f"with {name} it {predicate(other)}" for name, other in others.items()]
    tested = len(variations) - len(untested)
    kept = f"stands in {tested - len(turned)} of {tested} variations"
    return "; ".join([kept, *turned, *([f"not tested with {' or '.join(untested)}"] if untested else [])])


def predicate(verdict: str) -> str:
    """A verdict as the rest of a sentence."""
    return verdict if verdict == "depends" else f"is {verdict}"


def wrapped(line: str, indent: str) -> str:
    """A line broken where a page's column ends."""
    return textwrap.fill(line, 78, subsequent_indent=indent)


def mean_of(estimates: Sequence[Estimate], shared: bool) -> Estimate:
    """The mean of the conditions."""
    return total("mean", [(1 / len(estimates), one) for one in estimates], shared)


def in_words(region: tuple[float, float]) -> str:
    """A region, as one says it."""
    low, high = region
    if np.isinf(low):
        return f"below {high:g}"
    return f"above {low:g}" if np.isinf(high) else f"from {low:g} to {high:g}"


def label(region: tuple[float, float], interval: tuple[float, float]) -> str:
    """*in*, *out* or *open*; strictly, so that touching decides nothing."""
    (low, high), (a, b) = region, interval
    if low < a and b < high:
        return "in"
    return "out" if b < low or a > high else "open"


def decide(
    logic: str, region: tuple[float, float], estimates: Sequence[Estimate], shared: bool = False
) -> tuple[str, str]:
    """The rule at the top of this file: a verdict, and what it hangs on."""
    each = {one.name: label(region, one.interval(ALPHA)) for one in estimates}
    strict = {one.name: label(region, one.interval(ALPHA / len(estimates))) for one in estimates}

    def those(labels, word):
        return [name for name, found in labels.items() if found == word]

    def listed(names):
        return "; ".join(names) if len(names) <= 3 else f"{len(names)} of {len(estimates)} conditions"

    if LOGICS[logic] == "some":
        if those(strict, "in"):
            return "confirmed", f"by {listed(those(strict, 'in'))}"
        return ("refuted" if len(those(each, "out")) == len(each) else "not proven"), ""
    if LOGICS[logic] == "every":
        if those(strict, "out"):
            return "refuted", f"by {listed(those(strict, 'out'))}"
        left = [name for name, found in each.items() if found != "in"]
        return ("not proven", f"open: {listed(left)}") if left else ("confirmed", "")
    if those(strict, "in") and those(strict, "out"):
        return "depends", f"it holds for {listed(those(strict, 'in'))}, not for {listed(those(strict, 'out'))}"
    whole = label(region, mean_of(estimates, shared).interval(ALPHA))
    values = np.array([one.value for one in estimates])
    rest = (values.sum() - values) / (len(values) - 1) if len(values) > 1 else values
    carried = [one.name for one, m in zip(estimates, rest, strict=True) if label(region, (m, m)) != whole]
    if whole == "open" or carried:
        return "not proven", "" if whole == "open" else f"it hangs on {listed(carried)}"
    return {"in": "confirmed", "out": "refuted"}[whole], ""


def unreachable(logic: str, region: tuple[float, float], estimates: Sequence[Estimate]) -> str:
    """Which verdict no runs could bring, given what the quantities cannot leave; empty if both can come."""
    (low, high), limits = region, [one.limits for one in estimates]
    if LOGICS[logic] == "mean":
        limits = [tuple(np.mean(limits, axis=0))]
    can_be_in = [max(low, a) < min(high, b) for a, b in limits]
    can_be_out = [a < low or b > high for a, b in limits]
    some = LOGICS[logic] == "some"
    if not (any if some else all)(can_be_in):
        return "confirmed"
    return "" if (all if some else any)(can_be_out) else "refuted"
