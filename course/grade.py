"""Grade a folder of submissions: ``make grade PS=4 FROM=folder``.

Each notebook runs in a sandbox of its own; the tests run here and only their numbers go in. A result is a
file that carries a fingerprint of what was graded and by what, so a run that was killed goes on where it was.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import resource
import sys
import threading
import time
import traceback
import warnings
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from course import collect, control, examiner, model, report, table
from course.sandbox import Limits, Pupil, Stopped, StudentError, refuse_without_sandbox

HERE = Path(__file__).parent
HIDDEN = "### BEGIN HIDDEN TESTS"
RESTARTS = 3
WATCH = 20  # seconds after which it is looked whether a cluster still has workers
GROWS = 2 << 30  # bytes by which the grader itself may grow while it grades one submission
ONE_AT_A_TIME = threading.Lock()  # what is graded is kept in places that all threads share


@cache
def roles(problem_set):
    """The graded cells of a problem set, from its source: tests and written questions, in order."""
    tests: list[tuple] = []
    written: list[tuple] = []
    for cell in model.notebook(problem_set)["cells"]:
        if (role := model.role(cell)) in ("test", "written"):
            about = cell["metadata"]["nbgrader"]
            (tests if role == "test" else written).append((about["grade_id"], about["points"], model.text(cell)))
    return tests, written


def hidden(problem_set, problem):
    """The numbers and the outputs of a hidden test that compares with the model."""
    source = next(text for key, _, text in roles(problem_set)[0] if key == problem)
    before, call = source.partition(HIDDEN)[2].rsplit("examine(", 1)
    space = {"np": np}
    exec(before.replace("from course.examiner import examine", ""), space)
    words = re.findall(r'"([^"]*)"', call)
    return space["numbers"], " ".join(examiner.weights_of(words[2])) if len(words) > 2 else "result"


@cache
def compiled(source, name):
    """A test's code."""
    return compile(source, name, "exec")


@cache
def judged(problem_set, source):
    """The student's names that a test uses. Nothing else of theirs gets into it, whatever name it goes by."""
    visible, _, hidden = source.partition(HIDDEN)
    return [name for name in examiner.free_names(hidden or visible) if hasattr(model.solution(problem_set), name)]


@cache
def question_of(problem_set, key):
    """The text of a written question, which stands in the cell above its answer."""
    cells = model.notebook(problem_set)["cells"]
    at = next(k for k, cell in enumerate(cells) if cell["metadata"].get("nbgrader", {}).get("grade_id") == key)
    return model.text(cells[at - 1])


def limits(problem_set):
    """What a submission to this problem set may use, and which of the project's packages it may import."""
    said = model.notebook(problem_set)["metadata"].get("course", {})
    return Limits(**said.get("limits", {})), tuple(said.get("packages", ()))


class Cell(NamedTuple):
    """A cell as it was handed in; `key` is the id that nbgrader gave it, if it still has one."""

    key: str
    kind: str
    source: str
    given: str = ""  #: locked cells as they were given out, which run after it


def converted(notebook):
    """A notebook of another format, in format 4."""
    import nbformat  # takes longer to import than all the rest, and most notebooks are of format 4

    with warnings.catch_warnings(action="ignore"):  # about ids, which nothing here uses
        return nbformat.convert(nbformat.reader.reads(json.dumps(notebook)), 4)


def read(content):
    """The cells of a submitted notebook, and what is to be said of its format.

    Raises
    ------
    ValueError
        The file is no notebook.
    """
    try:
        notebook = {"nbformat": 4, "metadata": {}} | json.loads(content)  # what some editors leave out
        major = notebook["nbformat"]
        if major != 4:
            notebook = converted(notebook)
        cells = [
            Cell(
                str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")),
                cell["cell_type"],
                "".join(cell["source"]),
            )
            for cell in notebook["cells"]
        ]
    except Exception as error:  # nbformat has many ways to fail on what is none
        raise ValueError("The file is not a notebook: it is no JSON, or its cells are missing.") from error
    old = f"The notebook is in Jupyter's old format {major}. It was read as format 4; save it in a newer Jupyter."
    return cells, [old] if major < 4 else []


