"""What stands around the grader: what results say of the problems, and the sets for other test runners."""

import ast
import doctest
import json
import math
import os
import shutil
import sys

import numpy as np
import processes
import pytest
from test_course import REFUSED, SETS, hidden_lines

from course import analysis, examiner, export, grade, model, report

needs_sandbox = pytest.mark.skipif(bool(REFUSED), reason=REFUSED)


def result_of(student, points, says=()):
    says = dict(says)
    problems = [{"id": key, "points": p, "max": 2, "says": says.get(key, "")} for key, p in points.items()]
    return {"student": student, "problems": problems}


def test_difficulty_and_discrimination_are_those_of_a_class_worked_by_hand():
    points = [(2, 2, 0), (2, 2, 0), (0, 0, 2), (0, 2, 2)]
    class_ = [result_of(str(k), dict(zip("abc", row, strict=True))) for k, row in enumerate(points)]
    (a, hard, with_rest), (b, easy, _), (c, _, against) = analysis.items(class_)
    assert (a, b, c) == ("a", "b", "c")
    assert hard == 0.5 and easy == 0.75
    assert math.isclose(with_rest, -(3**-0.5))  # a is 2, 2, 0, 0 and b + c is 2, 2, 2, 4
    assert math.isclose(against, -3 * 11**-0.5)  # c is 0, 0, 2, 2 and a + b is 4, 4, 0, 2
    constant = analysis.items([result_of("x", {"a": 2, "b": 0}), result_of("y", {"a": 2, "b": 2})])
    assert all(math.isnan(discrimination) for *_, discrimination in constant)


def test_mistakes_that_go_together_are_found_and_chance_is_not():
    said_1 = [{"a": "one"} if k < 10 else {"a": "two"} if k < 20 else {} for k in range(40)]
    said_2 = [{"d": "three"} if k < 10 else {"d": "four"} if k % 2 else {} for k in range(40)]
    last = {
        "ps1": [result_of(str(k), {"a": 0}, s) for k, s in enumerate(said_1)],
        "ps2": [result_of(str(k), {"d": 0}, s) for k, s in enumerate(said_2)],
    }
    sure = [(one[2], other[2], both) for one, other, both, _, p in analysis.together(last) if p < 0.05]
    assert sure == [("one", "three", 10)]


