"""What students may have, for a branch of its own: python .ci/students.py REPOSITORY FOLDER

The chapters, with a first cell that installs the package on Colab, which opens notebooks from GitHub and knows
nothing of the rest of the repository; and the problem sets as released, without the solutions that lie beside
them on the main branch. The workflow that publishes the site pushes this to the branch `students`.
"""

import shutil
import sys
from pathlib import Path

import nbformat

FIRST = """# On Colab this installs the book's package; anywhere else it does nothing.
import shutil
import sys

if "google.colab" in sys.modules:
    %pip install -q git+{repository}"""

repository, folder = sys.argv[1], Path(sys.argv[2])
shutil.copytree("course/release", folder / "problem-sets")
(folder / "notebooks").mkdir()
for path in sorted(Path("notebooks").glob("*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    first = nbformat.v4.new_code_cell(FIRST.format(repository=repository), id="install-on-colab")
    notebook.cells.insert(0, first)
    nbformat.write(notebook, folder / "notebooks" / path.name)
