# Everything is set up in .venv, from the hash-pinned locks; only Python >= 3.11 with venv is needed.
# The stamps in .venv say what is installed there, so that a second call does no work twice.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench catalogue lock clean

BIN := .venv/bin
DEV := .venv/.development
RUN := .venv/.runtime
UV := $(BIN)/uv
# The installer is the one thing the locks cannot pin, since it reads them.
UV_WANTED := uv>=0.9,<1
LATEST := "1 week"
export VIRTUAL_ENV := $(CURDIR)/.venv
export UV_NO_PROGRESS := 1

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

setup: $(DEV) ## install what is needed to work on it

demo: $(if $(wildcard $(DEV)),$(DEV),$(RUN)) ## start everything on this machine, no account needed
	@exec $(BIN)/groundswell demo

test: $(DEV) ## run all tests, with coverage, and fail if one was skipped
	@$(if $(ARGS),,EVERY_TEST=1) $(BIN)/pytest -n $(or $(WORKERS),logical) --maxprocesses=8 \
	  --cov --cov-report=term $(ARGS)

check: $(DEV) ## formatting, style, types, import contracts, dead code, spelling
	@failed=0; \
	run() { \
	  name=$$1; shift; begun=$$(date +%s); \
	  if said=$$("$$@" 2>&1); then echo "ok      $$name ($$(( $$(date +%s) - begun )) s)"; \
	  else failed=1; printf '%s\n' "$$said"; echo "FAILED  $$name"; fi; \
	}; \
	run "ruff format" $(BIN)/ruff format --check --diff --quiet .; \
	run "ruff check" $(BIN)/ruff check --quiet .; \
	run "mypy" $(BIN)/mypy; \
	run "lint-imports" $(BIN)/lint-imports; \
	run "vulture" $(BIN)/vulture; \
	run "codespell" $(BIN)/codespell; \
	exit $$failed

bench: $(DEV) ## print the benchmark lines; NAME=x for one
	@$(BIN)/python -m tests.bench $(NAME)

catalogue: $(DEV) ## bring the translations up to date with the texts in the code
	@$(BIN)/pybabel --quiet extract --keyword=say --keyword=plural:1,2 --no-location \
	  --sort-output --project=Groundswell --output=.venv/catalogue.pot bot adapters
	@for po in bot/locale/*.po; do \
	  $(BIN)/pybabel --quiet update --locale="$$(basename $$po .po | tr - _)" \
	    --input-file=.venv/catalogue.pot --output-file=$$po --width=100 --no-fuzzy-matching \
	    --ignore-obsolete --ignore-pot-creation-date; \
	done

lock: $(UV) ## pin the newest versions that are at least a week old; PACKAGE=x for one
	@compile() { $(UV) pip compile pyproject.toml "$$@" --quiet --universal --generate-hashes \
	  --no-header --no-emit-index-url --exclude-newer $(LATEST) \
	  $(if $(PACKAGE),--upgrade-package $(PACKAGE),--upgrade); }; \
	compile -o requirements.lock; \
	compile --group dev --constraint requirements.lock -o requirements-dev.lock

clean: ## remove what was installed and made; data/ stays
	@rm -rf .venv .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache dist build

# Shims of version managers answer to names that they cannot run, so each one is tried.
$(UV):
	@for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	    >/dev/null 2>&1; then \
	    echo "setting up .venv with $$($$python --version)"; \
	    $$python -m venv .venv && $(BIN)/python -m pip install --quiet "$(UV_WANTED)"; \
	    exit; \
	  fi; \
	done; \
	echo "Groundswell needs Python 3.11 or newer, with venv (Debian: apt install python3-venv)." >&2; \
	exit 1

# The command is installed so that it reads this checkout; what builds it is held to the hashes of
# the development lock.
define install
	@$(UV) pip sync --quiet --require-hashes $(1)
	@$(UV) pip install --quiet --no-deps --build-constraints requirements-dev.lock --editable .
	@touch $@
endef

PACKAGING := pyproject.toml deploy/launcher.py deploy/hatch_build.py

$(RUN): requirements.lock $(PACKAGING) | $(UV)
	$(call install,$<)

$(DEV): requirements-dev.lock $(PACKAGING) | $(UV)
	$(call install,$<)
