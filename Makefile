# make demo   a small HRM learns Sudoku here, is measured, and solves three published puzzles
# make test   lint, types, tests
.PHONY: demo test env clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

demo: env
	$(BIN)/hrm demo

test: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(BIN)/pytest --numprocesses auto --dist worksteal

env: $(VENV)/.installed

# torch comes first and pinned: an open range would bring gigabytes of CUDA libraries to a machine without a GPU.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $$(grep '^torch==' constraints.txt)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) runs
