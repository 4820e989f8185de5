"""Control groups of Linux: one over each sandbox, for all memory that its processes make the kernel hold, and threads.

Where the system gives none, the limits of a process, the sized folder and the filter of system calls are what there is,
and `refused` says so in words.
"""

import atexit
import contextlib
import itertools
import os
import time
from functools import cache
from pathlib import Path

CONTROLLERS = ("memory", "pids")
HINT = "With systemd, start it as `systemd-run --user --scope -p Delegate=yes make grade ...`."
numbers = itertools.count()
left: list[Path] = []  # groups whose last process had not quite gone when they were to be removed


def own(groups="/proc/self/cgroup", mounts="/proc/self/mountinfo"):
    """The folder of this process's own group in each hierarchy; that of the second version is called ""."""
    paths = {}
    for line in Path(groups).read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    found = {}
    for line in Path(mounts).read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split(None, 2)
        names = {"cgroup": options.split(","), "cgroup2": [""]}.get(kind, [])
        for name in paths.keys() & {*names}:
            inside = os.path.relpath(paths[name], root)
            if not inside.startswith(".."):
                found[name] = Path(point, inside)
    return found


def divide(folder):
    """Make room for groups beside this process in its own group of the second version; it must be ours to divide.

    A group of that version holds processes or other groups, so what is in it moves into a part of it.

    Raises
    ------
    OSError
        The system does not let us.
    """
    given = not folder.samefile(folder.parent) and (folder.parent / "cgroup.procs").exists()
    if given and os.getxattr(folder, "user.delegate") != b"1":
        raise PermissionError("this process's control group was not delegated to it")
    inside = folder / "grader"
    inside.mkdir(exist_ok=True)
    for process in (folder / "cgroup.procs").read_text().split():
        (inside / "cgroup.procs").write_text(process)
    (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in CONTROLLERS))


@cache
def places():
    """The folders in which groups can be made, with the controllers that each of them has.

    Raises
    ------
    OSError
        There are none.
    """
    here = own()
    if "memory" in here:
        return {here[name]: (name,) for name in CONTROLLERS if name in here}
    if "" not in here:
        raise OSError("no control groups are mounted")
    folder = here[""]
    if folder.name == "grader" and "memory" in (folder.parent / "cgroup.subtree_control").read_text().split():
        return {folder.parent: CONTROLLERS}  # divided by the process that started this one
    if "memory" not in (folder / "cgroup.controllers").read_text().split():
        raise OSError("the control group of this process has no controller for memory")
    divide(folder)
    return {folder: CONTROLLERS}


class Group:
    """A group with limits, into which a process is put with all that it starts.

    Parameters
    ----------
    memory : int
        Bytes of everything: of the processes, of files in memory, and of what the kernel keeps for them.
    threads : int

    Raises
    ------
    OSError
        The system gives none.
    """

    def __init__(self, memory, threads):
        clear()
        self.folders, self.reached = [], None
        name = f"rnnbook-{os.getpid()}-{next(numbers)}"
        try:
            for place, controllers in places().items():
                folder = place / name
                folder.mkdir()
                self.folders.append(folder)
                if "memory" in controllers:
                    self.limit_memory(folder, memory)
                if "pids" in controllers:
                    (folder / "pids.max").write_text(str(threads))
        except OSError:
            self.close()
            raise

    @staticmethod
    def limit_memory(folder, memory):
        """Write the limit; what would be swapped out counts too."""
        limits = {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory}
        if (folder / "memory.max").exists():
            limits = {"memory.max": memory, "memory.swap.max": 0}
        for number, (name, most) in enumerate(limits.items()):
            if number == 0 or (folder / name).exists():  # the second only where swapping is counted
                (folder / name).write_text(str(most))

    def add(self, process):
        """Put a process in."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(process))

    def peak(self):
        """The most memory that was held at once until now or the end, in bytes; None where the kernel does not tell."""
        for folder in self.folders:
            for name in ("memory.max_usage_in_bytes", "memory.peak"):
                with contextlib.suppress(OSError):
                    return int((folder / name).read_text())
        return self.reached

    def close(self):
        """Remove the group, now or when its last process has gone."""
        self.reached = self.peak()
        left.extend(self.folders)
        self.folders = []
        clear()


def clear(seconds=0):
    """Remove the groups that are empty by now."""
    end = time.monotonic() + seconds
    while left:
        for folder in list(left):
            try:
                folder.rmdir()
            except FileNotFoundError:
                left.remove(folder)
            except OSError:
                continue
            else:
                left.remove(folder)
        if time.monotonic() >= end:
            return
        time.sleep(0.01)


atexit.register(clear, 2)


def sweep():
    """Remove what graders have left that were killed, or ended with their pool."""
    for place in places():
        for folder in place.glob("rnnbook-*"):
            if not Path("/proc", folder.name.split("-")[1]).exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


@cache
def refused():
    """Why there is no group over a sandbox; "" where there is one."""
    try:
        sweep()
        Group(1 << 30, 100).close()
    except OSError as error:
        return f"There is no control group over the sandbox here ({error.strerror or error}). {HINT}"
    return ""
