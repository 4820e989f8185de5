"""The code in the prose runs, and the prose tells the truth about the repository."""

import re
import tomllib
from pathlib import Path

import pytest

import rnnbook

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
