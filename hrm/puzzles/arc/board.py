"""ARC grids in a terminal: coloured blocks, the input beside the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.ansi import paint
from hrm.puzzles.arc.canvas import grid_on

BACKGROUNDS = (16, 27, 196, 34, 220, 248, 199, 208, 117, 88)
"""Colours 0 to 9 as the ARC pages show them, by their numbers among a terminal's 256."""

DARK = frozenset({0, 1, 2, 9})
"""Colours that are written on in white: the darker ones, by eye."""


def draw_board(
    canvas: int,
    inputs: NDArray[np.int64],
    answer: NDArray[np.int64] | None = None,
    previous: NDArray[np.int64] | None = None,
) -> str:
    """Tokens (S,) -> lines of text, cut to the cells that have a colour; a changed cell has brackets.

    Each block has its number in it, for terminals without colour and eyes that tell colours apart badly.
    """
    left = _blocks(grid_on(inputs, canvas), None)
    if answer is None:
        return "\n".join(left)
    grid = grid_on(answer, canvas)
    right = _blocks(grid, None if previous is None else grid_on(previous, canvas))
    width = grid_on(inputs, canvas).shape[1]
    height = max(len(left), len(right))
    left += [" " * (3 * width)] * (height - len(left))
    right += [""] * (height - len(right))
    middle = (height - 1) // 2
    return "\n".join(
        one + (" -> " if row == middle else "    ") + other
        for row, (one, other) in enumerate(zip(left, right, strict=True))
    )


def draw_row(grids: Sequence[tuple[str, NDArray[np.integer]]]) -> str:
    """Grids of colours side by side, each below its caption."""
    columns = [_blocks(np.asarray(grid, dtype=np.int64), None) for _, grid in grids]
    widths = [
        max(len(caption), 3 * grid.shape[1] if grid.size else len(column[0]))
        for (caption, grid), column in zip(grids, columns, strict=True)
    ]
    lines = ["   ".join(caption.ljust(width) for (caption, _), width in zip(grids, widths, strict=True)).rstrip()]
    for row in range(max(map(len, columns))):
        cells = []
        for (_, grid), column, width in zip(grids, columns, widths, strict=True):
            is_there = row < len(column)
            used = (3 * grid.shape[1] if grid.size else len(column[0])) if is_there else 0
            cells.append((column[row] if is_there else "") + " " * (width - used))  # colours have no width
        lines.append("   ".join(cells).rstrip())
    return "\n".join(lines)


def _blocks(grid: NDArray[np.int64], before: NDArray[np.int64] | None) -> list[str]:
    """A line per row; what was not there before, or was otherwise, in brackets."""
    if not grid.size:
        return ["(empty)"]
    is_changed = np.zeros(grid.shape, dtype=bool)
    if before is not None:
        is_changed[:] = True
        rows, columns = (min(pair) for pair in zip(grid.shape, before.shape, strict=True))
        is_changed[:rows, :columns] = grid[:rows, :columns] != before[:rows, :columns]
    return [
        "".join(_block(int(colour), bool(new)) for colour, new in zip(*line, strict=True))
        for line in zip(grid, is_changed, strict=True)
    ]


def _block(colour: int, is_changed: bool) -> str:
    if colour < 0:
        return "   "
    ink = 231 if colour in DARK else 16  # white or black
    text = f"[{colour}]" if is_changed else f" {colour} "
    return paint(text, f"\x1b[38;5;{ink};48;5;{BACKGROUNDS[colour]}m")
