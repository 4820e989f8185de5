"""Processes that tests start: each is waited for with a limit, then killed, with all that it has started itself.

With STUBBORN=1 in the environment SIGTERM is blocked in every process that a test starts, and in all that those start,
for a mask of signals is inherited: so a run shows that no test relies on a process going when it is asked.
"""

import contextlib
import os
import signal
import subprocess
from concurrent.futures import ProcessPoolExecutor

SECONDS = 10  # for a process that was asked to end, and for one that was killed
if os.environ.get("STUBBORN"):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def start(command, **options):
    """Start a program at the head of a group of its own, which goes with it."""
    return subprocess.Popen(command, start_new_session=True, **options)


def kill(process):
    """Kill a process that was started here and all of its group, and wait for it."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left of it
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait(SECONDS)


def end(process, seconds=SECONDS):
    """Ask a process to end, wait for so long, and kill what is left."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    kill(process)


@contextlib.contextmanager
def running(command, **options):
    """A program while the block runs; afterwards it has gone, whatever happened."""
    process = start(command, **options)
    try:
        yield process
    finally:
        kill(process)
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()


def run(command, seconds=120, check=True, **options):
    """Run a program to its end and return it with what it wrote; it and its kin are killed when the time is over."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with running(list(map(str, command)), **(pipes | options)) as process:
        written, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0 or not check, f"{command} ended with {process.returncode}: {(errors or '')[-2000:]}"
    return subprocess.CompletedProcess(command, process.returncode, written, errors)


@contextlib.contextmanager
def pool(count):
    """A pool of processes that keeps nobody waiting at its end."""
    crowd = ProcessPoolExecutor(count)
    try:
        yield crowd
    finally:
        crew = list((crowd._processes or {}).values())
        crowd.shutdown(wait=False, cancel_futures=True)
        for process in crew:
            process.join(SECONDS)
            process.kill()
            process.join(SECONDS)
