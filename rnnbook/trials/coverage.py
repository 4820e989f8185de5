"""What the intervals of the trials cover, by simulation: tables drawn from populations whose truth is known.

A population is what a run of some arm could have been: its rate drawn at random, then what validation
says of it and its outcome. Their shapes are those that the book's tables have: a bowl over the rates,
wide or narrow or cut off by the edge, runs that fail, validation that says little, updates that are
counted in tens. A row of the table is a hundred simulated experiments as large as those of the book, and
the share of them whose interval, which says 95 %, covers the truth. The estimators are called as the claims call them.
"coverage-before": the same for the intervals of claims that read older tables.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from rnnbook.trials import Design
from rnnbook.trials.before import SEEDS, best_part, blurred, choice_error, parts_of_range
from rnnbook.trials.estimates import best_of, corrected, difference, difference_of_shares, mean, share

EXPERIMENTS, NEVER, TRUTH = 100, np.log2(6000), 200_000


def bowl(centre=0.6, width=0.15, spread=0.3, fails=0.0, validation=0.1):
    """Decades of loss, best at a place of the range and 3 where nothing was learned."""

    def draw(rng, n, place=None):
        place = rng.random(n) if place is None else place
        loss = np.minimum((place - centre) ** 2 / (3 * width**2), 3) + spread * rng.normal(size=n)
        loss = np.where(rng.random(n) < fails, 3, np.minimum(loss, 3))
        return loss + validation * rng.normal(size=n), loss

    return draw


def solving(centre=0.6, width=0.2, chance=0.9):
    """Doublings of updates until a task is solved, counted in tens; NEVER where it is not."""

    def draw(rng, n, place=None):
        away = ((rng.random(n) if place is None else place) - centre) / width
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
# runs of an arm, and the two sides; the other side is empty where a quantity is not compared
BEST = [
    (60, "a bowl", "a bowl"),
    (60, "a bowl", "a narrow bowl"),
    (60, "a plateau", "cut by the edge"),
    (60, "four of ten fail", "a bowl"),
    (60, "eight of ten fail", "four of ten fail"),
    (60, "validation says little", "a bowl"),
    (60, "updates", "seldom solved"),
    (60, "seldom solved", "seldom solved"),
    (120, "four of ten fail", "a narrow bowl"),
    (32, "four of ten fail", "a narrow bowl"),
    (24, "four of ten fail", "a narrow bowl"),
    (16, "a narrow bowl", ""),
    (16, "four of ten fail", ""),
]
OF_FOUR = [(20, "a narrow bowl", ""), (20, "four of ten fail", "")]
SHARES = [(60, "0.02", "0.02"), (60, "0.98", "0.5"), (60, "0.1", "0.3"), (60, "0.5", "0.5")]
OF_EIGHT = [(16, "0.02", "0.1"), (16, "0.02", "0.5")]
MEANS = [
    (30, "normal", "normal"),
    (30, "skewed", "normal"),
    (30, "rare failures", "normal"),
    (12, "a little skewed", ""),
    (100, "skewed", ""),
]
UNITS = [(10, "ten years", ""), (16, "a little skewed", "")]
SPLITS = [(10, "normal", ""), (10, "rare failures", "")]
KINDS = {
    "best of eight": BEST,
    "best of four": OF_FOUR,
    "share": SHARES,
    "share of the best of eight": OF_EIGHT,
    "mean": MEANS,
    "mean over units": UNITS,
    "mean over splits": SPLITS,
}
PEOPLE, TENTH = 640, 64  # of a set of data that is cut again and again


@lru_cache
def truth(name, tries, seed=0):
    """What the best of some runs gets, by very many of them."""
    select, outcome = POPULATIONS[name](np.random.default_rng(seed), TRUTH)
    best = select.reshape(-1, tries).argmin(axis=1)
    return float(outcome.reshape(-1, tries)[np.arange(len(best)), best].mean())


def sample(rng, name, n):
    """Numbers whose mean is zero."""
    draws = {
        "normal": lambda: rng.normal(size=n),
        "skewed": lambda: rng.exponential(size=n) - 1,
        "a little skewed": lambda: rng.gamma(4, size=n) - 4,
        "rare failures": lambda: np.where(rng.random(n) < 0.05, 3, 0.3 * rng.normal(size=n)) - 0.15,
        "ten years": lambda: (rng.normal(size=(n, 1)) + rng.normal(size=(n, 3))).mean(axis=1),  # of three seeds each
    }
    return draws[name]()


def over_splits(rng, name, n):
    """Means over a tenth of the same people, drawn anew for each run, and what training adds."""
    people = sample(rng, name, PEOPLE)
    tested = np.array([people[rng.permutation(PEOPLE)[:TENTH]].mean() for _ in range(n)])
    return tested + 0.1 * rng.normal(size=n)


def run(rng, kind, runs, one, other):
    """Simulated experiments: how often does the interval cover the truth, and how wide is it?"""
    expected = [true(kind, name) for name in (one, other) if name]
    difference = expected[0] - sum(expected[1:])
    intervals = np.array([interval(rng, kind, runs, one, other) for _ in range(EXPERIMENTS)])
    covered = (intervals[:, 0] <= difference) & (difference <= intervals[:, 1])
    return {"covered": float(covered.mean()), "width": float(np.ptp(intervals, axis=1).mean())}


def true(kind, name):
    """The value that is estimated."""
    values: dict[str, Callable[[], float]] = {
        "best of eight": lambda: truth(name, 8),
        "best of four": lambda: truth(name, 4),
        "share": lambda: float(name),
        "share of the best of eight": lambda: 1 - (1 - float(name)) ** 8,
    }
    return values.get(kind, lambda: 0.0)()


def best(rng, name, runs, tries):
    """Of that many runs of a population, the best of some."""
    select, outcome = POPULATIONS[name](rng, runs)
    return best_of(select, outcome, tries)


def interval(rng, kind, runs, one, other):
    """Of one experiment."""
    if kind == "mean":
        drawn = [sample(rng, name, runs) for name in (one, other) if name]
        ends = np.array([min(map(np.min, drawn)), max(map(np.max, drawn))])
        sides = [mean(y, ends) for y in drawn]
    else:
        estimate = {
            "best of eight": lambda name: best(rng, name, runs, 8),
            "best of four": lambda name: best(rng, name, runs, 4),
            "share": lambda name: share(rng.random(runs) < float(name)),
            "share of the best of eight": lambda name: share(rng.random(runs) < float(name), 8),
            "mean over units": lambda name: mean(sample(rng, name, runs)),
            "mean over splits": lambda name: corrected(over_splits(rng, name, runs), TENTH / (PEOPLE - TENTH)),
        }[kind]
        sides = [estimate(name) for name in (one, other) if name]
    if kind.startswith("share"):
        return difference_of_shares(*sides).interval()
    return difference(sides).interval()


def chosen(rng, draw, tuning):
    """The middle of the best part of the range, by the means of some runs there, and these runs."""
    place = rng.random(tuning)
    select, outcome = draw(rng, tuning, place)
    rates, parts = RANGE[0] * (RANGE[1] / RANGE[0]) ** place, PARTS[tuning]
    part = parts_of_range(rates, RANGE, parts)[0]
    middle = (best_part(part, select) + 0.5) / parts
    return middle, (rates, select, outcome, RANGE, parts)


@lru_cache
def truth_before(shape, centre, tuning, times=1000):
    """What one gets who chooses a rate so, by very many who do."""
    rng, draw = np.random.default_rng(0), SHAPES[shape](centre)
    return float(np.mean([draw(rng, SEEDS, chosen(rng, draw, tuning)[0])[1].mean() for _ in range(times)]))


def run_before(rng, tuning, shape, choice):
    """The same for the intervals of `rnnbook.trials.before`: thirty seeds at one rate, which a few runs chose.

    The best rate lies at another place in each experiment.
    """
    covered = []
    for centre in rng.choice(CENTRES, EXPERIMENTS):
        draw = SHAPES[shape](centre)
        middle, runs = chosen(rng, draw, tuning)
        found = mean(draw(rng, SEEDS, middle)[1])
        low, high = (blurred(found, choice_error(*runs)) if choice else found).interval()
        covered.append(low <= truth_before(shape, centre, tuning) <= high)
    return {"covered": float(np.mean(covered))}


CENTRES = np.linspace(0.2, 0.9, 8)  # of the range
SHAPES: dict[str, Callable] = {
    "a bowl": bowl,
    "a plateau": partial(bowl, width=0.5),
    "a narrow bowl": partial(bowl, width=0.05),
    "four of ten fail": partial(bowl, fails=0.4),
    "updates": solving,
}
RANGE, PARTS = (1e-3, 1e-1), {16: 4, 30: 5}  # of the rates; so many parts where there are so many tuning runs
PLACE = 0, 1
CLAIMS = ()
DESIGNS = (
    Design(
        name="coverage",
        run=run,
        arms=[
            {"kind": kind, "runs": runs, "one": one, "other": other}
            for kind, sides in KINDS.items()
            for runs, one, other in sides
        ],
        outcomes={"covered": (0.0, 1.0)},
        settings={"a run": f"{EXPERIMENTS} experiments"},
        draws=20,
    ),
    Design(
        name="coverage-before",
        run=run_before,
        arms=[
            {"tuning": tuning, "shape": shape, "choice": choice}
            for choice in (True, False)
            for tuning in PARTS
            for shape in SHAPES
        ],
        outcomes={"covered": (0.0, 1.0)},
        settings={"a run": f"{EXPERIMENTS} experiments of {SEEDS} seeds"},
        draws=5,
    ),
)
