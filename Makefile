# make demo   a made-up county, compared and served on this machine      make test   every test
# make lint   ruff, mypy, import contracts                               make bench  speed against peers, as ratios
# make simulate   whether intervals, limits and weights keep their promises, in a few minutes
# make drills     backups under load and a database that goes away, for real; one table of what held

PYTHON ?= python3
BIN    := .venv/bin
ARGS   ?=

.PHONY: demo test lint bench simulate drills clean
.DELETE_ON_ERROR:

demo: .venv/runtime
	@$(BIN)/evalplat demo $(ARGS)

# On small matrices numpy's threads wait more than they compute.
test: export OMP_NUM_THREADS ?= 1
test: .venv/development
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

lint: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/development
	$(BIN)/python -m benchmarks $(ARGS)

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "evalplat needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing: install it (Debian: apt install python3-venv) and run make again."; exit 1; }
	@touch $@

.venv/runtime: .venv/made pyproject.toml constraints.txt
	@echo "Installing evalplat and its libraries into .venv (once, a minute or two) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/development: .venv/runtime
	@echo "Installing the test tools into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

simulate: .venv/runtime
	@$(BIN)/evalplat simulate --workers 2 $(ARGS)

drills: .venv/development
	@$(BIN)/python -m drills $(ARGS)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
