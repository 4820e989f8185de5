"""What the intervals of the trials cover, by simulation: tables drawn from populations whose truth is known.

A population is what a run of some arm could have been: its rate drawn at random, then what validation
says of it and its outcome. Their shapes are those that the book's tables have: a bowl over the rates,
wide or narrow or cut off by the edge, runs that fail, validation that says little, updates that are
counted in tens. A row of the table is a hundred simulated experiments as large as those of the book, and
the share of them whose interval, which says 95 %, covers the truth. The estimators are called as the claims call them.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from rnnbook.trials import Design
from rnnbook.trials.estimates import TRIES, best_of, difference_of_shares, mean, share, total

EXPERIMENTS, RUNS, NEVER, TRUTH = 100, 60, np.log2(6000), 200_000


def bowl(centre=0.6, width=0.15, spread=0.3, fails=0.0, validation=0.1):
    """Decades of loss, best at a place of the range and 3 where nothing was learned."""

    def draw(rng, n):
        place = rng.random(n)
        loss = np.minimum((place - centre) ** 2 / (3 * width**2), 3) + spread * rng.normal(size=n)
        loss = np.where(rng.random(n) < fails, 3, np.minimum(loss, 3))
        return loss + validation * rng.normal(size=n), loss

    return draw


def solving(centre=0.6, width=0.2, chance=0.9):
    """Doublings of updates until a task is solved, counted in tens; NEVER where it is not."""

    def draw(rng, n):
        away = (rng.random(n) - centre) / width
        solved = rng.random(n) < chance * np.exp(-0.5 * away**2)
        updates = np.ceil(2 ** (7 + np.abs(away) + 0.3 * rng.normal(size=n)) / 10) * 10
        doublings = np.where(solved, np.minimum(np.log2(updates), NEVER), NEVER)
        return doublings, doublings

    return draw


POPULATIONS = {
    "a bowl": bowl(),
    "a plateau": bowl(width=0.5),
    "a narrow bowl": bowl(centre=0.8, width=0.05),
    "cut by the edge": bowl(centre=1.0, width=0.1),
    "four of ten fail": bowl(fails=0.4),
    "eight of ten fail": bowl(width=0.1, fails=0.8),
    "validation says little": bowl(validation=1.0),
    "updates": solving(),
    "seldom solved": solving(width=0.1, chance=0.4),
}
PAIRS = [
    ("a bowl", "a bowl"),
    ("a bowl", "a narrow bowl"),
    ("a plateau", "cut by the edge"),
    ("four of ten fail", "a bowl"),
    ("eight of ten fail", "four of ten fail"),
    ("validation says little", "a bowl"),
    ("updates", "seldom solved"),
    ("seldom solved", "seldom solved"),
]
SHARES = [("0.02", "0.02"), ("0.98", "0.5"), ("0.1", "0.3"), ("0.5", "0.5")]
MEANS = [("normal", "normal"), ("skewed", "normal"), ("rare failures", "normal"), ("ten years", "")]


@lru_cache
def truth(name, seed=0):
    """What the best of eight runs gets, by very many of them."""
    select, outcome = POPULATIONS[name](np.random.default_rng(seed), TRUTH)
    best = select.reshape(-1, TRIES).argmin(axis=1)
    return float(outcome.reshape(-1, TRIES)[np.arange(len(best)), best].mean())


def sample(rng, name, n):
    """Numbers of a mean: of seeds, or of years that three seeds each share."""
    if name == "ten years":
        return (rng.normal(size=(10, 1)) + rng.normal(size=(10, 3))).mean(axis=1)
    draws = {
        "normal": lambda: rng.normal(size=n),
        "skewed": lambda: rng.exponential(size=n) - 1,
        "rare failures": lambda: np.where(rng.random(n) < 0.05, 3, 0.3 * rng.normal(size=n)) - 0.15,
    }
    return draws[name]()


def run(rng, kind, one, other):
    """Simulated experiments: how often does the interval cover the truth, and how wide is it?"""
    sides = [(sign, name) for sign, name in ((1.0, one), (-1.0, other)) if name]
    values: dict[str, Callable[[str], float]] = {"best of eight": truth, "share": float, "mean": lambda _: 0.0}
    expected = sum(sign * values[kind](name) for sign, name in sides)
    intervals = np.array([interval(rng, kind, sides) for _ in range(EXPERIMENTS)])
    covered = (intervals[:, 0] <= expected) & (expected <= intervals[:, 1])
    return {"covered": float(covered.mean()), "width": float(np.ptp(intervals, axis=1).mean())}


def interval(rng, kind, sides):
    """Of one experiment."""
    estimate = {
        "best of eight": lambda name: best_of(*POPULATIONS[name](rng, RUNS)),
        "share": lambda name: share(rng.random(RUNS) < float(name)),
        "mean": lambda name: mean(sample(rng, name, RUNS // 2)),
    }[kind]
    each = [(sign, estimate(name)) for sign, name in sides]
    if kind == "share":
        return difference_of_shares(*(one for _, one in each)).interval()
    return total("", each).interval()


PLACE = 0, 1
CLAIMS = ()
DESIGNS = (
    Design(
        name="coverage",
        run=run,
        arms=[
            {"kind": kind, "one": one, "other": other}
            for kind, pairs in (("best of eight", PAIRS), ("share", SHARES), ("mean", MEANS))
            for one, other in pairs
        ],
        outcomes={"covered": (0.0, 1.0)},
        settings={
            "a run": f"{EXPERIMENTS} experiments",
            "an experiment": f"{RUNS} runs of each side for best of eight and shares, {RUNS // 2} for means",
        },
        draws=20,
    ),
)
