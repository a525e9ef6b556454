# `make demo` and `make test` do all their own set-up; a second run does not repeat it.
# Python 3.11 where it runs, else the newest that does (a name on the path may be a dead shim).
PYTHON ?= $(shell for v in 3.11 3.14 3.13 3.12; do python$$v -c "" 2>/dev/null && echo python$$v && break; done)
INSTALL := Debian: python3.11 and python3.11-venv; macOS: brew install python@3.11
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-ready
DEVELOPMENT := $(VENV)/.development-ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is fetched and built by itself is so at the same time.
MAKEFLAGS += --jobs=3

.PHONY: demo test fast check setup web client neo4j neo4j-jars typescript lock clean

demo: setup
	@$(BIN)/kith demo

test: $(DEVELOPMENT) neo4j-jars typescript web check
	@$(BIN)/python -m pytest --slow

fast: $(DEVELOPMENT)
	@$(BIN)/python -m pytest -m "not neo4j and not browser"

check: $(DEVELOPMENT)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

setup: $(RUNTIME) web

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is missing: install one ($(INSTALL)), or name one with PYTHON=..."; exit 1; }
	@$(PYTHON) set_up.py
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing: install it (Debian: python3.11-venv)"; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@$(BIN)/python set_up.py requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.lock
	@$(BIN)/python set_up.py requirements-dev.lock
	@touch $@

# A server that is already there (KITH_TEST_NEO4J_URL) needs no jars. Without Java or Maven the rest goes on; with CI=true
# the tests themselves then fail.
neo4j-jars: $(DEVELOPMENT)
	@test -n "$$KITH_TEST_NEO4J_URL" || $(BIN)/python -m neo4j_server fetch || true

# A test makes types for TypeScript from the description of the API. Without Node the rest goes on; with CI=true that
# test then fails.
TYPESCRIPT := tests/api/typescript
typescript:
	@test $(TYPESCRIPT)/node_modules/.package-lock.json -nt $(TYPESCRIPT)/package-lock.json || \
		{ echo "Fetching the TypeScript tools of one test" && npm ci --silent --prefix $(TYPESCRIPT); } || true

# The page of the workbench. Without npm, or where it cannot be built, the rest goes on, and the server says so at /.
WEB := api/web
PAGE := $(WEB)/dist/index.html
PAGE_SOURCES := $(wildcard $(WEB)/package-lock.json $(WEB)/build.mjs) $(shell find $(WEB)/src -type f ! -name openapi.d.ts 2>/dev/null)
web: $(if $(wildcard $(WEB)/package.json),$(PAGE))

$(PAGE): $(PAGE_SOURCES)
	@if command -v npm > /dev/null; then \
		echo "Building the workbench: npm fetches what it needs" && \
		npm ci --silent --no-audit --no-fund --prefix $(WEB) && npm run --silent --prefix $(WEB) build || \
		echo "The workbench could not be built (see above); everything else works, and make setup tries again"; \
	else \
		echo "npm is missing, so the workbench is not built; install it (Debian: nodejs npm) and run make setup again"; \
	fi

# A typed Python client of a running server: make client OUT=shop_client URL=http://127.0.0.1:8100
OUT ?= kith_client
URL ?= http://127.0.0.1:8100
client: $(DEVELOPMENT)
	@$(BIN)/kith client $(OUT) --url $(URL)

neo4j: setup
	@$(BIN)/python -m neo4j_server run

# Lock the dependency lists again, as [tool.uv] in pyproject.toml says. What is locked stays at its version;
# `make lock UPGRADE=--upgrade` takes the newest of everything.
lock: $(DEVELOPMENT)
	@$(BIN)/uv pip compile -q $(UPGRADE) requirements.txt -o requirements.lock
	@$(BIN)/uv pip compile -q $(UPGRADE) -c requirements.lock requirements-dev.in -o requirements-dev.lock
	@$(BIN)/python -m benchmarks.wheels --write

clean:
	rm -rf $(VENV) .kith neo4j_server/lib $(TYPESCRIPT)/node_modules $(WEB)/node_modules $(WEB)/dist $(WEB)/build
