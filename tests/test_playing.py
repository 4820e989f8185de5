"""The players of the cup game are the runs that the rule names, and play as the page says."""

import csv

import numpy as np
import pytest

from rnnbook.explorables import playing
from rnnbook.trials import FOLDER

PLAYERS = [(game, cell) for game in playing.GAMES for cell in playing.PLAYERS]


def runs(game, cell):
    """The rows of a player's table, by another way than the package's."""
    _, table, kind = playing.PLAYERS[cell]
    with (FOLDER / f"{table}.csv").open(encoding="utf-8") as stream:
        rows = [
            row for row in csv.DictReader(stream) if (row["game"], row[kind], row["updates"]) == (game, cell, "600")
        ]
    return sorted(rows, key=lambda row: int(row["seed"]))


@pytest.mark.parametrize(("game", "cell"), PLAYERS)
def test_a_player_is_the_first_good_run_or_the_best_and_no_other(game, cell):
    rows, kept = runs(game, cell), playing.committed()[game][cell]
    good = [row for row in rows if float(row["validation"]) < 0.01]
    assert bool(good) == (cell in ("LSTM", "DeltaNet"))
    mine = good[0] if good else min(rows, key=lambda row: float(row["validation"]))
    assert kept["seed"] == int(mine["seed"]) and kept["rate"] == pytest.approx(float(mine["learning_rate"]), abs=1e-4)
    for name in ("learned", "later"):  # trained again and rounded to bytes
        assert kept[name] == pytest.approx(float(mine[name]), abs=0.03)


@pytest.mark.parametrize(("game", "cell"), PLAYERS)
def test_a_player_is_right_as_often_as_its_file_says(game, cell):
    kept = playing.committed()[game][cell]
    right = playing.shares(playing.player(game, cell, kept), game)
    assert right[30:40].mean() == pytest.approx(kept["learned"], abs=2e-3)
    assert right[160:].mean() == pytest.approx(kept["later"], abs=2e-3)


def test_a_player_is_that_run_trained_again():
    """The file is written by ``python -m rnnbook.explorables.playing``."""
    kept = playing.player("Z2", "minGRU", playing.committed()["Z2"]["minGRU"]).params
    for name, p in playing.trained("Z2", "minGRU").params.items():
        assert (np.abs(kept[name] - p) <= 0.51 * np.abs(p).max(axis=0) / 127 + 1e-3).all(), name


def test_all_players_weigh_less_than_twenty_kilobytes():
    assert playing.FILE.stat().st_size < 20_000
