"""The players of the explorable "cups": for each game and cell one run of the trials, trained again.

``python -m rnnbook.explorables.playing`` trains them as the tables were made and writes them to ``playing.json`` (two
minutes), a byte a number. Nobody chose them by how they play: `row` has the rule.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook.arrays import Array
from rnnbook.explorables import packed
from rnnbook.interop.quantization import quantize
from rnnbook.layers import Model
from rnnbook.trials import cups, illusion, results, row_rng, rows_where

FILE = Path(__file__).with_name("playing.json")
GAMES = ("S3", "Z2")
#: For each cell the trial that tried it, the table, and what the table calls a cell.
PLAYERS: dict[str, tuple[Any, str, str]] = {
    "LSTM": (cups, "cups", "cell"),
    "DeltaNet": (cups, "cups", "cell"),
    "S6": (illusion, "illusion", "network"),
    "minGRU": (illusion, "illusion-varied", "network"),
}
LEARNED, LATER = slice(30, 40), slice(160, 200)  #: steps that the trials judge


def row(game: str, cell: str) -> Any:
    """The run of the table that plays: of the least loss; of those below a hundredth, equally good there, the first."""
    _, table, kind = PLAYERS[cell]
    runs = rows_where(results(table), game=game, updates=cups.UPDATES, **{kind: cell})
    return runs[np.nanargmin(np.maximum(runs["validation"], cups.DESIGN.solved))]


def trained(game: str, cell: str) -> Model:
    """That run again, from its seed; rounding grows over the updates, so it is not the same to the last digit."""
    trial, _, kind = PLAYERS[cell]
    run = row(game, cell)
    rate = run["learning_rate"].item()
    factors = {"game": game, kind: cell, "updates": cups.UPDATES, "learning_rate": rate}
    rng = row_rng(factors, int(run["seed"]))
    model = trial.build(rng, game, cell)
    cups.judged(model, rng, game, cups.UPDATES, rate, compiled=True)
    return model


def player(game: str, cell: str, kept: dict[str, Any]) -> Model:
    """A network as it was kept, an entry of `committed`."""
    model = PLAYERS[cell][0].build(np.random.default_rng(0), game, cell)
    for name, p in model.params.items():
        whole = np.frombuffer(base64.b64decode(kept["params"][name]["bytes"]), np.int8)
        p[...] = whole.reshape(p.shape) * np.array(kept["params"][name]["scale"])
    return model


def shares(model: Model, game: str, steps: int = 200) -> Array:
    """The share of right answers at each step, in the 200 games by which the trials judge."""
    x, places, *_ = cups.draw(np.random.default_rng(2000), 200, game, steps)
    return (model(x).argmax(axis=-1) == places).mean(axis=1)


def entry(game: str, cell: str) -> dict[str, Any]:
    """A player, fit for JSON: its parameters, which run it is, and how often it is right as it is kept."""
    run = row(game, cell)
    kept: dict[str, Any] = {"seed": int(run["seed"]), "rate": round(run["learning_rate"].item(), 4), "params": {}}
    kept["params"] |= {name: packed(*quantize(p)) for name, p in trained(game, cell).params.items()}
    right = shares(player(game, cell, kept), game)
    return kept | {"learned": round(float(right[LEARNED].mean()), 3), "later": round(float(right[LATER].mean()), 3)}


def committed() -> dict[str, dict[str, Any]]:
    """What was last written: for each game the players by their cells."""
    return json.loads(FILE.read_text("utf-8"))


if __name__ == "__main__":
    found = {game: {cell: entry(game, cell) for cell in PLAYERS} for game in GAMES}
    FILE.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
