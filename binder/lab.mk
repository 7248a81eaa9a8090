# make lab    set up what a student needs, check it, open JupyterLab on the first notebook
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: lab setup

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# a program of the environment may start another one by name
export PATH := $(CURDIR)/$(BIN):$(PATH)
INSTALL := python -m pip install --quiet -c constraints.txt
LAB_CONFIG := $(CURDIR)/binder/jupyter_server_config.py
FIRST := 01_tokenization/01_tokenization.ipynb

lab: setup
	python -m jupyterlab --config=$(LAB_CONFIG) --LabApp.default_url=/lab/tree/notebooks/$(FIRST) $(LAB_ARGS)

setup: $(VENV)/ready

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
