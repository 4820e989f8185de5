"""Make the tables of all trials, in the order of the chapters: python -m rnnbook.trials

Let nothing else run meanwhile, since some tables hold times.
"""

import subprocess
import sys

from rnnbook import trials


def main():
    """Run each trial in a process of its own, as one runs it alone: its name stands beside the tables it makes."""
    for name in trials.modules():
        print(f"The tables of {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"rnnbook.trials.{name}"], check=True)


if __name__ == "__main__":
    main()
