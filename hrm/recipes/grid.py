"""A recipe for your own pairs."""

from __future__ import annotations

from dataclasses import replace

from hrm.recipes.sudoku import LAPTOP_MODEL, SMALL_BOARDS
from hrm.tasks.grid import GridConfig
from hrm.training.config import RunConfig


def grid() -> RunConfig:
    """Your own puzzles: --data pairs.jsonl, a line {"input": grid, "output": grid} for each."""
    return RunConfig(
        recipe="grid",
        task=GridConfig(),
        model=LAPTOP_MODEL,
        training=replace(
            SMALL_BOARDS, steps=2000, batch_size=64, warmup_steps=100, validate_every=200, num_validation=None
        ),
    )
