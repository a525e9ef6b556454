# `make demo` and `make test` do all their own set-up; a second run does not repeat it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-ready
DEVELOPMENT := $(VENV)/.development-ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test fast check setup neo4j neo4j-jars typescript lock clean

demo: setup
	@$(BIN)/kith demo

test: $(DEVELOPMENT) neo4j-jars typescript check
	@$(BIN)/python -m pytest --slow

fast: $(DEVELOPMENT)
	@$(BIN)/python -m pytest -m "not neo4j and not browser"

check: $(DEVELOPMENT)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

setup: $(RUNTIME)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing: install it (Debian: python3.11 and python3.11-venv), or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: install it (Debian: python3.11-venv)"; exit 1; }

# The lists are complete, so nothing is resolved: an extra of a package (pydantic[email]) would make pip want its newest.
$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (once; a few minutes)"
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.lock
	@echo "Adding the tools of the tests"
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements-dev.lock
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

neo4j: setup
	@$(BIN)/python -m neo4j_server run

# Resolve the dependency lists again: every package pinned and hashed, no index addresses.
LOCK := uv pip compile --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 --python-platform x86_64-unknown-linux-gnu
lock:
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) -c requirements.lock requirements-dev.in -o requirements-dev.lock

clean:
	rm -rf $(VENV) .kith neo4j_server/lib $(TYPESCRIPT)/node_modules
