"""Copies of the notebooks whose first cell installs the package on Colab: python .ci/colab.py REPOSITORY FOLDER

Colab opens notebooks from GitHub and knows nothing of the rest of the repository. The workflow that
publishes the site knows its address, and pushes these copies to the branch `colab`.
"""

import sys
from pathlib import Path

import nbformat

FIRST = """# On Colab this installs the book's package; anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install -q git+{repository}"""

repository, folder = sys.argv[1], Path(sys.argv[2]) / "notebooks"
folder.mkdir(parents=True)
for path in sorted(Path("notebooks").glob("*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    first = nbformat.v4.new_code_cell(FIRST.format(repository=repository), id="install-on-colab")
    notebook.cells.insert(0, first)
    nbformat.write(notebook, folder / path.name)
