"""A maze as text, in a frame and with ANSI colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.ansi import ANSWER, BLANK, BROKEN, CHANGED, GIVEN, paint
from hrm.puzzles.maze.paths import num_neighbours
from hrm.puzzles.maze.rules import are_drawn, keep_mazes
from hrm.puzzles.maze.tokens import FREE, PATH, SYMBOLS, size_of

LOST = "."
"""A broken cell that would be an invisible space."""


def draw_board(
    inputs: NDArray[np.int64], answer: NDArray[np.int64] | None = None, previous: NDArray[np.int64] | None = None
) -> str:
    """Tokens (S,) -> lines of text, one character a cell.

    Bold: walls, start and goal; cyan: the path; on yellow: not as in ``previous``; red: a cell of the maze that the
    answer changed, or a cell of the path where it branches or ends.
    """
    shown = inputs if answer is None else answer
    broken = np.zeros(len(inputs), dtype=np.bool_) if answer is None else _broken(inputs, answer)
    changed = np.zeros_like(broken) if previous is None else (shown != previous) & (inputs == FREE)
    styles = np.where(inputs == FREE, BLANK, GIVEN).astype(object)
    styles[shown == PATH] = ANSWER
    styles[changed] = CHANGED
    styles[broken] = [(style if style in (CHANGED, GIVEN) else "") + BROKEN for style in styles[broken]]
    symbols = [
        LOST if is_broken and token == FREE else SYMBOLS[token] for token, is_broken in zip(shown, broken, strict=True)
    ]
    cells = [paint(symbol, str(style)) for symbol, style in zip(symbols, styles, strict=True)]
    size = size_of(len(inputs))
    rows = ["│" + "".join(cells[first : first + size]) + "│" for first in range(0, len(cells), size)]
    return "\n".join(["┌" + "─" * size + "┐", *rows, "└" + "─" * size + "┘"])


def _broken(inputs: NDArray[np.int64], answer: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Cells (S,) where the answer changed the maze, or its path has not one neighbour (at the ends) or two."""
    drawn = are_drawn(answer)
    expected = np.where(answer == PATH, 2, 1)
    breaks = drawn & (num_neighbours(drawn[None])[0] != expected)
    return np.asarray(breaks | ~keep_mazes(inputs, answer))
