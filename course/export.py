"""The problem sets for people without nbgrader: a folder for pytest (GitHub Classroom) and Otter-Grader.

``make course`` writes, for each problem set, ``course/exported/psN/``: the notebook as students get it, a file of tests
for pytest, which runs the notebook as Jupyter does, and a folder of tests for Otter. All are the visible tests; the
hidden ones stay with ``make grade``, which takes the same notebooks.
"""

import ast
import pprint
from pathlib import Path

from course import grade, model

HERE = Path(__file__).parent
REQUIREMENTS = "ipykernel\nmatplotlib\nnbclient\nnumpy\npytest\n"
PYTEST = '''"""The visible tests of problem set {number}: pip install -r requirements.txt, then pytest.

The notebook runs from the top to the bottom, as by Jupyter's *Restart and run all*, and goes on after an error. Each
test is the cell of the notebook, in its place, as it was handed out.
"""

from pathlib import Path

import nbclient
import nbformat
import pytest

TESTS = {tests}


@pytest.fixture(scope="module")
def cells():
    """The notebook's test cells after it has run, by their names."""
    notebook = nbformat.read(Path(__file__).with_name("{name}.ipynb"), as_version=4)
    found = {{cell.metadata.get("nbgrader", {{}}).get("grade_id"): cell for cell in notebook.cells}}
    for name, source in TESTS.items():
        if name not in found:
            found[name] = nbformat.v4.new_code_cell()
            notebook.cells.append(found[name])
        found[name].cell_type, found[name].source = "code", source
    nbclient.NotebookClient(notebook, timeout=120, allow_errors=True, kernel_name="python3").execute()
    return found


@pytest.mark.parametrize("name", TESTS)
def test_{name}(name, cells):
    errors = [output for output in cells[name].outputs if output.output_type == "error"]
    assert not errors, f"{{errors[0].ename}}: {{errors[0].evalue}}"
'''


def visible(source):
    """The part of a test that students see."""
    return source.partition(grade.HIDDEN)[0].strip() + "\n"


def doctest(source):
    """Code as in an interactive session, which is how Otter keeps it."""
    lines = source.splitlines()
    out = []
    for node in ast.parse(source).body:
        first, *rest = lines[node.lineno - 1 : node.end_lineno]
        out += [f">>> {first}", *(f"... {line}" for line in rest)]
    return "\n".join(out) + "\n"


def otter(key, points, source):
    """A test file of Otter."""
    case = {"code": doctest(visible(source)), "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    test = {"name": key, "points": points, "suites": [suite]}
    return f"OK_FORMAT = True\n\ntest = {pprint.pformat(test, width=110, sort_dicts=False)}\n"


def export(folder=HERE / "exported"):
    """Write ``<folder>/psN`` for every problem set that has been released."""
    for released in sorted((HERE / "release").glob("ps*/ps*.ipynb")):
        name = released.stem
        tests, _ = grade.roles(name)
        out = Path(folder) / name
        (out / "tests").mkdir(parents=True, exist_ok=True)
        (out / f"{name}.ipynb").write_bytes(released.read_bytes())
        packages = (
            "rnnbook\n" if "rnnbook" in model.notebook(name)["metadata"].get("course", {}).get("packages", ()) else ""
        )
        (out / "requirements.txt").write_text(REQUIREMENTS + packages, "utf-8")
        sources = {key: visible(source) for key, _, source in tests}
        table = pprint.pformat(sources, width=110, sort_dicts=False)
        (out / f"test_{name}.py").write_text(PYTEST.format(number=name[2:], name=name, tests=table), "utf-8")
        for key, points, source in tests:
            (out / "tests" / f"{key}.py").write_text(otter(key, points, source), "utf-8")


if __name__ == "__main__":
    export()
