"""What a student's process can take is bounded, together; and what it sends can neither stop nor fill the grader."""

import contextlib
import json
import math
import platform
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_course import REFUSED, hostile_notebook, most, points, said

from course import collect, control, grade, model, sandbox, wire

needs_sandbox = pytest.mark.skipif(bool(REFUSED), reason=REFUSED)
RULES = sandbox.Limits(call=6, total=30, memory=512 << 20, disk=8 << 20)
PEAKS: dict = {}  # in MB; printed at the end, with pytest -s


@pytest.fixture(scope="module", autouse=True)
def stated():
    """State the peaks that were reached."""
    yield
    for what, peak in sorted(PEAKS.items(), key=lambda item: -item[1]):
        print(f"{what!s:70} {peak:8.1f} MB")


# what a process can take ------------------------------------------------------------------------------------------

#: Writes into every folder of every mount until it is refused; `reached` is what all files then hold together.
WRITE_EVERYWHERE = """
import os
mounts = [line.split()[1] for line in open("/proc/mounts")]
folders = {"/", *mounts}
for mount in list(folders):
    for folder, below, _ in os.walk(mount):
        folders.add(folder)
        below[:] = [b for b in below if folder.count("/") < 3 and not os.path.join(folder, b).startswith("/proc/")]
written, held = {}, []
for folder in sorted(folders):
    for k in range(6):
        try:
            file = open(os.path.join(folder, f"big{k}"), "wb", 0)
            held.append(file)
            while True:
                written[folder] = written.get(folder, 0) + file.write(bytes(1 << 20))
        except OSError:
            pass
reached, where = sum(written.values()), sorted(written)
opened = []
for name in ("/proc/1/mem", "/proc/self/mem", "/proc/self/oom_score_adj", "/proc/sys/kernel/core_pattern"):
    try:
        opened.append(open(name, "r+b", 0).name)
    except OSError:
        pass
"""

