"""Sweeps: the same rows however the work is cut, none lost and none twice whatever is killed."""

import csv
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import processes
import pytest
from cluster import cluster

from rnnbook import read_table, sweep

FACTORS = {"n": [1, 2, 3], "name": ["a", "b"]}


def trial(rng, n, name):
    return {"value": float(rng.normal(n)), "label": name * n, "odd": bool(n % 2)}


def slow(rng, n):
    time.sleep(0.05)
    return {"value": float(rng.normal(n))}


def outcomes(rows):
    return rows[[name for name in rows.dtype.names if name not in ("seconds", "versions")]].tolist()


def run(tmp_path, name="table", factors=FACTORS, seeds=range(4), workers=1, what=trial, **options):
    return sweep(what, factors, seeds, table=tmp_path / f"{name}.csv", workers=workers, progress=False, **options)


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def test_the_table_holds_every_combination_and_seed_once_in_the_order_of_the_plan(tmp_path):
    rows = run(tmp_path)
    expected = [(n, name, seed) for n in (1, 2, 3) for name in ("a", "b") for seed in range(4)]
    assert rows[["n", "name", "seed"]].tolist() == expected
    assert (rows["label"] == [name * n for n, name, _ in expected]).all()
    assert rows["odd"].dtype == bool
    assert len(set(rows["value"])) == 24, "every row has numbers of its own"
    about = json.loads((tmp_path / "table.json").read_text())
    assert about["rows"] == 24 and "python" in about["command"] and about["core_hours"] >= 0


def test_a_number_comes_back_as_it_was(tmp_path):
    third = 1 / 3
    rows = run(tmp_path, factors=[{"rate": third}], seeds=[0], what=lambda rng, rate: {"x": rate * 1e-300})
    assert rows["rate"][0] == third and rows["x"][0] == third * 1e-300


def test_rows_depend_on_factors_and_seed_only(tmp_path):
    whole = run(tmp_path)
    other_order = run(tmp_path, "two", {"name": ["b", "a"], "n": [3, 1, 2]}, range(3, -1, -1), workers=2)
    assert sorted(outcomes(whole[list(other_order.dtype.names)])) == sorted(outcomes(other_order))
    alone = run(tmp_path, "alone", [{"n": 2, "name": "b"}], [3])
    assert alone["value"][0] == whole[(whole["n"] == 2) & (whole["name"] == "b") & (whole["seed"] == 3)]["value"][0]


def test_a_sweep_that_is_extended_runs_only_what_is_new(tmp_path):
    short = run(tmp_path, seeds=range(2))
    calls = []

    def counted(rng, n, name):
        calls.append(n)
        return trial(rng, n, name)

    whole = run(tmp_path, what=counted)
    assert len(calls) == 12 and len(whole) == 24
    assert outcomes(whole[whole["seed"] < 2]) == outcomes(short)
    about = (tmp_path / "table.json").read_text()
    (tmp_path / "table.json").write_text(about.replace("python", "made by python"))
    assert outcomes(run(tmp_path, what=counted)) == outcomes(whole) and len(calls) == 12
    assert "made by" in (tmp_path / "table.json").read_text(), "a finished table keeps the word of what made it"


def test_a_row_that_was_half_written_is_run_again(tmp_path):
    whole, path = run(tmp_path), tmp_path / "table.csv"
    for cut in range(1, len(path.read_bytes().splitlines(keepends=True)[-1]), 7):
        path.write_bytes(path.read_bytes()[:-cut])
        assert outcomes(run(tmp_path)) == outcomes(whole)
    path.write_bytes(path.read_bytes()[:7])  # not even the header is whole
    assert outcomes(run(tmp_path)) == outcomes(whole)


def test_drawn_values_are_the_same_for_all_combinations_and_new_for_each_seed(tmp_path):
    rows = run(tmp_path, factors={"n": [1, 2], "name": lambda rng: "ab"[rng.integers(2)]}, seeds=range(20))
    names = rows["name"].reshape(2, 20)
    assert (names[0] == names[1]).all() and set(names[0]) == {"a", "b"}


def test_a_function_in_a_combination_draws_too(tmp_path):
    def draw(rng):
        return "ab"[rng.integers(2)]

    listed = run(tmp_path, factors=[{"n": n, "name": draw} for n in (1, 2)], seeds=range(20))
    crossed = run(tmp_path, "crossed", {"n": [1, 2], "name": draw}, range(20))
    assert outcomes(listed) == outcomes(crossed) and set(listed["name"]) == {"a", "b"}


