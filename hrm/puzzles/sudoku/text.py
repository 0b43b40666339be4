"""Sudoku as people type it: one line, a board of several lines, with or without lines between the boxes.

Nothing wrong goes through in silence: every ``InputError`` says what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hrm.errors import InputError
from hrm.puzzles.base import Example, Parsed, required
from hrm.puzzles.csv_file import describe_spreadsheet, with_zeros
from hrm.puzzles.sudoku.blocks import Found, find_boards
from hrm.puzzles.sudoku.faults import MisprintError, describe
from hrm.puzzles.sudoku.problems import are_sound
from hrm.puzzles.sudoku.readings import BLANKS
from hrm.puzzles.sudoku.rules import DIGITS, Digits, Layout, conflicts
from hrm.puzzles.sudoku.solver import SEARCH_BUDGET, solve
from hrm.puzzles.sudoku.tokens import encode
from hrm.puzzles.written import RawBoard, Written, of_values, read_each, unpack


class Entry(NamedTuple):
    """A board that was read, before its rules are looked at."""

    place: str  # the start of an error message
    question: Digits  # (S,), 0 for a blank
    answer: Digits | None = None  # (S,), as it stands beside the question
    hint: str = ""  # the end of an error message


class SudokuText:
    """``PuzzleText`` of boards of one layout; a label is the solution where a search proved it the only one, or where
    it stands beside the puzzle."""

    def __init__(self, layout: Layout, *, budget: int = SEARCH_BUDGET) -> None:
        self.layout, self.budget = layout, budget
        self.shape = (layout.size, layout.size)

    def parse(self, text: str) -> Example:
        """The one board that ``text`` is. Raises ``InputError``."""
        entries = self._entries(text, is_alone=True)
        if len(entries) > 1:
            raise InputError(f"{len(entries)} puzzles found where one is wanted")
        return required(self._examples(entries))[0]

    def parse_many(self, text: str) -> list[Parsed]:
        """The puzzles of a file; docs/data.md lists what is read."""
        return self._examples(self._entries(text, is_alone=False))

    def parse_values(self, value: Any) -> list[Parsed]:
        """Boards as lists, arrays or texts; 0, None, NaN or a usual blank is a blank."""
        return self._examples(read_each(of_values(value, self.shape), self._entry))

    def _entries(self, text: str, *, is_alone: bool) -> list[Entry | InputError]:
        packed = unpack(text, self.shape)
        if packed is not None:
            return read_each(packed, self._entry)
        entries = [_with_place(found, is_alone) for found in find_boards(text, self.layout)]
        words = next((line.strip() for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"), "")
        if not entries and not is_alone and words:
            raise InputError(f"there is no puzzle: no line has cells of one (the first is {words:.40})")
        if not entries and not is_alone:
            raise InputError("there is no puzzle: the text is empty or has only comments")
        if not entries:
            raise describe(list(enumerate(text.splitlines(), start=1)), self.layout)
        return entries

    def _entry(self, written: Written) -> Entry:
        """The boards of a table, of JSON, of a list."""
        question = self._board(written.question, written.in_table)
        text = written.question if isinstance(written.question, str) and written.in_table else ""
        hint = describe_spreadsheet(text) if len(text.strip()) < self.layout.num_cells else ""
        answer = None if written.answer is None else self._board(written.answer, in_table=False)
        return Entry(written.place, question, answer, hint)

    def _board(self, board: RawBoard, in_table: bool) -> Digits:
        if not isinstance(board, str):
            return _of_cells(board, self.layout)
        text = with_zeros(board.strip(), self.layout.num_cells) if in_table else board
        found = find_boards(text, self.layout)
        if len(found) != 1:
            raise InputError(f"{len(found)} puzzles found where one is wanted")
        if isinstance(found[0].question, InputError):
            hint = describe_spreadsheet(board) if in_table else ""
            raise InputError(f"{found[0].question}{hint}")
        return found[0].question

    def _examples(self, entries: Sequence[Entry | InputError]) -> list[Parsed]:
        good = [entry for entry in entries if isinstance(entry, Entry)]
        parsed = iter(check_boards(good, self.layout, budget=self.budget))
        return [next(parsed) if isinstance(entry, Entry) else entry for entry in entries]


def check_boards(entries: Sequence[Entry], layout: Layout, *, budget: int = SEARCH_BUDGET) -> list[Parsed]:
    """Each question as an example where it has one solution, otherwise the fault, after its place."""
    if not entries:
        return []
    questions = np.stack([entry.question for entry in entries])
    clashing = np.asarray(conflicts(layout, questions).any(axis=1))
    found = solve(layout, questions[~clashing], limit=2, budget=budget)
    place_in_search = np.cumsum(~clashing) - 1
    parsed: list[Parsed] = []
    for index, (place, question, answer, hint) in enumerate(entries):
        if clashing[index]:
            parsed.append(InputError(place + _describe_conflict(question, layout) + hint))
            continue
        i = place_in_search[index]
        problem: str | None
        if found.num_solutions[i] == 2:
            problem = _describe_several(found.solutions[i], layout)
        elif found.num_solutions[i] == 0 and not found.gave_up[i]:
            problem = "this puzzle has no solution, although no digit stands twice in a unit"
        else:
            problem = None if answer is None else _describe_answer(question, answer, layout)
        if problem is not None:
            parsed.append(InputError(place + problem + hint))
            continue
        label = answer if found.gave_up[i] else found.solutions[i, 0]
        labels = None if label is None else encode(label)
        parsed.append(Example(encode(question), labels, is_given=answer is not None))
    return parsed


def _with_place(found: Found, is_alone: bool) -> Entry | InputError:
    place = "" if is_alone else found.place
    if isinstance(found.question, InputError):
        return found.question if isinstance(found.question, MisprintError) else InputError(f"{place}{found.question}")
    return Entry(place, found.question, found.answer)


def _of_cells(cells: list[Any], layout: Layout) -> Digits:
    """A board (S,) of integers, texts of one character, or None."""
    digits = np.zeros(layout.num_cells, dtype=np.uint8)
    symbols = {symbol: digit for digit, symbol in enumerate(DIGITS[: layout.size], start=1)}
    known = symbols | {"": 0, " ": 0} | dict.fromkeys(BLANKS, 0)
    for cell, value in enumerate(cells):
        is_number = isinstance(value, int) and 0 <= value <= layout.size
        digit = value if is_number else 0 if value is None else known.get(str(value).upper(), -1)
        if digit == -1 or isinstance(value, bool):
            raise InputError(
                f"{layout.cell_name(cell)} is {value!r}: a cell is a digit from 1 to {layout.size}, or 0 for a blank"
            )
        digits[cell] = digit
    return digits


def _describe_answer(question: Digits, answer: Digits, layout: Layout) -> str | None:
    """The fault of an answer that stands beside a puzzle."""
    if are_sound(layout, question[None], answer[None])[0]:
        return None
    different = np.flatnonzero((question != 0) & (question != answer))
    if not different.size:
        return "the answer beside it breaks the rules: a row, column or box misses a digit"
    cell = int(different[0])
    return f"the answer beside it contradicts the givens, first in {layout.cell_name(cell)}"


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
