"""The puzzle families, one file each. ``TASKS`` is the one table that a name is looked up in."""

from __future__ import annotations

from hrm.tasks.arc import ArcConfig
from hrm.tasks.families import DeliveryConfig, FutoshikiConfig, HitoriConfig, LightsOutConfig, QueensConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.gym import GymConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.published import PublishedConfig
from hrm.tasks.sudoku import SudokuConfig

TaskConfig = (
    SudokuConfig
    | MazeConfig
    | ArcConfig
    | GridConfig
    | GymConfig
    | PublishedConfig
    | LightsOutConfig
    | FutoshikiConfig
    | QueensConfig
    | HitoriConfig
    | DeliveryConfig
)
"""Any task's configuration. ``data_field`` names the setting that ``hrm train --data`` sets."""

TASKS: dict[str, type[TaskConfig]] = {
    SudokuConfig.name: SudokuConfig,
    MazeConfig.name: MazeConfig,
    ArcConfig.name: ArcConfig,
    GridConfig.name: GridConfig,
    GymConfig.name: GymConfig,
    PublishedConfig.name: PublishedConfig,
    LightsOutConfig.name: LightsOutConfig,
    FutoshikiConfig.name: FutoshikiConfig,
    QueensConfig.name: QueensConfig,
    HitoriConfig.name: HitoriConfig,
    DeliveryConfig.name: DeliveryConfig,
}
