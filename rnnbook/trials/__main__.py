"""Make the tables of all trials, in the order of the chapters, or of those named: python -m rnnbook.trials [NAME …]

Let nothing else run meanwhile, since some tables hold times. Where a sweep was interrupted, it goes on.

    python -m rnnbook.trials --pilot NAME     a few runs of each arm, thrown away: where do the best rates lie?
"""

import subprocess
import sys

from rnnbook import trials


def main(words):
    """Run each trial in a process of its own, as one runs it alone: its name stands beside the tables it makes."""
    known = trials.modules()
    unknown = [word for word in words if word not in known and word != "--pilot"]
    if unknown:
        sys.exit(f"no trial is called {unknown[0]!r}; there are {', '.join(known)}")
    if words[:1] == ["--pilot"]:
        for design in known[words[1]].DESIGNS:
            print(design.pilot())
        return
    if len(words) == 1:
        trials.make(known[words[0]])
        return
    for name in words or known:
        print(f"The tables of {name}", flush=True)
        subprocess.run([sys.executable, "-m", "rnnbook.trials", name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
