"""The trials of the book: whole tables, rows that can be made again, wherever, and verdicts that follow from them."""

import csv
import html
import inspect
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import processes
import pytest
from bs4 import BeautifulSoup
from cluster import cluster

from rnnbook import check_gradients, read_table, speech, sweep, trials
from rnnbook.trials import (
    FOLDER,
    before,
    biases_and_gates,
    characters,
    closing,
    longest_lag,
    pixels,
    results,
    text_size,
    training,
    variants,
    verify,
)
from rnnbook.trials.before import best_rates, tune_and_run

ROOT = Path(__file__).parents[1]
MAKEFILE = ROOT / "Makefile"
TABLES = sorted(FOLDER.glob("*.csv"))
MODULES = trials.modules()
CLAIMS = trials.claims()
DESIGNS = [design for module in MODULES.values() for design in getattr(module, "DESIGNS", ())]
OLD = [path.stem for path in TABLES if path.stem not in {design.name for design in DESIGNS}]


def test_the_tables_are_small_and_say_what_made_them():
    assert TABLES and sum(path.stat().st_size for path in TABLES) < 6_000_000
    for path in TABLES:
        about = json.loads(path.with_suffix(".json").read_text("utf-8"))
        if "rows" not in about:  # not finished yet: what reads it is not tested
            read = [claim for claim in CLAIMS if path.stem in claim.tables]
            assert any("not tested" in (claim.verdict(), *claim.variations().values()) for claim in read), path.stem
            continue
        assert about["rows"] == len(results(path.stem))
        assert re.search(r"-m rnnbook\.trials[. ](\w+)", about["command"])[1] in MODULES


def test_everything_is_planned_where_there_are_no_results_yet(tmp_path):
    """`make results` begins with an empty folder: no plan may need a table, nor may what it decides by."""
    shutil.copytree(ROOT / "rnnbook", tmp_path / "rnnbook", ignore=shutil.ignore_patterns("results", "__pycache__"))
    code = "from rnnbook import trials; print(trials.FOLDER.exists(), *(claim.hash() for claim in trials.claims()))"
    out = processes.run([sys.executable, "-c", code], cwd=tmp_path).stdout
    assert out.split() == ["False", *(claim.hash() for claim in CLAIMS)]


def test_every_trial_is_found_and_says_what_is_asked_of_it():
    for path in (ROOT / "rnnbook/trials").glob("[a-z]*.py"):
        assert path.stem in MODULES or not re.search(r"(?m)^(CLAIMS|def make)\b", path.read_text("utf-8")), path.stem
    for module in MODULES.values():
        assert module.__doc__ and isinstance(module.CLAIMS, tuple)
        assert hasattr(module, "DESIGNS") or (callable(module.make) and isinstance(module.SLICES, tuple))
        assert all(isinstance(one, trials.Design) for one in getattr(module, "DESIGNS", ()))
        assert all(isinstance(one, trials.Slice) for one in getattr(module, "SLICES", ()))
    places = [module.PLACE for module in MODULES.values()]
    assert places == sorted(set(places)), "two trials at one place"
    made = {path.stem for path in TABLES} | {design.name for design in DESIGNS}
    assert {name for claim in CLAIMS for name in claim.tables} <= made


