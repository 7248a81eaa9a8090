# make lab    set up, check the environment, open JupyterLab on the first notebook
# make test   the same set-up, then everything that CI runs
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: setup lab test release grade feedback formgrader checks notebooks bench model format clean

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

setup: $(VENV)/ready

# torch comes first and alone: the CPU index fails quickly where it cannot be reached, and the plain index
# then serves it (on Linux that build brings CUDA along and is several GB larger).
$(VENV)/ready: requirements.txt requirements-dev.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --upgrade pip
	python -m pip install --quiet --no-deps --retries 0 --timeout 15 \
		--index-url https://download.pytorch.org/whl/cpu torch==2.13.0 2>/dev/null \
		|| python -m pip install --quiet --no-deps torch==2.13.0
	python -m pip install --quiet -r requirements-dev.txt -c constraints.txt
	python -m pip install --quiet --no-deps --editable .
	@# what a student sees is the course: no question about news, no marking of cells (autograder/labconfig shows it)
	jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" 2>/dev/null
	jupyter labextension disable --level=sys_prefix "@jupyter/nbgrader:create-assignment" 2>/dev/null
	python -m genlab
	touch $@

lab: setup
	python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/01_tokenization/01_tokenization.ipynb $(LAB_ARGS)

test: setup
	ruff format --check .
	ruff check .
	codespell
	PYTHONPATH=$(CURDIR) python -m pytest --nbval --nbval-sanitize-with tests/sanitize.cfg solutions $(PYTEST_ARGS)
	python -m pytest --nbval-lax notebooks $(PYTEST_ARGS)
	python -m pytest tests $(PYTEST_ARGS)

# Generated and committed: what the exercises' declarations and the solution notebooks say.
checks: setup
	python -m autograder.build_checks

notebooks: setup
	python -m autograder.execute $(ASSIGNMENTS)

release: setup
	python -m autograder release $(ASSIGNMENTS)

grade: setup
	python -m autograder grade $(ASSIGNMENTS)

feedback: setup
	python -m autograder feedback $(ASSIGNMENTS)
	python -m autograder export

formgrader: setup
	PYTHONPATH=$(CURDIR) JUPYTER_CONFIG_PATH=$(CURDIR)/autograder python -m jupyterlab $(LAB_ARGS) --LabApp.default_url=/formgrader

# Ours beside the usual way, in one run each: a move of a slider; grading a class. Half an hour.
bench: setup
	python -m benchmarks.sliders
	python -m benchmarks.browser
	python -m benchmarks.grading

model: setup
	python genlab/storyteller/train.py --corpus "$(CORPUS)" --valid "$(VALID)"

format: setup
	ruff format .
	ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache tests/artefacts