def mistaken(cells, problem_set):
    """A note where the notebook is that of another problem set."""
    keys = {cell.key for cell in cells} - {""}
    ids = {path.name: {test[0] for test in roles(path.name)[0]} for path in model.SOURCE.glob("ps*")}
    if keys & ids[problem_set]:
        return []
    return [f"This is the notebook of problem set {name[2:]}." for name in sorted(ids) if keys & ids[name]]


def restored(cells, problem_set):
    """The cells, with the locked ones that were changed or deleted beside them, and notes that say so.

    What stands in a changed one runs first, so that nobody loses an import that they have added.
    """
    cells, notes = list(cells) or [Cell("", "markdown", "")], []
    known = {squeezed(cell.source) for cell in cells}
    for cell in model.notebook(problem_set)["cells"]:
        if cell["cell_type"] != "code" or model.role(cell) != "given" or squeezed(model.text(cell)) in known:
            continue
        key = cell["metadata"]["nbgrader"]["grade_id"]
        at = next((k for k, one in enumerate(cells) if one.key == key), None)
        cells[at or 0] = cells[at or 0]._replace(given=cells[at or 0].given + "\n" + model.text(cell))
        what = "has been deleted" if at is None else "has been changed"
        notes.append(f"The locked cell `{key}` {what}. It was run as it was given out.")
    return cells, notes


@lru_cache(100)  # each text of a notebook is compared with that of each test
def squeezed(text):
    """A text without white space, which editors change."""
    return "".join(text.split())


def place_of(cells, key, visible):
    """How many cells, from the top, stand before a test's judgement: those to its own, which is the last.

    A test is known by its text, for its id may be gone (Colab) or stand on copies; then by its id. Where there
    is neither, it is judged at the end of the notebook.
    """
    alike = [k for k, cell in enumerate(cells, 1) if squeezed(visible) in squeezed(cell.source)]
    named = [k for k, cell in enumerate(cells, 1) if cell.key == key]
    return max({*alike} & {*named} or alike or named or [len(cells)])


def answer_to(cells, key, question):
    """The answer to a written question: the cell with its id, or what stands below the question."""
    for cell in cells:
        if cell.key == key and cell.kind != "code":
            return cell.source
    texts = [squeezed(cell.source) for cell in cells]
    at = texts.index(squeezed(question)) + 1 if squeezed(question) in texts else len(cells)
    return cells[at].source if at < len(cells) and cells[at].kind != "code" else ""


class Messenger:
    """Stands for a student's function where the tests run: a call of it is a call into the sandbox."""

    def __init__(self, examination, name):
        self.examination, self.name, self.changed = examination, name, False

    def __call__(self, *args):
        """Call it; afterwards `changed` says whether it wrote into what it was given."""
        result, changed = self.examination.ask(lambda pupil: pupil.call(self.name, args))
        self.changed = bool(changed)
        return result