HOLD = "import ctypes, os, time\nC = ctypes.CDLL(None, use_errno=True)\nheld = []\n"
HOLD += "EXIT = 60 if os.uname().machine == 'x86_64' else 93  # ends a thread, and not its process\n"
#: kinds of memory that a limit of the address space does not count; each takes all that it gets
KINDS = {
    "an array": "import numpy as np\nwhile True:\n    held.append(np.ones(1 << 21))",
    "a file without a folder": "file = os.memfd_create('a')\nwhile True:\n    os.write(file, bytes(1 << 20))",
    "secret memory": "assert C.syscall(447, 0) >= 0\nwhile True:\n    pass",
    "shared memory of System V": (
        "C.shmat.restype = ctypes.c_void_p\nwhile True:\n"
        "    key = C.shmget(0, 1 << 24, 0o1600)\n    assert key >= 0\n    at = C.shmat(key, None, 0)\n"
        "    ctypes.memset(at, 1, 1 << 24)\n    C.shmdt(ctypes.c_void_p(at))"
    ),
    "shared memory of POSIX": (
        "from _posixshmem import shm_open\nwhile True:\n"
        "    held.append(shm_open(f'/s{len(held)}', os.O_CREAT | os.O_RDWR, mode=0o600))\n"
        "    assert os.write(held[-1], bytes(1 << 20)) == 1 << 20"
    ),
    "a file that is mapped": (
        "import mmap\nwhile True:\n    file = open(f'm{len(held)}', 'w+b')\n    file.truncate(1 << 20)\n"
        "    with mmap.mmap(file.fileno(), 1 << 20) as room:\n        room[:] = bytes(1 << 20)\n    held.append(file)"
    ),
    "files that are deleted": (
        "while True:\n    file = open('d', 'wb', 0)\n    file.write(bytes(1 << 20))\n    held.append(file)\n"
        "    os.remove('d')"
    ),
    "empty files": "k = 0\nwhile True:\n    os.mknod(f'empty{k}')\n    k += 1",
    "links": "k = 0\nwhile True:\n    os.symlink('x' * 4000, f'link{k}')\n    k += 1",
    "attributes": "os.mknod('f')\nk = 0\nwhile True:\n    os.setxattr('f', f'user.{k}', bytes(60_000))\n    k += 1",
    "pipes": (
        "import fcntl\nwhile True:\n    out, into = os.pipe()\n    held.append(out)\n    os.set_blocking(into, False)\n"
        "    try:\n        fcntl.fcntl(into, 1031, 1 << 20)\n    except OSError:\n        pass\n"
        "    try:\n        while True:\n            os.write(into, bytes(4096))\n    except BlockingIOError:\n"
        "        os.close(into)"
    ),
    "pages that a pipe holds": (
        "class Part(ctypes.Structure):\n    _fields_ = [('at', ctypes.c_void_p), ('size', ctypes.c_size_t)]\n"
        "import mmap\nwhile True:\n    out, into = os.pipe()\n    room = mmap.mmap(-1, 1 << 21)\n"
        "    room[:] = bytes(1 << 21)\n"
        "    at = ctypes.addressof(ctypes.c_char.from_buffer(room))\n"
        "    assert C.vmsplice(into, ctypes.byref(Part(at, 65536)), 1, 0) > 0\n    held.append((out, into))"
    ),
    "pairs of sockets": (
        "import socket\nwhile True:\n    a, b = socket.socketpair()\n    a.setblocking(False)\n"
        "    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)\n    held.append((a, b))\n"
        "    try:\n        while True:\n            a.send(bytes(1 << 16))\n    except BlockingIOError:\n        pass"
    ),
    "files on their way": (
        "import socket\na, b = socket.socketpair()\nwhile True:\n    file = open(f'w{len(held)}', 'w')\n"
        "    socket.send_fds(a, [b'x'], [file.fileno()])\n    file.close()\n    held.append(1)"
    ),
    "sockets of the network": "import socket\nwhile True:\n    held.append(socket.socket())",
    "queues of messages": "assert C.msgget(0, 0o1600) >= 0\nwhile True:\n    pass",
    "a ring": "assert C.syscall(425, 8, (ctypes.c_char * 120)()) >= 0\nwhile True:\n    pass",
    "keys": "assert C.syscall(248, b'user', b'a', bytes(9999), 9999, -3) >= 0\nwhile True:\n    pass",
    "locks": "import fcntl\nf = open('l', 'wb')\nk = 0\nwhile True:\n    fcntl.lockf(f, 2, 1, 2 * k)\n    k += 1",
    "threads of C": (
        "start = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)\nC.pause.restype = ctypes.c_void_p\n"
        "attributes = (ctypes.c_char * 64)()\nC.pthread_attr_init(attributes)\n"
        "C.pthread_attr_setstacksize(attributes, ctypes.c_size_t(1 << 14))\nwhile True:\n"
        "    one = ctypes.c_ulong()\n"
        "    assert C.pthread_create(ctypes.byref(one), attributes, C.pause, None) == 0\n"
    ),
    "threads": (
        "import threading\nwhile True:\n    threading.Thread(target=time.sleep, args=(99,), daemon=True).start()"
    ),
    "another process": "while True:\n    os.fork()",
    "empty files where the first thread has ended": (
        "import threading\ndef work():\n    time.sleep(0.3)\n    k = 0\n    while True:\n        os.mknod(f'e{k}')\n"
        "        k += 1\nthreading.Thread(target=work).start()\nC.syscall(EXIT, 0)"
    ),
    "threads where the first has ended": (
        "import threading\ndef work():\n    time.sleep(0.3)\n    C.pause.restype = ctypes.c_void_p\n"
        "    attributes = (ctypes.c_char * 64)()\n    C.pthread_attr_init(attributes)\n"
        "    C.pthread_attr_setstacksize(attributes, ctypes.c_size_t(1 << 14))\n"
        "    while C.pthread_create((ctypes.c_ulong * 1)(), attributes, C.pause, None) == 0:\n        pass\n"
        "    time.sleep(99)\nthreading.Thread(target=work).start()\nC.syscall(EXIT, 0)"
    ),
    "print": "while True:\n    print('x' * 10**5)",
}


class Meter(control.Group):
    """A group that measures and limits nothing, to see what the other limits are worth where there are no groups."""

    def __init__(self, memory, threads):
        super().__init__(1 << 40, 100_000)


