"""Grids as tokens on a square canvas, and back.

Tokens: pad 0, end 1, colour c -> c + 2 (V = 12). A grid stands at an offset; the cells just right of it and just below
it are *end* where the canvas has them, and everything else is pad.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.arc.grids import NUM_COLOURS, Grids

PAD, END, FIRST_COLOUR = 0, 1, 2  # the encoding of the published builder
VOCAB_SIZE = FIRST_COLOUR + NUM_COLOURS

Tokens = NDArray[np.uint8]
"""Canvases of several grids, shape (B, S)."""

SOURCES = np.array(
    [  # row of the source: i, j, from the last row;  column: i, j, from the last column
        [1, 0, 0, 0, 1, 0],
        [0, 1, 0, -1, 0, 1],
        [-1, 0, 1, 0, -1, 1],
        [0, -1, 1, 1, 0, 0],
        [1, 0, 0, 0, -1, 1],
        [-1, 0, 1, 0, 1, 0],
        [0, 1, 0, 1, 0, 0],
        [0, -1, 1, -1, 0, 1],
    ],
    dtype=np.int32,
)
"""The cell of a grid that stands at (i, j) once ``move`` k of ``puzzles/symmetry.py`` is done. Row and column are
linear in i and j, so a moved grid is read off the packed cells without being made."""


def moved_shapes(shapes: NDArray[np.int32], moves: NDArray[np.integer]) -> NDArray[np.int32]:
    """(B, 2) rows and columns after a move each (B,): quarter turns and mirrorings at a diagonal swap them."""
    swaps = SOURCES[moves, 1] != 0
    return np.where(swaps[:, None], shapes[:, ::-1], shapes)


def encode(
    grids: Grids,
    which: NDArray[np.integer],
    moves: NDArray[np.integer],
    colours: NDArray[np.uint8],
    offsets: NDArray[np.int32],
    canvas: int,
) -> Tokens:
    """Grids ``which`` (B,) after ``moves`` (B,), colour c as ``colours[c]`` (B, 10), at ``offsets`` (B, 2) -> (B, S).

    Every grid must fit on the canvas of ``canvas`` x ``canvas`` cells where it stands.
    """
    B = len(which)
    row_i, row_j, from_last_row, column_i, column_j, from_last_column = SOURCES[moves].T
    heights, widths = grids.shapes[which].T
    first = grids.starts[which] + from_last_row * (heights - 1) * widths + from_last_column * (widths - 1)
    down, right = row_i * widths + column_i, row_j * widths + column_j
    moved = moved_shapes(grids.shapes[which], moves)
    place = np.arange(canvas, dtype=np.int32)
    i, j = place - offsets[:, :1], place - offsets[:, 1:]  # (B, n): row and column of the moved grid
    in_rows, in_columns = (i >= 0) & (i < moved[:, :1]), (j >= 0) & (j < moved[:, 1:])
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    sources = (first[:, None] + down[:, None] * i)[:, :, None] + (right[:, None] * j)[:, None, :]
    tokens = (colours + np.uint8(FIRST_COLOUR)).reshape(-1)
    wanted = grids.cells[np.where(inside, sources, 0)] + (NUM_COLOURS * np.arange(B, dtype=np.int32))[:, None, None]
    below, beside = i == moved[:, :1], j == moved[:, 1:]
    ends = (below[:, :, None] & in_columns[:, None, :]) | (in_rows[:, :, None] & beside[:, None, :])
    return np.where(inside, tokens[wanted], ends.astype(np.uint8)).reshape(B, canvas * canvas)


def answer_shapes(tokens: NDArray[np.integer], canvas: int) -> NDArray[np.int64]:
    """(B, S) -> (B, 2): the largest rectangle from the top left corner that holds colours alone; (0, 0) if none.

    Of equally large ones the flattest, as in the published evaluators.
    """
    is_colour = tokens.reshape(-1, canvas, canvas) >= FIRST_COLOUR
    widths = np.where(is_colour.all(axis=2), canvas, is_colour.argmin(axis=2))
    widths = np.minimum.accumulate(widths, axis=1)  # (B, n): columns that are full down to this row
    heights = np.arange(1, canvas + 1)
    last = (heights * widths).argmax(axis=1)
    width = widths[np.arange(len(widths)), last]
    return np.stack([np.where(width > 0, last + 1, 0), width], axis=1)


def grid_on(tokens: NDArray[np.integer], canvas: int) -> NDArray[np.int64]:
    """The smallest rectangle of a canvas (S,) that holds all its colours, wherever it stands: colours, -1 for none."""
    colours = tokens.reshape(canvas, canvas).astype(np.int64) - FIRST_COLOUR
    is_colour = colours >= 0
    if not is_colour.any():
        return np.zeros((0, 0), dtype=np.int64)
    rows, columns = np.flatnonzero(is_colour.any(axis=1)), np.flatnonzero(is_colour.any(axis=0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.where(is_colour, colours, -1)[window]
