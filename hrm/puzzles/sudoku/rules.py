"""The rules of Sudoku on boards of 4x4, 6x6, 9x9 and 16x16: which cells see each other, what breaks a rule.

Boards travel as digits: an array (N, S) of uint8 with 0 for a blank. A model sees ``digit + 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError

Digits = NDArray[np.uint8]
"""Boards, shape (N, S): 0 for a blank, otherwise the digit."""

BOXES = {4: (2, 2), 6: (2, 3), 9: (3, 3), 16: (4, 4)}
"""Size of the board -> rows and columns of its boxes, the customary ones."""

DIGITS = "123456789ABCDEFG"
"""The character of digit d: ``DIGITS[d - 1]``. 16x16 boards write ten as A."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The cells that form a row, a column, a box. Cells are numbered from the top left, row by row."""

    size: int

    def __post_init__(self) -> None:
        if self.size not in BOXES:
            raise InputError(
                f"a Sudoku of size {self.size} is not supported; choose one of {', '.join(map(str, BOXES))}"
            )

    @property
    def num_cells(self) -> int:
        return self.size**2

    @property
    def box_shape(self) -> tuple[int, int]:
        """Rows and columns of a box."""
        return BOXES[self.size]

    @property
    def full_mask(self) -> np.uint16:
        """The candidate mask of a cell that may be anything: bit d - 1 stands for digit d."""
        return np.uint16((1 << self.size) - 1)

    @cached_property
    def unit_of(self) -> NDArray[np.int64]:
        """(3, S): the row, the column and the box of each cell, as an index into ``units``."""
        row, column = np.divmod(np.arange(self.num_cells), self.size)
        box_rows, box_columns = self.box_shape
        box = row // box_rows * (self.size // box_columns) + column // box_columns
        return np.stack([row, self.size + column, 2 * self.size + box])

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """(3 * size, size): the cells of every row, then of every column, then of every box."""
        return np.argsort(self.unit_of, axis=1, kind="stable").reshape(3 * self.size, self.size)

    def unit_name(self, unit: int) -> str:
        return f"{('row', 'column', 'box')[unit // self.size]} {unit % self.size + 1}"

    def cell_name(self, cell: int) -> str:
        """r1c1 is the top left cell."""
        return f"r{cell // self.size + 1}c{cell % self.size + 1}"


def digit_bits(layout: Layout, digits: NDArray[np.integer]) -> NDArray[np.uint16]:
    """Digit d -> bit d - 1; anything that is no digit of this board -> 0. Any shape."""
    is_digit = (digits >= 1) & (digits <= layout.size)
    shift = np.where(is_digit, digits, 1).astype(np.uint16) - np.uint16(1)
    return np.where(is_digit, np.uint16(1) << shift, np.uint16(0)).astype(np.uint16)


def are_complete(layout: Layout, digits: NDArray[np.integer]) -> NDArray[np.bool_]:
    """True (N,) where every row, column and box of a board (N, S) has every digit once."""
    bits = digit_bits(layout, digits).T  # (S, N): units are gathered as whole rows
    seen = np.zeros((len(layout.units), bits.shape[1]), dtype=np.uint16)
    for cells in layout.units.T:  # the j-th cell of every unit
        seen |= bits[cells]
    # A unit has as many cells as there are digits, so all digits seen means each seen once.
    return np.asarray((seen == layout.full_mask).all(axis=0))


def conflicts(layout: Layout, digits: NDArray[np.integer]) -> NDArray[np.bool_]:
    """True (N, S) where the digit of a board (N, S) stands a second time in its row, column or box."""
    bits = digit_bits(layout, digits).T
    once = np.zeros((len(layout.units), bits.shape[1]), dtype=np.uint16)
    twice = np.zeros_like(once)
    for cells in layout.units.T:
        twice |= once & bits[cells]
        once |= bits[cells]
    row, column, box = layout.unit_of
    repeated = twice[row] | twice[column] | twice[box]  # (S, N)
    return np.asarray((repeated & bits).T != 0)
