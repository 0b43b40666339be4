"""A Sudoku board as text, with lines between the boxes and ANSI colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.ansi import ANSWER, BLANK, BROKEN, CHANGED, GIVEN, paint
from hrm.puzzles.sudoku.rules import Layout, conflicts


def draw_board(
    layout: Layout,
    symbols: tuple[str, ...],
    inputs: NDArray[np.int64],
    answer: NDArray[np.int64] | None = None,
    previous: NDArray[np.int64] | None = None,
) -> str:
    """Tokens (S,) -> lines of text.

    Bold: given; cyan: answered; on yellow: not as in ``previous``; red: breaks a rule or a given.
    """
    shown = inputs if answer is None else answer
    styles = _styles(layout, inputs, shown, previous)
    size, (box_rows, box_columns) = layout.size, layout.box_shape
    bar = "─" * (2 * box_columns + 1)
    num_stacks = size // box_columns
    lines = []
    for row in range(size):
        if row % box_rows == 0:
            left, middle, right = "┌┬┐" if row == 0 else "├┼┤"
            lines.append(left + middle.join([bar] * num_stacks) + right)
        cells = range(row * size, (row + 1) * size)
        drawn = [paint(symbols[shown[cell]], styles[cell]) for cell in cells]
        stacks = [" ".join(drawn[start : start + box_columns]) for start in range(0, size, box_columns)]
        lines.append("│ " + " │ ".join(stacks) + " │")
    lines.append("└" + "┴".join([bar] * num_stacks) + "┘")
    return "\n".join(lines)


def _styles(
    layout: Layout, inputs: NDArray[np.int64], shown: NDArray[np.int64], previous: NDArray[np.int64] | None
) -> list[str]:
    """The colour of every cell; red adds to the others, so a wrong digit that has just changed shows both."""
    is_given, is_digit = inputs > 1, shown > 1
    broken = conflicts(layout, (shown - 1)[None])[0] | (is_given & (shown != inputs))
    changed = np.zeros_like(broken) if previous is None else (shown != previous) & ~is_given
    styles = np.where(is_digit, ANSWER, BLANK).astype(object)
    styles[changed] = CHANGED
    styles[is_given] = GIVEN
    styles[broken] = BROKEN
    styles[broken & changed] = CHANGED + BROKEN
    styles[broken & is_given] = GIVEN + BROKEN
    return [str(style) for style in styles]
