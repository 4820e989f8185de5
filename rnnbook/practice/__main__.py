"""Check a notebook: ``python -m rnnbook.practice ps4.ipynb``. It runs the notebook, as Jupyter would."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rnnbook.practice import check


def sources(path: Path) -> list[str]:
    """The code of a notebook's cells."""
    notebook = json.loads(path.read_text("utf-8"))
    if notebook.get("nbformat", 4) != 4:  # of 2014 or before
        import nbformat  # takes longer to import than all the rest

        notebook = nbformat.read(path, as_version=4)
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def main(arguments: Sequence[str]) -> None:
    """Print a line for each function."""
    number = re.search(r"ps\d+", Path(arguments[0]).name) if len(arguments) == 1 else None
    if number is None:
        sys.exit("usage: python -m rnnbook.practice ps4.ipynb")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    setattr(shell, "showtraceback", lambda *_, **__: None)  # noqa: B010  what stopped is said below
    for source in sources(Path(arguments[0])):
        shell.run_cell(source, silent=True)
    try:
        said = check(number[0], shell.user_ns)
    except ValueError as error:
        sys.exit(str(error))
    for name, words in said.items():
        print(f"{name}: {words}")


if __name__ == "__main__":
    main(sys.argv[1:])
