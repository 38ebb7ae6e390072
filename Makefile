# Everything happens in .venv, made here from any Python >= 3.11; nothing else on the machine is touched.
#
#   make demo         install the package alone and run the demonstration
#   make test         install the tools as pinned and run all tests, with coverage
#   make acceptance   run the tests that need root and packages of the system; it says what is missing, and does without
#   make soak         the long form of the proofs: hundreds of processes killed, databases restarted; takes some minutes
#   make pictures     draw the pictures of the documentation anew
#   make mutants      whether the tests find mistakes: 200 small changes a module, each met by the tests that reach it
#   make lint | types | docs | build | bench | clean | constraints

SHELL := /bin/bash
VENV  := .venv
BIN   := $(VENV)/bin
PIP   := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PINS  := constraints-dev.txt

PACKAGE := $(VENV)/.package-installed
TOOLS   := $(VENV)/.tools-installed
MUTATOR := $(VENV)/.mutator-installed

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$python"; break; }; done)

# The acceptance tests on servers that need root or packages of the system, one a line.
SERVERS := \
	tests/acceptance/test_mail_system.py \
	tests/acceptance/test_mail_to_rt.py \
	tests/acceptance/test_mail_vendor.py \
	tests/acceptance/test_redmine.py \
	tests/acceptance/test_rt.py

# Examples: make test ARGS="tests/unit -x"; make bench ARGS="--quick"
ARGS ?=

# The tests start more than a thousand processes: what one of them has compiled, the others need not compile again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test acceptance soak pictures mutants lint format types docs build bench constraints clean

help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile

demo: $(PACKAGE)
	$(BIN)/python examples/demo.py

test: $(TOOLS)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist loadfile $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

acceptance: $(TOOLS)
	$(BIN)/python -m tests.servers.packages
	SUPPORTTIERS_ACCEPTANCE=1 $(BIN)/python -m pytest $(or $(ARGS),$(SERVERS))

soak: $(TOOLS)
	SUPPORTTIERS_SOAK=1 $(BIN)/python -m pytest -n auto --dist loadfile $(or $(ARGS),tests/proofs tests/properties/test_stores_agree.py)

mutants: $(MUTATOR)
	$(BIN)/python -m tests.mutation $(ARGS)

lint: $(TOOLS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

format: $(TOOLS)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(TOOLS)
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes supporttiers --ignoreexternal

docs: $(TOOLS)
	$(BIN)/python -m pytest $(wildcard README.md docs) src $(ARGS)

pictures: $(PACKAGE)
	$(BIN)/python examples/pictures.py docs/pictures

build: $(TOOLS)
	rm -rf dist
	$(BIN)/python -m build --outdir dist

bench: $(TOOLS)
	@for script in benchmarks/[!_]*.py; do \
		test -f "$$script" || { echo "no benchmarks yet"; exit 0; }; \
		echo "== $$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; done

# Writes the pins anew, from what a fresh environment gets today.
constraints: $(BIN)/python
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; set -e; \
	$(BIN)/python -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip install --quiet --upgrade pip; \
	"$$scratch/bin/python" -m pip install --quiet --group dev --group mutants '.[cli,calendars]'; \
	"$$scratch/bin/python" -m pip freeze --all --exclude supporttiers --exclude setuptools > "$$scratch/pins"; \
	cp "$$scratch/pins" $(PINS)

clean:
	rm -rf $(VENV) dist build .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "supporttiers needs Python 3.11 or later, and none was found: install one," \
		"or name it with 'make PYTHON=/path/to/python3'." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "supporttiers needs Python 3.11 or later; this is $$("$(PYTHON)" --version 2>&1)." >&2; exit 1; }
	"$(PYTHON)" -m venv --clear $(VENV)

$(PACKAGE): pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(TOOLS): pyproject.toml $(PINS) | $(BIN)/python
	$(PIP) --constraint $(PINS) --upgrade pip
	$(PIP) --constraint $(PINS) --group dev --editable '.[cli,calendars]'
	@touch $(PACKAGE) $@

$(MUTATOR): $(TOOLS)
	$(PIP) --constraint $(PINS) --group mutants
	@touch $@
