"""Run notebooks from top to bottom and store their outputs: python .ci/execute.py NOTEBOOK ..."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

for path in map(Path, sys.argv[1:]):
    print(f"running {path}", flush=True)
    notebook = nbformat.read(path, as_version=4)
    # no timings: they would change at every run
    NotebookClient(notebook, record_timing=False, coalesce_streams=True, timeout=120).execute(cwd=path.parent)
    nbformat.write(notebook, path)
