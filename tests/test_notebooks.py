"""What every committed notebook must look like; that it runs and gives its outputs is nbval's to say."""

import json
import os
import re
import sys
from pathlib import Path

import processes
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(path):
    return [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def path(request):
    return request.param


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 9


def test_a_notebook_is_small_and_was_run_from_top_to_bottom(path):
    assert path.stat().st_size < 1_500_000
    cells = code_cells(path)
    assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1))


def test_no_errors_no_stderr_no_timestamps(path):
    for cell in code_cells(path):
        assert "execution" not in cell["metadata"], "timings change at every run"
        for output in cell["outputs"]:
            shown = output["output_type"] in ("stream", "display_data") or "text/html" in output["data"]
            assert shown, "what is to be seen is printed, drawn or a table"
            assert output.get("name") != "stderr", output["text"]


def test_every_figure_is_an_svg_with_name_caption_and_alternative_text(path):
    seen = set()
    for cell in code_cells(path):
        kinds = {kind for o in cell["outputs"] for kind in o.get("data", {}) if kind.startswith("image/")}
        meta = cell["metadata"].get("mystnb", {})
        assert bool(kinds) == bool(meta), "".join(cell["source"])[:200]
        if kinds:
            assert kinds == {"image/svg+xml"}
            svg = "".join(line for o in cell["outputs"] if "data" in o for line in o["data"]["image/svg+xml"])
            assert len(svg) < 300_000
            assert "<dc:date>" not in svg
            assert len(meta["figure"]["caption"]) > 40 and len(meta["image"]["alt"]) > 40
            assert meta["figure"]["name"].startswith("fig-") and meta["figure"]["name"] not in seen
            seen.add(meta["figure"]["name"])


def test_every_equation_that_stands_alone_has_a_label_and_every_label_is_used(path):
    text = "\n".join("".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"])
    blocks = re.findall(r"(?ms)^\$\$\n.*?^\$\$([^\n]*)$", text)
    assert blocks
    for tail in blocks:
        assert re.fullmatch(r"\s*\(eq-[a-z-]+\)", tail), f"a displayed equation without a label: {tail!r}"


def test_every_figure_is_referred_to_somewhere(path):
    everything = "\n".join(p.read_text("utf-8") for p in [*NOTEBOOKS, *(ROOT / "book").glob("*.md")])
    for cell in code_cells(path):
        name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        assert name is None or f"{{numref}}`{name}`" in everything, name


def test_nothing_is_unfinished_and_nothing_needs_files_or_network(path):
    text = path.read_text("utf-8")
    assert not re.search(r"\b(TODO|FIXME|PENDING|XXX|lorem ipsum)\b", text)
    for cell in code_cells(path):
        source = "".join(cell["source"])
        assert not re.search(r"\bopen\(|urllib|requests\.|sys\.path|%time|perf_counter", source), source


def test_every_exercise_has_a_solution(path):
    text = "\n".join("".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"])
    exercises = re.findall(r":label: (ex-[a-z-]+)", text)
    solutions = re.findall(r"\{solution-start\} (ex-[a-z-]+)", text)
    assert exercises and sorted(exercises) == sorted(solutions)


def test_the_readmes_picture_is_the_notebooks():
    picture = (ROOT / "book/_static/trace.svg").read_text("utf-8").replace(' style="background: white"', "")
    figures = [
        "".join(o["data"]["image/svg+xml"])
        for path in NOTEBOOKS
        for cell in code_cells(path)
        for o in cell["outputs"]
        if "image/svg+xml" in o.get("data", {})
    ]
    assert picture in figures


@pytest.mark.parametrize(
    ("chapter", "said"),
    [("09", "PyTorch is not installed here"), ("17", "pieces of 7: the same")],
)
def test_a_chapter_that_uses_other_libraries_runs_without_them(chapter, said):
    path = next(p for p in NOTEBOOKS if p.stem.startswith(chapter))
    source = "\n".join("".join(c["source"]) for c in code_cells(path))
    # a finder and not sys.modules[name] = None, on which SciPy stumbles
    absent = """
import sys
class Absent:
    def find_spec(self, name, *_):
        if name.split(".")[0] in ("torch", "keras", "onnx", "onnxruntime", "jax", "equinox"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
"""
    done = processes.run([sys.executable, "-c", absent + source], 200, env=os.environ | {"MPLBACKEND": "agg"})
    assert said in done.stdout