class Examination:
    """One submission before the examiner: starts the sandbox, again if the student's code ended it.

    Parameters
    ----------
    cells : list of Cell
        All run from the top, as by Jupyter's *Run all*, tests included, and on from a cell that stops.
    tests : dict
        For each test (the number of cells before its judgement, the names that it judges).
    rules, packages, sandboxed
        As in `Pupil`.
    """

    def __init__(self, cells, tests, rules, packages, sandboxed):
        self.cells, self.tests = cells, tests
        self.rules, self.packages, self.sandboxed = rules, packages, sandboxed
        self.errors, self.lent, self.bad, self.starts, self.pupil = [], {}, set(), 0, None
        self.restarts = RESTARTS + len(tests)  # a function that ends its process does so in the visible tests too
        self.moved, self.earlier, self.until = set(), {}, time.monotonic() + 3 * rules.total

    def start(self):
        """Run the notebook's cells, and leave out one that ends the process."""
        while self.pupil is None:
            if self.starts > self.restarts:
                raise Stopped("The notebook ended its process again and again, so the rest was not graded.")
            if time.monotonic() > self.until:
                raise Stopped("The notebook took too long in all, so the rest was not graded.")
            self.starts += 1
            pupil = Pupil(self.rules, self.packages, self.sandboxed)
            number = None
            try:
                for number, cell in enumerate(self.cells, 1):
                    if cell.kind == "code" and number not in self.bad:
                        self.run(pupil, number, cell)
                    if cell.given:
                        with contextlib.suppress(StudentError):  # of somebody who took the library apart
                            pupil.run(cell.given, number)
                    for key, (place, names) in self.tests.items():
                        if place == number < len(self.cells):
                            self.watch(pupil, key, names)
                if self.tests:
                    self.moved |= pupil.moved()
                for name, function in self.lent.items():
                    pupil.lend(name, function)
            except Stopped as stopped:
                self.bad.add(number)
                self.errors.append((number, f"{stopped} The cell was left out."))
            else:
                self.pupil = pupil

    def watch(self, pupil, key, names):
        """From now on note what changes of the functions that a test judges."""
        try:
            pupil.mark(key, names)
        except StudentError:  # what they use is too large to be watched
            self.moved.add(key)

    def run(self, pupil, number, cell):
        """Run a cell; what a visible test says is not noted, since the hidden one says it better."""
        if cell.key in self.tests:
            with contextlib.suppress(StudentError):
                pupil.run(cell.source, number, self.rules.call / 4)
            return
        try:
            pupil.run(cell.source, number)
        except StudentError as error:
            if self.starts == 1:
                self.errors.append((number, cell_error(error)))

    def at(self, key):
        """The notebook as it stands at a test's place: itself, unless later cells changed what the test judges."""
        self.start()
        if key not in self.moved:
            return self
        if key not in self.earlier:
            above = self.cells[: self.tests[key][0]]
            self.earlier[key] = Examination(above, {}, self.rules, self.packages, self.sandboxed)
            self.earlier[key].bad, self.earlier[key].until = self.bad, self.until
        self.earlier[key].lent = self.lent
        return self.earlier[key]

    def ask(self, question):
        """Put a question to the sandbox."""
        self.start()
        try:
            return question(self.pupil)
        except Stopped:
            self.pupil = None
            raise

    def lend(self, name, function):
        """Let the later problems use a right function in the place of one that lost its points."""
        self.lent[name] = function
        if self.pupil:
            with contextlib.suppress(Stopped):  # it is lent again when the sandbox starts again
                self.ask(lambda pupil: pupil.lend(name, function))

    def close(self):
        """End the sandbox."""
        for one in (self, *self.earlier.values()):
            if one.pupil:
                one.pupil.close()


def cell_error(error):
    """The words for a cell of the student's own that stopped. No hidden number has been in the sandbox yet."""
    if error.kind == "TimeoutError":
        return "It took too long and was stopped. Does every loop end?"
    if error.kind == "OutputLimit":
        return "It printed more than a million characters and was stopped."
    if error.kind == "MemoryError":
        return "It asked for more memory than there is."
    line = f" in line {error.line}" if isinstance(error.line, int) else ""
    return f"It stopped{line} with {error.kind}: {error.words}"


