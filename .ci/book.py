"""Build the site as `jupyter-book build` does, on all cores: python .ci/book.py

jupyter-book has no option for the number of processes, but the function behind its command has one.
Warnings are errors.
"""

import gc
import os
import sys
from functools import partial

# jsonschema imports this to check one format that occurs in no schema here, and it compiles 38 grammars when imported
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

import jupyter_book.sphinx  # noqa: E402
from jupyter_book.cli.main import main  # noqa: E402

gc.disable()  # it went through all pages again and again: a quarter of the time where little is to be built anew
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
jupyter_book.sphinx.build_sphinx = partial(jupyter_book.sphinx.build_sphinx, jobs=cores)
main(["build", ".", "--quiet", "-W", "--keep-going", "--builder", "html", *sys.argv[1:]], prog_name="jupyter-book")
