"""The grader reads notebooks as Jupyter runs them, numbers as NumPy gives them, folders as platforms fill them."""

import contextlib
import json
import string
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from fractions import Fraction

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from test_course import REFUSED, most, points, said
from traitlets.config import Config

from course import collect, grade, model, sandbox, wire

pytestmark = pytest.mark.skipif(bool(REFUSED), reason=REFUSED)


def code(source, **metadata):
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def notebook(*first, then=(), replaced=None, problem_set="ps1"):
    """A student's notebook with cells before and after the model's."""
    content = json.loads(model.submission(problem_set, replaced))
    content["cells"] = [*map(code, first), *content["cells"], *map(code, then)]
    return content


def graded(content, problem_set="ps1"):
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return grade.grade(collect.Submission("student", "file.ipynb", content), problem_set)


# what IPython makes of a cell is what runs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pupil():
    with sandbox.Pupil(sandbox.Limits()) as pupil:
        yield pupil


#: cells that nothing but IPython understands, and what `value` is afterwards
CELLS = {
    "x = !ls\nvalue = list(x)": [],
    "%%bash\nvalue=3\nls": "unset",
    "%%html\n<b>value = 1</b>": "unset",
    "%%writefile helper.py\nvalue = 1": "unset",
    "import numpy as np\nnp.tanh?\nvalue = 4": 4,
    "?print\nvalue = 4": 4,
    "print??\nvalue = 4": 4,
    "def f():\n    global value\n    value = 5\n%time f()": 5,
    "value = %time 2 + 3": 5,
    "%time value = 7": 7,
    "%%time\nvalue = 8": 8,
    "%%capture out\nvalue = 9\nprint(value)": 9,
    "%%timeit\nvalue = 10": "unset",
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\nvalue = 11": 11,
    "value = 12\n%timeit -n 1 value": 12,
    "value = ('hello %s'\n         % 'world')": "hello world",
    "value = '''\n%time no\n!ls\nx?\n'''": "\n%time no\n!ls\nx?\n",
    "value = 7 \\\n    % 4": 3,
    "value = [\n    1,\n    # !ls\n    2]": [1, 2],
    "if True:\n    !ls\n    %time value = 13\n    x = !pwd": 13,
    "for k in range(2):\n    %time value = k": 1,
    "!pip install numpy\nvalue = 14": 14,
    "pip install numpy": "unset",
    "!!ls\nvalue = 15": 15,
    ">>> value = 16": 16,
    "In [1]: value = 17": 17,
    "    value = 18": 18,
    "get_ipython().run_line_magic('matplotlib', 'inline')\nvalue = 19": 19,
    "import asyncio\nasync def f():\n    return 20\nvalue = await f()": 20,
    "import asyncio\nawait asyncio.sleep(0)\nvalue = 21": 21,
    "value = 22;": 22,
    "%cd ..\nvalue = 23": 23,
    "value: int = 24  # %time": 24,
    "x = %env\nvalue = x is None": True,
    "from IPython.display import display\ndisplay(1)\nvalue = 25": 25,
    "def f(*given):\n    global value\n    value = given\n/f 26 27": (26, 27),
    "def f(*given):\n    global value\n    value = given\n,f 28 29": ("28", "29"),
    "def f(*given):\n    global value\n    value = given\nif f:\n    ;f 30 31": ("30 31",),
}


@pytest.mark.parametrize("source", CELLS)
def test_a_cell_runs_as_in_jupyter(source, pupil):
    pupil.run("value = 'unset'", 1)
    due = CELLS[source]
    pupil.run(source, 2)
    assert pupil.look(["value"])[1]["value"] == due


