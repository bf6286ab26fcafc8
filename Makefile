# `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all coverage bench docs check lint types workflows clean-generation package contract import diff check-upstream generate surface format clean

# The first interpreter on PATH that is new enough.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

# $(call install,ENVIRONMENT,WHAT): with uv where it is on PATH; pip can do all that it can.
# `make UV= setup` does without.
UV := $(shell uv pip install --help 2>/dev/null | grep -q -e '--group ' && echo uv)
with_pip = $(BIN)/python -m pip --python $(1)/bin/python --disable-pip-version-check --quiet install $(2)
ifdef UV
install = uv pip install --quiet --python $(1)/bin/python $(2) || { echo 'uv cannot; with pip:'; $(with_pip); }
else
install = $(with_pip)
endif
RUNTIME := --editable '.[cli,report,sandbox]'

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r target text; do printf '  make %-12s %s\n' "$$target" "$$text"; done

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'No Python 3.11 or newer on PATH; name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) and $(or $(UV),pip)"
	@$(PYTHON) -m venv $(VENV)
	@$(call install,$(VENV),'pip>=25.1')

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	@echo 'Installing the package, its command line and its sandbox: some seconds'
	@$(call install,$(VENV),$(RUNTIME))
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	@echo 'Installing the development tools, some 80 packages: up to a minute the first time'
	@$(call install,$(VENV),--group dev)
	@touch $@

setup: $(VENV)/.dev ## Make .venv with the package and every development tool

demo: $(VENV)/.runtime ## Evaluate and re-run calls against the embedded sandbox
	$(BIN)/python -m scripts.demo

# Two tiers; the second leaves out nothing, and has Hypothesis try ten times as many examples.
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadgroup
test: $(VENV)/.dev ## Run the tests that a change is likely to break: two to three minutes on two cores
	$(PYTEST) -m 'not slow and not live'

test-all: $(VENV)/.dev ## Run all the tests, thoroughly
	THOROUGH=true $(PYTEST)

# A lamp, not a target: nothing fails below a number.
coverage: $(VENV)/.dev ## Tell which lines and branches of the package make test does not reach (TESTS=… picks some)
	@mkdir -p build/coverage
	$(PYTEST) -m 'not slow and not live' --cov --cov-report=term --cov-report=html:build/coverage/html $(TESTS)

# Two environments of its own: one with the peers, one that has only what a first install brings.
BENCH := build/bench
$(BENCH)/.ready: pyproject.toml $(VENV)/.dev
	@echo 'Making two environments for the benchmark in $(BENCH): up to a minute'
	@$(BIN)/python -m venv $(BENCH)/peers
	@$(call install,$(BENCH)/peers,--editable '.[sandbox]' --group bench)
	@$(BIN)/python -m venv $(BENCH)/clean
	@$(call install,$(BENCH)/clean,--editable . --group bench-vendor)
	@touch $@

bench: $(BENCH)/.ready ## Measure what the client costs beside having none (FIGURES=abc picks some)
	$(BENCH)/peers/bin/python -m scripts.bench $(FIGURES)

docs: $(VENV)/.dev ## Make the site of the guides and the reference, in build/site
	$(BIN)/sphinx-build --fresh-env --fail-on-warning --keep-going --quiet -d build/doctrees overlay/docs build/site

format: $(VENV)/.dev ## Format and fix what Ruff can fix
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: lint types workflows clean-generation package ## Lint, types, workflows, clean generation, the package builds

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright

# actionlint comes from no package index without a download from elsewhere: it is used where it is on PATH.
workflows: $(VENV)/.dev
	$(BIN)/zizmor --offline --quiet .github
	@if command -v actionlint >/dev/null; then actionlint; else echo 'actionlint is not on PATH: left out'; fi

GENERATED := openapi generated overlay/cekura_client/_sync
clean-generation: generate
	@changed="$$(git diff --name-only -- $(GENERATED); git ls-files --others --exclude-standard -- $(GENERATED))"; \
	if [ -n "$$changed" ]; then echo 'make generate changes the tree:' >&2; echo "$$changed" >&2; exit 1; fi

package: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build --outdir dist >/dev/null
	$(BIN)/twine check --strict dist/*

contract: $(VENV)/.dev ## Write the corrected contract to build/cekura.corrected.yaml
	$(BIN)/python -m scripts.contract correct

# Quoted: an address may hold an &.
import: $(VENV)/.dev ## Import what is published: make import SOURCES="page.md whole-api.json"
	@$(BIN)/python -m scripts.contract import $(foreach source,$(SOURCES),'$(source)') $(if $(ONLY),--only $(ONLY))

diff: $(VENV)/.dev ## Tell what changed in the contract since the last commit, as Markdown
	@$(BIN)/python -m scripts.contract diff

check-upstream: $(VENV)/.dev ## Compare the published pages with openapi/sources.yaml
	@$(BIN)/python -m scripts.contract check-upstream $(foreach source,$(SOURCES),'$(source)')

generate: $(VENV)/.dev ## Merge and correct the contract, write generated/ and the sync half of the client
	$(BIN)/python -m scripts.contract generate
	$(BIN)/python -m scripts.make_sync

surface: $(VENV)/.dev ## Take down what people see of the package, and tell what changed
	@$(BIN)/python -m scripts.surface

clean: ## Remove what the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
