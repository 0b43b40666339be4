"""The puzzle families, one file each. ``TASKS`` is the one table that a name is looked up in."""

from __future__ import annotations

from hrm.tasks.sudoku import SudokuConfig

TaskConfig = SudokuConfig
"""Any task's configuration; a union once there are several."""

TASKS: dict[str, type[TaskConfig]] = {SudokuConfig.name: SudokuConfig}