def test_the_value_of_a_cell_is_kept_as_in_jupyter():
    with sandbox.Pupil(sandbox.Limits()) as fresh:
        cells = [
            "40 + 2",
            "first = _",
            "_ + 1;",
            "value = [first, _, Out[1], _1]",
            "None",
            "value.append(_)\nvalue[1:]",
        ]
        for number, source in enumerate(cells, 1):
            fresh.run(source, number)
        fresh.run("async def f():\n    return 7\nawait f()", 7)
        fresh.run("last = [_, __, len(Out)]", 8)
        _, values = fresh.look(["value", "last"])
    assert values == {"value": [42, 42, 42, 42, 42], "last": [7, [42, 42, 42, 42], 3]}


@pytest.fixture(scope="module")
def ipython():
    """IPython itself, in whose hands commands are taken away, to compare with.

    In a thread of its own: in this one the loop of the browser tests may be running.
    """
    with ThreadPoolExecutor(1) as thread:

        def start():
            shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
            shell.system = shell.getoutput = lambda *_: []
            return shell

        shell = thread.submit(start).result()

        def run(setup, source):
            shell.run_cell(setup)
            return shell.run_cell(source, silent=True).success, shell.user_ns["value"]

        yield lambda *sources: thread.submit(run, *sources).result()
        thread.submit(InteractiveShell.clear_instance).result()


