# SPDX-License-Identifier: Apache-2.0
# From nothing to a policy in the air: `make fly`. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The Python of an existing .venv goes on being used; name another with PYTHON=python3.12.
ifndef PYTHON
fits := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON := $(shell for p in .venv/bin/python python3 python3.13 python3.12 python3.11; do \
  "$$p" -S -c '$(fits)' >/dev/null 2>&1 && { echo "$$p"; exit; }; done; echo python3)
endif
BOOTSTRAP := $(PYTHON) -S -m bootstrap
IN_ENV := $(BOOTSTRAP) run --

no_python = Martlet needs Python 3.11 to 3.13, and there is no $(PYTHON) here; \
  on Debian and Ubuntu: apt install python3 python3-dev python3-venv.

cpp_sources = $(wildcard sim_core/cpp training/cpp)

.PHONY: help python setup setup-dev test-tools fly train test lint types style pytest docs clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12
	@echo
	@echo 'PYTHON=python3.12            the Python to set up with'
	@echo 'PIP_EXTRA_INDEX_URL=...      another package index, for CPU builds of PyTorch for one'
	@echo 'MARTLET_TORCH="torch>=2.6"   the PyTorch to install, instead of a CPU build'
	@echo 'MARTLET_DDS_OPEN=1           let ROS 2 nodes talk beyond this machine'

setup: python ## set up what is missing: virtual environment, ROS 2, C++ core, workspace
	@$(BOOTSTRAP) setup $(if $(filter twin hardware,$(BACKEND)),--hardware)

setup-dev: python ## the same with what `make test` needs: its tools, and cflib to compare with
	@$(BOOTSTRAP) setup --dev --hardware

test-tools: python ## from apt, where root or sudo may: emulators and cross compilers of tests
	@$(BOOTSTRAP) test-tools

python:
	@command -v $(PYTHON) >/dev/null || { echo '$(no_python)' >&2; exit 2; }

fly: setup ## train a policy, export it and fly it; BACKEND=sim|twin|hardware RUN=name ARGS="..."
	@$(IN_ENV) .venv/bin/martlet fly --train \
	  $(if $(BACKEND),--backend $(BACKEND)) $(if $(RUN),--run $(RUN)) $(ARGS)

train: setup ## train a policy alone; ARGS="--help" lists what can be set
	@$(IN_ENV) .venv/bin/martlet train $(ARGS)

test: lint pytest ## every check and every test

lint: setup-dev ## ruff, mypy, import contracts, clang-format
	@$(MAKE) --no-print-directory --jobs=2 --output-sync types style

types:
	@$(IN_ENV) mypy

style:
	@$(IN_ENV) ruff check --quiet .
	@$(IN_ENV) ruff format --quiet --check .
	@$(IN_ENV) lint-imports --no-logo
	@$(if $(cpp_sources),find $(cpp_sources) -name '*.[ch]pp' -print0 | \
	  xargs -0 -r $(IN_ENV) clang-format --dry-run --Werror)

# All tests: first those that go by no wall clock, one more at a time than there are cores, for some
# wait; then flights by the wall clock, four at a time where they mostly wait, one by one where they
# need the machine.
workers = $(shell n=$$(nproc); echo $$((n < 4 ? n + 1 : 4)))
in_files = --dist loadfile --no-loadscope-reorder
pytest: setup-dev test-tools ## the tests alone; ARGS="tests/unit -k name"
	@$(if $(strip $(ARGS)),$(IN_ENV) pytest $(ARGS),failed=0; \
	  $(IN_ENV) pytest -m "not wall_clock" -n $(workers) $(in_files) || failed=1; \
	  $(IN_ENV) pytest tests/integration -m wall_clock -n 4 || failed=1; \
	  $(IN_ENV) pytest tests/ros -m wall_clock || failed=1; \
	  exit $$failed)

docs: setup-dev ## the documentation as a site, build/site/index.html
	@$(IN_ENV) zensical build --strict

clean: ## remove what was set up and built; runs/ stays
	rm -rf .venv build ros2_ws/build ros2_ws/install ros2_ws/log
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