def test_make_results_makes_the_tables_of_every_trial_in_the_order_of_the_chapters(monkeypatch):
    assert re.search(
        r"(?m)^results:.*\n(?:\t.*\n)*\t@\$\(BIN\)/python -m rnnbook\.trials$", MAKEFILE.read_text("utf-8")
    )
    made = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: made.append(command))
    monkeypatch.setattr(sys, "argv", ["trials"])
    runpy.run_module("rnnbook.trials", run_name="__main__")
    assert made == [[sys.executable, "-m", "rnnbook.trials", name] for name in MODULES]
    chapters = [int(claim.section[:2]) for module in MODULES.values() for claim in module.CLAIMS[:1]]
    assert chapters == sorted(chapters)
    monkeypatch.setattr(sys, "argv", ["trials", "pixel"])
    with pytest.raises(SystemExit, match=r"no trial is called 'pixel'; there are .*pixels"):
        runpy.run_module("rnnbook.trials", run_name="__main__")


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_a_table_has_the_runs_of_its_design(design):
    """Every arm every seed, each with a rate within the range, the same in all arms; outcomes within their bounds."""
    if "rows" not in design.about():
        pytest.skip("not finished")
    rows = results(design.name)
    assert len(rows) == len(design.arms) * design.draws and len(design.arms) == len({str(arm) for arm in design.arms})
    for arm in design.arms:
        own = trials.rows_where(rows, **arm)
        assert sorted(own["seed"].tolist()) == list(range(design.draws))
        if design.rates is not None:
            low, high = design.rates
            assert ((own["learning_rate"] >= low) & (own["learning_rate"] <= high)).all()
    for name, (low, high) in design.outcomes.items():
        found = rows[name].astype(float)
        assert (found >= low - 1e-9).all() and (found <= high + 1e-9).all(), name


# a demonstration has few runs and no claim
CLOCKED_OR_SHOWN = re.compile("clock$|^many-series|^large-text|^more-reviews")