@contextlib.contextmanager
def bounded():
    """Whatever a student's results make of the tests: memory that runs out is an error in them, and ends nobody else.

    Wire's bounds come first; this is for what a test makes of two results that are each of a fair size.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    now = next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:")), None)
    if now is not None:
        most = now + GROWS if hard == resource.RLIM_INFINITY else min(now + GROWS, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def blank(submission, problem_set):
    """The result of a submission of which nothing has been graded."""
    tests, written = roles(problem_set)
    return {
        "student": submission.student,
        "file": submission.file,
        "notes": list(submission.notes),
        "problems": [{"id": key, "points": 0, "max": points, "says": ""} for key, points, _ in tests],
        "written": [{"id": key, "max": points, "answer": ""} for key, points, _ in written],
        "errors": [],
    }


def grade(submission, problem_set, sandboxed=True):
    """Grade one submission.

    Returns
    -------
    dict
        What `report` writes: points and words for each problem, the written answers, errors of cells, notes.
    """
    tests, _ = roles(problem_set)
    result = blank(submission, problem_set)
    if submission.notebook is None:
        return result
    try:
        cells, notes = read(submission.notebook)
    except ValueError as error:
        result["notes"].append(str(error))
        return result
    result["notes"] += notes + mistaken(cells, problem_set)
    cells, notes = restored(cells, problem_set)
    result["notes"] += notes
    for question in result["written"]:
        question["answer"] = answer_to(cells, question["id"], question_of(problem_set, question["id"]))[:20_000]
    examiner.seed = int.from_bytes(hashlib.sha256(f"{problem_set} {submission.student}".encode()).digest()[:4])
    rules, packages = limits(problem_set)
    places = {
        key: (place_of(cells, key, source.partition(HIDDEN)[0]), judged(problem_set, source))
        for key, _, source in tests
    }
    examination = Examination(cells, places, rules, packages, sandboxed)
    # tests without a hidden part come first: what the notebook says then cannot repeat a hidden number
    order = sorted(range(len(tests)), key=lambda k: HIDDEN in tests[k][2])
    try:
        for k in order:
            key, points, source = tests[k]
            problem = result["problems"][k]
            with bounded():
                problem["says"], kept = verdict(examination, problem_set, key, source)
            problem["points"] = int(round(2 * kept * points, 6)) / 2  # whole halves of a point
            if problem["says"] and model.stands_alone(problem_set, key):
                examination.lend(key, getattr(model.solution(problem_set), key))
    except Stopped as stopped:
        result["notes"].append(str(stopped))
    finally:
        examination.close()
    result["errors"] = examination.errors
    return result


def verdict(examination, problem_set, key, source):
    """Run a test: empty words if it is passed, and the share of the points that is kept."""
    visible, _, hidden = source.partition(HIDDEN)
    wanted = judged(problem_set, source)
    try:
        there = examination.at(key)
        functions, values = there.ask(lambda pupil: pupil.look(wanted))
        for name in wanted:
            if name not in functions and name not in values:
                later = there is not examination and any(examination.ask(lambda pupil, n=name: pupil.look([n])))
                return (examiner.LATER if later else examiner.MISSING).format(name=name), 0.0
        space = values | {name: Messenger(there, name) for name in functions} | {"np": np}
        exec(compiled(hidden or visible, key), space)
    except StudentError as error:
        return examiner.complaint(key, error), 0.0
    except Stopped as stopped:
        if examination.starts > examination.restarts or time.monotonic() > examination.until:
            raise
        return str(stopped), 0.0
    except examiner.Lost as lost:
        return str(lost), lost.kept
    except AssertionError as error:
        return str(error)[:500], 0.0
    except Exception as error:  # what came back from the sandbox was of a kind that the test cannot use
        return f"What your notebook defines is not what the test can use ({type(error).__name__}).", 0.0
    return "", 1.0


def fingerprint(submission, problem_set):
    """What a result depends on: the submission, the problem set and the grader."""
    digest = hashlib.sha256(repr((submission.student, submission.file, submission.notes)).encode())
    digest.update(submission.notebook or b"")
    digest.update(grader_version(problem_set).encode())
    return digest.hexdigest()


@cache
def grader_version(problem_set):
    """A digest of all code that decides on points or words."""
    files = [*sorted(HERE.glob("*.py")), *HERE.glob(f"misconceptions/{problem_set}.py")]
    files.append(model.SOURCE / problem_set / f"{problem_set}.ipynb")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@contextlib.contextmanager
def workers(problem_set, processes, scheduler, sandboxed):
    """Where submissions are graded: processes on this machine, or the workers of a Dask cluster.

    Yields
    ------
    pool : concurrent.futures.Executor
    alive : callable
        Whether anybody is left who could grade.

    Raises
    ------
    RuntimeError
        The scheduler cannot be reached or went away, or no worker can grade.
    """
    if not scheduler:
        with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
            yield pool, lambda: True
        return
    import distributed

    try:
        with distributed.Client(scheduler, timeout=10, set_as_default=False) as client:
            refusals = client.run(refusal, grader_version(problem_set), problem_set, sandboxed)
            for address, why in refusals.items():
                if why:
                    print(f"The worker {address} is not used: {why}", file=sys.stderr)
            if all(refusals.values()):
                raise RuntimeError(f"The cluster at {scheduler} has no worker that can grade.")
            able = [address for address, why in refusals.items() if not why]
            yield (
                client.get_executor(pure=False, workers=able, allow_other_workers=False),
                lambda: any(address in client.scheduler_info(n_workers=-1)["workers"] for address in able),
            )
    except (OSError, CancelledError) as error:
        again = "What was graded is kept; run the same command again."
        raise RuntimeError(f"The Dask scheduler at {scheduler} cannot be reached, or went away. {again}") from error


def finished(jobs, alive):
    """Jobs as they end; a CancelledError where nobody is left to do the rest."""
    left = set(jobs)
    while left:
        try:
            for job in as_completed(set(left), timeout=WATCH):
                left.discard(job)
                yield job
        except TimeoutError:
            if not alive():
                raise CancelledError from None


@cache
def refusal(version, problem_set, sandboxed):
    """Why this process, a worker of a cluster, must not grade; "" where it may."""
    if grader_version(problem_set) != version:
        return "its copy of the course is another than the one that asks."
    try:
        if sandboxed:
            refuse_without_sandbox()
    except RuntimeError as error:
        return str(error)
    return ""


def grade_there(version, submission, problem_set, sandboxed):
    """Grade on a worker of a cluster: one submission at a time, and none where it must not."""
    with ONE_AT_A_TIME:
        if why := refusal(version, problem_set, sandboxed):
            raise RuntimeError(why)
        return grade(submission, problem_set, sandboxed)


def keep_earlier(path, notebook, folder):
    """Put a result aside whose notebook was another one: the student has handed in again."""
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if stored.get("notebook", notebook) != notebook:
        folder.mkdir(parents=True, exist_ok=True)
        path.replace(folder / f"{len(list(folder.iterdir())) + 1}.json")


def grade_all(found, problem_set, out, processes=None, sandboxed=True, scheduler=""):
    """Grade what has no result yet, on all cores or on a cluster; results are files in ``out/results``.

    Parameters
    ----------
    scheduler : str
        The address of a Dask scheduler, such as "tcp://10.0.0.1:8786"; its workers need this folder and bubblewrap.

    Returns
    -------
    list of dict
        All results, in the order of `found`.
    """
    results = out / "results"
    results.mkdir(parents=True, exist_ok=True)
    marks = {s.student: fingerprint(s, problem_set) for s in found}
    done, due = {}, []
    for submission in found:
        path = results / f"{submission.student}.json"
        stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if stored.get("fingerprint") == marks[submission.student]:
            done[submission.student] = stored
        else:
            due.append(submission)
    with workers(problem_set, processes, scheduler, sandboxed) as (pool, alive):
        task = partial(grade_there, grader_version(problem_set)) if scheduler else grade
        jobs = {pool.submit(task, submission, problem_set, sandboxed): submission for submission in due}
        for job in tqdm(finished(jobs, alive), total=len(jobs), desc="grading", disable=None):
            try:
                result = job.result()
            except CancelledError:
                raise
            except Exception as error:  # the others must not wait for it; it is tried again in the next run
                result = blank(jobs[job], problem_set)
                result["notes"].append(f"The grader itself failed here ({type(error).__name__}).")
                tqdm.write("".join(traceback.format_exception(error)), file=sys.stderr)
                done[result["student"]] = result
                continue
            result["fingerprint"] = marks[result["student"]]
            result["notebook"] = hashlib.sha256(jobs[job].notebook or b"").hexdigest()
            path = results / f"{result['student']}.json"
            keep_earlier(path, result["notebook"], out / "earlier" / result["student"])
            part = path.with_suffix(".part")
            part.write_text(json.dumps(result), "utf-8")
            part.replace(path)  # all of it or nothing, whenever the power fails
            done[result["student"]] = result
    due_by = table.due(problem_set)
    return [
        done[one.student] | {"handed_in": one.handed_in} | (due_by.lateness(one.time) if due_by else {})
        for one in found
    ]


def main(arguments=None):
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.splitlines()[0])
    parser.add_argument("number", choices=sorted(p.name[2:] for p in model.SOURCE.glob("ps*")))
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--scheduler", default="")
    parser.add_argument("--sandbox", choices=["bubblewrap", "none"], default="bubblewrap")
    options = parser.parse_args(arguments)
    problem_set = f"ps{options.number}"
    out = options.out or HERE / "graded" / problem_set
    sandboxed = options.sandbox == "bubblewrap"
    try:
        if sandboxed and not options.scheduler:
            refuse_without_sandbox()
            if why := control.refused():
                print(f"{why} Every process has its limits; what the kernel keeps for it has none.", file=sys.stderr)
        table.require_agreement(problem_set)
        found, strays = collect.submissions(options.source, problem_set)
        results = grade_all(found, problem_set, out, options.processes, sandboxed, options.scheduler)
        report.write(results, problem_set, out, strays)
    except (RuntimeError, ValueError) as error:
        sys.exit(str(error))
    print(f"{len(results)} submissions graded. Open {out}/summary.html; the grades are in {out}/grades.csv.")


if __name__ == "__main__":
    from course import grade as itself  # what travels to the workers of a cluster must have this name there

    itself.main()
