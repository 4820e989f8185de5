"""A class of 500 graded in the sandbox, and some of it by plain nbgrader autograde, in one run: make bench-course

Problem set 4; the class gets it right in many ways, makes every mistake of the suite, some that nobody listed, some
two at once, or hands in nothing. nbgrader grades the first PLAIN of the same notebooks, one after the other in one
process, as it does; ours uses all cores, so the comparison is for each core. In the middle our run is killed once and
started again.
"""

import importlib
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course import examiner, model
from course.correct import RIGHT
from tests import processes, unseen

ROOT = Path(__file__).parents[1]
SET, PLAIN = "ps4", 30
STUDENTS = (500, 5000)


def submissions():
    """Notebooks without end: right in another way, wrong, right, …, and each fiftieth empty."""
    importlib.import_module(f"course.correct.{SET}")
    right = itertools.cycle([{problem: text} for problem, texts in RIGHT[SET].items() for text in texts])
    listed = [{m.replaces: m.source} for m in examiner.mistakes(SET)]
    others = [{problem: text} for name, problem, text, _ in (*unseen.SINGLE, *unseen.PAIRS) if name == SET]
    wrong = itertools.cycle([*listed, *others])
    empty = (ROOT / f"course/release/{SET}/{SET}.ipynb").read_bytes()
    for k in itertools.count(1):
        yield empty if k % 50 == 0 else model.submission(SET, next(right if k % 2 else wrong))


def ours(folder, out, students):
    """Seconds to grade the class, killed once in the middle."""
    command = [sys.executable, "-m", "course.grade", SET[2:], str(folder), "--out", str(out)]
    start = time.perf_counter()
    with processes.running(command, cwd=ROOT, stderr=subprocess.DEVNULL) as run:
        while len(list(out.glob("results/*.json"))) < students // 2:
            assert run.poll() is None, "the grader ended"
            time.sleep(0.1)
        processes.kill(run)
    kept = {path: path.stat().st_mtime_ns for path in out.glob("results/*.json")}
    processes.run(command, students, cwd=ROOT)
    seconds = time.perf_counter() - start
    results = list(out.glob("results/*.json"))
    assert len(results) == students, "nothing is lost"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items()), "nothing is graded twice"
    return seconds


def plain(folder, course):
    """Seconds that nbgrader autograde takes for the first notebooks of the class."""
    shutil.copytree(ROOT / "course/source" / SET, course / "source" / SET)
    shutil.copy(ROOT / "course/nbgrader_config.py", course)
    for path in sorted(folder.iterdir())[:PLAIN]:
        handed_in = course / "submitted" / path.stem / SET
        handed_in.mkdir(parents=True)
        shutil.copy(path, handed_in / f"{SET}.ipynb")
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": binaries}
    seconds = []
    for command in ("generate_assignment", "autograde"):
        start = time.perf_counter()
        processes.run(["nbgrader", command, SET], 60 * PLAIN, cwd=course, env=environment)
        seconds.append(time.perf_counter() - start)
    assert len(list(course.glob(f"autograded/*/{SET}/{SET}.ipynb"))) == PLAIN
    return seconds[-1]


def main():
    """Print submissions a minute, the ratio, and how many mistakes are named."""
    (count, right, wrong), (two, one, both) = unseen.named()
    print(f"mistakes that nobody listed: of {count} alone {right} named rightly, {wrong} wrongly")
    print(f"  of {two} times two at once: one named in {one}, both in {both}")
    cores = os.cpu_count()
    for students in STUDENTS:
        with tempfile.TemporaryDirectory() as temporary:
            folder, out, course = (Path(temporary) / name for name in ("in", "out", "course"))
            folder.mkdir()
            course.mkdir()
            for k, content in enumerate(itertools.islice(submissions(), students)):
                (folder / f"student{k:04d}.ipynb").write_bytes(content)
            if students == STUDENTS[0]:
                theirs = PLAIN * 60 / plain(folder, course)
                print(f"plain nbgrader autograde: {theirs:.0f} submissions a minute on one core ({PLAIN} graded)")
            rate = students * 60 / ours(folder, out, students)
            print(f"make grade, {students}: {rate:.0f} a minute on {cores} cores, {rate / cores:.0f} on each")
            print(f"  for each core {rate / cores / theirs:.1f} times as fast as plain nbgrader")
            sizes = [path.stat().st_size for path in (out / "feedback").rglob("*.html")]
            print(f"  feedback: {len(sizes)} pages of {statistics.median(sizes) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