@pytest.mark.parametrize("name", [name for name in OLD if not CLOCKED_OR_SHOWN.search(name)])
def test_every_combination_has_thirty_seeds_and_other_seeds_to_find_the_rate(name):
    table = results(name)
    factors = [n for n in table.dtype.names[: table.dtype.names.index("seed")] if n not in ("learning_rate", "fold")]
    # in a cross-validation every fold is a run; which fold a rate is tried on is drawn
    folds = table["fold"] if "fold" in table.dtype.names and not name.endswith("-tuning") else table["seed"]
    seeds = {}
    for row, fold in zip(table, folds.tolist(), strict=True):
        seeds.setdefault(tuple(row[n].item() for n in factors), []).append((int(row["seed"]), fold))
    for found in seeds.values():
        assert len(set(found)) == len(found) >= (16 if name.endswith("-tuning") else 30)
    assert len(set(map(tuple, seeds.values()))) == 1, "the same seeds for all"
    if "learning_rate" in table.dtype.names:
        tuned = name.removesuffix("-tuning").removesuffix("-rates")  # "reviews-rates" exchanges the rates of "reviews"
        tuning = results(f"{tuned}-tuning")
        assert not set(results(tuned)["seed"]) & set(tuning["seed"])
        assert len(set(tuning["learning_rate"])) >= 16


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.words)
def test_a_claim_stands_in_its_chapter_with_its_plan_before_its_verdict(claim):
    cells = json.loads((ROOT / f"notebooks/{claim.section}.ipynb").read_text("utf-8"))["cells"]
    assert f'### "{claim.words}"' in "\n".join("".join(cell["source"]) for cell in cells)
    printed = "".join("".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", ()))
    plan, report = printed.find(claim.plan()), printed.find(claim.report())
    assert plan > -1 and (plan < report or claim.verdict() == "not tested"), "print claim.plan(), then the report"
    bibliography = (ROOT / "book/references.bib").read_text("utf-8")
    assert claim.said and all(f"{{{one.key}," in bibliography for one in claim.said if one.key)


def shown(cell):
    """The numbers that a cell of a table shows, and by how much each may be off: half of its last digit."""
    for power in cell.select("sup"):
        power.replace_with(f"^{power.get_text()}")
    words = cell.get_text().replace("−", "-").replace(",", "").replace("·10^", "e").replace("10^", "1e")
    numbers = []
    for x in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", words):
        digits, _, power = x.partition("e")
        last = -len(digits.partition(".")[2])
        if "×" in words and not last:  # of ×45000 the last digit is the 5
            last = len(digits) - len(digits.rstrip("0"))
        numbers.append((float(x), 0.5001 * 10.0 ** (last + int(power or 0))))
    return numbers


def in_its_unit(claim, found, x):
    """A number as its block shows it: a logarithm as the factor that it stands for."""
    base = {"decades": 10.0, "doublings": 2.0}.get(claim.unit.split()[0])
    return claim.own.get(found.name, (1.0,))[0] * x if base is None or claim.own else base**x


def test_the_page_and_the_file_of_verdicts_have_every_claim_and_its_numbers():
    site = ROOT / "_build/html"
    page = BeautifulSoup((site / "book/verdicts.html").read_text("utf-8"), "html.parser")
    articles = page.select("article.rb-claim")
    with (site / "_static/verdicts.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    estimates = {claim.words: claim.estimates() for claim in CLAIMS}
    expected = [(claim, found) for claim in CLAIMS for found in estimates[claim.words]]
    verdicts = {claim.words: claim.judge(estimates[claim.words])[0] for claim in CLAIMS}
    counted = {claim.words: str(claim.runs()) for claim in CLAIMS}
    for row, (claim, found) in zip(rows, expected, strict=True):
        assert (row["claim"], row["condition"], row["verdict"]) == (claim.words, found.name, verdicts[claim.words])
        numbers = [found.value, *found.interval()]
        np.testing.assert_allclose([float(row[k]) for k in ("value", "low", "high")], numbers, atol=1e-4)
        assert row["hash"] == claim.hash() and row["runs"] == counted[claim.words]
        target, anchor = row["section"].split("#")
        assert f'id="{anchor}"' in (site / target).read_text("utf-8")
    for claim, article in zip(CLAIMS, articles, strict=True):
        words = article.get_text(" ")
        assert article.select_one(".rb-badge").get_text().endswith(verdicts[claim.words])
        assert article.h3.a["href"] in {f"../{row['section']}" for row in rows if row["claim"] == claim.words}
        assert claim.words in words.replace("’", "'") and article.select_one(".rb-sentence")
        assert all(picture["aria-hidden"] == "true" for picture in article.select("svg.rb-drawing"))
        if article.table:
            cells = article.select("td.rb-numbers")
            for found, cell in zip(estimates[claim.words], cells, strict=False):  # a mean may follow
                numbers = [] if np.isnan(found.value) else [found.value, *found.interval()]
                for x, (value, off) in zip(numbers, shown(cell), strict=False):
                    assert abs(in_its_unit(claim, found, x) - value) <= off, (claim.words, found.name, cell.get_text())


def test_a_chapter_shows_a_block_where_its_notebook_prints_a_plan_or_a_report():
    with (ROOT / "_build/html/_static/verdicts.csv").open(encoding="utf-8") as stream:
        verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(stream)}
    for claim in CLAIMS:
        page = html.unescape((ROOT / f"_build/html/notebooks/{claim.section}.html").read_text("utf-8"))
        assert f'aria-label="What was said of: {claim.words}"' in page
        assert f'aria-label="Verdict: {claim.words}"' in page or verdicts[claim.words] == "not tested"
        assert f"On trial: {claim.words}" not in page, "a text was left, since it is not what the claim says today"


@pytest.mark.parametrize(
    "kind", [*variants.VARIANTS, *dict.fromkeys(kind for kind, *_ in biases_and_gates.KINDS.values())]
)
def test_the_gradients_of_every_cell_on_trial_are_exact(kind, rng):
    assert check_gradients(kind(3, 4, rng=rng), rng.normal(size=(6, 3, 3)), rng=rng).worst < 1e-12


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_a_row_of_a_design_can_be_made_again(design):
    """Of its quickest arm the row with the smallest rate; by NumPy, which no table was made with, if that is quick."""
    if design.timed or design in WAITING:
        pytest.skip("times, or none yet")
    if design is closing.DESIGN:
        pytest.skip("more than a minute; the next test but one compares the beginning of a run")
    rows = results(design.name)
    made = [arm for arm in design.arms if len(trials.rows_where(rows, **arm))]  # a table may be in the making
    # ReLU gates that begin half open make 1e-16 into 3e-6 of the loss in 500 updates, more on another processor
    made = [arm for arm in made if arm.get("kind") != "half-open ReLU"]
    quick = min(made, key=lambda arm: float(np.median(trials.rows_where(rows, **arm)["seconds"])))
    own = trials.rows_where(rows, **quick)
    if design.rates is not None:
        own = np.sort(own, order="learning_rate")
    if "compiled" in inspect.signature(design.run).parameters and own["seconds"][0] < 5:
        verify(design.run, own[:1], *design.again, compiled=False)
    else:  # rather a run that had learned and ended in a third of the time
        sooner = own[own["seconds"] < own["seconds"][0] / 3]
        verify(design.run, (sooner if len(sooner) else own)[:1], *design.again)


WAITING = [design for design in DESIGNS if not (FOLDER / f"{design.name}.csv").exists()]


@pytest.mark.parametrize("design", WAITING, ids=lambda design: design.name)
def test_a_design_without_runs_can_be_run(design):
    """A run of its first arm, short if it can be: what claims ask for is there, within the bounds of every run."""
    rate = {} if design.rates is None else {"learning_rate": np.sqrt(np.prod(design.rates))}
    takes = inspect.signature(design.run).parameters
    short = {name: value for name, value in {"fold": 0, "updates": 20}.items() if name in takes}
    found = design.run(np.random.default_rng(7), **(design.arms[0] | rate | short))
    for name, (low, high) in design.outcomes.items():
        assert low <= found[name] <= high, name


@pytest.fixture
def shorter_plays(monkeypatch):
    """A run on brackets begins within the first million characters; of what comes after them a little is enough."""
    plays = training.plays
    monkeypatch.setattr(training, "plays", lambda part: plays(part)[:1_100_000])


def test_a_run_on_brackets_begins_alike_by_both_paths(monkeypatch, shorter_plays):
    monkeypatch.setattr(closing, "LOOK", 5)
    rows = [
        closing.run(np.random.default_rng(3), "LSTM", "bias 1", closing.SHORT, 0.02, updates=5, compiled=path)
        for path in (False, True)
    ]
    for name, value in rows[0].items():
        assert rows[1][name] == pytest.approx(value, rel=1e-3), name


@pytest.mark.parametrize("name", [name for name, module in MODULES.items() if hasattr(module, "SLICES")])
def test_rows_of_the_tables_can_be_made_again(name):
    """By a path that the tables were not made with, where there are two."""
    for one in MODULES[name].SLICES:
        table = results(one.table)
        run = "fold" if "fold" in table.dtype.names else "seed"
        rows = trials.rows_where(table, **{run: 7}, **one.factors)[:1]
        assert len(rows) == 1
        has_paths = "compiled" in inspect.signature(one.trial).parameters
        paths = [{"compiled": path} for path in (False, True)[: 1 + one.both]] if has_paths else [{}]
        for options in paths:
            verify(one.trial, rows, one.tolerance, one.absolute, **options)


def test_a_run_of_a_large_network_begins_alike_by_both_paths(monkeypatch):
    plays = training.plays
    monkeypatch.setattr(training, "plays", lambda part: plays(part)[: 4096 + 1])  # an update each time through
    run = MODULES["large_text"].run
    one, other = (run(np.random.default_rng(7), "LSTM", 256, 8e-3, times=2, compiled=path) for path in (False, True))
    assert one.keys() == other.keys() and set(one) - set(results("large-text").dtype.names) == set()
    for name, value in one.items():
        assert value == pytest.approx(other[name], rel=1e-3), name


def test_a_run_on_spoken_digits_is_the_same_by_both_paths(monkeypatch):
    """When a run leaves CTC's plateau depends on the last bits of float32: only a beginning can be compared."""
    few = speech.strings(np.random.default_rng(0), 12)
    monkeypatch.setattr(speech, "corpus", lambda part: few)
    monkeypatch.setattr(speech, "strings", lambda rng, count: few)
    run = MODULES["spoken_digits"].run
    one, other = (run(np.random.default_rng(7), "LSTM", 8e-3, compiled=path, updates=20) for path in (False, True))
    assert one.keys() == other.keys() < set(results("spoken-digits").dtype.names)
    for name, value in one.items():
        assert np.isclose(value, other[name], rtol=0.02), name


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("translation", {"cell": "LSTM", "direction": "to figures", "way": "backward"}),
        ("captions", {"kind": "scenes", "attention": True}),
        ("stories", {"cell": "GRU", "facts": 2, "attention": True}),
    ],
)
def test_a_run_with_an_encoder_is_the_same_by_both_paths(name, factors):
    run = MODULES[name].run
    one, other = (
        run(np.random.default_rng(7), **factors, learning_rate=5e-3, compiled=path, updates=20)
        for path in (False, True)
    )
    assert one.keys() == other.keys() < set(results(name).dtype.names)
    assert np.isclose(one["validation"], other["validation"], rtol=1e-3)


