# Premia's commands. `make` alone lists them.
#
# Everything runs in .venv, which the first command that needs it builds from constraints.txt (every
# package pinned by hash). PYTHON=/path/to/python3.12 chooses the interpreter; otherwise the newest
# one that works is taken, from 3.14 down to 3.11.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
ON_POSTGRESQL := tests/contracts/test_journal.py tests/scenarios tests/faults tests/integration/daemon
SEEDS ?= 1-10000
SOAK_LOG ?= build/soak.jsonl

.PHONY: help
help:  ## List the commands
	@echo "Premia: make COMMAND"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)$$/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

# One stamp file: it is older than the pins or the project's settings exactly when an installation is due.
$(READY): constraints.txt pyproject.toml tools/choose_python.sh
	@PYTHON="$(PYTHON)" sh tools/install.sh $(VENV)
	@touch $@

.PHONY: install
install: $(READY)  ## Build .venv with every pinned package (other commands do it when needed)

.PHONY: demo
demo: $(READY)  ## Turn the wheel through five years of market history on a simulated IB Gateway
	@echo "==> premia demo: the wheel on the S&P 500 of 2014-2018, over TCP, on a simulated gateway"
	@$(BIN)/premia demo
	@echo "==> premia is $(BIN)/premia here; after \". $(BIN)/activate\" it is premia"

.PHONY: backtest-demo
backtest-demo: $(READY)  ## Backtest on chains made from a seed, and on recorded ones where they are
	@$(BIN)/python tools/backtest_demo.py

.PHONY: test
test: $(READY)  ## Run the default test suite
	@echo "==> pytest: the default suite on $(WORKERS) processes (slow tests: make clients, make chaos, make soak)"
	@$(BIN)/python -m pytest -n $(WORKERS)

.PHONY: test-postgresql
test-postgresql: $(READY)  ## Run what opens a journal once more, kept in a PostgreSQL server of its own
	@echo "==> pytest: journals, scenarios, faults and the daemon on PostgreSQL (Debian: postgresql)"
	@$(BIN)/python -m pytest -n $(WORKERS) --postgresql $(ON_POSTGRESQL)

.PHONY: check
check: $(READY)  ## Check style, formatting, types and the direction of imports
	@echo "==> ruff: style"
	@$(BIN)/ruff check
	@echo "==> ruff: formatting"
	@$(BIN)/ruff format --check
	@echo "==> basedpyright: types, strict on src/"
	@$(BIN)/basedpyright --pythonpath $(BIN)/python
	@echo "==> import-linter: imports point down"
	@$(BIN)/lint-imports

.PHONY: bench
bench: $(READY)  ## Run one benchmark: make bench NAME=cycle (without NAME: list them)
	@$(BIN)/python tools/bench.py $(NAME)

.PHONY: clients
clients: $(READY)  ## Run other people's IB clients against the simulated gateway (slow)
	@echo "==> pytest: unmodified IB clients, each from its own virtual environment"
	@$(BIN)/python -m pytest -m slow tests/clients

.PHONY: chaos
chaos: $(READY)  ## Kill Premia 1,000 times and count lost and duplicate orders (slow)
	@echo "==> pytest: a thousand kills, and one at every point of every kind of order"
	@$(BIN)/python -m pytest -m slow tests/chaos

.PHONY: soak
soak: $(READY)  ## Play 10,000 seeded weeks with faults, then months of sessions over TCP (hours)
	@echo "==> simulation: seeds $(SEEDS) on $(WORKERS) processes; $(SOAK_LOG) keeps what was played"
	@mkdir -p $(dir $(SOAK_LOG))
	@$(BIN)/python -m tests.simulation $(SEEDS) -j $(WORKERS) --log $(SOAK_LOG) --quiet
	@echo "==> pytest: sixty sessions of the daemon over TCP"
	@$(BIN)/python -m pytest -n 0 -m slow tests/soak

.PHONY: docs
docs: $(READY)  ## Rewrite what docs/reference has from the code: the configuration, the faults
	@$(BIN)/python tools/config_reference.py
	@$(BIN)/python tools/faults_page.py

.PHONY: lock
lock: $(READY)  ## Resolve constraints.txt anew, for every platform and Python
	@sh tools/lock.sh $(BIN)/uv
