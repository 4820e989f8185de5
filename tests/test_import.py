"""Importing: what it loads, and that the core needs NumPy alone."""

import subprocess
import sys
from pathlib import Path

import pytest

import rnnbook

ROOT = Path(__file__).parents[1]

#: Whatever is neither Python's own, NumPy nor the package is as if it were not installed.
BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "numpy", "rnnbook"}:
            raise ModuleNotFoundError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
"""

TRAINING = """
import numpy as np
from rnnbook import LSTM, Adam, Batch, Dense, Embedding, Model, Monitor, Update
from rnnbook import check_gradients, fit, load, save, softmax_cross_entropy

rng = np.random.default_rng(0)
model = Model(LSTM(4, 8, rng=rng), Dense(8, 3, rng=rng), Embedding(3, 4, rng=rng))

def batch():
    ids = rng.integers(3, size=(6, 5))
    return Batch(ids[:-1], ids[:-1])  # what it reads, it says

history = fit(model, softmax_cross_entropy, Adam(1e-2), batch, steps=80, update=Update(max_norm=1.0),
              monitor=Monitor(validation=batch()))
assert history.loss[-1] < history.loss[0] / 2, history.loss
assert check_gradients(model.recurrent, rng.normal(size=(3, 2, 4)), rng=rng).worst < 1e-9
from rnnbook import check_cell

check_cell(LSTM)
print("done")
"""


def run(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_package_has_few_subpackages_and_a_core_that_one_can_read():
    package = ROOT / "rnnbook"
    subpackages = {p.stem for p in package.iterdir() if p.name not in ("__init__.py", "py.typed", "__pycache__")}
    assert len(subpackages) <= 15
    core = [package / f"{name}.py" for name in ("activations", "arrays", "check")]
    core += [p for name in ("cells", "layers", "learning", "checking") for p in (package / name).rglob("*.py")]
    assert sum(len(p.read_text("utf-8").splitlines()) for p in core) < 5500


def test_the_core_trains_and_checks_with_numpy_alone():
    result = run(BLOCKED + TRAINING)
    assert result.stdout == "done\n", result.stderr


def test_every_name_of_the_core_is_there_with_numpy_alone():
    core = "activations arrays cells check checking layers learning"
    code = f"""
import importlib, pkgutil
for part in "{core}".split():
    module = importlib.import_module("rnnbook." + part)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), module.__name__ + "."):
        importlib.import_module(found.name)
    for name in getattr(module, "__all__", []):
        getattr(module, name)
print("all")
"""
    result = run(BLOCKED + code)
    assert result.stdout == "all\n", result.stderr


def test_what_needs_more_says_so_with_numpy_alone():
    layer = "rnnbook.LSTM(1, 1, rng=numpy.random.default_rng(0))"
    result = run(f"{BLOCKED}import numpy, rnnbook\nrnnbook.compiled({layer})")
    assert "ImportError: this needs jax, which is not installed: pip install rnnbook[fast]" in result.stderr


def test_importing_leaves_the_heavy_ones_out():
    core = "import rnnbook\nfrom rnnbook import LSTM, fit, check_gradients\ndir(rnnbook)\n"
    heavy = ("scipy", "matplotlib", "jax", "tqdm")
    result = run(f"{core}import sys\nprint([name for name in {heavy} if name in sys.modules])")
    assert result.stdout == "[]\n", result.stderr


def test_dir_shows_public_names_alone():
    shown = {name for name in dir(rnnbook) if not name.startswith("__")}
    assert shown == set(rnnbook.__all__)


def test_every_public_name_is_found_and_listed():
    pytest.importorskip("matplotlib")
    assert len(set(rnnbook.__all__)) == len(rnnbook.__all__) > 60
    assert set(rnnbook.__all__) <= set(dir(rnnbook))
    for name in rnnbook.__all__:
        assert getattr(rnnbook, name) is not None, name


def test_each_room_may_be_the_first_that_is_used():
    pytest.importorskip("matplotlib")
    """Whichever name a program asks for first, nothing needs another one to have been asked for before."""
    code = """
import sys, rnnbook
for name in ("LSTM", "Model", "fit", "check_gradients", *rnnbook._ELSEWHERE):
    for module in [m for m in sys.modules if m.split(".")[0] == "rnnbook"]:
        del sys.modules[module]
    import rnnbook
    getattr(rnnbook, name)
from rnnbook import *
assert set(rnnbook.__all__) <= set(globals())
print("all")
"""
    result = run(code)
    assert result.stdout == "all\n", result.stderr


def test_a_name_that_is_not_there_is_an_attribute_error():
    assert not hasattr(rnnbook, "no_such_name")
    assert not hasattr(rnnbook, "__wrapped__")