def test_a_row_that_differs_is_named():
    rows = trials.rows_where(results("growth"), gain=1.1, activation="none")[:1].copy()
    rows["decades"] += 1
    with pytest.raises(AssertionError, match=r"decades of {'activation': 'none', 'gain': 1.1} with seed 0 is 8\.27"):
        verify(MODULES["state"].growth, rows)


@pytest.fixture(scope="module")
def scheduler():
    with cluster(workers=2) as (address, _, _):
        yield address


def test_a_slice_of_a_trial_is_the_same_on_cores_and_on_a_cluster(tmp_path, scheduler):
    factors = [{"task": "adding", "variant": "NFG", "learning_rate": 0.01}]
    options = {"seeds": range(2), "progress": False}
    cores = sweep(variants.run, factors, table=tmp_path / "cores.csv", **options)
    spread = sweep(variants.run, factors, table=tmp_path / "cluster.csv", address=scheduler, **options)
    assert (cores["loss"] == spread["loss"]).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_run_that_blows_up_is_a_row_and_not_solved():
    assert np.isnan(variants.run(np.random.default_rng(0), "adding", "Vanilla", 1e300)["loss"])
    outcome = longest_lag.run(np.random.default_rng(0), "RNN", "adding", "uniform", 1e300, compiled=False)
    assert outcome["longest"] == 0 and np.isnan(outcome["updates_10"])
    outcome = pixels.run(np.random.default_rng(0), "RNN", "identity ReLU", "rows", 5, 1e300, compiled=False)
    assert outcome["accuracy"] == 0.1 and np.isnan(outcome["validation"])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_networks_that_read_and_blow_up_are_rows_too(shorter_plays):
    rng = np.random.default_rng(0)
    outcome = closing.run(rng, "LSTM", "chrono", 0.7, 1e300, updates=3, compiled=False)
    assert outcome["right_100"] == 0.5 and np.isnan(outcome["validation"])
    assert text_size.run(rng, "16 units", 1e300, times=1, compiled=False)["bits"] == 6
    assert characters.run(rng, "RNN", 1e300, updates=100, compiled=False)["bits_100"] == np.log2(62)


