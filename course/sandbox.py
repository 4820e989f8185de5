"""A student's code in a sandbox: bubblewrap's namespaces, a filter of system calls, limits, a throwaway folder."""

import atexit
import builtins
import contextlib
import json
import os
import py_compile
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from course import control, wire

HERE = Path(__file__).parent
REFUSAL = (
    "Students' notebooks are programs that nobody has read, and bubblewrap (bwrap), which keeps them from your "
    "files, the network and each other, {}. Install it: Debian and Ubuntu call the package bubblewrap. To run "
    "the students' code with all of your rights instead, say SANDBOX=none."
)

ENDS = 20  # seconds that a process may take to go: nothing here waits for ever
LOOKS = 0.1  # seconds between two looks at a sandbox
FILES, THREADS = 4096, 100  # more of them end the sandbox; what is in files has a limit of its own
CALLED = 4096  # numbers with which a student's code may call a function that we passed in

#: What an error may be called in feedback.
KINDS = {name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)}
KINDS |= {"OutputLimit", "ReplyLimit"}


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are seconds of the clock, sizes are bytes."""

    call: float = 20  # one cell, or one call of a function
    total: float = 120  # the whole submission
    memory: int = 2 << 30
    disk: int = 64 << 20

    @property
    def together(self):
        """Memory, files, and what the kernel keeps for them."""
        return self.memory + self.disk


class StudentError(Exception):
    """The student's code raised an error; `kind` is a built-in class of errors."""

    def __init__(self, kind, words="", line=None):
        super().__init__(kind)
        self.kind, self.words, self.line = kind, words, line


class Stopped(Exception):
    """The sandbox has ended; the text says why."""


def refuse_without_sandbox():
    """Raise a RuntimeError, in words, where bubblewrap is missing or nothing would run in it."""
    if not shutil.which("bwrap"):
        raise RuntimeError(REFUSAL.format("is not on this machine"))
    try:
        with Pupil(Limits()) as pupil:
            pupil.run("import numpy", "the first")
    except (Stopped, StudentError) as error:
        why = ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            command = [*bubblewrap(Limits(), ()), "true"]
            why = subprocess.run(command, capture_output=True, text=True, timeout=ENDS).stderr.strip()
        raise RuntimeError(REFUSAL.format(f"does not work here ({why or error})")) from error