def taken(source, group):
    """Run a cell in a sandbox: what came of it, and the most memory that was held at once, in MB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "Group", group)
        with sandbox.Pupil(RULES) as pupil:
            try:
                pupil.run(HOLD + source, 1)
                words = ""
            except sandbox.StudentError as error:
                words = f"{error.kind}: {error.words}"
            except sandbox.Stopped as stopped:
                words = str(stopped)
    control.clear(2)
    assert not control.left, "no group is left behind"
    return words, pupil.group.reached / (1 << 20) if pupil.group else None


@needs_sandbox
def test_every_place_that_can_be_written_is_one_and_has_one_size():
    with sandbox.Pupil(RULES) as pupil:
        pupil.run(WRITE_EVERYWHERE, 1)
        found = pupil.look(["reached", "where", "opened", "folders"])[1]
    assert found["where"], "something can be written"
    assert all(folder.startswith("/tmp") or folder == "/dev/shm" for folder in found["where"]), found["where"]
    assert 0 < found["reached"] <= RULES.disk
    assert found["opened"] == []
    PEAKS["files on all mounts"] = found["reached"] / (1 << 20)


@needs_sandbox
@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_of_memory_together_stay_within_the_limit(kind):
    told, peak = taken(KINDS[kind], control.Group)
    assert told, "it is stopped, and a reason is given"
    if control.refused():
        pytest.skip(control.refused())
    assert peak <= RULES.together / (1 << 20)
    PEAKS[kind] = peak


@needs_sandbox
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_control_group_the_other_limits_hold(kind):
    if control.refused():
        pytest.skip("nothing here measures")
    told, peak = taken(KINDS[kind], Meter)
    assert told
    # what no other limit counts, the look at the sandbox ends within a moment
    assert peak <= RULES.together / (1 << 20) + 100
    PEAKS[f"{kind}, without a group"] = peak


# what it can send --------------------------------------------------------------------------------------------------

COLLIDE = (1 << 61) - 1  # whole numbers that differ by it have the same hash


def frame(text, body=b""):
    return text.encode("ascii") if isinstance(text, str) else text, body


#: headers and bodies that a student's process could send
REPLIES = {
    "keys that collide": frame('{"dict":[' + ",".join(f"[{k * COLLIDE},0]" for k in range(60_000)) + "]}"),
    "a few keys that collide": frame('{"dict":[' + ",".join(f"[{k * COLLIDE},0]" for k in range(-4, 4)) + "]}"),
    "many dicts": frame('{"list":[' + ",".join(['{"dict":[[1,0]]}'] * 60_000) + "]}"),
    "empty lists": frame('{"list":[' + ",".join(['{"list":[]}'] * 200_000) + "]}"),
    "empty lists, a few": frame('{"list":[' + ",".join(['{"list":[]}'] * 35_000) + "]}"),
    "brackets": frame('{"list":[' + "[]," * 300_000 + "0]}"),
    "objects": frame('{"list":[' + "{}," * 300_000 + "0]}"),
    "deep": frame('{"list":[' * 100_000),
    "deep and closed": frame('{"list":[' * 40 + "]}" * 40),
    "deep in the other direction": frame("]}" * 40_000 + '{"list":[' * 40_000),
    "an endless text": frame('"' + '\\"' * 400_000),
    "a text that ends in its escape": frame('"' + "a" * 900_000 + "\\"),
    "many texts that do not end": frame('"' * 999_999),
    "a long text": frame('"' + "x" * 1_000_000 + '"'),
    "a whole number of many digits": frame("9" * 1_000_000),
    "a decimal of many digits": frame("0." + "9" * 1_000_000),
    "an object of many names": frame("{" + ",".join(f'"{k}":0' for k in range(90_000)) + "}"),
    "an axis that nothing has": frame('{"array":"<f8","shape":[0,1000000000000]}'),
    "an axis without end": frame('{"array":"<f8","shape":[' + "9" * 18 + "]}"),
    "an axis below zero": frame('{"array":"<f8","shape":[-1,-8]}', bytes(64)),
    "an axis that is none": frame('{"array":"<f8","shape":[true,"2",[1]]}', bytes(64)),
    "as many axes as there are letters": frame('{"array":"<f8","shape":[' + "1," * 100_000 + "1]}"),
    "a type of many parts": frame('{"array":"' + "f8," * 300_000 + 'f8","shape":[1]}'),
    "objects as an array": frame('{"array":"|O","shape":[1]}', bytes(8)),
    "text as an array": frame('{"array":"<U1000000","shape":[4]}', bytes(64)),
    "an array that is too large": frame('{"array":"<f8","shape":[4000000]}', bytes(32_000_000)),
    "an array that is not there": frame('{"array":"<f8","shape":[2000000]}'),
    "many arrays": frame('{"list":[' + ",".join(['{"array":"<f8","shape":[]}'] * 30_000) + "]}", bytes(240_000)),
    "the same bytes again and again": frame(
        '{"list":[' + ",".join(['{"array":"<f8","shape":[2000000]}'] * 20_000) + "]}", bytes(16_000_000)
    ),
    "keys that are lists": frame('{"dict":[[{"list":[]},0]]}'),
    "a function": frame('{"function":0}'),
    "a kind that is none": frame('{"pickle":[1]}'),
    "two kinds": frame('{"list":[1],"list":[2]}'),
    "no kind": frame("{}"),
    "a list without a kind": frame("[1,2]"),
    "another encoding": frame('{"list":[1]}'.encode("utf-32")),
    "bytes that are no text": frame(bytes(range(256)) * 100),
    "nothing": frame(""),
    "no number": frame('{"list":[NaN,Infinity,-Infinity,1e999]}'),
}
SEEN = {"a few keys that collide", "empty lists, a few", "a long text", "a decimal of many digits", "many arrays"}
SEEN |= {"no number", "two kinds"}


@pytest.mark.parametrize("shape", REPLIES)
def test_any_reply_is_read_or_refused_in_little_time_and_memory(shape):
    header, body = REPLIES[shape]

    def read():
        try:
            wire.decode(header, body)
        except wire.Broken:
            return False
        return True

    began = time.process_time()
    seen = read()
    seconds = time.process_time() - began
    tracemalloc.start()  # in a second reading: it makes one many times slower
    try:
        read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == (shape in SEEN)
    assert peak < 64 << 20, "of bytes, beyond the reply itself"
    assert seconds < 4  # a tenth of that here
    PEAKS[f"reply: {shape}"] = peak / (1 << 20)


def test_many_dicts_of_keys_that_collide_are_read_quickly():
    one = '{"dict":[' + ",".join(f"[{k * COLLIDE},0]" for k in range(-4, 5)) + "]}"
    header = ('{"list":[' + ",".join([one] * 4000) + "]}").encode()
    began = time.process_time()
    with contextlib.suppress(wire.Broken):
        wire.decode(header, b"")
    assert time.process_time() - began < 2


@settings(max_examples=100)
@given(st.binary(max_size=200) | st.text('{}[]",:0123456789\\abcdefgilnorstuy', max_size=200).map(str.encode))
def test_no_bytes_are_anything_but_data_or_broken(header):
    with contextlib.suppress(wire.Broken):
        wire.decode(header, bytes(64))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('[]{}",\\é🙂', max_size=9),
        lambda x: (
            st.lists(x, max_size=4)
            | st.lists(x, max_size=4).map(tuple)
            | st.dictionaries(st.text(max_size=3) | st.integers(-9, 9), x, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_what_is_data_comes_through(value):
    def rounded(x):
        """Whole numbers that are too long for the wire come as decimals."""
        if isinstance(x, dict):
            return {key: rounded(item) for key, item in x.items()}
        if isinstance(x, list | tuple):
            return type(x)(map(rounded, x))
        if type(x) is int and abs(x) >= 1 << 63:
            return float(x) if abs(x) < 1 << 1000 else math.copysign(math.inf, x)
        return x

    assert wire.decode(*wire.split(wire.encode(value))) == rounded(value)


#: Cells that send something else than an answer, from a function that is asked for one.
SENDS = (
    "import sys, json, struct\nown = sys._getframe(1).f_globals\nwire = sys.modules['wire']\n"
    "def say(header):\n    wire.encode = lambda *a: struct.pack('!II', len(header), 0) + header\n"
    "    wire.check = lambda *a: None\n"
)
#: name: (what `rnn_step` does, what the feedback says of it)
ANSWERS = {
    "keys that collide": (
        "say(json.dumps({'dict': [[k * ((1 << 61) - 1), 0] for k in range(60000)]}).encode())",
        "Its process ended",
    ),
    "empty lists": ("say(b'{\"list\":[' + b'{\"list\":[]},' * 5000000 + b'0]}')", "Its process ended"),
    "a long name of an error": (
        "say(json.dumps({'dict': [['error', 'x' * 900000], ['words', 'y' * 90000], ['line', 5]]}).encode())",
        "stops with Exception in line 5",
    ),
    "calls without end": (
        "say(json.dumps({'dict': [['callback', 0], ['args', {'list': []}]]}).encode())",
        "Its process ended",
    ),
    "more than it may": ("return [[0.5] * 500] * 500", "returns far more than the problem asks for"),
    "deeper than it may": (
        "deep = []\n    for _ in range(100):\n        deep = [deep]\n    return deep",
        "returns far more than the problem asks for",
    ),
    "numbers beyond all numbers": ("return [[10**4000] * h.shape[1]] * len(h)", "NaN or infinity"),
}


@needs_sandbox
@pytest.mark.parametrize("name", ANSWERS)
def test_what_answers_with_a_flood_loses_its_own_points_only(name, monkeypatch):
    monkeypatch.setattr(grade, "limits", lambda problem_set: (RULES, ()))
    does, words = ANSWERS[name]
    content = json.dumps(hostile_notebook(SENDS if "say(" in does else "", f"    {does}")).encode()
    result = grade.grade(collect.Submission("student", "file.ipynb", content), "ps1")
    assert words in said(result)["rnn_step"], said(result)
    assert len(json.dumps(result)) < 10_000
    lost = [p["id"] for p in result["problems"] if not p["points"]]
    if name != "a long name of an error":  # who answers so to all that follows loses all
        assert lost == ["rnn_step"], said(result)


@needs_sandbox
def test_what_a_test_makes_of_two_fair_results_is_bounded_too(monkeypatch):
    """Two results of a fair size, along axes of their own, make a third that no machine holds."""
    monkeypatch.setattr(grade, "GROWS", 256 << 20)
    with grade.bounded(), pytest.raises(MemoryError):
        np.ones((20_000, 1)) + np.ones((1, 20_000))
    assert (np.ones((8000, 1)) + np.ones((1, 8000))).size, "and afterwards the grader may again what it may"
    # a function that we pass in and they call: walk_forward's `ahead` adds a model and a past
    with sandbox.Pupil(RULES) as pupil:
        pupil.run("import numpy as np\ndef f(add):\n    return add(np.ones((4000, 1)), np.ones((1, 4000)))", 1)
        with pytest.raises(sandbox.StudentError, match="ValueError"):
            pupil.call("f", [np.add])


# a class with hostile submissions ----------------------------------------------------------------------------------


@needs_sandbox
def test_a_class_with_hostile_submissions_takes_little_longer(tmp_path, monkeypatch):
    """Every tenth is hostile. What those are allowed to run is apart: `call` seconds for a cell that does not end."""
    rules = sandbox.Limits(call=2, total=20, memory=512 << 20, disk=8 << 20)
    monkeypatch.setattr(grade, "limits", lambda problem_set: (rules, ()))
    hostile = [
        hostile_notebook(SENDS, f"    {ANSWERS['keys that collide'][0]}"),
        hostile_notebook("while True:\n    pass", None),
    ]
    good = [collect.Submission(f"good{k}", "f.ipynb", model.submission("ps1")) for k in range(18)]
    bad = [collect.Submission(f"bad{k}", "f.ipynb", json.dumps(c).encode()) for k, c in enumerate(hostile)]

    def seconds(class_, out):
        began = time.monotonic()
        results = grade.grade_all(class_, "ps1", out)
        assert all(points(r) == most(r) for r in results if r["student"].startswith("good")), "nothing is lost"
        return time.monotonic() - began, results

    seconds(good[:2], tmp_path / "warm")
    alone, _ = seconds(good, tmp_path / "alone")
    mixed, results = seconds([*bad, *good], tmp_path / "mixed")
    # of the two one is held, for `call` seconds, once: a cell that ends its time is stopped and left as it is
    allowed = rules.call
    assert mixed <= 1.5 * alone + allowed, (alone, mixed)
    assert [bool(said(r) or r["errors"]) for r in results[:2]] == [True] * 2


# control groups of the second version, on a tree of folders that stands for the kernel's ------------------------------


def second_version(tmp_path, monkeypatch, delegated=b"1"):
    """A process in a group of the second version that systemd has delegated, or not."""
    folder = tmp_path / "user.slice/run.scope"
    folder.mkdir(parents=True)
    (folder / "cgroup.controllers").write_text("cpu memory pids\n")
    for place in (folder, folder.parent):
        (place / "cgroup.procs").write_text("17\n")
    (tmp_path / "groups").write_text("0::/user.slice/run.scope\n")
    (tmp_path / "mounts").write_text(f"31 23 0:28 / {tmp_path} rw,relatime - cgroup2 cgroup2 rw\n")
    here = control.own(tmp_path / "groups", tmp_path / "mounts")
    assert here == {"": folder}
    monkeypatch.setattr(control, "own", lambda: here)
    monkeypatch.setattr(control.os, "getxattr", lambda *_: delegated)
    control.places.cache_clear()
    return folder


@pytest.fixture
def fresh():
    yield
    control.places.cache_clear()
    control.refused.cache_clear()
    control.left.clear()


def test_a_delegated_group_is_divided(tmp_path, monkeypatch, fresh):
    folder = second_version(tmp_path, monkeypatch)
    assert control.places() == {folder: control.CONTROLLERS}
    assert (folder / "grader/cgroup.procs").read_text() == "17"
    assert (folder / "cgroup.subtree_control").read_text() == "+memory +pids"
    group = control.Group(1 << 30, 100)
    group.add(4711)
    (place,) = group.folders
    written = {path.name: path.read_text() for path in place.iterdir()}
    assert written["pids.max"] == "100" and written["cgroup.procs"] == "4711"
    # the kernel makes memory.max with the folder
    (place / "memory.max").touch()
    control.Group.limit_memory(place, 1 << 30)
    assert (place / "memory.max").read_text() == str(1 << 30)


@pytest.mark.parametrize("case", ["not delegated", "no controller", "none at all"])
def test_where_there_is_no_control_group_it_is_said(case, tmp_path, monkeypatch, fresh):
    folder = second_version(tmp_path, monkeypatch, b"0" if case == "not delegated" else b"1")
    if case == "no controller":
        (folder / "cgroup.controllers").write_text("cpu\n")
    if case == "none at all":
        monkeypatch.setattr(control, "own", dict)
    control.refused.cache_clear()
    told = control.refused()
    assert told.startswith("There is no control group over the sandbox here (") and "systemd-run" in told
    assert not (folder / "grader").exists()


#: What must be refused, each by an OSError. Where root grades, the files of the system would be the student's own.
REFUSALS = {
    "rights": "must(C.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[1 << 21] * 6)))",
    "rights for other programs": "must(C.prctl(47, 2, 21, 0, 0))",
    "rights that stay": "must(C.prctl(28, 47, 0, 0, 0))",
    "new privileges": "must(C.prctl(38, 0, 0, 0, 0))",
    "to be root": "os.setuid(0)",
    "a user namespace": "must(C.unshare(0x10000000))",
    "a user namespace for a thread": "must(C.clone(F, ctypes.byref(stack, 8000), 0x10000000 | 0x10F00, None))",
    "a mount": "must(C.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None))",
    "a mount in the newer way": "must(C.syscall(430, b'tmpfs', 0))",
    "a tree of mounts": "must(C.syscall(428, -100, b'/usr', 1))",
    "what lies under a mount": "must(C.umount2(b'/tmp', 2))",
    "proc, writable": "must(C.mount(None, b'/proc', None, 32 | 4096, None))",
    "another root": "os.chroot('/tmp')",
    "another name of the host": "must(C.sethostname(b'mine', 4))",
    "memory by a file": "open('/proc/self/mem', 'r+b', 0)",
    "a name in the grader's network": "grader.bind(chr(0) + 'rnnbook-test')",
    "a look for names in the grader's network": "grader.connect(chr(0) + 'rnnbook-test')",
    "the grader's network interfaces": "fcntl.ioctl(channel, 0x8912, struct.pack('iP', 4096, ctypes.addressof(stack)))",
    "a signal for the grader": "must(C.syscall(424, struct.unpack('i', grader.getsockopt(1, 77, 4))[0], 0, 0, 0))",
    "a file of the grader": "must(C.syscall(438, struct.unpack('i', grader.getsockopt(1, 77, 4))[0], 0, 0))",
    "a lock that others see": "fcntl.flock(system, fcntl.LOCK_SH)",
    "a lease": "fcntl.fcntl(system, 1024, 0)",
    "a watch": "fcntl.fcntl(os.open('/usr', 0), 1026, 1)",
    "rings of which the system has a number": "must(C.syscall(206, 1, (ctypes.c_long * 1)()))",
    "more memory": "raised(resource.RLIMIT_AS)",
    "more open files": "raised(resource.RLIMIT_NOFILE)",
    "to go before others": "os.setpriority(os.PRIO_PROCESS, 0, -1)",
    "to go before all others": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "signals to all": "os.kill(-1, 0)",
    "a handle of itself": "os.pidfd_open(1)",
}
REFUSE = """
import ctypes, fcntl, os, resource, socket, stat, struct
opened = [int(number) for number in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{number}")]
channel = next(number for number in opened if stat.S_ISSOCK(os.fstat(number).st_mode))
C, F = ctypes.CDLL(None, use_errno=True), ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 0)
stack = ctypes.create_string_buffer(8192)
grader = socket.socket(fileno=os.dup(channel))
system = os.open("/usr/bin/env", os.O_RDONLY)
def must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
def raised(limit):
    try:
        resource.setrlimit(limit, (1 << 40, 1 << 40))
    except ValueError as error:
        raise OSError from error
