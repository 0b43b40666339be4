"""The puzzles that a name stands for: those of a recipe, where ``hrm eval`` finds them too, or a file of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hrm.datasets.catalog import DATASETS
from hrm.errors import InputError, look_up
from hrm.files import kind_of
from hrm.llm.questions import Questions, questions_of
from hrm.tasks import TaskConfig
from hrm.tasks.arc import ArcConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.sources import SourceConfig


def recipe_task(recipe: str) -> TaskConfig:
    """The task of a recipe, data and all. Recipes import torch: not before somebody asks."""
    from hrm.recipes import RECIPES

    return look_up(RECIPES, recipe, "recipe")().task


def check_fetched(task: TaskConfig) -> None:
    """``InputError`` for held-out puzzles that are looked for here and are not: what to do about it."""
    places: tuple[Path | None, ...] = ()
    if isinstance(task, SourceConfig):
        places = (task.test,)
    elif isinstance(task, ArcConfig):
        places = task.test
    for place in places:
        if place is None or kind_of(place) is not None:
            continue
        name = place.parts[1] if len(place.parts) > 1 else ""
        fetch = f"fetch it here with 'hrm data fetch {name}', or " if name in DATASETS else ""
        raise InputError(f"there is no {place} in {Path.cwd()}: {fetch}name a file of your own with -T data=FILE")


def questions(
    recipe: str,
    data: str | None = None,
    limit: int | None = None,
    rule: str | None = None,
    examples: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Questions:
    """The held-out puzzles of a recipe, or those of ``data``: all of a file of puzzles or ARC tasks; of pairs of your
    own the share that ``hrm train grid`` holds out. settings: of the task, for the recipe's. Raises ``InputError``."""
    task = replace(recipe_task(recipe), **(settings or {}))
    if data is None:
        check_fetched(task)
    file = None if data is None else Path(data).expanduser()
    if isinstance(task, GridConfig):
        if file is None:
            raise InputError("which pairs? name their file with -T data=pairs.jsonl")
        task, file = replace(task, data=file), None
    return questions_of(task, data=file, limit=limit, rule=rule, examples=examples)
