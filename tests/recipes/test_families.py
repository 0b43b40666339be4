from __future__ import annotations

import pytest
from trained import trained_figures

from hrm.recipes import RECIPES
from hrm.tasks import TASKS
from hrm.tasks.board import BoardConfig

FAMILIES = [name for name, task in TASKS.items() if issubclass(task, BoardConfig)]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_a_recipe_of_its_name_that_generates_its_puzzles(name: str) -> None:
    recipe = RECIPES[name]()
    assert type(recipe.task) is TASKS[name]
    assert recipe.task.train is recipe.task.test is None  # type: ignore[union-attr]


SOLVED = {"lights-out": 0.7, "futoshiki": 0.3, "queens": 0.85}
"""Share of held-out puzzles that a run solves at least; docs/puzzles.md has what was measured."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SOLVED)
def test_a_run_learns(name: str) -> None:
    assert trained_figures(RECIPES[name]())["halting"]["solved"] > SOLVED[name]
