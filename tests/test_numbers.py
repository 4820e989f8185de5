"""Numbers in the chapters' prose: each is printed or set by the chapter's code, or accounted for by hand.

A number is borne by its chapter if

- a cell of the same section prints it, rounded as the sentence rounds it (per cents also as a share of one), or has
  just this number in its code: the bound of an assertion, a setting,
- it is whole and any cell of the chapter prints or has just this number: how many runs, units, updates there were,
- or it stands in `by_hand.txt`, with the computation that gives it or with the reason why nothing does.

What a cell prints is compared with a fresh run (nbval), so that a printed value is an asserted one.

Free are numbers within mathematics, code, references, headings, years, and whole numbers up to twelve that have no
unit: *two gates*, *at step 3*; and the level of all intervals, 95 %. So are the wrong choices of a question, whose
sentences are nobody's, and the text that is read in the place of a figure, which describes the drawing.
"""

import ast
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rnnbook.activations import sigmoid
from rnnbook.trials import results, rows_where

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINES = (Path(__file__).parent / "by_hand.txt").read_text("utf-8").splitlines()
BY_HAND = [[part.strip() for part in line.split("|")] for line in LINES if line[:1].isdigit()]

CARDINALS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
STEMS = ["thir", "four", "fif", "six", "seven", "eigh", "nine"]
TENS = ["twen", "thir", "for", "fif", "six", "seven", "eigh", "nine"]
SMALL = dict(zip(CARDINALS, range(13), strict=True))
SMALL |= {f"{w}teen": n for n, w in enumerate(STEMS, 13)}
SMALL |= {f"{w}ty": n for n, w in zip(range(20, 100, 10), TENS, strict=True)}
LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6}
PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
PARTS |= {"tenth": 10, "twentieth": 20, "hundredth": 100, "thousandth": 1000}
PERCENT = r"%|per\ cent|percent|percentage\ points?|in\ a\ hundred"
WORD = "|".join(sorted(SMALL, key=len, reverse=True))
NUMBER = re.compile(
    rf"""(?<![\w.^_§/#-])(?:
    (?P<figures>[+−±-]?(?:\d{{1,3}}(?:[,\u202f ]\d{{3}})+|\d+)(?:\.\d+)?(?:e-?\d+)?)(?![\w^_]|\.\d)
    | \b(?P<words>(?:(?:{WORD}|a)[ -])?(?:(?:{WORD})|(?:{WORD}|a)?[ -]?(?:{"|".join(LARGE)}))\b))
    (?P<large>\ (?:thousand|million)\b)?
    (?:[ -](?P<part>{"|".join(PARTS)})s?\b | \s?(?P<percent>{PERCENT}) | (?P<times>\ times\b|\ decades?\b))?""",
    re.VERBOSE | re.IGNORECASE,
)
PRINTED = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Number:
    """A number as a sentence has it: its value, a half of its last digit, and where it stands."""

    value: float
    slack: float
    percent: bool
    whole: bool
    start: int
    end: int

    def borne_by(self, values, exactly=False):
        scales, slack = (1, 0.01) if self.percent else (1,), 1e-9 * self.value if exactly else self.slack
        return any(abs(abs(v) - s * self.value) <= s * slack * 1.0001 for v in values for s in scales)


def prose(markdown):
    """A Markdown cell without what is not prose; formulas that are no more than a number become numbers."""

    def formula(match):
        tex = match[1].replace(r"\,", "").replace(r"\%", "%").replace(r"\pm", "").strip()
        power = re.fullmatch(r"([+-]?)(?:(\d+(?:\.\d+)?) *\\cdot *)?10\^\{?(-?\d+)\}?", tex)
        if power:
            return f"{power[1]}{power[2] or 1}e{power[3]}"
        return tex if re.fullmatch(r"[+-]?\d+(\.\d+)?%?", tex) else "§"

    text = re.sub(r"(?ms)^ *(`{3,})[a-z]*\n.*?^ *\1 *$|^\$\$.*?^\$\$[^\n]*$", "", markdown)
    text = re.sub(r"(?m)^#.*$|^:(class|label|name):.*$|^`{3,}\{.*$|^:{3,}\{(?!dropdown).*$", "", text)
    text = re.sub(r"(?m)^:{3,}\{dropdown\}.*\n(?!Right)", "\n", text)
    text = re.sub(r"\{[\w:.]+\}`[^`]*`|(`+)[^`]+\1|\]\([^)]*\)|<[^>]+>", "§", text)
    return re.sub(r"[ \n|]+", " ", re.sub(r"\$([^$]+)\$", formula, text))