LINES = st.sampled_from(
    [
        "value += 1",
        "%time value += 10",
        "x = !ls",
        "!ls {value}",
        "value = (value\n    % 7)",
        "value = value + len('%time !ls ?')",
        "text = '''\n!no\n%no\n'''",
        "if value:\n    value -= 1",
        "# %%bash",
        "value = value % 5",
        "value = [value,\n%s][0]",
        "%config Completer.use_jedi = False",
        "def f(n):\n    return n \\\n    % 3",
        "value = await g()",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_any_mixture_of_lines_gives_what_ipython_gives(pupil, ipython, lines):
    setup, source = "s = 2\nvalue = 3\nasync def g():\n    return 4", "\n".join(lines)
    pupil.run(setup, 1)
    try:
        pupil.run(source, 2)
        ours = True
    except sandbox.StudentError:
        ours = False
    assert (ours, pupil.look(["value"])[1]["value"]) == ipython(setup, source), source


def test_whoever_imports_ipython_gets_the_whole(pupil):
    pupil.run("import IPython\nfrom IPython.display import Markdown\nvalue = IPython.__version__", 1)
    assert pupil.look(["value"])[1]["value"][0].isdigit()


# each test judges the functions as they stand at its place --------------------------------------------------------

WRONG = "def rnn_step(x, h, W_x, W_h, b):\n    return None"
RIGHT = model.source_of("ps1", "rnn_step")


def place(content, key):
    return next(
        k for k, cell in enumerate(content["cells"]) if cell["metadata"].get("nbgrader", {}).get("grade_id") == key
    )


@pytest.mark.parametrize(
    "scratch",
    [
        WRONG,
        "rnn_step = None",
        "del rnn_step",
        "np = None",
        "import numpy\nnumpy.tanh = lambda a: a",
        "W = 3\nclass rnn_step: pass",
        "rnn_step.__code__ = (lambda x, h, W_x, W_h, b: 0).__code__",
    ],
)
def test_what_is_redefined_after_a_test_is_not_what_it_judges(scratch):
    content = notebook()
    # behind the last test that uses the step
    content["cells"].insert(place(content, "delay_weights") + 1, code(scratch))
    result = graded(content)
    assert points(result) == most(result), said(result)


@pytest.mark.parametrize("helper", ["list", "dict", "array", "class", "random"])
def test_what_a_function_uses_is_judged_as_it_was_too(helper):
    made, use, later = {
        "list": ("factor = [1.0]", "factor[0]", "factor[0] = 2.0"),
        "dict": ("factor = {'a': 1.0}", "factor['a']", "factor.clear()"),
        "array": ("factor = np.ones(1)", "factor[0]", "factor[:] = 3"),
        "class": ("class factor:\n    a = 1.0", "factor.a", "class factor:\n    a = 2.0"),
        "random": ("factor = np.random.default_rng(0)", "(1 + 0 * factor.normal())", "factor = 1"),
    }[helper]
    source = f"{made}\n\ndef scaled(a):\n    return {use} * a\n\n" + RIGHT.replace("np.tanh(x", "scaled(1) * np.tanh(x")
    content = notebook(replaced={"rnn_step": source})
    content["cells"].insert(place(content, "delay_weights") + 1, code(later))
    result = graded(content)
    assert points(result) == most(result), said(result)


def test_each_test_sees_its_own_version():
    content = notebook()
    content["cells"].insert(place(content, "rnn_step") + 1, code(WRONG))
    lost = said(graded(content))
    assert "rnn_step" not in lost and "rnn_forward" in lost, "from there on the wrong one is there"


def test_what_stands_below_its_test_is_not_there():
    content = notebook()
    at = place(content, "solution-rnn_step")
    content["cells"].append(content["cells"].pop(at))
    result = graded(content)
    assert "stands below the test" in said(result)["rnn_step"]
    assert set(said(result)) == {"rnn_step"}


def test_the_place_of_a_test_without_its_id_or_copied_with_it():
    for strip in (True, False):
        content = notebook(then=[WRONG])
        if strip:  # as Colab does
            for cell in content["cells"]:
                cell["metadata"] = {}
        else:  # the test is copied, and what is in the copy deleted
            copied = json.loads(json.dumps(content["cells"][place(content, "rnn_step")]))
            copied["source"] = "# my notes"
            content["cells"].append(copied)
        # the hidden tests are not in what students have
        for cell in content["cells"]:
            cell["source"] = "".join(cell["source"]).partition("### BEGIN HIDDEN TESTS")[0]
        result = graded(content)
        assert points(result) == most(result), (strip, said(result))


def test_the_written_answer_is_found_without_its_id():
    content = notebook()
    content["cells"][-1]["source"] = "It decides the future."
    for cell in content["cells"]:
        cell["metadata"] = {}
    assert graded(content)["written"][0]["answer"] == "It decides the future."


def test_what_is_written_into_a_test_cell_runs():
    content = notebook()
    for key, cell in ((c["metadata"].get("nbgrader", {}).get("grade_id"), c) for c in content["cells"]):
        if key == "solution-rnn_forward":
            cell["source"] = "# see below"
        if key == "rnn_forward":
            source = model.source_of("ps1", "rnn_forward")
            cell["source"] = source + "\n" + "".join(cell["source"]).partition("### BEGIN HIDDEN TESTS")[0]
    result = graded(content)
    assert points(result) == most(result), said(result)


# a number is a number ---------------------------------------------------------------------------------------------

KINDS = [int, float, np.int64, np.int8, np.float64, np.float32, np.asarray, Fraction, np.longdouble]


class Answers:
    """What a notebook defines in one sandbox, where a test's judgement looks for it."""

    starts, restarts, until = 0, 1, float("inf")

    def __init__(self, pupil):
        self.pupil = pupil

    def at(self, key):
        return self

    def ask(self, question):
        return question(self.pupil)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_answer_may_be_of_any_type_of_number(kind, pupil):
    answers = {
        "ps1": ("steps_to_fade", 7),
        "ps2": ("three_uses", 12),
        "ps4": ("half_life", 7),
        "ps5": ("z_that_keeps", 1),
    }
    module = "from fractions import Fraction\nimport numpy as np\n"
    name = f"np.{kind.__name__}" if hasattr(np, kind.__name__) and kind.__module__ == "numpy" else kind.__name__
    for problem_set, (variable, value) in answers.items():
        pupil.run(f"{module}{variable} = {name}({value})", 1)
        tests = [test for test in grade.roles(problem_set)[0] if variable in grade.judged(problem_set, test[2])]
        assert tests
        for key, _, source in tests:
            assert grade.verdict(Answers(pupil), problem_set, key, source) == ("", 1.0), (problem_set, kind)


@pytest.mark.parametrize("value", ["True", "'7'", "None", "[7]", "np.array([7])", "lambda: 7", "np.bool_(True)"])
def test_what_is_no_number_is_none(value):
    content = notebook()
    cell = next(c for c in content["cells"] if "steps_to_fade =" in "".join(c["source"]))
    cell["source"] = f"import numpy as np\nsteps_to_fade = {value}"
    assert set(said(graded(content))) == {"warmup_fading"}


@given(
    st.one_of(
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, width=32),
        st.fractions(max_denominator=100),
        st.decimals(allow_nan=False, allow_infinity=False, places=3),
    )
)
def test_numbers_come_out_of_the_sandbox_as_numbers(value):
    frame = wire.encode({"value": value})
    header, body = wire.LENGTHS.unpack(frame[:8])
    back = wire.decode(frame[8 : 8 + header], frame[8 + header : 8 + header + body])["value"]
    assert np.isclose(float(back), float(value), rtol=1e-15, atol=0)


def test_single_precision_costs_once_where_it_is_made():
    for source in (
        "np.asarray(np.tanh(x @ W_x + h @ W_h + b), dtype=np.float32)",
        "np.float32(np.tanh(x @ W_x + h @ W_h + b)).astype(float)",
        "np.tanh(np.float32(x) @ W_x + h @ W_h + b)",
    ):
        result = graded(notebook(replaced={"rnn_step": RIGHT.replace("np.tanh(x @ W_x + h @ W_h + b)", source)}))
        assert set(said(result)) == {"rnn_step"}
        assert "float32" in said(result)["rnn_step"]


# formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_old_formats_are_upgraded_and_graded_and_a_note_says_so(version):
    content = notebook()
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])
        del cell["id"]
    content = nbformat.convert(nbformat.from_dict(content | {"nbformat_minor": 4}), version)
    result = graded(content)
    assert points(result) == most(result), said(result)
    assert f"old format {version}" in result["notes"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[1]",
        b'{"nbformat": 9, "cells": []}',
        b'{"nbformat": 3}',
        b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}',
        b'{"nbformat": {}, "cells": []}',
        b"<html>Log in</html>",
        b"<<<<<<< HEAD\n{}",
    ],
)
def test_what_is_no_notebook_is_told_so(content):
    result = graded(content)
    assert points(result) == 0 and "not a notebook" in result["notes"][0]


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["cells", "nbformat", "source", "metadata", "cell_type", "worksheets", "nbgrader"]),
                x,
                max_size=4,
            )
        ),
    )
)
def test_any_json_is_a_notebook_or_is_none(content):
    with contextlib.suppress(ValueError):  # and no other error
        cells, _ = grade.read(json.dumps(content).encode())
        assert all(isinstance(cell.source, str) for cell in cells)


