# Everything is done by `make up` and `make test`; the other targets are parts of them, and what CI adds.
# Each step leaves a stamp in .stamps and runs again only when what it was made from has changed.

PYTHON ?= python3
ARGS ?=
PYTEST ?= -n 3 --dist worksteal --durations 30
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check -qq
SOURCES := src tests scripts benchmarks

# Tests start hundreds of processes; each would compile our code anew where the environment forbids to keep it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test fast explore test-sqlite test-postgresql install dev frontend lint format types contracts migrations docs \
	docs-check lock lock-check bench faults clean check

up: install frontend
	@$(BIN)/hortus up $(ARGS)

install: .stamps/runtime
dev: .stamps/dev
frontend: .stamps/frontend

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Hortus needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3 …"; exit 1; }
	@echo "Making a virtual environment in .venv …"
	@$(PYTHON) -m venv .venv

.stamps/runtime: .venv/pyvenv.cfg requirements.lock pyproject.toml
	@echo "Installing what Hortus needs …"
	@mkdir -p .stamps
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.stamps/dev: .venv/pyvenv.cfg requirements-dev.lock pyproject.toml
	@echo "Installing what its tests need …"
	@mkdir -p .stamps
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch .stamps/runtime $@

node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@echo "Fetching the front-end parts …"
	@npm ci --silent
	@touch $@

.stamps/frontend: .venv/pyvenv.cfg node_modules/.package-lock.json scripts/frontend.py
	@mkdir -p .stamps
	@$(BIN)/python scripts/frontend.py
	@touch $@

tests/access/oidc/node_modules/.package-lock.json: tests/access/oidc/package-lock.json
	@echo "Fetching the OpenID provider of the tests …"
	@cd tests/access/oidc && npm ci --silent
	@touch $@

tests/telemetry/engines/hub/node_modules/.package-lock.json: tests/telemetry/engines/hub/package-lock.json
	@echo "Fetching the proxy for the JupyterHub of the tests …"
	@cd tests/telemetry/engines/hub && npm ci --silent
	@touch $@

# Debian's packages are asked for at most once a checkout; `make test` then says what is absent all the same.
.stamps/system: scripts/system-parts.sh
	@mkdir -p .stamps
	@bash scripts/system-parts.sh install
	@touch $@

test: dev frontend tests/access/oidc/node_modules/.package-lock.json \
		tests/telemetry/engines/hub/node_modules/.package-lock.json .stamps/system
	@bash scripts/system-parts.sh tell
	@$(MAKE) --no-print-directory test-sqlite
	@$(MAKE) --no-print-directory test-postgresql

# What is quick and needs no server, browser or scheduler: for while one works. CI runs everything.
fast: dev frontend
	@$(BIN)/pytest $(PYTEST) -m "not slow and not browser and not slurm and not oidc and not engines and not hub" $(ARGS)

# Every test that makes up its input, with input that was not tried before.
explore: dev frontend
	@HYPOTHESIS_PROFILE=exploring $(BIN)/pytest $(PYTEST) $$(grep -rl "from hypothesis" tests --include "test_*.py") $(ARGS)

test-sqlite: dev frontend
	@echo "Running all tests on SQLite …"
	@$(BIN)/pytest $(PYTEST) $(ARGS)

# What asks no database is left out there by tests/conftest.py. These would be the same again, too: how a page looks,
# what a document says, the words of the commands, an ssh tunnel, and what the servers of others answer. That every page
# and operation answers there is walked by tests/access, and that counts are kept by the tests beside the real engines.
THE_SAME := tests/browser tests/docs tests/cli/test_commands.py tests/cli/test_tunnel.py \
	tests/telemetry/engines/test_real_engines.py tests/telemetry/engines/test_real_hub.py

test-postgresql: dev frontend
	@echo "Running all tests that ask a database on PostgreSQL …"
	@$(BIN)/python scripts/postgresql.py $(BIN)/pytest $(PYTEST) $(THE_SAME:%=--ignore=%) $(ARGS)

lint: dev
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/python scripts/sizes.py

format: dev
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

types: dev
	@HORTUS_DATA_DIR=.stamps/data $(BIN)/mypy

contracts: dev
	@$(BIN)/lint-imports --no-cache

migrations: dev
	@HORTUS_DATA_DIR=.stamps/data $(BIN)/hortus django makemigrations --check --dry-run

docs: dev
	@HORTUS_DATA_DIR=.stamps/data $(BIN)/python scripts/docs.py

docs-check: dev
	@HORTUS_DATA_DIR=.stamps/data $(BIN)/python scripts/docs.py --check

# Writes the locks anew; wants the network.
lock: dev
	@$(PIP) install uv
	@$(BIN)/python scripts/lock.py

lock-check: dev
	@$(BIN)/python scripts/lock.py --check

check: lint types contracts migrations docs-check lock-check

# The long fault test: 200 kill points over 10,000 updates. Takes a while; its short sister is among the tests.
faults: dev frontend
	@$(BIN)/pytest -n 0 -q tests/faults/test_outbox_kill.py --kill-points 200 --updates 10000 --timeout 14400 $(ARGS)

bench: dev frontend
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Leaves the data folder (var) alone.
clean:
	rm -rf .stamps .venv node_modules tests/access/oidc/node_modules tests/telemetry/engines/hub/node_modules src/hortus/web/static/vendor dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
