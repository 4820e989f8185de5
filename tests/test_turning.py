"""The explorable "turn" shows what the engine says of the tables; whole, it is the book's verdict."""

import csv
import itertools

import numpy as np
import pytest

from rnnbook.explorables import turning
from rnnbook.trials import FOLDER, results


def by_name(found):
    return {one.name: (one.value, *one.interval()) for one in found}


def test_the_whole_of_what_is_turned_is_the_books_verdict():
    budget, start, runs = (turning.TURNS[name] for name in ("budget", "start", "runs"))
    for turn in (budget, runs):
        last = turn.at(len(turn.positions) - 1)
        assert last.verdict == turn.claim.verdict() and by_name(last.estimates) == by_name(turn.claim.estimates())
    parts = [one for k in range(len(start.positions)) for one in start.at(k).estimates]
    assert by_name(parts) == by_name(start.claim.estimates())
    panel = {one.name: one for one in start.claim.panel + budget.claim.panel}
    drawn, half = panel["weights as drawn only"].conditions, panel["250 updates"].conditions
    assert by_name(start.at(0).estimates) == by_name(one.estimate(results) for one in drawn)
    assert by_name(budget.at(4).estimates) == by_name(one.estimate(results) for one in half)


def test_fewer_runs_are_the_first_of_the_table():
    with (FOLDER / "inside-gru.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["units"], row["start"]) == ("32", "chrono")]
    for k in (0, 3):
        for one in turning.TURNS["runs"].at(k).estimates:
            own = [row for row in rows if row["task"] == one.name and int(row["seed"]) < 12 + k]
            validation, correlation = (
                np.array([float(row[name]) for row in own]) for name in ("validation", "correlation")
            )
            eights = np.array(list(itertools.combinations(range(12 + k), 8)))  # every one of them, not by a formula
            best = correlation[eights[np.arange(len(eights)), validation[eights].argmin(axis=1)]]
            assert one.value == pytest.approx(best.mean(), abs=1e-9)


def test_what_is_drawn_is_what_the_engine_says_of_the_tables_now():
    """The file is written by ``python -m rnnbook.explorables.turning``."""
    committed = turning.committed()
    assert all(committed[name]["book"] == turn.claim.verdict() for name, turn in turning.TURNS.items())
    for name, places in (("budget", [0, 1]), ("start", range(5)), ("runs", [0, 1, 3, 4, 11, 14, 48])):
        turn = turning.TURNS[name]
        assert committed[name]["positions"] == turn.positions
        assert len({verdict for _, verdict in turning.turns(committed[name])}) > 1, "it does not turn"
        for k in places:
            now, then = turning.position(turn, k), committed[name]["at"][k]
            assert now["verdict"] == then["verdict"] and now["why"] == then["why"]
            for one, other in zip(now["rows"], then["rows"], strict=True):
                np.testing.assert_allclose(
                    [one["value"], *one["interval"]], [other["value"], *other["interval"]], atol=2e-3
                )
