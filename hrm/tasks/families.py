"""The families of boards as configurations: their settings, and the family that these make (``board.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hrm.puzzles.boards.family import Family
from hrm.puzzles.delivery import delivery
from hrm.puzzles.futoshiki import futoshiki
from hrm.puzzles.hitori import hitori
from hrm.puzzles.lights_out import lights_out
from hrm.puzzles.queens import queens
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


@dataclass(frozen=True, kw_only=True)
class FutoshikiConfig(BoardConfig):
    """Futoshiki: a Latin square with signs between neighbours."""

    name: ClassVar[str] = "futoshiki"

    size: int = 5
    """Digits, and cells in a row: 3 to 9. The board has a place for each sign, too: 2 n - 1 rows and columns."""
    signs: tuple[int, int] | None = None
    """Fewest and most signs of a generated puzzle. None: a fifth to three fifths of all pairs of neighbours."""
    givens: tuple[int, int] | None = None
    """Fewest and most digits that are given; puzzles that need more are not taken. None: none to a third."""

    def family(self) -> Family:
        return futoshiki(self.size, self.signs, self.givens)


@dataclass(frozen=True, kw_only=True)
class QueensConfig(BoardConfig):
    """Queens: complete a board of n queens of which none attacks another."""

    name: ClassVar[str] = "queens"

    num_test: int = 300
    """As for all tasks; at 8 x 8 there are about 1,050 training puzzles and 350 held-out ones."""
    size: int = 8
    """Rows, columns and queens, 4 to 12."""
    placed: tuple[int, int] | None = None
    """Fewest and most queens that stand already. None: 1 to half of them."""

    def family(self) -> Family:
        return queens(self.size, self.placed)


@dataclass(frozen=True, kw_only=True)
class HitoriConfig(BoardConfig):
    """Hitori: shade cells so that no digit stands twice in a row or column and the others hang together."""

    name: ClassVar[str] = "hitori"

    size: int = 5
    """Rows and columns, 4 to 9."""

    def family(self) -> Family:
        return hitori(self.size)


@dataclass(frozen=True, kw_only=True)
class DeliveryConfig(BoardConfig):
    """Delivery: the order of calls in which parcels reach their customers by the shortest way."""

    name: ClassVar[str] = "delivery"

    size: int = 6
    """Rows and columns, 4 to 10."""
    parcels: int = 2
    """Parcels, 1 to 3, each with a place where it waits and a customer."""
    walls: tuple[float, float] = (0.1, 0.3)
    """Least and greatest share of the cells that are walls."""

    def family(self) -> Family:
        return delivery(self.size, self.parcels, self.walls)