allowed = []
for name, source in REFUSALS.items():
    try:
        exec(source)
        allowed.append(name)
    except OSError:
        pass
"""


@needs_sandbox
def test_nothing_outside_can_be_reached_and_no_right_regained():
    with sandbox.Pupil(RULES) as pupil:
        pupil.run(f"REFUSALS = {REFUSALS!r}\n{REFUSE}", 1)
        assert pupil.look(["allowed"])[1] == {"allowed": []}


#: Bytes of the processor that ask the kernel in the two older ways, whose numbers the filter does not know.
OLDER = {"32 bits": b"\xb8\x14\0\0\0\xcd\x80\xc3", "x32": b"\xb8\x27\0\0\x40\x0f\x05\xc3"}


@needs_sandbox
@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have one way")
@pytest.mark.parametrize("way", OLDER)
def test_no_older_way_to_ask_the_kernel_leads_past_the_filter(way):
    source = (
        f"import ctypes, mmap\ncode = mmap.mmap(-1, 4096, prot=7)\ncode.write({OLDER[way]!r})\n"
        "ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()"
    )
    with sandbox.Pupil(RULES) as pupil, pytest.raises(sandbox.Stopped):
        pupil.run(source, 1)


@needs_sandbox
def test_the_device_files_serve_what_they_are_for():
    source = "import os\nwith open(os.devnull, 'w') as null:\n    written = null.write('x')\n"
    source += "zeros = list(open('/dev/zero', 'rb').read(3))\nrandom = len(os.urandom(3))"
    with sandbox.Pupil(RULES) as pupil:
        pupil.run(source, 1)
        assert pupil.look(["written", "zeros", "random"])[1] == {"written": 1, "zeros": [0, 0, 0], "random": 3}


@needs_sandbox
def test_files_of_the_machine_keep_their_mode_times_and_owner_and_a_file_can_be_copied():
    source = (
        "import os, shutil\nfiles = '/dev/full', '/usr', '/run/pupil.pyc'\ndef about():\n"
        "    return [x for f in files for x in os.stat(f)[:9]]\nbefore = about()\nfor f in files:\n"
        "    os.chmod(f, 0o600), os.utime(f, (1, 1)), os.chown(f, 1, 1)\nsame = about() == before\n"
        "open('one', 'w').write('x')\nshutil.copy2('one', 'two')\ncopied = open('two').read()"
    )
    with sandbox.Pupil(RULES) as pupil:
        pupil.run(source, 1)
        assert pupil.look(["same", "copied"])[1] == {"same": True, "copied": "x"}


@needs_sandbox
def test_a_sandbox_that_is_still_laid_out_is_not_taken_for_one_that_has_ended(monkeypatch):
    """While bubblewrap changes the root there is a moment without a /tmp; a busy machine makes it long."""
    looks, statvfs = [], sandbox.os.statvfs

    def not_yet(path):
        looks.append(path)
        if len(looks) < 4:
            raise FileNotFoundError(path)
        return statvfs(path)

    monkeypatch.setattr(sandbox.os, "statvfs", not_yet)
    with sandbox.Pupil(RULES) as pupil:
        deadline = time.monotonic() + 20
        while len(looks) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        pupil.run("one = 1", 1)
    assert len(looks) >= 5