def test_bits_at_equal_time_lie_on_the_curve():
    after, bits = characters.curve(cell="LSTM")
    assert after.tolist() == [100, 200, 300, 400, 500] and bits.shape == (30, 5)
    np.testing.assert_allclose(characters.at_equal_time("LSTM"), bits[:, 2], rtol=1e-12)
    quicker = characters.at_equal_time("GRU")  # its updates are cheaper: between 300 and 400 of them
    _, own = characters.curve(cell="GRU")
    assert (quicker <= np.maximum(own[:, 2], own[:, 3])).all() and (quicker >= np.minimum(own[:, 2], own[:, 3])).all()
    assert characters.curve(cell="LSTM", steps=8, carry=False)[1].shape == (30, 5)
    rows = results("characters")
    assert {characters.best_rate(cell) for cell in characters.CELLS} == set(rows["learning_rate"])


def test_the_clock_counts_milliseconds():
    assert 0 < characters.clock(np.random.default_rng(0), "GRU", updates=2)["milliseconds"] < 10_000


def test_brackets_are_nested_nowhere_and_each_is_closed_by_its_kind():
    plain = training.plays("test")[:5000]
    marked = closing.bracketed(np.random.default_rng(0), plain)
    assert (np.delete(marked, np.flatnonzero(marked >= 62)) == plain).all()
    kinds = marked[marked >= 62] - 62
    assert len(kinds) > 50 and (kinds[1::2] == kinds[::2] + 2).all() and set(kinds[::2]) == {0, 1}


