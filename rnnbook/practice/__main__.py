"""Check a notebook: ``python -m rnnbook.practice ps4.ipynb``. It runs the notebook, as Jupyter would."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from rnnbook.practice import check


def main(arguments: Sequence[str]) -> None:
    """Print a line for each function."""
    number = re.search(r"ps\d+", Path(arguments[0]).name) if len(arguments) == 1 else None
    if number is None:
        sys.exit("usage: python -m rnnbook.practice ps4.ipynb")
    shell = InteractiveShell.instance()
    setattr(shell, "showtraceback", lambda *_, **__: None)  # noqa: B010  what stopped is said below
    for cell in nbformat.read(arguments[0], as_version=4).cells:
        if cell.cell_type == "code":
            shell.run_cell(cell.source, silent=True)
    try:
        said = check(number[0], shell.user_ns)
    except ValueError as error:
        sys.exit(str(error))
    for name, words in said.items():
        print(f"{name}: {words}")


if __name__ == "__main__":
    main(sys.argv[1:])
