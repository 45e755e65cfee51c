# Every target uses the .venv that `make venv` makes.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CONSOLE := web/console
CONSOLE_SOURCES = $(shell find $(CONSOLE) -path $(CONSOLE)/node_modules -prune -o -type f -print 2>/dev/null)

# Compiled once, not by each of the hundreds of processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: venv servers test bench check check-python check-console console wheel migrate

# First what the service and its console need, which is all the demo needs; then what tests need.
# Python compiles what is used when it is used first.
RUNS := $(VENV)/installed
TESTS := $(VENV)/installed-dev

venv: $(TESTS)

$(RUNS): pyproject.toml
	test -x $(BIN)/pip || deploy/system.sh python
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-compile --editable '.[build]'
	touch $@

$(TESTS): $(RUNS)
	$(BIN)/pip install --quiet --no-compile --editable '.[dev,build]'
	touch $@

# build.py brings its own Node and installs the packages when the lock file changed.
console: web/static/index.html

web/static/index.html: $(CONSOLE_SOURCES) | $(RUNS)
	$(BIN)/python $(CONSOLE)/build.py
	touch $@

# What the tests start: looked for, and installed where it is missing.
servers:
	deploy/system.sh test

# Everything: pure tests, PostgreSQL, Redis, the real PBX, the real browser. `make test T=tests/store`
# runs a part. The servers are started by the tests themselves; what is missing is installed first.
test: venv console servers
	$(if $(T),$(BIN)/pytest $(T),tests/all.sh $(BIN)/pytest)

# What the product promises, measured beside named alternatives; figures in build/bench.json.
bench: venv servers
	$(BIN)/python -m tests.bench $(B)

# Two halves that know nothing of each other: `make -j2 check` runs them side by side.
check: check-python check-console

check-python: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check-console: $(RUNS)
	$(BIN)/python $(CONSOLE)/build.py --check

# A wheel that needs no Node where it is installed.
wheel: venv console
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

CONFIG ?= callcenter.toml
migrate: venv
	$(BIN)/callcenter migrate --config $(CONFIG)

# The whole product with robot callers, on this machine alone; nothing of it is left afterwards. The
# PBX is fetched while Python and the console are made ready. Without root or Debian there is no PBX:
# the demo says so and plays recorded calls.
.PHONY: demo demo-pbx
demo:
	$(MAKE) --no-print-directory -j2 demo-pbx console
	$(DIES_WITH_MAKE) $(BIN)/callcenter demo $(DEMO)

DIES_WITH_MAKE := $(shell command -v setpriv >/dev/null && echo setpriv --pdeathsig TERM)

demo-pbx:
	-deploy/system.sh demo