def in_words(text):
    """'two hundred and' is 200, 'sixty-four' 64, 'a thousand' 1000."""
    value = 0
    for word in re.split("[ -]", text.lower()):
        value = (value or 1) * LARGE[word] if word in LARGE else value + SMALL.get(word, 0)
    return value


def numbers(text):
    for match in NUMBER.finditer(text):
        figures, large = match["figures"], LARGE.get((match["large"] or "").strip().lower(), 1)
        if figures:
            digits = re.sub("[, \u202f]", "", figures.lstrip("+−±-"))
            mantissa, _, power = digits.partition("e")
            scale = 10 ** float(power or 0) * large
            value = float(mantissa) * scale
            slack = 0.5 * 10 ** -len(mantissa.partition(".")[2]) * scale
            if digits.endswith("000"):
                slack = 500
        else:
            if match["words"].lower() in LARGE:
                continue  # the word *million* is one of a vocabulary
            value = in_words(match["words"]) * large
            slack = 0.5 if value < 100 else 0.05 * value  # a hundred, a million: round numbers
        if match["part"]:  # three quarters, a half: told as one tells them
            value = value or 1
            value = 1e-4 if "ten-thousandth" in match[0].lower() else value / PARTS[match["part"].lower()]
            slack = 0.08 * value
        whole = not match["part"] and not match["percent"] and value == int(value) and "." not in (figures or "")
        year, level = figures and whole and 1900 <= value < 2030, match["percent"] and value == 95
        if (whole and value <= 12 and not match["times"]) or year or level:
            continue
        yield Number(value, slack, bool(match["percent"]), whole, match.start(), match.end())


def printed(text):
    return {float(m.replace(",", "").replace("−", "-")) for m in PRINTED.findall(text)}


#: How a figure looks bears nothing that a sentence says.
LOOKS = {"height", "lw", "ls", "ms", "alpha", "gap", "handlelength", "columnspacing", "ncols", "fontsize", "xytext"}
LOOKS |= {"xlim", "ylim", "zorder", "labelpad", "pad", "width", "loc", "fmt", "xticks", "yticks", "markersize", "s"}
DRAWN = {"text", "annotate"}


def parts_of(tree):
    """The nodes of a cell's code without what says how a figure looks."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.keyword) and child.arg in LOOKS:
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr in DRAWN:
            continue
        yield from parts_of(child)


def written(code):
    """The numbers of a cell's code, those within strings and fractions like 1 / 3 too."""
    found = set()
    for node in parts_of(ast.parse(code)):
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as number):
                found.add(float(number))
            case ast.Constant(value=str() as string):
                found |= printed(string)
            case ast.BinOp(
                left=ast.Constant(value=int() | float() as a), right=ast.Constant(value=int() | float() as b)
            ):
                if isinstance(node.op, ast.Div):
                    found.add(a / b)
                elif isinstance(node.op, ast.Pow) and abs(b) < 20:
                    found.add(float(a) ** b)
    return found


@dataclass
class Section:
    """Under one heading of the first three levels: sentences and captions, and what its cells print."""

    texts: list
    outputs: list
    code: set


