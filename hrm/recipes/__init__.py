"""Whole runs as functions. ``RECIPES`` is the one table that a name is looked up in."""

from __future__ import annotations

from collections.abc import Callable

from hrm.recipes.arc import arc, arc_1, arc_2, arc_demo
from hrm.recipes.families import delivery, futoshiki, hitori, lights_out, queens
from hrm.recipes.grid import grid
from hrm.recipes.gym import reasoning_gym
from hrm.recipes.maze import maze_demo, maze_hard, maze_hard_trm
from hrm.recipes.published import published
from hrm.recipes.sudoku import (
    sudoku_4x4,
    sudoku_6x6,
    sudoku_16x16,
    sudoku_demo,
    sudoku_demo_trm,
    sudoku_extreme,
    sudoku_extreme_equivariant,
    sudoku_extreme_trm,
    sudoku_full,
    sudoku_hard,
    sudoku_hard_lattice,
    sudoku_hard_trm,
)
from hrm.training.config import RunConfig

RECIPES: dict[str, Callable[[], RunConfig]] = {
    "sudoku-4x4": sudoku_4x4,
    "sudoku-6x6": sudoku_6x6,
    "sudoku-16x16": sudoku_16x16,
    "sudoku-demo": sudoku_demo,
    "sudoku-demo-trm": sudoku_demo_trm,
    "sudoku-extreme": sudoku_extreme,
    "sudoku-extreme-trm": sudoku_extreme_trm,
    "sudoku-extreme-equivariant": sudoku_extreme_equivariant,
    "sudoku-full": sudoku_full,
    "sudoku-hard": sudoku_hard,
    "sudoku-hard-trm": sudoku_hard_trm,
    "sudoku-hard-lattice": sudoku_hard_lattice,
    "maze-demo": maze_demo,
    "maze-hard": maze_hard,
    "maze-hard-trm": maze_hard_trm,
    "arc-demo": arc_demo,
    "arc": arc,
    "arc-1": arc_1,
    "arc-2": arc_2,
    "lights-out": lights_out,
    "futoshiki": futoshiki,
    "queens": queens,
    "hitori": hitori,
    "delivery": delivery,
    "grid": grid,
    "reasoning-gym": reasoning_gym,
    "published": published,
}
