"""Many runs of a trial, on all cores or on a cluster, into a table that survives being killed."""

import csv
import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.layers.files import write_whole

LIBRARIES = ("rnnbook", "numpy", "jax")
OURS = ("seed", "seconds", "versions")  # columns that a sweep adds


def sweep(
    trial: Callable[..., Mapping[str, Any]],
    factors: dict[str, Any] | Iterable[Mapping[str, Any]],
    seeds: Iterable[int],
    *,
    table: str | os.PathLike[str],
    sample: int | None = None,
    workers: int | None = None,
    address: str | None = None,
    progress: bool = True,
) -> Array:
    """Run a trial for every combination of its factors and every seed.

    Parameters
    ----------
    trial : callable
        ``trial(rng, **factors)`` returns a dict of outcomes: numbers, strings or booleans. It
        draws only from `rng`, which depends on factors and seed alone, so a row is the same
        whatever ran before, beside or instead of it. A function of your notebook will do.
    factors : dict of str to list, or list of dict
        The values that each factor takes, or the combinations themselves. A value is a
        number, a string or a boolean. A function instead of a list, or in the place of a value
        in a combination, draws it, ``draw(rng)``, anew for each seed, and the same for all.
    seeds : iterable of int
    table : str or Path
        A ``.csv`` file. Rows are appended as they come; those that are there are not run again.
    sample : int, optional
        Run only that many combinations for each seed, drawn without replacement.
    workers : int, optional
        Processes on this machine; all cores by default.
    address : str, optional
        Of a Dask scheduler, like ``"tcp://10.0.0.1:8786"``: its workers run the rows instead.
    progress : bool, default True
        Show a progress bar.

    Returns
    -------
    ndarray, structured
        `read_table` of the finished table. Its rows are in the order of the plan: of the
        combinations, and of `seeds` for each. Columns are the factors, ``seed``, the outcomes,
        ``seconds`` and ``versions``. A file beside it, ``.json``, says what made it.

    Raises
    ------
    ImportError
        Without joblib, filelock or Dask; says how to install it.
    ValueError, TypeError
        When an argument does not fit, or what a trial returns; or when the table holds rows of another sweep.
    FileNotFoundError
        When there is no folder for the table.
    RuntimeError
        When a trial fails: says with which factors and seed. Rows that were done are kept.
        When another sweep is making the same table.
    ConnectionError
        When the scheduler cannot be reached, or goes away. Rows that were done are kept.

    Examples
    --------
    >>> import tempfile
    >>> def toss(rng, coins):
    ...     return {"heads": int(rng.integers(0, 2, coins).sum())}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = sweep(toss, {"coins": [10, 100]}, range(3), table=f"{folder}/toss.csv", workers=1, progress=False)
    >>> rows["coins"].tolist(), rows["seed"].tolist()
    ([10, 10, 10, 100, 100, 100], [0, 1, 2, 0, 1, 2])
    >>> bool((rows["heads"] <= rows["coins"]).all())
    True
    """
    path = Path(table)
    if path.suffix != ".csv":
        raise ValueError(f"table must end in .csv, got {path.name}")
    plan = _plan(factors, seeds, sample)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"table must lie in a folder that is there, {path.parent} is not")
    with _alone(path):
        _fill(trial, path, plan, workers, address, progress)
    return read_table(path)


def _fill(trial, path, plan, workers, address, progress):
    """Run the rows that the table does not have yet."""
    done = _recover(path, plan)
    todo = [row for key, row in plan.items() if key not in done]
    jobs = [(trial, {k: v for k, v in row.items() if k != "seed"}, row["seed"]) for row in todo]
    run = _on_cores(jobs, workers) if address is None else _on_cluster(jobs, address)
    with tqdm(total=len(plan), initial=len(done), disable=not progress, unit="row") as bar:
        for row in run:
            _append(path, row)
            bar.update()
    if todo or "rows" not in beside(path):  # a finished table keeps the word of what made it
        _finish(path, plan)


