# One environment in .venv, made from the locks; every target works on a bare machine that has Python 3.11 and make.
.DEFAULT_GOAL := help
.PHONY: hsm help run assets screenshots test faults fuzz lint fmt bench demo openapi schema migrate lock clean

PYTHON := $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
INSTALL := $(BIN)/python -m pip install --quiet
T ?= tests
N ?= 300
MINUTES ?= 10
VAULT_DATA ?= .vault

help:     ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: assets     ## Everything on this machine, with the five controllers and sample recordings; Ctrl-C stops it
	@$(BIN)/vault up --data $(VAULT_DATA) --samples tests/recordings

# Does nothing where nothing has changed.
assets: .venv/run     ## Build the console's scripts and styles from npm's locked packages (no Node is needed)
	@$(BIN)/python -m infra.assets

# Each process has servers of its own, and takes tests from the others when it has done its own. Coverage of the rules and
# of custody is judged by the tests that are theirs: to trace the others, too, would take half as long again.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal --durations=40 --durations-min=4
TRACED := $(addprefix tests/,tenants custody auditing access policies oversight reconciliation worker packages backups)

test: .venv/dev assets hsm     ## Every test, with what it needs; T=tests/api for a part (coverage is judged on the whole)
ifeq ($(T),tests)
	@$(PYTEST) --cov --cov-report=term $(TRACED); traced=$$?; $(PYTEST) $(addprefix --ignore=,$(TRACED)) $(T) && exit $$traced
else
	$(BIN)/python -m pytest $(T)
endif

SOFTHSM := $(wildcard /usr/lib/softhsm/libsofthsm2.so)
test: export UNTESTED := $(if $(SOFTHSM),nothing,vault/custody/root_pkcs11.py)

hsm:
	@test -n "$(SOFTHSM)" || echo "PKCS#11 is not tested here: that needs Debian's softhsm2 (apt-get install softhsm2)." >&2

# About an hour on two cores with 300 rounds. The seed is printed, and SEED=… repeats it. Then each destruction is
# killed at calls of its own.
faults: .venv/dev assets     ## Kill any part at random moments N=300 times, with clients at work, and check that all is well
	$(BIN)/python -m tests.faults $(N) $(SEED)
	VAULT_FAULT_ROUNDS=60 $(BIN)/python -m pytest --quiet tests/faults --deselect tests/faults/test_chaos.py

fuzz: .venv/dev assets     ## Try every parser and every route with what nobody expects, for MINUTES=10
	$(BIN)/python -m tests.fuzz $(MINUTES) $(SEED)

lint: .venv/dev     ## Format, lint, types, imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fmt: .venv/dev     ## Format and repair what can be repaired
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: .venv/dev assets     ## Ratios against peers, both sides in one run
	$(BIN)/python -m tests.benchmarks

demo: assets     ## A recording's whole life before your eyes
	@$(BIN)/python -m infra.demo

screenshots: .venv/dev assets     ## A picture of each page in three languages, in build/screenshots (needs Chromium)
	$(BIN)/python -m tests.console.screenshots

openapi: .venv/dev     ## Write the OpenAPI description anew
	$(BIN)/python -m vault.api.openapi

schema: .venv/dev     ## Write the policy language's JSON Schema anew
	$(BIN)/python -c 'from tenants.schema import write; write()'

migrate: .venv/run     ## Bring the catalogue in VAULT_OWNER_DATABASE_URL to its newest shape
	$(BIN)/vault migrate

lock: .venv/dev     ## Resolve the dependencies anew into run.lock and dev.lock
	$(INSTALL) uv
	$(LOCK) --group install --output-file run.lock
	$(LOCK) --group install --group dev --constraint run.lock --output-file dev.lock

clean:     ## Remove the environment and caches, but never the data in .vault
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* *.egg-info build vault/console/static

# Hashes for every platform, and no address of any registry.
LOCK := UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate

.venv/run: run.lock pyproject.toml | .venv/bin/python
	@echo "Installing what the vault needs, once: about 700 MB, one to three minutes."
	$(INSTALL) --no-deps --require-hashes --requirement run.lock
	$(INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/dev: dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing what the tests need, once: about 800 MB, one to three minutes."
	$(INSTALL) --no-deps --require-hashes --requirement dev.lock
	$(INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found." >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
