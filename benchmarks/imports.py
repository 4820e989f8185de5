"""How long `import rnnbook` takes, beside `import numpy`: python benchmarks/imports.py

Each import is a process of its own, one after the other in turn. What counts is the processor time of the import
alone, which other programs disturb least. The package loads its parts when they are first used, so the last line is
what a program with an LSTM pays.
"""

import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 30
AIM = 1.6
STATEMENTS = ("import numpy", "import rnnbook", "import numpy, rnnbook", "from rnnbook import LSTM, Adam, fit")
TIMED = "import time; start = time.process_time(); {}; print(time.process_time() - start)"


def seconds(statement):
    """The processor time of a statement, in a fresh process that starts where the package is."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    root = Path(__file__).parents[1]
    return float(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout)


def medians(statements, rounds):
    """The median time of each statement, all of them measured in turn; a first round warms the disk."""
    times = [[seconds(statement) for statement in statements] for _ in range(rounds + 1)][1:]
    return [statistics.median(column) for column in zip(*times, strict=True)]


if __name__ == "__main__":
    times = medians(STATEMENTS, ROUNDS)
    for statement, time in zip(STATEMENTS, times, strict=True):
        print(f"{statement:36} {time * 1000:4.0f} ms {time / times[0]:5.2f} times NumPy's")
    print(f"import rnnbook, which may take {AIM} times as long: {'yes' if times[1] <= AIM * times[0] else 'NO'}")