@contextmanager
def _alone(path):
    """No other sweep of this machine writes to the same table meanwhile; the lock ends with the process."""
    filelock = check.require("filelock", "sweep")
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()
    try:
        with filelock.FileLock(Path(tempfile.gettempdir(), f"rnnbook-{name}.lock"), timeout=0):
            yield
    except filelock.Timeout:
        raise RuntimeError(f"table {path} is being made by another sweep") from None


def read_table(path: str | os.PathLike[str]) -> Array:
    """Read a table that `sweep` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray, structured
        One record a row: ``rows["loss"]`` is a column, ``rows[rows["cell"] == "GRU"]`` some rows.
    """
    return np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8"))


def beside(path: Path) -> dict[str, Any]:
    """What stands beside a table, in a file of its own: what made it; empty if there is none."""
    file = path.with_suffix(".json")
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def write_beside(path: Path, about: Mapping[str, Any]) -> None:
    """Write what stands beside a table."""
    write_whole(path.with_suffix(".json"), (json.dumps(about, indent=2) + "\n").encode())


def row_rng(factors, seed):
    """The generator that a sweep hands to the trial for one row, to run that row by itself.

    Parameters
    ----------
    factors : dict of str to value
        As they stand in the table.
    seed : int

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> one, again, other = (row_rng({"coins": 10}, seed).random() for seed in (0, 0, 1))
    >>> one == again != other
    True
    """
    digest = hashlib.sha256(_words(factors, seed).encode()).digest()
    entropy = int.from_bytes(digest[:16], "big")
    return np.random.default_rng(np.random.SeedSequence(entropy))


def _plan(factors, seeds, sample):
    """Every row to come, factors and seed, by its key."""
    seeds = _integers("seeds", seeds)
    if isinstance(factors, dict):
        for name, values in factors.items():
            if isinstance(values, str) or not (callable(values) or isinstance(values, Iterable)):
                raise TypeError(f"factors[{name!r}] must be a list of values, or a function, got {values!r}")
        lists = ([(name, v) for v in ([values] if callable(values) else values)] for name, values in factors.items())
        combinations = [dict(pairs) for pairs in itertools.product(*lists)]
    else:
        combinations = [dict(combination) for combination in factors]
    drawn = {name: value for combination in combinations for name, value in combination.items() if callable(value)}
    for name in (name for combination in combinations for name in combination):
        if not isinstance(name, str) or not name.isidentifier() or name in OURS:
            raise ValueError(f"factors must have names like those of variables, and none of {OURS}, got {name!r}")
    if not combinations or not seeds:
        raise ValueError(f"factors and seeds must leave something to run, got {len(combinations)} x {len(seeds)}")
    if sample is not None and check.positive("sample", sample) > len(combinations):
        raise ValueError(f"sample must be at most the {len(combinations)} combinations, got {sample}")
    rngs = {seed: np.random.default_rng([seed, *b"draws"]) for seed in seeds}
    draws = {seed: {name: draw(rng) for name, draw in drawn.items()} for seed, rng in rngs.items()}
    chosen = {seed: set(rng.permutation(len(combinations))[:sample].tolist()) for seed, rng in rngs.items()}
    plan = {}
    # one combination after the other, so that what a worker has compiled serves all of its seeds
    for k, combination in enumerate(combinations):
        for seed in (seed for seed in seeds if k in chosen[seed]):
            row = {name: draws[seed].get(name, value) for name, value in combination.items()} | {"seed": seed}
            plan[_key(row)] = row
    return plan


def _integers(name, values):
    """Integers from 0 on as a list, or an error."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be integers in a list or the like, got {values!r}")
    values = list(values)
    return check.integers(name, values, 2**63).tolist() if values else []


def _key(row):
    """What a row is known by: its factors and seed as they stand in the table."""
    return tuple(f"{name}={_text(name, value)}" for name, value in sorted(row.items()))


def _words(factors, seed):
    """A row's factors and seed in one line: what its numbers are drawn from, and what an error calls it."""
    return "; ".join(_key({**factors, "seed": seed}))


