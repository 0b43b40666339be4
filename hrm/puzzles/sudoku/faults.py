"""Faults of lines that are no board, in words: which character, or how many cells where."""

from __future__ import annotations

from hrm.errors import InputError
from hrm.puzzles.sudoku.readings import BLANKS, PLAIN, Cell, Line, cells_of
from hrm.puzzles.sudoku.rules import BOXES, DIGITS, Layout

SIZES = {size**2: size for size in BOXES}
"""Number of cells -> size of the board."""


def describe(lines: list[Line], layout: Layout) -> InputError:
    """The reason why lines are no board, by the most usual reading. Without the place of the whole board."""
    rows = [cells_of(line, PLAIN) for line in lines]
    cells = [cell for row in rows for cell in row]
    symbols = DIGITS[: layout.size]
    if any("://" in text for _, text in lines):
        return InputError(f"there is no puzzle of {layout.num_cells} cells in this address")
    # A digit of a larger board is no typing error where the number of cells says the same.
    known = symbols if len(cells) == layout.num_cells or len(cells) not in SIZES else DIGITS
    for cell in cells:
        if cell.symbol.upper() not in known + BLANKS:
            return MisprintError(_describe_cell(cell, symbols))
    return InputError(_describe_length(rows, lines, layout))


class MisprintError(InputError):
    """A message that names its own line."""


def _describe_cell(cell: Cell, symbols: str) -> str:
    digits = f"1-{symbols[-1]}" if len(symbols) <= 9 else f"1-9, A-{symbols[-1]}"
    return (
        f"line {cell.line}, column {cell.column}: {cell.symbol!r} is neither a digit ({digits}) "
        f"nor a blank ({' '.join(BLANKS)})"
    )


def _describe_length(rows: list[list[Cell]], lines: list[Line], layout: Layout) -> str:
    num_cells = sum(map(len, rows))
    if not num_cells:
        return "there is no puzzle: no cell was found"
    message = f"{num_cells} cells found, but a {layout.size}x{layout.size} board has {layout.num_cells}"
    if num_cells in SIZES:
        size = SIZES[num_cells]
        return f"{message}; {num_cells} cells are a {size}x{size} board, which needs a task of size {size}"
    lengths = [(number, len(row)) for (number, _), row in zip(lines, rows, strict=True)]
    odd = [(number, length) for number, length in lengths if length not in (0, layout.size)]
    if odd and len(rows) > 1:
        message += f"; line {odd[0][0]} has {odd[0][1]} cells instead of {layout.size}"
    num_dashes = sum(text.count("-") for _, text in lines)
    if num_dashes:
        message += f" ('-' was taken for a line of the frame; as blanks there would be {num_cells + num_dashes} cells)"
    return message