@pytest.mark.parametrize("change", ["bom", "utf-16", "utf-32", "minor", "no version", "widgets", "attachments", "crlf"])
def test_what_editors_write_is_read(change):
    content = notebook()
    if change == "minor":
        content["nbformat_minor"] = 99
    if change == "no version":
        del content["nbformat"], content["metadata"]
    if change == "widgets":
        content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    if change == "attachments":
        content["cells"][0]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    if change == "crlf":
        for cell in content["cells"]:
            cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    text = json.dumps(content)
    data = {"bom": b"\xef\xbb\xbf" + text.encode(), "utf-16": text.encode("utf-16"), "utf-32": text.encode("utf-32")}
    result = graded(data.get(change, text.encode()))
    assert points(result) == most(result), said(result)


@pytest.mark.parametrize("change", ["tests deleted", "test as text", "kernel", "merged"])
def test_what_students_do_to_cells_costs_nothing(change):
    """Of nbgrader's and Otter-Grader's trackers: #1682, #1941, #706, #1083."""
    content = notebook()
    cells = content["cells"]
    if change == "tests deleted":
        content["cells"] = [c for c in cells if not c["metadata"].get("nbgrader", {}).get("grade")]
    if change == "test as text":
        cells[place(content, "rnn_step")]["cell_type"] = "markdown"
    if change == "kernel":
        content["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    if change == "merged":
        sources = ["".join(c["source"]).partition(grade.HIDDEN)[0] for c in cells if c["cell_type"] == "code"]
        content["cells"] = [code("\n".join(sources))]
    result = graded(content)
    assert points(result) == most(result), said(result)


def test_the_notebook_of_another_set_is_recognised():
    result = graded(json.loads(model.submission("ps2")))
    assert points(result) == 0 and result["notes"] == ["This is the notebook of problem set 2."]


# platforms --------------------------------------------------------------------------------------------------------


def collected(tmp_path, *names):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    return collect.submissions(tmp_path, "ps1")


def test_the_newest_of_brightspace_counts(tmp_path):
    found, strays = collected(
        tmp_path,
        "12345-67890 - Ana López - Nov 2, 2026 0900 PM/ps1 (1).ipynb",
        "12345-67890 - Ana López - Nov 2, 2026 1011 AM/ps1.ipynb",
        "12345-67890 - Ana López - Oct 31, 2026 1159 PM/ps1.ipynb",
        "777-67890 - Ana López - Nov 3, 2026 901 AM/solution.ipynb",
        "index.html",
    )
    assert [s.student for s in found] == ["Ana-López-12345", "Ana-López-777"]
    assert found[0].file.endswith("0900 PM/ps1 (1).ipynb")
    assert found[0].notes == ["Handed in 3 times; the newest, of 2026-11-02 21:00, was graded."]
    assert not found[1].notes and strays == ["index.html"]


def test_blackboard_s_attempts(tmp_path):
    found, strays = collected(
        tmp_path,
        "ps1_jsmith_attempt_2026-11-01-10-11-12_ps1.ipynb",
        "ps1_jsmith_attempt_2026-11-02-08-00-00_ps1.ipynb",
        "ps1_jsmith_attempt_2026-11-02-08-00-00.txt",
        "Problem Set 1_adoe_attempt_2026-11-01-10-11-12_mine.ipynb",
        "ps1_late_attempt_2026-13-45-99-99-99_ps1.ipynb",
        "ps1_nothing_attempt_2026-11-02-08-00-00.txt",
    )
    assert [s.student for s in found] == ["adoe", "jsmith", "late", "nothing"]
    assert "of 2026-11-02 08:00" in found[1].notes[0]
    assert "No notebook" in found[3].notes[0] and not strays


def test_stray_files_are_nobody_s(tmp_path):
    found, strays = collected(
        tmp_path,
        "submission_98765/ps1.ipynb",
        "submission_98766/ps1.ipynb",
        "submission_98766/desktop.ini",
        "submission_metadata.yml",
        "Thumbs.db",
        "README",
        "README.md",
        "grades.csv",
        "desktop.ini",
        "~$notes.docx",
    )
    assert [s.student for s in found] == ["submission_98765", "submission_98766"]
    assert not any(s.notes for s in found)
    assert len(strays) == 8


@pytest.mark.parametrize(
    ("names", "students"),
    [
        (
            [
                "Download/Jane Doe_1_assignsubmission_file_/ps1.ipynb",
                "Download/John Roe_2_assignsubmission_file_/a.ipynb",
            ],
            ["Jane-Doe-1", "John-Roe-2"],
        ),
        (
            [
                "ps1/Doe, Jane(jd12)/Submission attachment(s)/ps1.ipynb",
                "ps1/grades.csv",
                "ps1/Roe, John(jr1)/Submission attachment(s)/a.ipynb",
            ],
            ["Doe-Jane-jd12", "Roe-John-jr1"],
        ),
        (
            ["jane+ps1+2026-11-01 10:11:12 UTC+abc/ps1.ipynb", "jane+ps1+2026-11-02 10:11:12 UTC+def/ps1.ipynb"],
            ["jane"],
        ),
        (["ps1-jane/ps1.ipynb", "ps1-john/ps1.ipynb"], ["jane", "john"]),
        (["jane.ipynb", "jane (1).ipynb"], ["jane"]),
        (["Copy of jane.ipynb"], ["jane"]),
        (["j.smith/work.zip.ipynb", "j.smith/ps1.ipynb"], ["j.smith"]),
        (["Σωκράτης/ps1.ipynb", "Jane Doe/ps1.ipynb", "Jane_Doe/ps1.ipynb"], ["Jane-Doe", "Jane_Doe", "Σωκράτης"]),
    ],
)
def test_other_platforms(names, students, tmp_path):
    assert [s.student for s in collected(tmp_path, *names).submissions] == students


@given(
    number=st.integers(1, 10**6),
    folder=st.integers(1, 10**6),
    name=st.text(string.ascii_letters + "äéß' -", min_size=1, max_size=40).filter(
        lambda n: any(map(str.isalpha, n)) and " - " not in f" {n} "
    ),
    time=st.datetimes(min_value=datetime(2000, 1, 1)),
)
def test_any_name_and_time_of_brightspace(number, folder, name, time):
    student, when = collect.owner(f"{number}-{folder} - {name} - {time:%b} {time.day}, {time:%Y} {time:%I%M %p}")
    assert student.endswith(f"-{number}") and when == time.replace(second=0, microsecond=0)


def test_names_that_are_too_long_or_all_signs_stay_apart(tmp_path):
    long = "x" * 100
    found, _ = collected(tmp_path, f"{long}a/ps1.ipynb", f"{long}b/ps1.ipynb", "🙂/ps1.ipynb", "🙃/ps1.ipynb")
    assert len({s.student for s in found}) == 4
    assert all(len(s.student) <= 80 for s in found)


def test_nobody_takes_another_s_name(tmp_path):
    """A student names folders in a zip as the platform does: they stay that student's."""
    collected(tmp_path, "jane/ps1.ipynb", "mallory/ps1_jane_attempt_2099-01-01-00-00-00_ps1.ipynb")
    with zipfile.ZipFile(tmp_path / "mallory2.zip", "w") as archive:
        archive.writestr("12345-67890 - jane - Nov 2, 2099 0900 PM/ps1.ipynb", b"evil")
    found = {s.student: s for s in collect.submissions(tmp_path, "ps1").submissions}
    assert set(found) == {"jane", "mallory", "mallory2"}
    assert found["jane"].notebook == b"{}" and not found["jane"].notes


def test_one_notebook_alone(tmp_path):
    collected(tmp_path, "jane.ipynb")
    assert [s.student for s in collect.submissions(tmp_path / "jane.ipynb", "ps1").submissions] == ["jane"]


# the hostile side of the new ways of reading ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("%time x\n" * 3000, "stopped"),
        ("(" * 100_000, "stopped"),
        ("get_ipython().run_line_magic = 1\nget_ipython = None", ""),
        ("import sys\nsys.modules['IPython'] = None\ndel sys.modules['__main__']", ""),
        ("class Bad:\n    def __reduce__(self):\n        while True: pass\nrnn_helper = Bad()", ""),
        ("await __import__('asyncio').sleep(1000)", "too long"),
        ("import numpy as np\nnp.float64.__eq__", ""),
    ],
)
def test_hostile_cells(first, words, monkeypatch):
    rules = sandbox.Limits(call=3, total=40, memory=1 << 30, disk=8 << 20)
    monkeypatch.setattr(grade, "limits", lambda problem_set: (rules, ()))
    result = graded(notebook(first))
    assert points(result) == most(result), said(result)
    assert words in " ".join(text for _, text in result["errors"])


def test_a_table_of_marks_that_is_none(monkeypatch):
    """A student who answers the grader's question for moved tests with something else harms nobody."""
    first = "import sys\nsys._getframe(1).f_globals['state'] = lambda *a: 1 / 0"
    result = graded(notebook(first))
    assert points(result) == most(result), said(result)
