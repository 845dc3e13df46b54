# Lưới Trời: everything a newcomer needs. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PACKAGES := crawler spiders matchers search evidence console

.PHONY: help install browser demo demo-once test lint format bench proof lock screenshots clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(INSTALLED) ## the virtual environment, from the lock file

browser: $(INSTALLED) ## find or fetch a Chromium
	@deploy/find-chromium $(BIN)

demo: install browser ## crawl the bundled demo web and open the console over what was found
	$(BIN)/luoitroi demo

demo-once: install browser ## the demo crawl alone, as JSON
	$(BIN)/luoitroi demo --once --json

test: install browser ## the whole test suite
	deploy/install-test-servers
	$(BIN)/python -m pytest $(TESTS)

lint: install ## ruff, mypy --strict, the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install browser ## figures beside their baselines
	$(BIN)/luoitroi bench all

proof: install browser ## the long runs: kills, tampering, fuzzing
	$(BIN)/python -m benchmarks.proof

screenshots: install browser ## the pictures in docs/
	$(BIN)/luoitroi demo --once --folder build/demo
	$(BIN)/python docs/screenshots.py build/demo

lock: ## renew the lock file
	$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url \
		--no-header pyproject.toml --output-file requirements.lock

clean: ## everything made, data folders left alone
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
