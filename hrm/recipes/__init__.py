"""Whole runs as functions. ``RECIPES`` is the one table that a name is looked up in."""

from __future__ import annotations

from collections.abc import Callable

from hrm.recipes.maze import maze_demo, maze_hard
from hrm.recipes.sudoku import sudoku_4x4, sudoku_6x6, sudoku_demo, sudoku_extreme
from hrm.training.folder import RunConfig

RECIPES: dict[str, Callable[[], RunConfig]] = {
    "sudoku-4x4": sudoku_4x4,
    "sudoku-6x6": sudoku_6x6,
    "sudoku-demo": sudoku_demo,
    "sudoku-extreme": sudoku_extreme,
    "maze-hard": maze_hard,
    "maze-demo": maze_demo,
}