def _text(name, value):
    """A value as it stands in the table; read back, a number is the same number."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (str, int, float, bool)) or (isinstance(value, str) and set(value) & set(',#"\n')):
        raise TypeError(f'{name} must be a number, a boolean or a string without any of , # ", got {value!r}')
    return str(value)


def _row(trial, factors, seed):
    """Run one row. This is what travels to a worker."""
    start = time.perf_counter()
    try:
        outcome = trial(row_rng(factors, seed), **factors)
    except Exception as error:
        raise RuntimeError(f"the trial failed with {_words(factors, seed)}: {type(error).__name__}: {error}") from error
    if not isinstance(outcome, Mapping) or not outcome.keys().isdisjoint({*factors, *OURS}):
        got = sorted(outcome) if isinstance(outcome, Mapping) else type(outcome).__name__
        raise TypeError(f"trial must return a dict of outcomes, none called as a factor or one of {OURS}, got {got}")
    seconds = round(time.perf_counter() - start, 3)
    return {**factors, "seed": seed, **outcome, "seconds": seconds, "versions": _versions()}


def _versions():
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name}-{importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return " ".join(found)


def _on_cores(jobs, workers):
    joblib = check.require("joblib", "sweep")
    workers = -1 if workers is None else check.positive("workers", workers)
    return joblib.Parallel(workers, return_as="generator_unordered")(joblib.delayed(_row)(*job) for job in jobs)


def _on_cluster(jobs, address):
    distributed = check.require("distributed", "sweep")
    problem = "cannot be reached"
    try:
        with distributed.Client(address, timeout=10, set_as_default=False) as client:
            problem = "went away"
            futures = client.map(_row, *zip(*jobs, strict=True), pure=False) if jobs else []
            for future in distributed.as_completed(futures, loop=client.loop):
                if future.status in ("cancelled", "lost"):
                    raise ConnectionError("its work was cancelled")
                yield future.result()
    except OSError as error:  # a trial's own errors come as RuntimeError
        kept = "rows that were done are in the table, call sweep again to go on"
        raise ConnectionError(f"the Dask scheduler at {address} {problem}; {kept}") from error


def _recover(path, plan):
    """The keys of the rows that are in the table; what a killed sweep left half-written is cut off."""
    if not path.exists():
        return set()
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if whole != text:
        path.write_bytes(whole)
    names = next(iter(plan.values())).keys()
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if rows and not names <= rows[0].keys():
        raise ValueError(f"table {path} must have the columns {', '.join(names)}, it has {', '.join(rows[0])}")
    keys = {tuple(f"{name}={row[name]}" for name in sorted(names)) for row in rows}
    if not keys <= plan.keys():
        raise ValueError(f"table {path} holds {len(keys - plan.keys())} rows that are not of this sweep")
    return keys


def _append(path, row):
    names, values = ",".join(row), ",".join(_text(name, value) for name, value in row.items())
    with path.open("a+", newline="", encoding="utf-8") as stream:
        stream.seek(0)
        header = stream.readline().rstrip("\n")
        if header not in ("", names):
            raise ValueError(f"trial must return the same outcomes for every row, got columns {names} after {header}")
        stream.write(f"{values}\n" if header else f"{names}\n{values}\n")
        stream.flush()
        os.fsync(stream.fileno())


def _finish(path, plan):
    """Put the rows in the order of the plan, and write beside them what made them."""
    header, *lines = path.read_text("utf-8").splitlines(keepends=True)
    names = header.strip().split(",")
    place = {key: k for k, key in enumerate(plan)}
    factors = sorted(next(iter(plan.values())))

    def order(line):
        row = dict(zip(names, line.strip().split(","), strict=True))
        return place[tuple(f"{name}={row[name]}" for name in factors)]

    write_whole(path, (header + "".join(sorted(lines, key=order))).encode())
    seconds = sum(float(line.strip().split(",")[names.index("seconds")]) for line in lines)
    about = {
        "command": " ".join(sys.orig_argv),
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
        "rows": len(lines),
        "core_hours": round(seconds / 3600, 3),
    }
    write_beside(path, beside(path) | about)  # what was there before the first run, such as a plan, is kept