@needs_sandbox
def test_resubmissions_are_kept_and_compared(tmp_path):
    mistakes = [m for m in examiner.mistakes("ps1") if m.problem == "rnn_step"][:2]
    out = tmp_path / "graded/ps1"
    for k, wrong in enumerate([mistakes[0], mistakes[0], mistakes[1], None]):
        folder = tmp_path / f"in{k}"
        folder.mkdir()
        content = model.submission("ps1", {wrong.replaces: wrong.source + f"# {k}\n"} if wrong else None)
        (folder / "ada.ipynb").write_bytes(content)
        (folder / "bob.ipynb").write_bytes(model.submission("ps1"))
        grade.main(["1", str(folder), "--out", str(out)])
    assert [path.name for path in (out / "earlier").iterdir()] == ["ada"]
    _, chains = analysis.load(tmp_path / "graded")
    assert [len(chain) for chain in chains] == [4]
    after = analysis.followed(chains)
    assert after["rnn_step", mistakes[0].says] == {"same": 1, "other": 1}
    assert after["rnn_step", mistakes[1].says] == {"right": 1}
    analysis.main([str(tmp_path / "graded")])
    text = (tmp_path / "graded/analysis.html").read_text("utf-8")
    assert "1 with more than one submission" in text and "<script" not in text
    with pytest.raises(SystemExit, match="has no results"):
        analysis.main([str(tmp_path)])


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The sets for other test runners, made once."""
    folder = tmp_path_factory.mktemp("exported")
    export.export(folder)
    return folder


def test_the_export_for_pytest_judges_as_the_visible_tests_do(exported, tmp_path):
    """A set as it is given out and as the model solves it, in one run of pytest."""
    shutil.copytree(exported / "ps1", tmp_path / "empty")
    solved = shutil.copytree(exported / "ps1", tmp_path / "solved")
    content = json.loads(model.submission("ps1"))
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"]).partition(grade.HIDDEN)[0]
    (solved / "ps1.ipynb").write_text(json.dumps(content))
    options = ["-q", "-rpf", "-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib", "--rootdir", "."]
    plain = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # students have none of our plugins either
    written = processes.run([sys.executable, "-m", "pytest", *options], check=False, cwd=tmp_path, env=plain).stdout
    told = {line.partition(" - ")[0] for line in written.splitlines() if line.startswith(("PASSED", "FAILED"))}
    keys = [key for key, _, _ in grade.roles("ps1")[0]]
    due = {f"{what}/test_ps1.py::test_ps1[{key}]" for what in ("FAILED empty", "PASSED solved") for key in keys}
    assert told == due, written


@pytest.mark.parametrize("name", SETS)
def test_the_export_for_pytest_holds_the_visible_tests(name, exported):
    tree = ast.parse((exported / name / f"test_{name}.py").read_text("utf-8"))
    (tests,) = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    told = {key: source.strip() for key, source in ast.literal_eval(tests).items()}
    assert told == {key: source.partition(grade.HIDDEN)[0].strip() for key, _, source in grade.roles(name)[0]}


def test_the_export_for_otter_holds_the_visible_tests_and_nothing_hidden(exported):
    for name in SETS:
        files = {path.stem: path.read_text("utf-8") for path in (exported / name / "tests").iterdir()}
        assert files.keys() == {key for key, _, _ in grade.roles(name)[0]}
        everything = "".join(path.read_text("utf-8") for path in (exported / name).rglob("*") if path.is_file())
        assert "examiner" not in everything and not [line for line in hidden_lines(name) if line in everything]
        if name in ("ps5", "ps6"):  # what these test is long
            continue
        for key, text in files.items():
            found: dict = {}
            exec(text, found)
            (case,) = found["test"]["suites"][0]["cases"]
            assert not case["hidden"] and found["test"]["name"] == key
            space = {"np": np, **vars(model.solution(name))}
            test = doctest.DocTestParser().get_doctest(case["code"], space, key, "", 0)
            assert test.examples and doctest.DocTestRunner(verbose=False).run(test).failed == 0


# tables that a teacher edits ----------------------------------------------------------------------------------------

CLASS = [
    {"student": name, "problems": [], "written": [{"id": "q", "max": 7, "answer": "", "points": None}]}
    for name in ("ada", "Zoë-77", "=cmd")
]
ROWS = 'student,question,points,of,answer\nada,q,6.5,7,"two\nlines, and a comma"\nZoë-77,q,3,7,\n\'=cmd,q,,7,x\n'


@pytest.mark.parametrize("change", ["as it was", "semicolons", "tabs", "decimal comma", "utf-16", "windows", "old mac"])
def test_points_are_read_as_spreadsheets_write_them(change, tmp_path):
    text = ROWS
    if change in ("semicolons", "decimal comma", "windows"):
        text = text.replace("lines, and", "lines and").replace(",", ";")
    if change in ("tabs", "utf-16"):
        text = text.replace("lines, and", "lines and").replace(",", "\t")
    if change in ("decimal comma", "windows"):
        text = text.replace("6.5", "6,5")
    if change == "old mac":
        text = text.replace("points", " Points ")
    path = tmp_path / "written.csv"
    path.write_bytes(
        text.encode({"utf-16": "utf-16", "windows": "cp1252", "as it was": "utf-8-sig"}.get(change, "utf-8"))
    )
    assert report.written_marks(path, CLASS) == {("ada", "q"): 6.5, ("Zoë-77", "q"): 3}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("6.5", "70", "line 2: 70 points are more than the 7 of this question"),
        ("6.5", "-3", "line 2: '-3' is not a number of points"),
        ("6.5", "nan", "line 2: 'nan' is not a number of points"),
        ("6.5", "1e3", "line 2: '1e3' is not a number of points"),
        ("6.5", "6,5", "line 2: it has 6 cells, and the header 5"),
        ("Zoë-77,q,3", "Zoë-77,q,good", "line 4: 'good' is not a number of points"),
        ("Zoë-77", "Zoe", "line 4: nothing was handed in by 'Zoe' for 'q'"),
        ("Zoë-77,q", "Zoë-77,r", "line 4: nothing was handed in by 'Zoë-77' for 'r'"),
        ("Zoë-77", "ada", "line 4: ada has points for q twice"),
        ("points", "marks", "line 1: the header has no column points"),
        (ROWS, "", "line 1: the header has no column student and no column question and no column points"),
    ],
)
def test_points_that_cannot_be_meant_are_refused_with_their_line(old, new, words, tmp_path):
    path = tmp_path / "written.csv"
    path.write_text(ROWS.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=r"written\.csv, line") as refused:
        report.written_marks(path, CLASS)
    assert words in str(refused.value)