def read(path):
    """The sections of a chapter."""
    sections = [Section([], [], set())]
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for part in re.split(r"(?m)^(?=#{1,3} )", source):
                if part.startswith("#"):
                    sections.append(Section([], [], set()))
                sections[-1].texts.append(prose(part))
        else:
            sections[-1].code |= written(source)
            tables = [o["data"]["text/plain"] for o in cell["outputs"] if "text/html" in o.get("data", {})]
            prints = [o["text"] for o in cell["outputs"] if "text" in o]
            sections[-1].outputs += map("".join, prints + tables)
            caption = cell["metadata"].get("mystnb", {}).get("figure", {}).get("caption", "")
            sections[-1].texts.append(prose(caption))
    return sections


def excused(text, chapter):
    """The stretches of a text that `by_hand.txt` accounts for."""
    for number, words, _ in BY_HAND:
        if chapter.startswith(number):
            for match in re.finditer(rf"{re.escape(words)}(?![\w.]*\d)", text):
                yield match.span()


def unborne(chapter, sections):
    """The numbers that nothing bears, each with the words around it."""
    outputs = [set().union(*map(printed, section.outputs)) for section in sections]
    everywhere = set().union(*outputs, *(section.code for section in sections))
    for section, output in zip(sections, outputs, strict=True):
        for text in section.texts:
            stretches = list(excused(text, chapter))
            for number in numbers(text):
                if number.borne_by(output) or number.borne_by(section.code, exactly=True):
                    continue
                if number.whole and number.borne_by(everywhere, exactly=True):
                    continue
                if not any(a <= number.start < b for a, b in stretches):
                    yield number, text[max(0, number.start - 50) : number.end + 40].strip()


#: What a computation in `by_hand.txt` may use besides arithmetic: functions, and the rows of a trial's table.
TOOLS = {name: getattr(np, name) for name in ("sqrt", "exp", "log", "tanh", "mean", "median", "max")}
TOOLS |= {
    "sigmoid": sigmoid,
    "rows": lambda table, **where: rows_where(results(table), **where) if where else results(table),
}


@cache
def chapter(path):
    return read(path)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_every_number_of_the_prose_is_printed_set_or_accounted_for(path):
    assert [words for _, words in unborne(path.stem, chapter(path))] == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_values_and_bounds_that_are_shifted_by_a_tenth_are_seen(path):
    sections = chapter(path)
    shifted = [
        Section(
            s.texts,
            [" ".join(repr(1.1 * v) for v in printed(text)) for text in s.outputs],
            {v if v == int(v) else 1.1 * v for v in s.code},
        )
        for s in sections
    ]
    assert list(unborne(path.stem, shifted))


@pytest.mark.parametrize(("number", "words", "reason"), BY_HAND, ids=lambda part: part[:30])
def test_what_is_accounted_for_is_said_and_sums_are_right(number, words, reason):
    (path,) = (p for p in CHAPTERS if p.stem.startswith(number))
    assert any(words in text for section in chapter(path) for text in section.texts), "the chapter no longer says so"
    assert reason
    if reason.startswith("="):
        values = [float(eval(expression, dict(TOOLS))) for expression in reason[1:].split(";")]
        found = list(numbers(words))
        assert found and all(n.borne_by(values) for n in found), (found, values)


def test_numbers_are_read_as_they_are_told():
    said = {
        "twenty-three of them": (23, True),
        "some 13 800 of": (13800, True),
        "two hundred thousand": (200_000, True),
        "a hundred steps": (100, True),
        "less than three per cent": (3, False),
        "two thirds of it": (2 / 3, False),
        "three hundredths": (0.03, False),
        "three times": (3, True),
        "a ten-thousandth": (1e-4, False),
        "at −0.57": (0.57, False),
        "15 of 30": (15, True),
        "74 thousand": (74_000, True),
    }
    for text, (value, whole) in said.items():
        first, *_ = numbers(text)
        assert math.isclose(first.value, value) and first.whole == whole, text
    assert not list(numbers(prose("two gates, step 3, in 1997, $x^{17}$, `31`, {cite:t}`a2000`")))
    assert [n.value for n in numbers(prose(r"$0.5$ and $3 \cdot 10^{-4}$"))] == pytest.approx([0.5, 3e-4])
