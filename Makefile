# make demo   a small TRM learns Sudoku here, is measured, and solves three published puzzles
# make test   lint, types, tests
.PHONY: demo test env clean

PYTHON ?= python3
VENV := .venv
# Modules, not the programs beside it: the first line of those holds a path, which a space or its length can spoil.
RUN := $(VENV)/bin/python -m

demo: env
	$(RUN) hrm demo

test: env
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(RUN) pytest --numprocesses auto --dist worksteal

env: $(VENV)/.installed

# torch comes first and pinned: an open range would bring gigabytes of CUDA libraries to a machine without a GPU.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check $$(grep '^torch==' constraints.txt)
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) runs
