"""Groups of symmetries small enough to list: some moves of the cells, and free renaming of some tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.symmetry import NUM_MOVES, Symmetry, move

CHUNK = 1024
"""Examples whose keys are made together: tens of MB of work space, however many there are."""


@dataclass(frozen=True)
class SymmetryGroup:
    """K moves of S cells, each with any renaming of R tokens among themselves: K * R! symmetries."""

    cells: NDArray[np.int64]  # (K, S), closed: doing two of them is doing a third
    num_tokens: int
    renamed: NDArray[np.int64]  # (R,) tokens, in order, that may be exchanged for one another; empty for none

    @property
    def is_trivial(self) -> bool:
        """True where nothing moves and nothing is renamed."""
        return len(self.cells) == 1 and len(self.renamed) < 2

    def draw(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` symmetries, each drawn uniformly from the whole group."""
        moves = rng.integers(len(self.cells), size=num)
        tokens = np.tile(np.arange(self.num_tokens), (num, 1))
        if len(self.renamed) > 1:
            tokens[:, self.renamed] = self.renamed[np.argsort(rng.random((num, len(self.renamed))), axis=1)]
        return Symmetry(self.cells[moves], tokens)

    def keys(self, *boards: NDArray[np.integer]) -> list[bytes]:
        """Keys of boards (N, S) whose rows move and change names together: two of the N are equal when, and only
        when, a symmetry turns the rows of one into those of the other. Values below 0 (no label) stay as they are.

        A key is the least of all moved versions, each with its renamed tokens numbered as they first occur.
        """
        stacked = np.stack(boards, axis=1)  # (N, n, S)
        keys: list[bytes] = []
        for start in range(0, len(stacked), CHUNK):
            chunk = stacked[start : start + CHUNK]
            versions = [self._named(chunk[:, :, cells].reshape(len(chunk), -1)) for cells in self.cells]
            keys += [min(rows) for rows in zip(*versions, strict=True)]
        return keys

    def _named(self, moved: NDArray[np.integer]) -> list[bytes]:
        """Rows (N, n S), each with its renamed tokens numbered by first occurrence."""
        names = np.tile(np.arange(self.num_tokens), (len(moved), 1))
        if len(self.renamed) > 1:
            firsts = []
            for token in self.renamed:
                occurs = moved == token
                firsts.append(np.where(occurs.any(axis=1), occurs.argmax(axis=1), moved.shape[1]))
            order = self.renamed[np.argsort(np.stack(firsts, axis=1), axis=1, kind="stable")]
            np.put_along_axis(names, order, np.broadcast_to(self.renamed, order.shape), axis=1)
        is_token = (moved >= 0) & (moved < self.num_tokens)
        named = np.take_along_axis(names, np.where(is_token, moved, 0), axis=1)
        return [row.tobytes() for row in np.where(is_token, named, moved).astype("<i4")]


def grid_moves(shape: tuple[int, int], moves: tuple[int, ...] = tuple(range(NUM_MOVES))) -> NDArray[np.int64]:
    """(K, S): the group that some of the 8 moves generate (all of them by default), as ``SymmetryGroup.cells``.

    Those that would turn a grid that is not square into one of another shape are left out.
    """
    cells = np.arange(shape[0] * shape[1]).reshape(shape)
    moved = [move(cells, k) for k in moves]
    generators = [tuple(grid.reshape(-1).tolist()) for grid in moved if grid.shape == shape]
    group = {tuple(range(cells.size))}
    while new := {tuple(a[i] for i in b) for a in group for b in generators} - group:
        group |= new
    return np.array(sorted(group), dtype=np.int64)
