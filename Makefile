# Two commands to begin with: `make demo` and `make test`. Both set up what they need first.
.DEFAULT_GOAL := help
.PHONY: help setup demo test parity parity-smoke walkthroughs check chaos bench bench-release bench-serving bench-assets format clean

BIN := .venv/bin

# Without bytecode every command would compile Prefect anew: 10 s instead of 2.
unexport PYTHONDONTWRITEBYTECODE
SEEDS ?= 1

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:  ## make .venv from the lock, with `shipway` on its path
	@./requirements/setup.sh

demo: setup  ## whole releases on this machine: good models are promoted, bad ones rolled back or refused
	@$(BIN)/shipway demo $(if $(TARGET),--target $(TARGET))

test: export PATH := $(CURDIR)/$(BIN):$(PATH)
test: setup  ## the tests: unit, targets, flows, the docs, and the scoring server on each Python it must run on
	@$(BIN)/python -m pytest -q -m "not chaos and not parity and not walkthrough" -n 3 --dist loadfile
	@$(BIN)/python serving/run_tests.py

parity: setup  ## the scoring server beside Microsoft's own: the same requests to both, every difference listed or refused
	@$(BIN)/python -m pytest -q -m "parity and not smoke" tests/parity -n 2 --dist loadgroup

parity-smoke: setup  ## the quick round of it, on the Pythons that `make test` leaves out
	@PARITY_PYTHONS=3.7,3.9,3.10,3.11,3.12 $(BIN)/python -m pytest -q -m smoke tests/parity

walkthroughs: setup  ## the two articles that v1's users learned from, command for command, on the Python that they pin
	@$(BIN)/python -m pytest -q -m walkthrough -n 2 --dist loadfile tests/walkthroughs

check: setup  ## format, lint, types, import contracts, links in the docs
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/docs/test_links.py

chaos: setup  ## kill -9 at every boundary of every step and at random moments (SEEDS=, MOMENTS=), on processes and containers: an hour
	@$(BIN)/python -m pytest -q -m chaos tests/chaos

bench: bench-release bench-serving bench-assets  ## every benchmark

bench-release: setup  ## what a release costs, besides the work itself
	@$(BIN)/python -m benchmarks.release

bench-serving: setup  ## how fast the scoring server is beside others
	@$(BIN)/python -m benchmarks.serving

bench-assets: setup  ## how long an asset's check, its environment and its second build take
	@$(BIN)/python -m benchmarks.assets

format: setup  ## put the code in form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:  ## remove what setup and the tests made in this folder (not the state of workspaces: `shipway down --all`)
	rm -rf .venv .venvs dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
