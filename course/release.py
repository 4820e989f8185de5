"""Make the student release with nbgrader: ``make course``."""

import re
import subprocess
import sys
from pathlib import Path

from course import model, table

HERE = Path(__file__).parent


def release(folder=HERE / "release"):
    """Write ``<folder>/ps1/ps1.ipynb`` and so on: the problem sets without solutions and hidden tests.

    First the source notebooks are made to say what the teacher's table says.

    Raises
    ------
    ValueError
        The teacher's table does not fit, or the points in a set's heading are not the sum of those of its cells.
    RuntimeError
        nbgrader refused a problem set; its words are in the message, and the other sets are released.
    """
    table.apply()
    for name in sorted(source.name for source in model.SOURCE.glob("ps*")):
        cells = model.notebook(name)["cells"]
        own = sum(cell["metadata"].get("nbgrader", {}).get("points", 0) for cell in cells)
        said = re.search(r"\*\*Points\.\*\* (\d+(\.5)?)", "".join(map(model.text, cells)))
        if said is None or float(said[1]) != own:
            raise ValueError(f"{name} has cells of {own:g} points in all: its heading should say **Points.** {own:g}.")
    # all of them in one process: to import nbgrader takes longer than a set
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--force", "--no-db", "ps*"]
    command += [f"--CourseDirectory.release_directory={Path(folder).resolve()}"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"nbgrader did not release the problem sets:\n{done.stderr}")


if __name__ == "__main__":
    release()
