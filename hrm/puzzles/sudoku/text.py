"""Sudoku as people type it: one line, a board of several lines, with or without lines between the boxes.

Nothing wrong goes through in silence: every ``InputError`` says what is wrong and where.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.ansi import COLOUR
from hrm.puzzles.base import Example
from hrm.puzzles.sudoku.rules import BOXES, DIGITS, Digits, Layout, conflicts
from hrm.puzzles.sudoku.solver import SEARCH_BUDGET, solve
from hrm.puzzles.sudoku.tokens import encode

BLANKS = ".0_*"
"""Characters that people write for a cell to be filled in."""

SEPARATORS = " \t\r\n|-+,;=" + "│┃─━┼┌┐└┘├┤┬┴╋║═╬"
"""Characters that people draw between cells, and those that we draw ourselves."""

SIZES = {size**2: size for size in BOXES}
"""Number of cells -> size of the board."""


class Boards(NamedTuple):
    """Boards that were read and checked."""

    questions: Digits  # (N, S), 0 for a blank
    solutions: Digits  # (N, S), the only solution where proven
    proven: NDArray[np.bool_]  # (N,): False where the search gave up and uniqueness is not known


class SudokuText:
    """``PuzzleText`` of boards of one layout; a label is the solution where a search proved it the only one."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def parse(self, text: str) -> Example:
        return _examples(read_board(text, self.layout))[0]

    def parse_many(self, text: str) -> list[Example]:
        """The puzzles of a file: one per line, or boards with blank lines between; ``#`` starts a comment."""
        return _examples(read_boards(text, self.layout))


def _examples(boards: Boards) -> list[Example]:
    inputs, labels = encode(boards.questions), encode(boards.solutions)
    return [Example(inputs[i], labels[i] if boards.proven[i] else None) for i in range(len(inputs))]


def read_board(text: str, layout: Layout, *, budget: int = SEARCH_BUDGET) -> Boards:
    """The one board that ``text`` is. Raises ``InputError``."""
    digits = _digits(text.splitlines(), 1, "", layout)
    return check_boards(digits[None], [""], layout, budget=budget)


def read_boards(text: str, layout: Layout, *, budget: int = SEARCH_BUDGET) -> Boards:
    """All boards of a file: one per line, or boards of several lines with blank lines between them.

    Lines that start with ``#`` are comments. Raises ``InputError`` that says which line.
    """
    boards, places = [], []
    for first, lines in _blocks(text, layout):
        last = first + len(lines) - 1
        places.append(f"line {first}: " if first == last else f"lines {first} to {last}: ")
        boards.append(_digits(lines, first, places[-1], layout))
    if not boards:
        raise InputError("there is no puzzle: the text is empty or has only comments")
    return check_boards(np.stack(boards), places, layout, budget=budget)


def check_boards(questions: Digits, places: list[str], layout: Layout, *, budget: int = SEARCH_BUDGET) -> Boards:
    """Each question (N, S) has one solution, or ``InputError`` at its place (the start of the message)."""
    for index in np.flatnonzero(conflicts(layout, questions).any(axis=1)):
        raise InputError(places[index] + _describe_conflict(questions[index], layout))
    found = solve(layout, questions, limit=2, budget=budget)
    for index in np.flatnonzero((found.num_solutions == 0) & ~found.gave_up):
        raise InputError(f"{places[index]}this puzzle has no solution, although no digit stands twice in a unit")
    for index in np.flatnonzero(found.num_solutions == 2):
        raise InputError(places[index] + _describe_several(found.solutions[index], layout))
    return Boards(questions, found.solutions[:, 0], ~found.gave_up)


def _blocks(text: str, layout: Layout) -> list[tuple[int, list[str]]]:
    """(number of the first line, lines) of every puzzle."""
    blocks: list[tuple[int, list[str]]] = []
    is_open, num_cells = False, 0
    for number, line in enumerate(text.splitlines(), start=1):
        cells = len(_cells(line))
        is_whole = cells > 2 * layout.size  # far more cells than a row: this line alone is a puzzle
        if not cells and (not line.strip() or not is_open):  # a blank line, or the frame around a board
            is_open = False
            continue
        if is_whole or not is_open:
            blocks.append((number, []))
            num_cells = 0
        blocks[-1][1].append(line)
        num_cells += cells
        is_open = not is_whole and num_cells < layout.num_cells
    return blocks


def _cells(line: str) -> list[tuple[str, int]]:
    """(character, column) of what stands in a line apart from separators; nothing for a comment."""
    if line.lstrip().startswith("#"):
        return []
    plain = COLOUR.sub("", line)
    return [(character, column) for column, character in enumerate(plain, 1) if character not in SEPARATORS]


def _digits(lines: list[str], first: int, place: str, layout: Layout) -> Digits:
    """The cells (S,) of the board ``lines``; the first has number ``first``. Errors start with ``place``."""
    rows = [_cells(line) for line in lines]
    num_cells = sum(len(row) for row in rows)
    symbols = DIGITS[: layout.size]
    # A digit of a larger board is no typing error where the number of cells says the same.
    known = symbols if num_cells == layout.num_cells or num_cells not in SIZES else DIGITS
    for number, row in enumerate(rows, start=first):
        for character, column in row:
            if character.upper() not in known + BLANKS:
                digits = f"1-{symbols[-1]}" if layout.size <= 9 else f"1-9, A-{symbols[-1]}"
                raise InputError(
                    f"line {number}, column {column}: {character!r} is neither a digit ({digits}) "
                    f"nor a blank ({' '.join(BLANKS)})"
                )
    if num_cells != layout.num_cells:
        raise InputError(place + _describe_length([len(row) for row in rows], first, layout))
    return np.array([symbols.find(character.upper()) + 1 for row in rows for character, _ in row], dtype=np.uint8)


def _describe_length(row_lengths: list[int], first: int, layout: Layout) -> str:
    num_cells = sum(row_lengths)
    if not num_cells:
        return "there is no puzzle: no cell was found"
    message = f"{num_cells} cells found, but a {layout.size}x{layout.size} board has {layout.num_cells}"
    if num_cells in SIZES:
        size = SIZES[num_cells]
        return f"{message}; {num_cells} cells are a {size}x{size} board, which needs a task of size {size}"
    odd = [number for number, length in enumerate(row_lengths, first) if length not in (0, layout.size)]
    if odd and len(row_lengths) > 1:
        message += f"; line {odd[0]} has {row_lengths[odd[0] - first]} cells instead of {layout.size}"
    return message


def _describe_conflict(board: Digits, layout: Layout) -> str:
    for unit, cells in enumerate(layout.units):
        for digit in range(1, layout.size + 1):
            places = [layout.cell_name(int(cell)) for cell in cells if board[cell] == digit]
            if len(places) > 1:
                where = f"{layout.unit_name(unit)}: {', '.join(places)}"
                return f"digit {DIGITS[digit - 1]} stands {len(places)} times in {where}"
    raise ValueError("no digit stands twice in a unit of this board")


def _describe_several(solutions: Digits, layout: Layout) -> str:
    """Two solutions (2, S) of one puzzle differ in four cells or more; two of these are enough to show it."""
    solutions = solutions[np.lexsort(solutions.T[::-1])]  # smaller digits first
    shown = []
    for cell in np.flatnonzero(solutions[0] != solutions[1])[:2]:
        one, other = (DIGITS[solution[cell] - 1] for solution in solutions)
        shown.append(f"{layout.cell_name(int(cell))} can be {one} or {other}")
    return f"this puzzle has several solutions: for example {', and '.join(shown)}"
