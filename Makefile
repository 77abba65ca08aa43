# Every target sets up what it needs first; nothing has to be installed by hand but a Python and a C compiler.
#   PYTHON=/path/to/python   the interpreter to use (CPython 3.11 to 3.13); looked for when not given
#   ARGS="..."               passed on to the command a target runs

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check demo bench chaos overload endurance hosts mutants contract clients venv clean

# durable-rules as published cannot be imported on CPython 3.13; built with this it can, and gives the same results.
export CPPFLAGS := $(strip $(CPPFLAGS) -DPyEval_CallObject=PyObject_CallObject)

# What Python compiled is kept: the tests start hundreds of processes, each of which would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

ARGS ?=
BIN := .venv/bin
EXAMPLE := .pointsman/example

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: venv ## Run the gateway with the example campaign and the sandbox providers
	@test -f $(EXAMPLE)/pointsman.toml || $(BIN)/pointsman init $(EXAMPLE)
	@exec $(BIN)/pointsman run --sandbox -C $(EXAMPLE) $(ARGS)

demo: venv ## Play the example campaign with an accelerated clock; fails if anything expected did not happen
	@exec $(BIN)/pointsman demo $(ARGS)

test: venv ## Run the tests
	@$(BIN)/python -m pytest -n 5 --dist worksteal $(ARGS)

check: venv ## Formatting, lint, types, import rules, audit of dependencies and tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/audit.py
	$(BIN)/python -m pytest -n 5 --dist worksteal $(ARGS)

bench: venv ## Measure this machine: ingress, rules, worker
	@$(BIN)/python -m benchmarks $(ARGS)

chaos: venv ## Kill and trouble a gateway under load, on each database; fails unless the books balance
	@$(BIN)/python -m tests.chaos $(ARGS)

overload: venv ## Bring a gateway twice what it takes, beside idle connections; fails unless it bears it
	@$(BIN)/python -m tests.overload $(ARGS)

endurance: venv ## Let a gateway decide a million webhooks; fails if it takes more memory or becomes slower
	@$(BIN)/python -m tests.endurance $(ARGS)

hosts: venv ## Two gateways on hosts of their own and a database that fails over (Linux, root); fails unless the books balance
	@$(BIN)/python -m tests.hosts $(ARGS)

mutants: venv ## Plant bugs in what must not lose, double or let in anything; fails unless the tests notice
	@$(MAKE) --silent --no-print-directory .venv/mutmut/made
	@$(BIN)/python -m tests.mutation $(ARGS)

# In a folder of its own, not among the packages that constraints.txt locks and tools/audit.py looks at.
.venv/mutmut/made: tests/mutation/requirements.txt
	@rm -rf .venv/mutmut
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --target .venv/mutmut -r $<
	@touch $@

contract: venv ## Send the API 10,000 cases that its description allows or forbids; fails if it does not do what it says
	@$(MAKE) --silent --no-print-directory .venv/schemathesis/made
	@$(BIN)/python -m tests.contract $(ARGS)

# An environment of its own: its libraries are of other versions than those that constraints.txt locks.
.venv/schemathesis/made: tests/contract/requirements.txt
	@rm -rf .venv/schemathesis
	@$(BIN)/python -m venv .venv/schemathesis
	@.venv/schemathesis/bin/python -m pip --disable-pip-version-check install --quiet --no-deps -r $<
	@touch $@

clients: venv ## Generate a TypeScript client from what is served, compile it and let it work; needs node and npm
	@$(BIN)/python -m tests.clients $(ARGS)

venv: ## Make or renew .venv, if needed
	@tools/set-up

clean: ## Remove .venv, caches and the example project
	rm -rf .venv .pointsman .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