@cache
def prepared():
    """A folder with what all sandboxes need, made once: the code that runs inside, compiled, and the filter."""
    folder = Path(tempfile.mkdtemp(prefix="rnnbook-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("wire", "pupil"):
        py_compile.compile(str(HERE / f"{name}.py"), str(folder / f"{name}.pyc"), doraise=True)
    return folder


@cache
def bubblewrap(limits, packages):
    """The command that makes the sandbox: the system and Python to read, one small folder to write.

    All that can be written lies in /tmp, and has one size together: /dev/shm leads there, and what else is mounted is
    read-only. That goes for /proc too, in which other processes' memory could be opened.
    """
    command = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    command += ["--as-pid-1", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--clearenv"]
    # first, since Python itself may lie under /tmp
    command += ["--proc", "/proc", "--size", str(limits.disk), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for name in ("null", "zero", "full", "random", "urandom"):
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    command += ["--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/tmp", "/dev/shm"]
    shown = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/fonts", "/etc/ld.so.cache"]
    for path in shown:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            command += ["--ro-bind", path, path]
    for path in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if not path.startswith("/usr"):
            command += ["--ro-bind", path, path]
    for file in prepared().glob("*.pyc"):
        command += ["--ro-bind", str(file), f"/run/{file.name}"]
    for name in packages:
        command += ["--ro-bind", str(HERE.parent / name), f"/run/{name}"]
    for name, value in environment("/tmp").items():
        command += ["--setenv", name, value]
    return [*command, "--remount-ro", "/proc", "--remount-ro", "/"]


def environment(home):
    """All that a student's process sees of the environment."""
    return {
        "HOME": home,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # else each thread reserves 64 MB of the addresses that are limited
        "PYTHONDONTWRITEBYTECODE": "1",
        # with these, Python need not look for them (-S), which takes a tenth of the time of a submission
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(("site-packages", "dist-packages"))),
    }


#: System calls that are refused: by these a process would start others, leave its namespaces, look into others, have
#: the kernel keep memory that is in no limit of its own (files without a folder, shared memory, queues, rings, keys,
#: what is on its way between sockets, pages that a pipe holds), or reach beyond the sandbox: the socket on which the
#: grader asks belongs to the grader's own network, and a lock on a file of the system is seen by all who open it.
REFUSED = (
    *("fork", "vfork", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "ptrace", "bpf", "kcmp"),
    *("process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "perf_event_open", "userfaultfd"),
    *("memfd_create", "memfd_secret", "shmget", "shmat", "semget", "msgget", "mq_open", "io_uring_setup"),
    *("inotify_init", "inotify_init1", "fanotify_init", "landlock_create_ruleset", "add_key", "request_key", "keyctl"),
    *("sendmsg", "sendmmsg", "setsockopt", "vmsplice", "splice", "tee"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat", "io_setup", "bind", "connect", "flock"),
)
#: System calls that do nothing and say that they did: where root grades, the device files are the student's own, and
#: their mode, times and owner would be changed for the whole machine; and what copies a file asks for these, too.
PRETENDED = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "utimensat", "futimesat"),
    *("chown", "fchown", "lchown", "fchownat"),
)
#: Commands of fcntl: locks, which are kept one by one, leases, the watch over a folder, and the size of a pipe.
COMMANDS = (6, 7, 37, 38, 1024, 1026, 1031)


@cache
def one_process():
    """The path of the filter: no new process, and what else `REFUSED` lists. Threads are allowed.

    The limit RLIMIT_NPROC counts all processes of a user, and none of root's; this one counts to one.
    """
    import errno

    import pyseccomp as seccomp

    def known(name):
        return seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) != -1

    filtered = seccomp.SyscallFilter(seccomp.ALLOW)
    clone_thread, half = 0x00010000, 0xFFFFFFFF
    filtered.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, clone_thread, 0))
    filtered.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # the C library then asks clone, whose flags can be read
    for name in filter(known, REFUSED):
        filtered.add_rule(seccomp.ERRNO(errno.EPERM), name)
    for name in filter(known, PRETENDED):
        filtered.add_rule(seccomp.ERRNO(0), name)
    for command in COMMANDS:  # the kernel reads half of the argument
        filtered.add_rule(seccomp.ERRNO(errno.EPERM), "fcntl", seccomp.Arg(1, seccomp.MASKED_EQ, half, command))
    # what the kernel tells of interfaces by any socket: 0x89.., and 0x8b.. for those without a wire
    filtered.add_rule(seccomp.ERRNO(errno.EPERM), "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, half & ~0x2FF, 0x8900))
    filtered.add_rule(seccomp.ERRNO(errno.ENETUNREACH), "socket")  # a pair of sockets, which asyncio needs, is another
    path = prepared() / "filter.bpf"
    with path.open("wb") as file:
        filtered.export_bpf(file)
    return path


def has_ended(process):
    """Whether a process has ended, or its first thread, after which nobody sees what the others make."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


class Pupil:
    """A process that holds one student's notebook, in the sandbox, and answers calls of its functions.

    Parameters
    ----------
    limits : Limits
    packages : tuple of str
        Folders of the project that the student may import, such as "rnnbook".
    sandboxed : bool
        False runs the process with all rights of the teacher.
    """

    def __init__(self, limits, packages=(), sandboxed=True):
        self.limits, self.functions = limits, []
        self.deadline = time.monotonic() + limits.total
        ours, theirs = socket.socketpair()
        # the limits are set inside, before any code of the student runs: a preexec_fn would copy this whole process
        allowed = (limits.memory, limits.disk, int(limits.total) + 10)
        inside = [str(number) for number in (theirs.fileno(), *allowed)]
        self.folder = tempfile.TemporaryDirectory(prefix="rnnbook-")
        self.socket, self.group, self.why, self.over = ours, None, "", threading.Event()
        with contextlib.ExitStack() as open_here:
            open_here.enter_context(theirs)
            told, fds, own = None, [theirs.fileno()], None
            if sandboxed:
                number = open_here.enter_context(one_process().open("rb")).fileno()
                told, tells = (open_here.enter_context(open(end, "rb", 0)) for end in os.pipe())
                fds += [number, tells.fileno()]
                command = [*bubblewrap(limits, packages), "--seccomp", str(number), "--info-fd", str(tells.fileno())]
                command += [sys.executable, "-S", "/run/pupil.pyc", *inside]
            else:
                command = [sys.executable, "-S", str(prepared() / "pupil.pyc"), *inside]
                own = environment(self.folder.name)
                own["PYTHONPATH"] += f"{os.pathsep}{HERE.parent}" if packages else ""
            self.process = subprocess.Popen(
                command,
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self.folder.name,
                env=own,
            )
            if told:
                tells.close()
                self.hold(told)

    def hold(self, told):
        """Put the sandbox into a control group, where there are any, and look at it from now on.

        No code of the student's runs before: it comes with the first request.
        """
        said = b""
        while b"}" not in said and (part := told.read(4096)):
            said += part
        if not said:
            return  # it has ended; the first request will tell
        child = json.loads(said)["child-pid"]
        if not control.refused():
            with contextlib.suppress(OSError):  # it has ended
                self.group = control.Group(self.limits.together, THREADS)
                self.group.add(child)
        threading.Thread(target=self.look_after, args=(child,), daemon=True).start()

    def look_after(self, child):
        """End the sandbox where it has more files or threads than it may: both are memory that no limit counts."""
        while not self.over.wait(LOOKS):
            try:
                files = os.statvfs(f"/proc/{child}/root/tmp")
                threads = os.stat(f"/proc/{child}/task").st_nlink - 2
            except OSError:
                if has_ended(child):
                    self.kill()
                    return
                continue  # bubblewrap is not ready yet: on a busy machine it is a moment without a /tmp
            inside = files.f_blocks * files.f_frsize < self.limits.disk + (1 << 20)  # before, it is still our own /tmp
            if inside and files.f_files - files.f_ffree > FILES:
                self.why = f"It made more than {FILES} files and was stopped."
            elif threads > THREADS:
                self.why = f"It started more than {THREADS} threads and was stopped."
            if self.why:
                self.kill()
                return

    def ask(self, request, seconds=None):
        """Send a request and wait for the answer, serving the student's calls of the functions that we passed."""
        # a little more than the student's process allows itself: it may have stopped keeping time
        deadline = min(self.deadline, time.monotonic() + (seconds or 10) + 5)
        try:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            wire.send(self.socket, request, self.functions)
            while True:
                answer = wire.receive(self.socket, deadline=deadline)
                if not isinstance(answer, dict) or not all(isinstance(key, str) for key in answer):
                    raise wire.Broken("an answer that is none")
                if "callback" not in answer:
                    break
                wire.send(self.socket, self.serve(answer))
        except TimeoutError:
            self.close()
            raise Stopped("It took too long and was stopped. Does every loop end?") from None
        except (OSError, wire.Broken, KeyError, TypeError, ValueError):
            self.close()
            ended = "Its process ended before it answered: out of memory, or it was told to end."
            raise Stopped(self.why or ended) from None
        if "error" in answer:
            # the student's code could have written any of this: a number it was given must not get into a name
            kind, words, line = answer["error"], answer.get("words"), answer.get("line")
            kind = kind if isinstance(kind, str) and kind in KINDS else "Exception"
            line = line if type(line) is int and 0 < line < 10_000 else None
            raise StudentError(kind, words[:300] if isinstance(words, str) else "", line)
        return answer

    def serve(self, request):
        """Answer the student's call of a function that we passed in."""
        try:
            args = request["args"]
            if wire.count(args) > CALLED:  # of two arrays a third can be made that is far larger than both
                raise ValueError("more numbers than any of them takes")
            with np.errstate(all="ignore"):
                value = dict(enumerate(self.functions))[request["callback"]](*args)
        except Exception:
            return {"error": 1}
        return {"value": value}

    def run(self, source, name, seconds=None):
        """Run a cell, for so many seconds at most; as long as a call may take where nothing is said."""
        seconds = seconds or self.limits.call
        self.ask({"run": source, "name": f"cell {name}", "seconds": seconds}, seconds)

    def mark(self, key, names):
        """Remember, under a key, what these functions are now, with all globals that they use."""
        self.ask({"mark": key, "names": list(names)})

    def moved(self):
        """The keys of marks after which something of what was remembered has changed."""
        try:
            keys = self.ask({"moved": 1}).get("value")
        except StudentError:  # the student's code has changed what would tell
            return set()
        return {key for key in keys if isinstance(key, str)} if isinstance(keys, list) else set()

    def call(self, name, args):
        """Call a function: what it returned, and the numbers of the arguments that it changed."""
        request = {"call": name, "args": list(args), "seconds": self.limits.call}
        answer = self.ask(request, self.limits.call)
        return answer.get("value"), answer.get("changed")

    def lend(self, name, function):
        """Put one of our functions in the place of the student's. Its source does not travel."""
        with contextlib.suppress(StudentError):  # who answers that it went wrong has changed what answers
            self.ask({"lend": name, "function": function})

    def look(self, names):
        """Which of these names the notebook has defined: functions, and values of the others."""
        answer = self.ask({"look": list(names)})
        functions, values = answer.get("functions"), answer.get("values")
        if not isinstance(functions, list) or not isinstance(values, dict):
            self.close()
            raise Stopped("Its process did not answer as it should.")
        return [name for name in names if name in functions], {k: v for k, v in values.items() if k in names}

    def kill(self):
        """End the process and all that it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self):
        """End the process and all that it has started, and remove its folder."""
        self.over.set()
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel may be slow with the memory of what it kills
            self.process.wait(ENDS)
        self.socket.close()
        self.folder.cleanup()
        if self.group:
            self.group.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
