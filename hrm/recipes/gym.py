"""A recipe for the questions of the library reasoning-gym."""

from __future__ import annotations

from dataclasses import replace

from hrm.recipes.sudoku import LAPTOP_MODEL, SMALL_BOARDS
from hrm.tasks.gym import GymConfig
from hrm.training.config import RunConfig


def reasoning_gym() -> RunConfig:
    """Questions of reasoning-gym: --task.dataset NAME, a hundred to choose from (extra: gym).

    4 x 4 Sudokus where none is named, in a minute of a core. Others need more: --minutes M, --task.num-train.
    """
    return RunConfig(
        recipe="reasoning-gym",
        task=GymConfig(),
        model=LAPTOP_MODEL,
        training=replace(SMALL_BOARDS, steps=500, batch_size=64, warmup_steps=100),
    )
