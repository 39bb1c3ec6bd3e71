# Every target works on a fresh machine with Python 3.11 to 3.13 and nothing else: it makes .venv from requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MUTANTS := .venv-mutants
# a terminal sees what pip does, a log does not need it
PIP_TALK := $(shell [ -t 2 ] || echo --quiet)

.DEFAULT_GOAL := help
.PHONY: help demo test ui lint bench mutants faults clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}. Next: make PYTHON=python3.11 ...")'
	@echo "Installing into $(VENV): about two minutes and 1.6 GB, once. The next run starts at once."
	$(PYTHON) -m venv $(VENV)
	@# pip unpacks for a minute without a word: on a terminal a dot every four seconds says that it works
	@if [ -t 2 ]; then ( while sleep 4; do printf . >&2; done ) & dots=$$!; trap "kill $$dots" EXIT INT TERM; fi; \
	$(BIN)/pip install $(PIP_TALK) --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

demo: $(STAMP)  ## run the main job on the simulated market: candidates, precision, report
	$(BIN)/amc demo

ui: $(STAMP)  ## open Dagster on the same data (http://127.0.0.1:3000)
	$(BIN)/amc db upgrade
	@# the project folder holds dagster.yaml, which names the state folder: without DAGSTER_HOME Dagster says that it forgets
	@# everything. `dg dev`, which it recommends, is another package and starts the same processes
	DAGSTER_HOME="$${DAGSTER_HOME:-$(CURDIR)}" PYTHONWARNINGS='ignore:Function `dev_command` is superseded' \
	$(BIN)/dagster dev --host 127.0.0.1 --port $${PORT:-3000}

test: $(STAMP)  ## the default test suite
	$(BIN)/pytest -n 2 -m "not slow and not fault"

faults: $(STAMP)  ## kill, fill and break things on purpose
	$(BIN)/pytest -m "slow or fault"

lint: $(STAMP)  ## ruff and strict types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)  ## measure the budgets as ratios against the named peers; JSON in .amc/bench
	$(BIN)/python -m benchmarks

$(MUTANTS)/.installed: requirements-mutants.lock
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-mutants.lock
	touch $@

mutants: $(STAMP) $(MUTANTS)/.installed  ## change the code in a sample of places and print what no test notices (an hour at most)
	$(MUTANTS)/bin/python -m amc_assets_tests.mutants --python $(BIN)/python $(OPTIONS)

clean:  ## remove the virtual environments; data in .amc stays
	rm -rf $(VENV) $(MUTANTS)