def test_a_sample_is_drawn_without_replacement(tmp_path):
    rows = run(tmp_path, seeds=range(10), sample=4)
    assert len(rows) == 40 and len(set(rows[["n", "name", "seed"]].tolist())) == 40
    chosen = [frozenset(rows[rows["seed"] == seed][["n", "name"]].tolist()) for seed in range(10)]
    assert all(len(some) == 4 for some in chosen) and len(set(chosen)) > 1


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"table must end in \.csv, got table\.txt"):
        sweep(trial, FACTORS, [0], table=tmp_path / "table.txt")
    for factors, seeds in (({"n": []}, [0]), (FACTORS, []), ([], [0])):
        with pytest.raises(ValueError, match="must leave something to run"):
            run(tmp_path, factors=factors, seeds=seeds)
    with pytest.raises(ValueError, match="sample must be at most the 6 combinations, got 7"):
        run(tmp_path, sample=7)
    for value in (None, [1], "a,b"):
        with pytest.raises(TypeError, match="name must be a number, a boolean or a string without any of"):
            run(tmp_path, factors={"n": [1], "name": [value]})
    assert not list(tmp_path.iterdir())


def test_factors_seeds_and_outcomes_are_what_they_should_be(tmp_path):
    def nothing(rng, **factors):
        return None

    def taken(rng, n):
        return {"n": n}

    for options, error, message in (
        (
            {"factors": {"cell": "GRU"}},
            TypeError,
            r"factors\['cell'\] must be a list of values, or a function, got 'GRU'",
        ),
        ({"factors": {"n": 3}}, TypeError, r"factors\['n'\] must be a list"),
        ({"factors": {"a-b": [1]}}, ValueError, "factors must have names like those of variables, .* got 'a-b'"),
        ({"factors": {"seed": [1]}}, ValueError, "factors must have names .* got 'seed'"),
        ({"seeds": [0.1, 0.2]}, TypeError, "seeds must be integers, got dtype float64"),
        ({"seeds": [-1]}, ValueError, "seeds must lie between 0 and"),
        ({"seeds": 5}, TypeError, "seeds must be integers in a list or the like, got 5"),
        ({"seeds": "12"}, TypeError, "seeds must be integers in a list or the like, got '12'"),
        ({"what": nothing}, TypeError, "trial must return a dict of outcomes, .* got NoneType"),
        ({"what": taken, "factors": {"n": [1]}}, TypeError, r"none called as a factor .* got \['n'\]"),
        ({"name": "nowhere/table"}, FileNotFoundError, "table must lie in a folder that is there, .*nowhere is not"),
    ):
        with pytest.raises(error, match=message):
            run(tmp_path, **options)
        assert not (tmp_path / "table.csv").exists()


def test_a_table_of_another_sweep_is_refused_and_left_alone(tmp_path):
    run(tmp_path)
    before = (tmp_path / "table.csv").read_bytes()
    with pytest.raises(ValueError, match="holds 6 rows that are not of this sweep"):
        run(tmp_path, seeds=range(3))
    with pytest.raises(ValueError, match="must have the columns m, seed"):
        run(tmp_path, factors={"m": [1]})
    assert (tmp_path / "table.csv").read_bytes() == before


def test_a_trial_that_fails_is_named_and_what_was_done_is_kept(tmp_path):
    def fails(rng, n, name):
        if (n, name) == (3, "a"):
            raise ZeroDivisionError("by n")
        return trial(rng, n, name)

    with pytest.raises(RuntimeError, match=r"n=3; name=a; seed=0: ZeroDivisionError: by n"):
        run(tmp_path, what=fails)
    assert len(lines(tmp_path / "table.csv")) == 1 + 16, "all rows before it"
    assert outcomes(run(tmp_path)) == outcomes(run(tmp_path, "fresh"))


def test_outcomes_that_change_their_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match="trial must return the same outcomes for every row"):
        run(tmp_path, what=lambda rng, n, name: {f"value_{n}": 1.0})


