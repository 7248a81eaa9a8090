# make lab    set up what a student needs, check it, open JupyterLab on the first notebook
# make test   set up what tests need, then everything that CI runs: the quickest first
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: lab setup setup-grading setup-test test lint test-unit test-notebooks test-grading test-browser nightly \
	release grade feedback formgrader checks notebooks bench model lock format clean

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# nbgrader starts helpers (alembic) by name; the folder autograder/ holds its configuration
export PATH := $(CURDIR)/$(BIN):$(PATH)
ASSIGNMENTS ?= $(notdir $(wildcard solutions/*))
INSTALL := python -m pip install --quiet -c constraints.txt

# --- set-up: for students; for instructors; for tests

setup: $(VENV)/ready
setup-grading: $(VENV)/ready-grading
setup-test: $(VENV)/ready-test

# torch comes first and alone: the CPU index fails quickly where it cannot be reached, and the plain index
# then serves it (on Linux that build brings CUDA along and is several GB larger).
$(VENV)/ready: requirements.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --upgrade pip
	python -m pip install --quiet --no-deps --retries 0 --timeout 15 \
		--index-url https://download.pytorch.org/whl/cpu torch==2.13.0 2>/dev/null \
		|| python -m pip install --quiet --no-deps torch==2.13.0
	$(INSTALL) -r requirements.txt
	python -m pip install --quiet --no-deps --editable .
	@# what a student sees is the course: no question about news, no marking of cells (autograder/labconfig shows it)
	jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" 2>/dev/null
	jupyter labextension disable --level=sys_prefix "@jupyter/nbgrader:create-assignment" 2>/dev/null
	python -m genlab
	touch $@

$(VENV)/ready-grading: $(VENV)/ready autograder/requirements.txt
	$(INSTALL) -r autograder/requirements.txt
	touch $@

$(VENV)/ready-test: $(VENV)/ready-grading requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	touch $@

# --- students

LAB_CONFIG := $(CURDIR)/binder/jupyter_server_config.py
FIRST := 01_tokenization/01_tokenization.ipynb

lab: setup
	python -m jupyterlab --config=$(LAB_CONFIG) --LabApp.default_url=/lab/tree/notebooks/$(FIRST) $(LAB_ARGS)

# --- tests. Models this small gain nothing from a second torch thread; the cores are for tests beside each other.

PYTEST := OMP_NUM_THREADS=1 PYTHONPATH=$(CURDIR) python -m pytest --numprocesses=$(or $(WORKERS),auto) $(PYTEST_ARGS)

# one after the other even under make -j: a typo is found in the first minute
test: setup-test
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory test-unit
	$(MAKE) --no-print-directory test-notebooks
	$(MAKE) --no-print-directory test-grading
	$(MAKE) --no-print-directory test-browser

lint: setup-test
	ruff format --check .
	ruff check .
	codespell
	mypy

test-unit: setup-test
	$(PYTEST) --dist=loadgroup tests/unit

test-notebooks: setup-test
	$(PYTEST) --dist=loadfile --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg solutions tests/notebooks

test-grading: setup-test
	$(PYTEST) --dist=loadgroup tests/grading

test-browser: setup-test
	$(PYTEST) --dist=loadgroup tests/browser

# What is only worth a night: full sizes, and what differs from `make test` in nothing but its setting.
nightly: setup-test
	GENLAB_CLASS=60 GENLAB_KILLS=10 $(PYTEST) --dist=loadgroup -m "nightly or full_size" tests

# --- instructors

release: setup-grading
	python -m autograder release $(ASSIGNMENTS)

grade: setup-grading
	python -m autograder grade $(ASSIGNMENTS)

feedback: setup-grading
	python -m autograder feedback $(ASSIGNMENTS)
	python -m autograder export

formgrader: setup-grading
	PYTHONPATH=$(CURDIR) JUPYTER_CONFIG_PATH=$(CURDIR)/autograder python -m jupyterlab $(LAB_ARGS) --LabApp.default_url=/formgrader

# --- authors. Generated and committed: what the exercises' declarations and the solution notebooks say.

checks: setup-grading
	python -m autograder.authoring.build_checks $(EXERCISES)

notebooks: setup-grading
	python -m autograder.authoring.execute $(ASSIGNMENTS)

model: setup
	python genlab/storyteller/train.py --corpus "$(CORPUS)" --valid "$(VALID)"

# Ours beside the usual way, in one run each: a move of a slider; grading a class. Half an hour.
bench: setup-test
	python -m benchmarks.sliders
	python -m benchmarks.browser
	python -m benchmarks.grading

# The lock: every package of every set-up on every system, with who needs it. UPGRADE=--upgrade takes the newest.
lock: setup-test
	uv pip compile --quiet --universal --python-version 3.11.5 --no-header --no-emit-index-url --no-emit-find-links \
		--annotation-style line $(UPGRADE) requirements.txt autograder/requirements.txt requirements-dev.txt \
		--output-file constraints.txt

format: setup-test
	ruff format .
	ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache tests/artifacts
