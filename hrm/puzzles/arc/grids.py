"""Grids of ARC: what one is, and many of them in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError

Grid = NDArray[np.uint8]
"""Colours, shape (rows, columns)."""

NUM_COLOURS = 10
"""Colours are 0 to 9; 0 is the background."""

MAX_SIDE = 30
"""No public task has a larger grid."""


class Grids(NamedTuple):
    """G grids of any size, one behind the other."""

    cells: NDArray[np.uint8]  # all cells, row by row
    starts: NDArray[np.int32]  # (G,) where each grid begins
    shapes: NDArray[np.int32]  # (G, 2) rows and columns

    @staticmethod
    def pack(grids: Sequence[Grid]) -> Grids:
        """Grids as one array; there must be at least one."""
        sizes = np.array([grid.size for grid in grids])
        return Grids(
            cells=np.concatenate([grid.reshape(-1) for grid in grids]).astype(np.uint8),
            starts=(np.cumsum(sizes) - sizes).astype(np.int32),
            shapes=np.array([grid.shape for grid in grids], dtype=np.int32).reshape(-1, 2),
        )


def read_grid(value: Any) -> Grid:
    """A list of rows of colours, as in a JSON file -> a grid. ``InputError`` says what is wrong, not where."""
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise InputError("not a grid: a grid is a list of rows, a row is a list of colours")
    if not value or not value[0]:
        raise InputError("the grid is empty")
    for number, row in enumerate(value, start=1):
        if len(row) != len(value[0]):
            raise InputError(f"ragged: row {number} has {len(row)} cells, row 1 has {len(value[0])}")
    if len(value) > MAX_SIDE or len(value[0]) > MAX_SIDE:
        raise InputError(f"{len(value)} x {len(value[0])} cells: ARC allows at most {MAX_SIDE} x {MAX_SIDE}")
    for number, row in enumerate(value, start=1):
        for column, colour in enumerate(row, start=1):
            if type(colour) is not int or not 0 <= colour < NUM_COLOURS:
                raise InputError(f"row {number}, column {column} is {colour!r}: colours are 0 to {NUM_COLOURS - 1}")
    return np.array(value, dtype=np.uint8)
