"""The positions of the explorable "turn": what the engine says of three real trials when one thing is another.

``python -m rnnbook.explorables.turning`` writes them to ``turning.json``; the page draws them and computes nothing.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from rnnbook.trials import Claim, blocks, fresh, inside_gru, longest_lag, results

FILE = Path(__file__).with_name("turning.json")
RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Turn(NamedTuple):
    """A claim, and what of it is turned."""

    claim: Claim
    label: str  #: what the slider says
    positions: list[str]  #: what it shows
    at: Callable[[int], blocks.Found]  #: what the engine says there
    names: Callable[[str], str] = str  #: a condition's name in the picture
    axis: tuple[float, float] = (0.0, 1.0)
    ticks: tuple[float, ...] = ()
    note: str = ""


def judged(claim: Claim, read: Callable[[str], Any] = results) -> blocks.Found:
    """What the engine says, without variations."""
    estimates = claim.estimates(read)
    return blocks.Found(estimates, *claim.judge(estimates), {}, sum(one.runs for one in estimates))


def named(module: Any, words: str) -> Claim:
    """The claim of a trial that begins with these words."""
    return next(claim for claim in module.CLAIMS if claim.words.startswith(words))


BUDGETS = list(range(50, longest_lag.UPDATES + 1, 50))
GAINS = {"as drawn": 0, "1": 1, "2": 2, "4": 4, "8": 8}
RUNS = list(range(12, inside_gru.DESIGN.draws + 1))
RNNS = named(longest_lag, "Plain RNNs")
EXPLODE = named(fresh, "…and they do not explode")
OPPOSITE = named(inside_gru, "The reset gate")


def within(position: int) -> blocks.Found:
    """The same runs, stopped earlier; their rates were chosen for the whole budget."""
    return judged(replace(RNNS, conditions=longest_lag.solve(2, updates=BUDGETS[position])))


def started(position: int) -> blocks.Found:
    """One start of the recurrent weights instead of all."""
    return judged(replace(EXPLODE, conditions=fresh.length((list(GAINS.values())[position],))))


def first(position: int) -> blocks.Found:
    """The first runs of each arm, in the order of the table."""
    draws = RUNS[position]
    fewer = replace(inside_gru.DESIGN, draws=draws)
    claim = replace(OPPOSITE, conditions=tuple(replace(one, design=fewer) for one in OPPOSITE.conditions))
    return judged(claim, lambda name: results(name)[results(name)["seed"] < draws])


TURNS = {
    "budget": Turn(
        RNNS,
        "updates on each lag",
        [str(budget) for budget in BUDGETS],
        within,
        ticks=(0.0, 0.5, 1.0),
        note="The same 30 runs a task, counted as solved if they were by then; the learning rates are those that "
        "were best with 500 updates. The book has 500.",
    ),
    "start": Turn(
        EXPLODE,
        "gain of the recurrent weights",
        list(GAINS),
        started,
        lambda name: name.split(", ")[1],
        axis=(-10.0, 15.0),
        ticks=(-8.0, 0.0, 8.0),
        note="100 fresh LSTMs of each size; the forget bias is 1. The book takes all five starts together, since who "
        "says that they do not explode names no start.",
    ),
    "runs": Turn(
        OPPOSITE,
        "runs of each task",
        [str(runs) for runs in RUNS],
        first,
        axis=(-1.0, 0.0),
        ticks=(-1.0, -0.5, 0.0),
        note="The first runs of each task in the order of the table, of which the best of eight counts. The book has "
        "60, a number that was fixed before the first run.",
    ),
}


def data() -> dict[str, Any]:
    """All positions, computed by the engine.

    Returns
    -------
    dict
        Fit for JSON.
    """
    return {
        name: {
            **{part: getattr(turn, part) for part in ("label", "positions", "axis", "ticks", "note")},
            "words": turn.claim.words,
            "book": turn.claim.verdict(),
            "measured": plain(blocks.measured(turn.claim)),
            "names": [
                plain(blocks.factor(tick, 10)) if name == "start" else blocks.text(f"{tick:g}") for tick in turn.ticks
            ],
            "region": [end if abs(end) < 1e300 else None for end in turn.claim.region],
            "at": [position(turn, k) for k in range(len(turn.positions))],
        }
        for name, turn in TURNS.items()
    }


def position(turn: Turn, k: int) -> dict[str, Any]:
    """What the engine says at one position."""
    found = turn.at(k)
    wide = blocks.wider(turn.claim, found.estimates)
    rows = []
    for one in turn.claim.listed(found.estimates):
        value, ends = blocks.printed(turn.claim, one)
        interval = one.interval()
        rows.append(
            {
                "name": turn.names(one.name),
                "value": round(float(one.value), 3),
                "interval": [round(float(end), 3) for end in interval],
                "wide": [round(float(end), 3) for end in wide[one.name]] if one.name in wide else None,
                "side": blocks.label(turn.claim.region, interval),
                "printed": plain(f"{value} ({' to '.join(ends)})"),
            }
        )
    return {"verdict": found.verdict, "why": plain(blocks.decides(turn.claim, found)), "rows": rows}


def plain(html: str) -> str:
    """HTML as text, with raised figures."""
    html = re.sub(r"<sup>(.*?)</sup>", lambda found: found[1].translate(RAISED), html)
    return re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def committed() -> dict[str, Any]:
    """What `data` gave when it was last written."""
    return json.loads(FILE.read_text("utf-8"))


def turns(turn: dict[str, Any]) -> list[tuple[str, str]]:
    """Where a verdict turns: its positions in stretches, and what it is there."""
    found: list[list[str]] = []
    for where, at in zip(turn["positions"], turn["at"], strict=True):
        if found and found[-1][2] == at["verdict"]:
            found[-1][1] = where
        else:
            found.append([where, where, at["verdict"]])
    return [(low if low == high else f"{low} to {high}", verdict) for low, high, verdict in found]


if __name__ == "__main__":
    FILE.write_text(json.dumps(data(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
