"""Many runs at once, and sweeps, in one run on this machine: make bench"""

import os
import tempfile
import time

import numpy as np

from rnnbook import LSTM, Adam, Dense, Model, Update, fit, fit_many, mean_squared_error, sweep, tasks

SEEDS, UNITS, BATCH, LENGTH = 32, 16, 32, 50


def runs():
    rngs = [np.random.default_rng(seed) for seed in range(SEEDS)]
    models = [Model(LSTM(2, UNITS, rng=rng), Dense(UNITS, 1, rng=rng)) for rng in rngs]
    return models, [Adam(1e-2) for _ in rngs], [lambda rng=rng: tasks.adding(rng, BATCH, LENGTH) for rng in rngs]


def one_after_the_other(steps, compiled):
    for model, optimiser, batch in zip(*runs(), strict=True):
        options = {"steps": steps, "update": Update(max_norm=1.0), "compiled": compiled}
        fit(model, mean_squared_error, optimiser, batch, **options)


def at_once(steps):
    models, optimisers, batches = runs()
    fit_many(models, mean_squared_error, optimisers, batches, steps=steps, update=Update(max_norm=1.0))


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def many_seeds(steps=200):
    print(
        f"{SEEDS} runs of an LSTM of {UNITS} units, B = {BATCH}, T = {LENGTH}, {steps} updates, {os.cpu_count()} cores"
    )
    ways = {
        "NumPy, one after the other": lambda: one_after_the_other(steps, False),
        "compiled, one after the other": lambda: one_after_the_other(steps, True),
        "compiled, at once": lambda: at_once(steps),
    }
    first = {name: seconds(way) for name, way in ways.items()}
    best = {name: min(seconds(way) for _ in range(3)) for name, way in ways.items()}
    plain = best["NumPy, one after the other"]
    for name, time_taken in best.items():
        updates = SEEDS * steps / time_taken
        print(f"{name:30s} {plain / time_taken:5.1f} times as many updates ({updates:.0f} a second), ", end="")
        print(f"first time {first[name] - time_taken:.1f} s more")


def trial(rng, rate):
    """A run of a fifth of a second, with NumPy."""
    model = Model(LSTM(2, UNITS, rng=rng), Dense(UNITS, 1, rng=rng))
    batch = lambda: tasks.adding(rng, 8, 20)  # noqa: E731
    history = fit(model, mean_squared_error, Adam(rate), batch, steps=200, update=Update(max_norm=1.0))
    return {"loss": history.loss[-1]}


def rows(count, workers):
    with tempfile.TemporaryDirectory() as folder:
        options = {"table": f"{folder}/rows.csv", "workers": workers, "progress": False}
        return seconds(lambda: sweep(trial, {"rate": [1e-2]}, range(count), **options))


def sweeps():
    print("\nA sweep of short NumPy runs: rows a minute with 1, 2 and 4 workers (100 rows each)")
    rows(8, 4)  # start the workers
    for workers in (1, 2, 4):
        print(f"{workers} workers: {100 * 60 / rows(100, workers):.0f}")
    print("seconds a row, with 2 workers, for 10, 100 and 1000 rows:", end="")
    for count in (10, 100, 1000):
        print(f" {rows(count, 2) / count:.3f}", end="", flush=True)
    print()


if __name__ == "__main__":
    many_seeds()
    sweeps()
