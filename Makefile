# Everything sets itself up: a machine with Python 3.11 or newer and make is enough.
#   make demo    make test    make test-peers    make test-native    make bench    make docs    make lint
# The environment is .venv; each group of packages leaves a stamp there and is installed again when pyproject.toml changes,
# the package itself also when the native core does. Without a C++ compiler the core is left out, and everything runs on NumPy.
# PYTHON=/path/to/python chooses the interpreter that .venv is made from.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
BENCH_PIP := $(VENV)-bench/bin/python -m pip --disable-pip-version-check --quiet install
# What pyproject.toml asks for, and the tools that it would fetch for itself.
BUILD_TOOLS = $$($(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])') cmake ninja
INSTALL := $(PIP) --no-build-isolation --editable
PYTEST := $(BIN)/python -m pytest -q
# One thread per worker: the arrays of the tests are small and the workers already fill the cores.
export OPENBLAS_NUM_THREADS ?= 1

# What the native core is built from.
NATIVE := CMakeLists.txt $(wildcard cpp/*.cmake cpp/kernels/* cpp/kernels/fann/* cpp/host/*)

CPP := $(wildcard cpp/kernels/*.?pp cpp/kernels/fann/*.?pp cpp/host/*.?pp cpp/tests/*.?pp cpp/wasm/*.?pp)

.PHONY: help demo test test-peers test-native bench docs lint
help:
	@echo "make demo         train on the spam data set that is shipped, and write a report"
	@echo "make test         style, types, tests (under 5 minutes on 2 cores)"
	@echo "make test-peers   the tests against torch, JAX and FANN (installs them)"
	@echo "make test-native  the native core's own: sanitizers, WebAssembly, instruction counts (under 5 minutes)"
	@echo "make bench        every benchmark; tables into benchmarks/results/"
	@echo "make docs         the documentation, into docs/_build/html"
	@echo "make lint         style and types only"

demo: $(VENV)/.base
	@mkdir -p demo
	$(BIN)/pellucid train src/pellucid/data/files/spambase.csv.gz --target type --seed 0 \
	  --output demo/spambase.safetensors --report demo/spambase.html
	@echo; $(BIN)/python -c 'import pathlib; print("The report:", pathlib.Path("demo/spambase.html").resolve().as_uri())'

test: lint
	@echo "== tests"
	@$(PYTEST) -m "not peers and not native" -n auto --dist worksteal

test-peers: $(VENV)/.peers
	@echo "== tests against peers"
	@.ci/debian python3-fann2
	@$(PYTEST) -m peers

test-native: $(VENV)/.base
	@echo "== tests of the native core"
	@cpp/tests/install
	@PYTHON=$(BIN)/python cpp/tests/run

# peers.py runs in an environment of its own, with the libraries that pellucid is compared with.
bench: $(VENV)/.dev $(VENV)-bench/.ready
	@mkdir -p benchmarks/results
	@for script in benchmarks/[a-z]*.py; do \
	  echo "== $$script"; \
	  python=$(BIN)/python; [ "$$script" = benchmarks/peers.py ] && python=$(VENV)-bench/bin/python; \
	  $$python $$script | tee "benchmarks/results/$$(basename $$script .py).md"; \
	done

docs: $(VENV)/.dev
	@echo "== documentation"
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "Open $(CURDIR)/docs/_build/html/index.html in a browser."

lint: $(VENV)/.dev
	@echo "== style"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "mend with: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/clang-format --dry-run --Werror $(CPP) || { echo "mend with: $(BIN)/clang-format -i $(CPP)"; exit 1; }
	@echo "== types"
	@$(BIN)/python -m mypy

# --- the environment -------------------------------------------------------------------------------------------------

# An environment knows its checkout by its full path: one that came along in a copy is set up again.
ifneq ($(shell cat $(VENV)/.at 2>/dev/null),$(CURDIR))
$(shell rm -f $(VENV)/.venv $(VENV)/.build $(VENV)/.base $(VENV)/.dev $(VENV)/.peers)
endif

$(VENV)/.venv:
	@python=; \
	for candidate in $(or $(PYTHON),python3.11 python3.12 python3.13 python3.14 python3 python); do \
	  "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  python=$$candidate; break; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "pellucid needs Python 3.11 or newer. Tried in vain: $(or $(PYTHON),python3.11 to python3.14 python3 python)."; \
	  echo "Install one, or say where it is: make PYTHON=/path/to/python3"; exit 1; \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "== making $(VENV) with $$("$$python" --version)"; \
	  "$$python" -m venv --clear $(VENV) || { \
	    echo "$$python has no venv module (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }; \
	fi
	@echo "$(CURDIR)" > $(VENV)/.at
	@touch $@

# The build tools stay in the environment, so that a change to the core compiles only what it touches.
$(VENV)/.build: pyproject.toml $(VENV)/.venv
	@echo "== installing the build tools into $(VENV)"
	@$(PIP) $(BUILD_TOOLS)
	@touch $@

$(VENV)/.base: $(NATIVE) $(VENV)/.build
	@echo "== installing pellucid into $(VENV) (the native core takes a minute or two to compile)"
	@$(INSTALL) .
	@$(BIN)/python -c 'import pellucid.engines as e; i = e.info(); print("  ", i["engine"], "engine:", i["why"])'
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "== installing its tests' and its documentation's tools into $(VENV)"
	@$(INSTALL) ".[test,docs]"
	@touch $@

$(VENV)/.peers: $(VENV)/.dev
	@echo "== installing the peers into $(VENV) (torch is large: a few minutes)"
	@$(INSTALL) ".[test,peers]"
	@# A public user of fann2 that runs on pellucid's; without its dependencies, of which fann2 needs SWIG and a compiler.
	@# Both are built from source, with what they ask for.
	@$(PIP) --no-deps padatious==0.4.8 padaos==0.1.10
	@touch $@

PEERS := torch==2.13.0 jax scikit-learn tensorflow-cpu onnx onnxruntime matplotlib
$(VENV)-bench/.ready: $(NATIVE) pyproject.toml $(VENV)/.base
	@echo "== making $(VENV)-bench with the libraries to compare with (large: some minutes)"
	@[ -x $(VENV)-bench/bin/python ] || $(BIN)/python -m venv $(VENV)-bench
	@$(BENCH_PIP) $(BUILD_TOOLS)
	@for peer in $(PEERS); do $(BENCH_PIP) "$$peer" || echo "   $$peer does not install here: left out"; done
	@$(BENCH_PIP) --no-build-isolation --editable .
	@touch $@
