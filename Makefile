# NIMBA on a Debian or Ubuntu machine with Python >= 3.11: `make demo`, `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help env demo test bench docs lint format types lock clean

BIN := .venv/bin
# WORKERS: processes that pytest spreads the tests over, a core each; 0 for none. PYTHON: the one to make .venv with, where not the newest.
WORKERS ?= 2
export PYTHON UPGRADE

help:  ## say what there is to make (the default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

env:  ## create or update .venv from requirements.lock, and the system libraries of Open3D
	@scripts/system_libraries
	@scripts/environment

demo: env  ## train on the built-in shapes, evaluate, classify a file, draw its path: five minutes
	@$(BIN)/nimba demo

test: env lint types  ## lint, format check, type check and the fast tests
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) -m "not slow"

bench: env  ## measure speed against the rivals: ten minutes, on a machine that does nothing else
	@$(BIN)/python -m benchmarks

docs: env  ## make the generated numbers, tables and pictures of README.md and docs/ anew
	@$(BIN)/nimba publish gallery
	@$(BIN)/nimba publish documents

lint: env  ## ruff: rules and format, nothing is changed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: env  ## ruff: fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: env  ## mypy
	$(BIN)/mypy

lock: env  ## write requirements.lock anew (UPGRADE=1: with the newest versions)
	@scripts/lock

clean:  ## remove .venv, caches and the demo's output; data and runs stay
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build demo *.egg-info
	find nimba tests -name __pycache__ -prune -exec rm -rf {} +
