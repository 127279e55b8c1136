# make        what there is to make
# PYTHON=...  the Python to use (3.10 or newer); VENV=... another folder than .venv
VENV ?= .venv
export PYTHON VENV

IN_VENV = "$(VENV)/bin/python"
SETUP = python=$$(sh tools/find_python.sh) && "$$python" tools/setup.py

.DEFAULT_GOAL := help
.PHONY: help run setup test soak lint bench browsers pythonista lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: ## the page in a browser; without a key Mock AI answers
	@$(SETUP) run
	@"$(VENV)/bin/livetechno" serve --open

setup: ## everything that the other targets need, from the hashed locks
	@$(SETUP) dev

test: setup ## all checks, offline, with small counts
	@$(IN_VENV) tools/check.py test

soak: setup ## the tests with their full counts, an hour at most; also in build/soak.log
	@$(IN_VENV) tools/check.py soak

lint: setup ## ruff, mypy, import-linter
	@$(IN_VENV) tools/check.py lint

bench: setup ## us beside the others, in one run
	@$(IN_VENV) bench/startup.py
	@$(IN_VENV) bench/streaming.py
	@$(IN_VENV) bench/tokens.py
	@$(IN_VENV) bench/store.py
	@$(IN_VENV) bench/budgets.py
	@$(IN_VENV) bench/music.py
	@$(IN_VENV) bench/page.py
	@$(IN_VENV) bench/gateway.py

browsers: setup ## the page's core journeys in Firefox and WebKitGTK
	@sh tools/browsers.sh firefox webkitgtk window
	@$(IN_VENV) tools/check.py browsers

pythonista: setup ## what an iPhone or iPad needs, in build/pythonista
	@$(IN_VENV) -m tools.pythonista build

lock: ## write requirements/ anew from pyproject.toml
	@python=$$(sh tools/find_python.sh) && "$$python" -m venv build/lock && build/lock/bin/python tools/lock.py
