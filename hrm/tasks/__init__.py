"""The puzzle families, one file each. ``TASKS`` is the one table that a name is looked up in."""

from __future__ import annotations

from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig

TaskConfig = SudokuConfig | MazeConfig
"""Any task's configuration."""

TASKS: dict[str, type[TaskConfig]] = {SudokuConfig.name: SudokuConfig, MazeConfig.name: MazeConfig}
