# make demo   a small TRM learns Sudoku here, is measured, and solves three published puzzles
# make test   lint, types, tests
# make docs   the documentation site, in build/site; whatever is wrong with a page or a link is an error
# make track   trackers of experiments, the real ones
# make browser   the page in a real browser; where none is to be had, it says so and skips
# make extras   language models and reasoning-gym: Inspect and the library are brought where that is possible, and their tests run
.PHONY: demo test docs browser track extras env clean

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

docs: $(VENV)/.docs
	$(VENV)/bin/python tools/site.py
	$(RUN) zensical build --strict --clean
	$(VENV)/bin/python tools/site.py --finish build/site

# What these tests need is brought where that is allowed and possible; each of them names what it lacks.
browser: env
	-@$(RUN) playwright --version >/dev/null 2>&1 || timeout 60 \
		$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt playwright
	-@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && timeout 90 sh -c \
		'apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium >/dev/null'; }
	-@mkdir -p build/npm && cp tests/export/site/package.json build/npm/ && command -v npm >/dev/null && \
		timeout 60 npm install --silent --no-audit --no-fund --prefix build/npm
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(RUN) pytest -m "browser and not slow" -rs tests/export/site

# The trackers that a fresh clone does not bring: they pull in a web server and a service. The tests of each skip without.
track: env
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,track]'
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(RUN) pytest -m "not gpu and not browser" -rs tests/tracking

# Inspect and reasoning-gym, which a fresh clone does not bring either. Brought where that is possible; tests name what they lack.
extras: env
	-@$(VENV)/bin/python -c 'import inspect_ai, reasoning_gym' 2>/dev/null || timeout 300 \
		$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[llm,gym]'
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(RUN) pytest --numprocesses auto -rs tests/llm tests/cli/test_compare.py \
		tests/puzzles/gym tests/tasks/test_gym.py tests/tasks/test_gym_entries.py tests/recipes/test_gym.py tests/tools/test_gym_survey.py

env: $(VENV)/.installed

# torch comes first and pinned: an open range would bring gigabytes of CUDA libraries to a machine without a GPU.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check $$(grep '^torch==' constraints.txt)
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# What builds the site, beside the rest: who only trains or tests does not wait for it.
$(VENV)/.docs: $(VENV)/.installed
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) runs build .cache
