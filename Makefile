# Everything starts here: `make help`. The first run fetches hash-pinned wheels into .venv; later runs need no network.
# PYTHON names the interpreter that .venv is made with; ARGS is passed on, as in `make demo ARGS="--days 3"`.

PYTHON ?= python3
UV     ?= uv
ARGS   ?=

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# A stamp in .venv bears the digest of what it stands for: of this folder's path, or of the requirements too.
# One that is missing is made; so a moved folder, a changed requirement and an interrupted set-up all heal.
digest  = $(shell { pwd -P; cat $(1); } | cksum | cut -d ' ' -f 1)
PINS    := requirements/build.txt requirements/runtime.txt
VENV    := .venv/.venv-$(call digest,/dev/null)
RUNTIME := .venv/.runtime-$(call digest,pyproject.toml $(PINS))
DEV     := .venv/.dev-$(call digest,pyproject.toml $(PINS) requirements/dev.txt)
ANALYSIS := .venv-analysis/.made-$(call digest,requirements/analysis.txt)

.PHONY: help setup demo serve test soak check analyse bench schema requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(DEV) ## Prepare .venv for all of the following, which also do so themselves
	@:

demo: $(RUNTIME) ## Run a whole campaign against the sandbox, on an embedded PostgreSQL
	@.venv/bin/umt demo $(ARGS)

serve: $(RUNTIME) ## Run the API, console, agents and sandbox on this machine
	@.venv/bin/umt serve $(ARGS)

test: $(DEV) ## Run the tests, with short seeded profiles
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

soak: $(DEV) ## Run the long tests, then measure the full figures
	@UMT_SOAK=1 .venv/bin/python -m pytest -m soak $(ARGS)
	@.venv/bin/umt bench

check: $(DEV) ## Check format, lint, types, the arrows between layers, security, and the published contracts
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(MAKE) analyse
	@.venv/bin/umt schema check

# With our own rules only: nothing is fetched or sent.
SOURCES ?= src
SEMGREP = SEMGREP_SETTINGS_FILE=.venv-analysis/settings.yml SEMGREP_LOG_FILE=.venv-analysis/semgrep.log \
	.venv-analysis/bin/semgrep scan --metrics off --disable-version-check

analyse: $(ANALYSIS) ## Look for mistakes in security only: bandit, and the rules in tools/analysis with their tests
	@.venv-analysis/bin/bandit --quiet --configfile pyproject.toml --recursive $(SOURCES)
	@$(SEMGREP) --quiet --test tools/analysis/rules
	@$(SEMGREP) --quiet --error --no-git-ignore --jobs 2 --config tools/analysis/rules $(SOURCES)

bench: $(RUNTIME) ## Measure, each figure beside a baseline of the same run
	@.venv/bin/umt bench $(ARGS)

schema: $(RUNTIME) ## Write the published contracts in schemas/ anew
	@.venv/bin/umt schema export

clean: ## Remove .venv and caches; data stays where it is
	rm -rf .venv .venv-analysis* .venv-conformance-* tests/conformance/graphql/node_modules .debian-* dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name node_modules -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

requirements: ## Pin the newest releases that pyproject.toml allows, with hashes (needs uv and the network)
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) --group build --constraints requirements/runtime.txt --output-file requirements/build.txt
	$(COMPILE) --group dev --constraints requirements/runtime.txt --constraints requirements/build.txt \
		--output-file requirements/dev.txt
	$(COMPILE) --no-strip-extras --group conformance-datacontract --output-file requirements/conformance-datacontract.txt
	$(COMPILE) --no-strip-extras --group conformance-dbt --output-file requirements/conformance-dbt.txt
	$(COMPILE) --group conformance-schemathesis --output-file requirements/conformance-schemathesis.txt
	$(COMPILE) --group analysis --output-file requirements/analysis.txt

# Set-up proper. Each step holds a lock, so that two runs at once do not spoil each other's work, and looks
# again once it has it. A mark left by an interrupted installation makes the next one replace what it wrote.
LOCK := $(shell command -v flock >/dev/null && echo flock Makefile)
PIP  := .venv/bin/python -m pip --quiet --quiet --disable-pip-version-check --no-input install
MARK := .venv/.installing
HEAL := test ! -e $(MARK) || again=--force-reinstall; touch $(MARK)
PINNED = $(PIP) --only-binary :all: --require-hashes $$again

ifneq ($(shell .venv/bin/python -c 'import pip._internal; print("usable")' 2>/dev/null),usable)
.PHONY: $(VENV)
endif

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "UMT needs Python 3.11 or newer, but '$(PYTHON)' is: $$($(PYTHON) --version 2>&1 | tail -n 1)" >&2; \
		echo "Name a newer one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(LOCK) sh -c '{ test -e $@ && .venv/bin/python -c "import pip._internal" 2>/dev/null; } || { \
		echo "Preparing .venv" >&2; $(PYTHON) -m venv --clear .venv && touch $@; }'

$(RUNTIME): $(VENV)
	@$(LOCK) sh -c 'test -e $@ || { echo "Installing what UMT needs to run" >&2; $(HEAL); \
		$(PINNED) $(PINS:%=-r %) && $(PIP) --no-index --no-deps --no-build-isolation -e . && \
		rm -f $(MARK) .venv/.runtime-* && touch $@; }'

$(DEV): $(RUNTIME)
	@$(LOCK) sh -c 'test -e $@ || { echo "Installing what checks and tests need" >&2; $(HEAL); \
		$(PINNED) -r requirements/dev.txt && \
		rm -f $(MARK) .venv/.dev-* && touch $@; }'

# An environment of its own, since its tools want other releases than ours; made anew when anything changed.
$(ANALYSIS): $(VENV)
	@$(LOCK) sh -c 'test -e $@ || { echo "Installing what reads the sources for mistakes in security" >&2; \
		.venv/bin/python -m venv --clear .venv-analysis && \
		.venv-analysis/$(PIP:.venv/%=%) --only-binary :all: --require-hashes -r requirements/analysis.txt && touch $@; }'
