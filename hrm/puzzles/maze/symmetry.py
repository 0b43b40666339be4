"""The 8 moves of a square as symmetries of mazes, and the keys and hashes that they leave alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.maze.tokens import SYMBOLS, Cells, size_of
from hrm.puzzles.splitmix import GOLDEN, Words, mix
from hrm.puzzles.symmetry import NUM_MOVES, Symmetry, moved_cells

HELD_OUT_ONE_IN = 4
"""One in so many wall grids, told by a hash, is generated only for held-out mazes, the others never: a quarter, so that
either kind is soon found."""


class MazeSymmetries:
    """``Symmetries`` of mazes of one size."""

    def __init__(self, size: int) -> None:
        self.cells = moved_cells(size)  # (8, S)

    def draw(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` of the 8 moves, each drawn uniformly."""
        moves = rng.integers(NUM_MOVES, size=num)
        return Symmetry(self.cells[moves], np.tile(np.arange(len(SYMBOLS)), (num, 1)))

    def keys(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[bytes]:
        """Canonical forms of the mazes (N, S) alone: with another of its shortest paths a maze is the same puzzle."""
        return canonical_keys(inputs)


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


def is_held_out_grid(walls: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True (N,) where mazes with these walls (N, S) may only be generated for the held-out set.

    No training maze has the walls of a held-out one, turned or mirrored, wherever its start and goal are.
    """
    return np.asarray(wall_hashes(walls) % np.uint64(HELD_OUT_ONE_IN) == 0)
