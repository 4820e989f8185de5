"""The model solutions, read from the source notebooks: as functions, as text, with a function exchanged."""

import ast
import copy
import inspect
import json
import types
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent / "source"


@cache
def notebook(problem_set):
    """The source notebook of a problem set, with its solutions and hidden tests."""
    return json.loads((SOURCE / problem_set / f"{problem_set}.ipynb").read_text("utf-8"))


def role(cell):
    """What nbgrader knows of a cell: "given", "solution", "test", "written" or "free"."""
    known = cell["metadata"].get("nbgrader")
    if not known:
        return "free"
    if known["grade"]:
        return "written" if known["solution"] else "test"
    return "solution" if known["solution"] else "given"


def text(cell):
    """A cell's source."""
    return "".join(cell["source"])


def solution_cells(problem_set):
    """The cells of code that make the model solution."""
    cells = notebook(problem_set)["cells"]
    return [c for c in cells if c["cell_type"] == "code" and role(c) in ("given", "solution")]


@cache
def solution(problem_set):
    """The model solution as a namespace."""
    space = types.SimpleNamespace()
    for cell in solution_cells(problem_set):
        exec(text(cell), space.__dict__)
    return space


def find(source, name):
    """First line and the line after the last of a function in a text, or None."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node.lineno - 1, node.end_lineno
    return None


@cache
def stands_alone(problem_set, name):
    """Whether a name is that of a function that its cell defines alone, so that it can be exchanged."""
    trees = [ast.parse(text(cell)).body for cell in solution_cells(problem_set) if role(cell) == "solution"]
    return any([getattr(node, "name", "") for node in tree] == [name] for tree in trees)


def source_of(problem_set, name):
    """The text of one function of the model solution, without nbgrader's marks; None where it has none."""
    for cell in solution_cells(problem_set):
        if place := find(text(cell), name):
            lines = text(cell).splitlines()[slice(*place)]
            return "\n".join(line for line in lines if not line.strip().startswith("###")) + "\n"
    return None


def renamed(function, name):
    """The text of a Python function, without decorators and under another name."""
    _, _, rest = inspect.getsource(function).partition(f"def {function.__name__}(")
    return f"def {name}({rest}"


def submission(problem_set, replaced=None):
    """The notebook, as bytes, of a student who solved all as the model does, but for the functions replaced.

    Parameters
    ----------
    replaced : dict, optional
        For names of functions, the text that stands in their place.
    """
    handed_in = copy.deepcopy(notebook(problem_set))
    left = dict(replaced or {})
    for cell in handed_in["cells"]:
        if cell["cell_type"] != "code" or role(cell) != "solution":
            continue
        for name in list(left):
            if place := find(text(cell), name):
                lines = text(cell).splitlines()
                lines[slice(*place)] = left.pop(name).splitlines()
                cell["source"] = "\n".join(lines)
    if left:
        raise ValueError(f"{problem_set} has no function {', '.join(left)}")
    return json.dumps(handed_in).encode()
