"""The symmetries of Sudoku.

Digits may be renamed; bands of boxes, rows in a band, stacks of boxes and columns in a stack may change
places; boards with square boxes may be mirrored at the diagonal. For 9x9 these are 2 * 6**8 * 9!
symmetries, the augmentation of Sudoku-Extreme.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.sudoku.canonical import canonical_forms
from hrm.puzzles.sudoku.problems import are_sound
from hrm.puzzles.sudoku.rules import Layout
from hrm.puzzles.sudoku.tokens import decode
from hrm.puzzles.symmetry import Symmetry


class SudokuSymmetries:
    """``Symmetries`` of boards of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def draw(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` symmetries, each drawn uniformly from the whole group."""
        return draw(self.layout, num, rng)

    def keys(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[bytes]:
        """Canonical forms of puzzles (N, S) with their solutions (N, S); a wrong one is compared as it stands."""
        questions, answers = decode(inputs), decode(labels)
        sound = are_sound(self.layout, questions, answers)
        forms = iter(canonical_forms(self.layout, questions[sound], answers[sound]))
        return [
            next(forms) if is_sound else b"as it stands" + question.tobytes() + answer.tobytes()
            for is_sound, question, answer in zip(sound, questions, answers, strict=True)
        ]


def draw(layout: Layout, batch_size: int, rng: np.random.Generator) -> Symmetry:
    """``batch_size`` symmetries, each drawn uniformly from the whole group."""
    size, (box_rows, box_columns) = layout.size, layout.box_shape
    rows = _line_order(size // box_rows, box_rows, batch_size, rng)
    columns = _line_order(size // box_columns, box_columns, batch_size, rng)
    cells = rows[:, :, None] * size + columns[:, None, :]  # (B, size, size)
    if box_rows == box_columns:  # otherwise the boxes of the mirrored board would stand upright
        mirrored = rng.random(batch_size) < 0.5
        cells = np.where(mirrored[:, None, None], cells.swapaxes(1, 2), cells)
    digits = 2 + np.argsort(rng.random((batch_size, size)), axis=1)
    pad_and_blank = np.tile(np.arange(2), (batch_size, 1))
    return Symmetry(cells.reshape(batch_size, size * size), np.concatenate([pad_and_blank, digits], axis=1))


def _line_order(num_groups: int, group_size: int, batch_size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(B, size): rows (or columns) in a random order that keeps bands (or stacks) together."""
    groups = np.argsort(rng.random((batch_size, num_groups)), axis=1)
    inside = np.argsort(rng.random((batch_size, num_groups, group_size)), axis=2)
    return (groups[:, :, None] * group_size + inside).reshape(batch_size, num_groups * group_size)
