# The commands of the README. `make` without a target lists them.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

AT ?= 2026-12-31 18:10:00
MOVED_CLOCK := $(CURDIR)/$(VENV)/moved_clock.so

.PHONY: help sync up dev test test-at truth check lint lint-python lint-sql docs release reset
help:
	@echo "make sync    load the last 30 days and exit"
	@echo "make up      the same, with Dagster's UI; Ctrl-C stops everything"
	@echo "make test    the whole test suite, against a Postgres that it starts itself"
	@echo "make test-at AT='2026-12-31 18:10:00'  the tests at another time (UTC), on a moved clock"
	@echo "make truth   compare the derived tables of all real orders with what plain Python computes (some minutes)"
	@echo "make check   tests, linters and types"
	@echo "make docs    write docs/tables.md, the README's list and sql/comments.sql from the row contracts"
	@echo "make release record the migrations of the version in pyproject.toml, before it is tagged"
	@echo "make dev     only install what tests, linters and benchmarks need"
	@echo "make reset   delete the data directory (asks first)"
	@echo "Pass options of xpert in ARGS: make sync ARGS='--days 60'"

sync: $(VENV)/ready
	@$(BIN)/xpert up --no-ui $(ARGS)

up: $(VENV)/ready
	@$(BIN)/xpert up $(ARGS)

dev: $(VENV)/dev

test: $(VENV)/dev
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-at: $(VENV)/dev $(MOVED_CLOCK)
	@PYTHONPATH=$(CURDIR) TZ=UTC FAKETIME=$$(printf '%+d' $$(($$(date -ud "$(AT)" +%s) - $$(date +%s)))) \
	LD_PRELOAD=$(MOVED_CLOCK) $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

$(MOVED_CLOCK): xpert_pipeline_tests/faked_clock/moved_clock.c $(VENV)/dev
	@cc -O2 -Wall -Wextra -Werror -Wno-nonnull-compare -shared -fPIC -o $@ $< -ldl

truth: $(VENV)/dev
	@$(BIN)/python -c "import sys; from xpert_pipeline_tests.assets.real_world import ORDERS; \
	ORDERS.exists() or sys.exit(f'{ORDERS} is missing: nothing can be compared')"
	@TRUTH_DAYS=all $(BIN)/python -m pytest -o log_cli=true -o log_cli_level=INFO xpert_pipeline_tests/assets/test_real_world.py $(ARGS)

check: test lint

# Both halves side by side. Old versions of make cannot keep their output apart.
lint: $(VENV)/dev
	@$(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) lint-python lint-sql

lint-python: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dagster definitions validate -m xpert_pipeline.definitions

# A released migration cannot change any more (a test compares it with the list), so only the others are read for style.
lint-sql: RELEASED = $(addprefix sql/migrations/,$(shell cut -d ' ' -f 3 sql/migrations/released.sha256))
lint-sql: $(VENV)/dev
	$(BIN)/sqlfluff lint --processes 2 $(filter-out sql/comments.sql $(RELEASED),$(sort $(shell find sql -name '*.sql')))
	$(BIN)/squawk sql/migrations/*.sql

docs: $(VENV)/ready
	@$(BIN)/python -m xpert_pipeline.reference

release: $(VENV)/ready
	@$(BIN)/python -m xpert_pipeline.release

reset: $(VENV)/ready
	@$(BIN)/xpert db reset

# Without --no-compile, pip would compile every module of every package; Python compiles those that are used.
$(VENV)/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (set PYTHON=/path/to/python)"; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV) (once, about a minute) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: $(VENV)/ready requirements-dev.lock
	@echo "Installing what tests, linters and benchmarks need into $(VENV) (once) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	@touch $@
