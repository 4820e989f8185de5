"""Makes the tables of figures in this folder from the packages that have them: python -m rnnbook.data.tables.

For whoever keeps the book, on a machine with pip and a network; a reader has the tables.
"""

import csv
import gzip
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rnnbook.arrays import Array
from rnnbook.data.packages import Package, download

FOLDER = Path(__file__).parent


def sp500(wheel: zipfile.ZipFile) -> dict[str, Array]:
    """Trading days and closing values, as `rnnbook.data.sp500` gives them."""
    text = gzip.decompress(wheel.read("arch/data/sp500/sp500.csv.gz")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    days = [tuple(map(int, row["Date"].split("/"))) for row in rows]
    day = np.array([f"{year:04d}-{month:02d}-{day:02d}" for month, day, year in days], "datetime64[D]")
    return {"day": day, "close": np.array([float(row["Close"]) for row in rows])}


def sunspots(wheel: zipfile.ZipFile) -> dict[str, Array]:
    """Years and mean numbers, as `rnnbook.data.sunspots` gives them."""
    text = wheel.read("statsmodels/datasets/sunspots/sunspots.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    return {
        "year": np.array([int(float(row["YEAR"])) for row in rows]),
        "number": np.array([float(row["SUNACTIVITY"]) for row in rows]),
    }


def power(wheel: zipfile.ZipFile) -> dict[str, Array]:
    """Days of hourly values and seasons, as `rnnbook.data.power` gives them."""
    found = {}
    for part in ("train", "test"):
        text = wheel.read(f"aeon/datasets/data/ItalyPowerDemand/ItalyPowerDemand_{part.upper()}.ts").decode()
        lines = text[text.index("@data") :].split()[1:]
        found[f"{part}_x"] = np.array([line.split(":")[0].split(",") for line in lines], np.float32)
        found[f"{part}_summer"] = np.array([line.split(":")[1] == "2" for line in lines])
    return found


def vowels(wheel: zipfile.ZipFile) -> dict[str, Array]:
    """Frames of all utterances one after the other, in thousandths, as `rnnbook.data.vowels` cuts them up."""
    found = {}
    for part in ("train", "test"):
        text = wheel.read(f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{part.upper()}.ts").decode()
        rows = [line.split(":") for line in text[text.index("@data") :].split()[1:]]
        utterances = [np.array([column.split(",") for column in row[:-1]], float).T for row in rows]
        found[f"{part}_frames"] = np.round(1000 * np.concatenate(utterances)).astype(np.int16)
        found[f"{part}_lengths"] = np.array([len(utterance) for utterance in utterances])
        found[f"{part}_speaker"] = np.array([int(row[-1]) - 1 for row in rows])
    return found


AEON = Package("aeon", "1.6.0", "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409")
TABLES: dict[str, tuple[Callable, Package]] = {
    "sp500": (sp500, Package("arch", "8.0.0", "975ec3bdf7926335742ac362251fafe32b448b8f194dead062f22a00beef772d")),
    "sunspots": (
        sunspots,
        Package("statsmodels", "0.15.0", "b67886b66d9c7ca118526accedb5c6de7ffd74c015dc0492ea0b1690192b65da"),
    ),
    "power": (power, AEON),
    "vowels": (vowels, AEON),
}


def make() -> None:
    """All tables. The wheels are those for CPython 3.11 on Linux, x86-64."""
    for name, (read, package) in TABLES.items():
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(package, Path(folder))) as wheel:
            np.savez_compressed(FOLDER / f"{name}.npz", **read(wheel))


if __name__ == "__main__":
    make()
