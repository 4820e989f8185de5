"""Make the student release with nbgrader: ``make course``."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course import model

HERE = Path(__file__).parent


def release(folder=HERE / "release"):
    """Write ``<folder>/ps1/ps1.ipynb`` and so on: the problem sets without solutions and hidden tests.

    Raises
    ------
    ValueError
        The points in a set's heading are not the sum of those of its cells.
    RuntimeError
        nbgrader refused a problem set; its words are in the message.
    """
    names = sorted(source.name for source in model.SOURCE.glob("ps*"))
    for name in names:
        cells = model.notebook(name)["cells"]
        own = sum(cell["metadata"].get("nbgrader", {}).get("points", 0) for cell in cells)
        said = re.search(r"\*\*Points\.\*\* (\d+)", "".join(map(model.text, cells)))
        if said is None or int(said[1]) != own:
            raise ValueError(f"{name} has cells of {own} points in all: its heading should say **Points.** {own}.")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--force", "--no-db"]
    command += [f"--CourseDirectory.release_directory={Path(folder).resolve()}"]

    def one(name):
        done = subprocess.run([*command, name], cwd=HERE, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"nbgrader did not release {name}:\n{done.stderr}")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, names))


if __name__ == "__main__":
    release()
