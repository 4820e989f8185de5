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
    for cell in notebook.cells:
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == "fig-trace":
            # the README's picture; on a white ground, since GitHub may show it on a dark one
            svg = next(o.data["image/svg+xml"] for o in cell.outputs if "image/svg+xml" in o.get("data", {}))
            Path("book/_static/trace.svg").write_text(svg.replace("<svg ", '<svg style="background: white" ', 1))
