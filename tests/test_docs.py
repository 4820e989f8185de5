"""The code in the prose runs, and the prose tells the truth about the repository."""

import dataclasses
import importlib
import inspect
import json
import re
import tomllib
from pathlib import Path

import pytest

import rnnbook
from rnnbook import explorables

ROOT = Path(__file__).parents[1]
BLOCKS = [
    pytest.param(match[1], id=f"{path.name}-{k}")
    for path in (ROOT / "README.md", *sorted((ROOT / "book").glob("*.md")))
    for k, match in enumerate(re.finditer(r"(?ms)^```python\n(.*?)^```", path.read_text("utf-8")))
]


@pytest.mark.parametrize("code", BLOCKS)
def test_the_code_in_the_prose_runs(code):
    exec(code, {})


def test_there_is_code_in_the_prose():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("name", ["README.md", "book/how-to.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(name):
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))
    named = set(re.findall(r"`make ([a-z]+)`", (ROOT / name).read_text("utf-8")))
    assert named
    assert named <= targets


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert rnnbook.__version__ == project
    assert f"version: {project}" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {project}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_chapter_is_in_the_table_of_contents():
    contents = (ROOT / "_toc.yml").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"file: notebooks/{path.stem}" in contents


def code_of(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_chapters_that_need_more_say_so_and_those_on_no_path_are_named(monkeypatch):
    pytest.importorskip("sphinxcontrib.katex")
    monkeypatch.syspath_prepend(str(ROOT / "book/_ext"))
    import rnnbook_front as front

    rows = front.needs(ROOT)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if re.search(r"\bdata\.\w+\(", code_of(path)):
            assert any(f"/notebooks/{path.stem}`" in row for row in rows), f'{path.name}: "needs" in its metadata'
    assert front.besides((ROOT / "book/paths.md").read_text("utf-8"), ROOT) == []
    (sentence,) = front.besides("{doc}`/notebooks/01-sequences-and-state`", ROOT)
    assert "18-clusters" in sentence and "01-sequences" not in sentence


def test_counts_in_words_are_those_of_what_is_there():
    words = ("Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
    there = {
        "problem sets": len(list((ROOT / "course/source").glob("ps*"))),
        "figures": len(explorables.NAMES),
        "explorables": len(explorables.NAMES),
    }
    counted = re.compile(rf"(?i)\b({'|'.join(words)}) (?:\[)?({'|'.join(there)})\b(?! of)")
    found = 0
    for page in (ROOT / "index.md", ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "book").glob("*.md")):
        for word, what in counted.findall(page.read_text("utf-8")):
            assert words.index(word.capitalize()) + 3 == there[what.lower()], f"{page.name}: {word} {what}"
            found += 1
    assert found >= 6


def test_the_page_of_problem_sets_names_each_with_its_points():
    page = (ROOT / "book/problem-sets.md").read_text("utf-8")
    rows = re.findall(r'(?m)^\| (\d+) \| <a href="[^"]*/ps(\d+)\.zip" download>(.*?)</a> \| .* \| (\d+) \|$', page)
    sets = []
    for path in sorted((ROOT / "course/source").glob("ps*/ps*.ipynb"), key=lambda path: int(path.stem[2:])):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        title = "".join(cells[0]["source"]).partition(": ")[2].partition("\n")[0]
        graded = [about for cell in cells if (about := cell["metadata"].get("nbgrader", {})).get("grade")]
        number = path.stem[2:]
        sets.append((number, number, title, str(sum(about["points"] for about in graded))))
    assert rows == sets


def documented():
    """Everything that the pages of the package document, by its identity: modules, classes, functions."""
    found = []
    for page in (ROOT / "book").glob("*.md"):
        inside = "rnnbook"
        for what, name in re.findall(
            r"(?m)^(?:\.\. |```\{)(currentmodule|public|auto\w+)(?:::|\}) (\S+)", page.read_text("utf-8")
        ):
            if what == "currentmodule":
                inside = name
            elif what in ("public", "automodule"):
                module = importlib.import_module(name)
                own = {n: v for n, v in vars(module).items() if name in (getattr(v, "__module__", None) or name)}
                found += [module, *(v for n, v in own.items() if n[0] != "_")]
            else:
                path, _, last = (name if name.startswith("rnnbook") else f"{inside}.{name}").rpartition(".")
                found.append(getattr(importlib.import_module(path), last))
    return {id(one): one for one in found}


def test_every_public_name_is_on_a_page_of_the_package():
    known = documented()
    for name in rnnbook.__all__:
        assert id(getattr(rnnbook, name)) in known, name


def told(one):
    """A function, or the methods of a class: each with its name and with all that documents it."""
    if not inspect.isclass(one):
        return [(one.__name__, one, one.__doc__)]
    methods = {
        n: f for n, f in vars(one).items() if inspect.isfunction(f) and (n[0] != "_" or n in ("__init__", "__call__"))
    }
    # a class's docstring speaks for its methods, and that of a base for what is made of it; fields speak for themselves
    about = [c.__doc__ for c in one.__mro__]
    fields = dataclasses.is_dataclass(one) or hasattr(one, "_fields")
    own = {n: [vars(c)[n].__doc__ for c in one.__mro__ if n in vars(c)] for n in methods}
    return [
        (f"{one.__name__}.{n}", f, "\n".join(filter(None, (*about, *own[n]))))
        for n, f in methods.items()
        if not (fields and n == "__init__")
    ]


def test_a_docstring_names_every_parameter_and_says_when_something_is_raised():
    odd, raises = {}, re.compile(r"(?m)^\s+raise |\bcheck\.(?!require|optional)\w+\(")
    ours = [one for one in documented().values() if (inspect.isclass(one) or inspect.isfunction(one))]
    ours = [one for one in ours if re.match(r"rnnbook\.(?!trials)", one.__module__)]
    for name, code, doc in (each for one in ours for each in told(one)):
        parameters = [p for p in inspect.signature(code).parameters if p not in ("self", "cls")]
        missing = [p for p in parameters if not re.search(rf"\b{p}\b", doc or "")]
        if raises.search(inspect.getsource(code)) and not re.search(r"(Error|Exception)\b", doc or ""):
            missing.append("what it raises")
        odd |= {name: missing} if missing else {}
    assert not odd
    assert len(ours) > 150


def test_a_page_finds_what_is_public_by_looking(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book/_ext"))
    pytest.importorskip("sphinx")
    api = importlib.import_module("rnnbook_api")
    assert {f"rnnbook.{name}" for name in rnnbook.cells.__all__} == set(api.public("rnnbook.cells"))
    assert {"rnnbook.Adam", "rnnbook.SGD"} <= set(api.public("rnnbook.learning.optimisers"))
    assert "peephole" in api.methods(rnnbook.PeepholeLSTM) and "parallel" in api.methods(rnnbook.MinGRU)
    assert not {"step", "parameters"} & set(api.methods(rnnbook.MinGRU))


def test_every_work_cited_in_a_docstring_is_in_the_bibliography():
    """'(Name … 2014)' in a docstring must be an entry of that first author and year."""
    entries = (ROOT / "book/references.bib").read_text("utf-8")
    known = {
        (author.split(",")[0].strip().lower(), year)
        for author, year in re.findall(r"author\s*=\s*\{(.*?)\},\n.*?year\s*=\s*\{(\d{4})\}", entries, re.DOTALL)
    }
    text = "\n".join(p.read_text("utf-8") for p in (ROOT / "rnnbook").rglob("*.py"))
    cited = set(re.findall(r"([A-Z][a-z]+)(?:(?:, [A-Z][a-z]+)* (?:& [A-Z][a-z]+|et al\.))? (\d{4})", text))
    cited = {(name.lower(), year) for name, year in cited if 1950 < int(year) < 2030}
    assert len(cited) > 8
    assert cited <= known, cited - known
