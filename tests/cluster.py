"""A real Dask scheduler with workers, each a process on the loopback interface."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import processes


def start(*command, **variables):
    # the workers import what the trials of the tests are made of
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OPENBLAS_NUM_THREADS": "1", **variables}
    return processes.start(
        [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def worker(address, **variables):
    """A worker, with variables of the environment of its own."""
    return start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", **variables)


@contextlib.contextmanager
def cluster(workers):
    """Yield the scheduler's address, its process and its workers' processes."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "scheduler.json"
        address = "--host", "127.0.0.1", "--port", "0"
        scheduler = start("dask_scheduler", *address, "--no-dashboard", "--scheduler-file", str(written))
        started, deadline = [scheduler], time.monotonic() + 60
        try:
            while not written.exists() or not written.read_text():
                assert scheduler.poll() is None, "the scheduler ended"
                assert time.monotonic() < deadline, "the scheduler does not start"
                time.sleep(0.1)
            address = json.loads(written.read_text())["address"]
            crew = [worker(address) for _ in range(workers)]
            started += crew
            yield address, scheduler, crew
        finally:
            for process in started:
                processes.kill(process)
