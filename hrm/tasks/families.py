"""The families of boards as configurations: their settings, and the family that these make (``board.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hrm.puzzles.boards.family import Family
from hrm.puzzles.lights_out import lights_out
from hrm.tasks.board import BoardConfig


@dataclass(frozen=True, kw_only=True)
class LightsOutConfig(BoardConfig):
    """Lights Out: which cells to press so that all lights go out."""

    name: ClassVar[str] = "lights-out"

    size: int = 5
    """Rows and columns, 2 to 12."""
    presses: tuple[int, int] | None = None
    """Fewest and most cells that are pressed to make a puzzle; its label may press fewer. None: 1 to a quarter."""

    def family(self) -> Family:
        return lights_out(self.size, self.presses)