@pytest.mark.parametrize("library", ["joblib", "filelock", "distributed"])
def test_without_the_libraries_the_extra_is_named(library, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    address = None if library != "distributed" else "tcp://127.0.0.1:1"
    with pytest.raises(ImportError, match=r"pip install rnnbook\[sweep\]"):
        run(tmp_path, address=address)


def test_two_sweeps_do_not_write_to_one_table(tmp_path):
    started = threading.Event()

    def waits(rng, n):
        started.set()
        time.sleep(1)
        return {"value": n}

    first = threading.Thread(target=run, args=(tmp_path,), kwargs={"factors": {"n": [1]}, "seeds": [0], "what": waits})
    first.start()
    assert started.wait(20)
    with pytest.raises(RuntimeError, match=r"table .*table\.csv is being made by another sweep"):
        run(tmp_path, factors={"n": [1]}, seeds=[0], what=waits)
    run(tmp_path, "other", factors={"n": [1]}, seeds=[0], what=slow)
    first.join(30)
    assert not first.is_alive()
    assert len(run(tmp_path, factors={"n": [1]}, seeds=[0], what=waits)) == 1


KILLED = """
import sys, time
from rnnbook import sweep

def slow(rng, n):  # a trial of __main__, as in a notebook
    time.sleep(0.05)
    return {"value": float(rng.normal(n))}

sweep(slow, {"n": [1, 2]}, range(20), table=sys.argv[1], workers=2, progress=False)
"""


def test_a_sweep_that_is_killed_goes_on_without_losing_or_repeating_a_row(tmp_path):
    table, script = tmp_path / "table.csv", tmp_path / "script.py"
    script.write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, str(script), str(table)]
    for stop in (6, 20):
        with processes.running(command, env=environment, stderr=subprocess.DEVNULL) as process:
            while len(lines(table)) < stop:
                assert process.poll() is None
                time.sleep(0.02)
            processes.kill(process)
        assert stop <= len(lines(table)) < 41
    processes.run(command, env=environment)
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(int(row["n"]), int(row["seed"])) for row in rows] == [(n, seed) for n in (1, 2) for seed in range(20)]
    assert outcomes(run(tmp_path, "fresh", {"n": [1, 2]}, range(20), what=slow)) == outcomes(read_table(table))


def test_a_cluster_gives_the_same_rows_and_outlives_a_worker(tmp_path):
    expected = run(tmp_path, "cores", {"n": [1, 2]}, range(30), workers=2, what=slow)
    with cluster(workers=2) as (address, _, crew):
        threading.Timer(1.0, crew[0].kill).start()
        rows = run(tmp_path, "cluster", {"n": [1, 2]}, range(30), what=slow, address=address)
    assert outcomes(rows) == outcomes(expected)


def test_a_scheduler_that_goes_away_is_named_and_nothing_is_lost(tmp_path):
    table = tmp_path / "table.csv"
    with cluster(workers=2) as (address, scheduler, _):

        def kill_when_ten_are_done():
            while len(lines(table)) < 11 and scheduler.poll() is None:
                time.sleep(0.02)
            scheduler.kill()

        threading.Thread(target=kill_when_ten_are_done, daemon=True).start()
        with pytest.raises(ConnectionError, match=rf"{address} went away; rows that were done are in the table"):
            run(tmp_path, factors={"n": [1, 2]}, seeds=range(100), what=slow, address=address)
    kept = lines(table)
    assert len(kept) >= 11
    rows = run(tmp_path, factors={"n": [1, 2]}, seeds=range(100), workers=2, what=slow)
    assert len(rows) == 200 and set(kept) <= set(lines(table)), "rows that were done stay as they were"


def test_a_scheduler_that_cannot_be_reached_is_named(tmp_path, monkeypatch):
    import distributed

    connect = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda *args, **options: connect(*args, **{**options, "timeout": 1}))
    with pytest.raises(ConnectionError, match=r"tcp://127\.0\.0\.1:1 cannot be reached"):
        run(tmp_path, address="tcp://127.0.0.1:1")


KEPT = []


def hungry(rng, n):
    KEPT.append(bytearray(200_000_000))
    time.sleep(0.3)
    return {"value": float(rng.normal(n))}


def test_a_worker_whose_memory_grows_is_replaced_and_no_row_is_lost(tmp_path):
    rows = run(tmp_path, factors={"n": [1, 2]}, seeds=range(10), workers=2, what=hungry)
    assert outcomes(rows) == outcomes(run(tmp_path, "fresh", {"n": [1, 2]}, range(10), what=slow))
