"""The trials of the book: their tables are whole, and their rows can be made again, wherever."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cluster import cluster

from rnnbook import check_gradients, read_table, row_rng, sweep
from rnnbook.trials import FOLDER, best_rates, results, variants

ROOT = Path(__file__).parents[1]
TABLES = sorted(FOLDER.glob("*.csv"))


def test_the_tables_are_small_and_say_what_made_them():
    assert TABLES and sum(path.stat().st_size for path in TABLES) < 5_000_000
    made = (ROOT / "Makefile").read_text("utf-8")
    for path in TABLES:
        about = json.loads(path.with_suffix(".json").read_text("utf-8"))
        assert about["rows"] == len(results(path.stem))
        module = re.search(r"-m (rnnbook\.trials\.\w+)", about["command"])[1]
        assert f"-m {module}" in made, "make results makes every table"


def test_every_variant_and_task_has_the_same_tuning_and_thirty_other_seeds():
    rows, tuning = results("variants"), results("variants-tuning")
    for table in (rows, tuning):
        for task in variants.TASKS:
            for kind in variants.VARIANTS:
                mine = table[(table["task"] == task) & (table["variant"] == kind.__name__)]
                assert len(set(mine["seed"])) == len(mine) == 30
    assert not set(rows["seed"]) & set(tuning["seed"])
    rates = {row["learning_rate"] for row in variants.factors(tuning)}
    assert rates == set(rows["learning_rate"])


@pytest.mark.parametrize("kind", variants.VARIANTS)
def test_the_gradients_of_every_variant_are_exact(kind, rng):
    assert check_gradients(kind(3, 4, rng=rng), rng.normal(size=(6, 3, 3)), rng=rng).worst < 1e-12


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("variant", ["Vanilla", "NOAF", "FGR"])
def test_a_row_of_the_table_can_be_made_again(variant, compiled):
    rows = results("variants")
    row = rows[(rows["task"] == "adding") & (rows["variant"] == variant) & (rows["seed"] == 7)][0]
    factors = {name: row[name].item() for name in ("task", "variant", "learning_rate")}
    again = variants.run(row_rng(factors, 7), **factors, compiled=compiled)
    assert abs(again["loss"] / row["loss"] - 1) < 1e-3


def test_a_slice_of_a_trial_is_the_same_on_cores_and_on_a_cluster(tmp_path):
    factors = [row for row in variants.factors(results("variants-tuning")) if row["variant"] in ("NFG", "CIFG")][:2]
    options = {"seeds": range(2), "progress": False}
    cores = sweep(variants.run, factors, table=tmp_path / "cores.csv", **options)
    with cluster(workers=2) as (address, _, _):
        spread = sweep(variants.run, factors, table=tmp_path / "cluster.csv", address=address, **options)
    assert (cores["loss"] == spread["loss"]).all()


def test_a_run_that_blows_up_is_a_row_with_no_loss():
    with np.errstate(all="ignore"):
        assert np.isnan(variants.run(np.random.default_rng(0), "adding", "Vanilla", 1e300)["loss"])


def test_the_best_rate_is_that_of_a_range_not_of_a_lucky_run():
    columns = [("cell", "U1"), ("learning_rate", float), ("loss", float)]
    rows = np.array([("a", 0.002, 9), ("a", 0.003, -99), ("a", 0.02, 5), ("a", 0.03, np.nan), ("b", 0.5, 1)], columns)
    rows = np.append(rows, np.array([("a", 0.004, 300), ("a", 0.2, 2), ("a", 0.3, 3)], columns))
    rates = best_rates(rows, ("cell",), rows["loss"], limits=(1e-3, 1.0), parts=3)
    np.testing.assert_allclose([rates["a",], rates["b",]], 10**-0.5)


NOTEBOOK = """
import sys
import numpy as np
from rnnbook import Adam, Cell, Dense, Model, fit, join, mean_squared_error, split, sweep, tasks
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh

class Leaky(Cell):
    gates = ("f", "n")

    def step(self, xw, state):
        (h,) = state
        a_f, a_n = split(xw + h @ self.params["W_h"], 2)
        f, n = sigmoid(a_f), tanh(a_n)
        return (h + f * (n - h),), (f, n, h)

    def step_back(self, saved, dstate):
        (f, n, h), (dh,) = saved, dstate
        da = join([dh * (n - h) * d_sigmoid(f), dh * f * d_tanh(n)])
        return da, (dh * (1 - f) + da @ self.params["W_h"].T,)

def trial(rng, rate):
    model = Model(Leaky(2, 8, rng=rng, dtype=np.float64), Dense(8, 1, rng=rng, dtype=np.float64))
    batch = lambda: tasks.adding(rng, 8, 10, np.float64)
    history = fit(model, mean_squared_error, Adam(rate), batch, steps=30, progress=False, compiled=True)
    return {"loss": history.loss[-1]}

where = {"address": sys.argv[2]} if sys.argv[2:] else {"workers": 2}
sweep(trial, {"rate": [0.01, 0.1]}, range(3), table=sys.argv[1], progress=False, **where)
"""


def test_a_cell_written_in_a_notebook_is_compiled_and_swept_on_cores_and_on_a_cluster(tmp_path):
    script = tmp_path / "notebook.py"
    script.write_text(NOTEBOOK)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with cluster(workers=2) as (address, _, _):
        for table, where in (("cores.csv", []), ("cluster.csv", [address])):
            subprocess.run([sys.executable, script, tmp_path / table, *where], env=environment, check=True)
    cores, spread = (read_table(tmp_path / table) for table in ("cores.csv", "cluster.csv"))
    assert len(cores) == 6 and (cores["loss"] == spread["loss"]).all()
