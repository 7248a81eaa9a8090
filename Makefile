# make lab    set up what a student needs, check it, open JupyterLab on the first notebook (binder/lab.mk)
# make test   set up what tests need, then everything that CI runs: the quickest first
include binder/lab.mk
.PHONY: setup-grading setup-test test lint test-unit test-notebooks test-grading test-browser nightly \
	release package grade feedback formgrader checks notebooks book bench model lock format clean

ASSIGNMENTS ?= $(notdir $(wildcard solutions/*))

# --- set-up: for instructors; for tests

setup-grading: $(VENV)/ready-grading
setup-test: $(VENV)/ready-test

$(VENV)/ready-grading: $(VENV)/ready autograder/requirements.txt
	$(INSTALL) -r autograder/requirements.txt
	touch $@

$(VENV)/ready-test: $(VENV)/ready-grading requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	touch $@

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

package: setup-grading
	python -m autograder package $(ASSIGNMENTS)

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

# the course as a site: build/book/index.html
book: setup-test
	python -m autograder.authoring.book

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