@pytest.mark.parametrize("cell", training.CELLS)
@pytest.mark.parametrize("inputs", [1, 6])
def test_cells_on_trial_have_the_same_number_of_parameters(cell, inputs):
    make = training.CELLS[cell]
    sizes = {}
    for H in range(1, 40):
        sizes[H] = sum(p.size for p in make(inputs, H, rng=np.random.default_rng(0)).params.values())
    nearest = min(sizes, key=lambda H: abs(sizes[H] - 600))
    assert training.units(make, inputs, 600) == nearest


def test_rungs_are_those_climbed_in_time():
    columns = [(f"updates_{lag}", float) for lag in longest_lag.LAGS]
    rows = np.array([(50, 100, 500, 450), (50, np.nan, np.nan, np.nan), (np.nan,) * 4, (300, 50, 50, np.nan)], columns)
    assert longest_lag.rungs(rows).tolist() == [4, 1, 0, 3]
    assert longest_lag.rungs(rows, 250).tolist() == [2, 1, 0, 0]


def test_rates_are_drawn_then_the_best_is_run_on_other_seeds(tmp_path, monkeypatch):
    monkeypatch.setattr(before, "FOLDER", tmp_path)

    def trial(rng, side, learning_rate):
        best = {"left": 0.01, "right": 0.1}[side]
        return {"loss": abs(np.log(learning_rate / best)), "noise": rng.random()}

    sides = [{"side": "left"}, {"side": "right"}]
    tune_and_run(trial, sides, "toy", lambda rows: rows["loss"], (1e-3, 1.0), draws=40, parts=2)
    tuning, rows = read_table(tmp_path / "toy-tuning.csv"), read_table(tmp_path / "toy.csv")
    assert len(tuning) == 80 and len(rows) == 60 and not set(rows["seed"]) & set(tuning["seed"])
    for side, rate in (("left", 10**-2.25), ("right", 10**-0.75)):  # the middles of quarters
        np.testing.assert_allclose(rows[rows["side"] == side]["learning_rate"], rate)
    assert tuning["learning_rate"].min() >= 1e-3 and tuning["learning_rate"].max() <= 1.0


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
    blocks = ("f", "n")

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
    history = fit(model, mean_squared_error, Adam(rate), batch, steps=30, compiled=True)
    return {"loss": history.loss[-1]}

where = {"address": sys.argv[2]} if sys.argv[2:] else {"workers": 2}
sweep(trial, {"rate": [0.01, 0.1]}, range(3), table=sys.argv[1], progress=False, **where)
"""


def test_a_cell_written_in_a_notebook_is_compiled_and_swept_on_cores_and_on_a_cluster(tmp_path, scheduler):
    script = tmp_path / "notebook.py"
    script.write_text(NOTEBOOK)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for table, where in (("cores.csv", []), ("cluster.csv", [scheduler])):
        processes.run([sys.executable, script, tmp_path / table, *where], env=environment)
    cores, spread = (read_table(tmp_path / table) for table in ("cores.csv", "cluster.csv"))
    assert len(cores) == 6 and (cores["loss"] == spread["loss"]).all()
