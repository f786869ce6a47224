# Two commands on a fresh machine: `make demo` and `make test`. They need Linux, Python >= 3.11 with venv, and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-all lint bench oracles dev lock clean

help:  ## show these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The folder is made anew when a lock changed; a half-made one is never taken for whole.
.venv/.run: requirements.lock
	@echo "Setting up .venv from requirements.lock (once; some minutes) ..."
	@$(PYTHON) -c 'import sys, venv; sys.exit(0 if (3, 11) <= sys.version_info < (3, 15) else "samenhang needs Python 3.11 to 3.14; name one with PYTHON=...")'
	@$(PYTHON) -m venv --clear .venv
	@$(INSTALL) --require-hashes --no-deps -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@echo "Adding the tools for tests from requirements-dev.lock ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: .venv/.run  ## run the whole pipeline on the example town
	@$(BIN)/samenhang example klein
	@$(BIN)/samenhang run voorbeeldstad

test: .venv/.dev lint  ## the fast tests (at most 5 minutes on 2 cores)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"

test-all: test  ## everything: kills, fuzz, attacks, every real area, the browser (at most 30 minutes)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "slow and not alone"
	@$(BIN)/python -m pytest -q -m "slow and alone"

lint: .venv/.dev  ## style, types and the order of the rooms
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python -m numpydoc lint $$(find pipelines assets -name '*.py')
	@$(BIN)/lint-imports

.venv/.bench: requirements-bench.lock .venv/.dev
	@echo "Adding the engines of others from requirements-bench.lock ..."
	@$(INSTALL) --require-hashes --no-deps -r requirements-bench.lock
	@touch $@

oracles: .venv/.run  ## compute the reference values of the survey once more (needs R with survey, metafor, psych and lavaan)
	@folder=$$(mktemp -d) && $(BIN)/samenhang example klein --raw "$$folder" >/dev/null && \
	for script in tests/oracles/*.R; do Rscript "$$script" "$$folder/voorbeeldstad" || exit; done && rm -r "$$folder"

bench: .venv/.bench  ## measure search and people against engines of others, protection, and surveys (about 28 minutes; ONLY=case for one case, people, protection or survey)
ifeq ($(filter people protection survey,$(ONLY)),)
	@$(BIN)/python -m tests.benchmarks.bench $(if $(ONLY),--only '$(ONLY)')
endif
ifneq ($(filter people,$(or $(ONLY),people)),)
	@$(BIN)/python -m tests.benchmarks.people
endif
ifneq ($(filter protection,$(or $(ONLY),protection)),)
	@$(BIN)/python -m tests.benchmarks.protection
endif
ifneq ($(filter survey,$(or $(ONLY),survey)),)
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.survey
endif

dev: .venv/.run  ## open Dagster's UI on the same definitions
	@$(BIN)/samenhang dev

lock: .venv/.dev  ## write the lock files anew
	@$(INSTALL) uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --extra bench -c requirements-dev.lock pyproject.toml -o requirements-bench.lock

clean:  ## remove .venv and everything computed (deliveries, releases, the key and what was told stay)
	rm -rf .venv data/tables data/dagster
	if [ -d data/private ]; then find data/private -type f -not -path '*/protection/told/*' -delete; fi
