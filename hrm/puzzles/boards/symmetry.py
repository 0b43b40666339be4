"""Symmetries of boards, listed one by one: each moves cells and renames tokens, both at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.symmetry import Symmetry, moved_cells


class ListedSymmetries:
    """``Symmetries`` that form a group of K: doing one after the other, or undoing one, is one of them."""

    def __init__(self, cells: NDArray[np.int64], tokens: NDArray[np.int64]) -> None:
        """cells (K, S), tokens (K, V) as in ``Symmetry``."""
        self.cells, self.tokens = cells, tokens

    def draw(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` of the K, each drawn uniformly."""
        chosen = rng.integers(len(self.cells), size=num)
        return Symmetry(self.cells[chosen], self.tokens[chosen])

    def keys(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[bytes]:
        """Canonical forms of the questions (N, S) alone: with another right answer one is the same puzzle."""
        known = (inputs >= 0) & (inputs < self.tokens.shape[1])
        safe = np.where(known, inputs, 0)
        versions = []
        for cells, tokens in zip(self.cells, self.tokens, strict=True):
            moved = np.where(known, tokens[safe], inputs)[:, cells]
            versions.append([row.tobytes() for row in moved.astype("<i4")])
        return [min(rows) for rows in zip(*versions, strict=True)]


def square_symmetries(size: int, num_tokens: int) -> ListedSymmetries:
    """The 8 rotations and mirrorings of a board of ``size`` x ``size``; tokens stay what they are."""
    cells = moved_cells(size)
    return ListedSymmetries(cells, np.tile(np.arange(num_tokens), (len(cells), 1)))
