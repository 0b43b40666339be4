"""Symmetries of grids as data: what turns a puzzle and its answer into another pair, and can be undone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NUM_MOVES = 8
"""Rotations and mirrorings of a square (the dihedral group of order 8)."""

INVERSE_MOVES = (0, 3, 2, 1, 4, 5, 6, 7)
"""``move(move(grid, k), INVERSE_MOVES[k])`` is ``grid``: two rotations swap, the rest undo themselves."""


class Symmetry(NamedTuple):
    """One symmetry per row of a batch of B boards with S cells and V tokens."""

    cells: NDArray[np.int64]  # (B, S): the cell whose content moves to this place
    tokens: NDArray[np.int64]  # (B, V): the token that this token becomes

    def apply(self, boards: NDArray[np.integer]) -> NDArray[np.int64]:
        """Tokens (B, S) -> tokens (B, S), each row by its own symmetry."""
        moved = np.take_along_axis(boards, self.cells, axis=1)
        return np.take_along_axis(self.tokens, moved.astype(np.int64, copy=False), axis=1)

    def inverse(self) -> Symmetry:
        """``symmetry.inverse().apply(symmetry.apply(boards))`` is ``boards``."""
        return Symmetry(np.argsort(self.cells, axis=1, kind="stable"), np.argsort(self.tokens, axis=1, kind="stable"))


def identity(batch_size: int, num_cells: int, num_tokens: int) -> Symmetry:
    """The symmetry that changes nothing, ``batch_size`` times."""
    cells, tokens = np.arange(num_cells), np.arange(num_tokens)
    return Symmetry(np.tile(cells, (batch_size, 1)), np.tile(tokens, (batch_size, 1)))


def move(grid: NDArray[np.generic], k: int) -> NDArray[np.generic]:
    """Move ``k`` of the 8 on the last two axes, numbered as in the published builders.

    0 nothing, 1 to 3 quarter turns counter-clockwise, 4 left and right swapped, 5 top and bottom swapped,
    6 mirrored at the main diagonal, 7 at the other one. Grids need not be square: odd turns swap their sides.
    """
    if k < 4:
        return np.rot90(grid, k, axes=(-2, -1))
    if k < 6:
        return np.flip(grid, axis=-1 if k == 4 else -2)
    mirrored = np.swapaxes(grid, -2, -1)
    return mirrored if k == 6 else np.flip(mirrored, axis=(-2, -1))


def moved_cells(size: int) -> NDArray[np.int64]:
    """(8, S) for boards of ``size`` x ``size``: row ``k`` is the ``cells`` of a ``Symmetry`` that does ``move`` k."""
    cells = np.arange(size * size).reshape(size, size)
    return np.stack([move(cells, k).reshape(-1) for k in range(NUM_MOVES)])
