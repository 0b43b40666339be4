"""The 8 moves of a square as symmetries of mazes: keys and hashes that they leave alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.maze.tokens import Cells, size_of
from hrm.puzzles.splitmix import GOLDEN, Words, mix
from hrm.puzzles.symmetry import moved_cells


def canonical_keys(inputs: Cells) -> list[bytes]:
    """(N, S) -> N keys: equal for two mazes when, and only when, one of the moves turns one into the other."""
    moved = inputs.astype("<i8")[:, moved_cells(size_of(inputs.shape[1]))]  # (N, 8, S)
    return [min(one.tobytes() for one in turned) for turned in moved]


def wall_hashes(walls: NDArray[np.bool_]) -> Words:
    """Walls (N, S) -> (N,): a hash that no move changes, the least of those of the 8 moved grids."""
    # Sums of 32-bit words are exact in float64 in any order, and so the same on every machine; and products of
    # floats are the fast ones.
    words = mix(np.arange(1, walls.shape[1] + 1, dtype=np.uint64) * GOLDEN) >> np.uint64(32)
    sums = walls.astype(np.float64) @ words.astype(np.float64)[moved_cells(size_of(walls.shape[1]))].T
    return mix(sums.min(axis=1).astype(np.uint64))
