"""Sudoku files: CSV (or .csv.gz) with the columns question and answer, and if they like source and rating.

This is the layout of the hub dataset ``sapientinc/sudoku-extreme``; ``csv_file`` knows other names for the columns.
Blanks are ``.`` or ``0``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.csv_file import BAD, Chunk, describe_spreadsheet, read_all, with_zeros
from hrm.puzzles.sudoku.rules import DIGITS, Digits, Layout, are_complete


class Puzzles(NamedTuple):
    """Puzzles with their answers, as digits."""

    questions: Digits  # (N, S), 0 for a blank
    answers: Digits  # (N, S)
    ratings: NDArray[np.float64]  # (N,): how hard, by the measure of the file; NaN where not given
    rows: NDArray[np.int64]  # (N,): which row of the file, or which generated puzzle; from 0

    def take(self, chosen: NDArray[np.int64]) -> Puzzles:
        """The puzzles with these numbers (n,), ascending and each once."""
        if len(chosen) == len(self.rows):
            return self  # the whole of Sudoku-Extreme is 700 MB: no second copy
        return Puzzles._make(column[chosen] for column in self)


def read_csv(path: Path, layout: Layout) -> Puzzles:
    """All puzzles of a file. Raises ``InputError`` with file, line and reason for what is no puzzle."""
    chunks = read_all(path, ("question", "answer"), ("rating",), lambda chunk: _puzzles(chunk.stripped(), layout))
    questions, answers, ratings = (np.concatenate(column) for column in zip(*chunks, strict=True))
    return Puzzles(questions, answers, ratings, np.arange(len(questions)))


def _puzzles(chunk: Chunk, layout: Layout) -> tuple[Digits, Digits, NDArray[np.float64]]:
    """Questions, answers and ratings of some rows."""
    table = np.full(256, BAD, dtype=np.uint8)
    for digit, symbol in enumerate(DIGITS[: layout.size], start=1):
        table[ord(symbol)] = table[ord(symbol.lower())] = digit
    table[[ord("."), ord("0")]] = 0
    written = chunk.columns["question"]
    chunk.columns["question"] = [with_zeros(text, layout.num_cells) for text in written]
    questions, answers = (
        chunk.cells(
            column,
            table,
            layout.num_cells,
            board=f"a {layout.size}x{layout.size} board",
            allowed="a digit or a blank (. or 0)",
        )
        for column in ("question", "answer")
    )
    _check(questions, answers, chunk, layout, written)
    return questions, answers, chunk.numbers("rating")


def _check(questions: Digits, answers: Digits, chunk: Chunk, layout: Layout, written: list[str]) -> None:
    """Every answer is a full grid by the rules and keeps the givens of its question."""
    broken = np.flatnonzero(~are_complete(layout, answers))
    if broken.size:
        chunk.fail(broken[0], "the answer breaks the rules: a row, column or box misses a digit")
    different = (questions != 0) & (questions != answers)
    if different.any():
        row, cell = np.argwhere(different)[0]
        if len(written[row]) != layout.num_cells:  # leading zeros were not what is missing
            board = f"a {layout.size}x{layout.size} board {layout.num_cells}"
            chunk.fail(row, f"question has {len(written[row])} cells, {board}{describe_spreadsheet(written[row])}")
        symbols = DIGITS[questions[row, cell] - 1], DIGITS[answers[row, cell] - 1]
        where = layout.cell_name(int(cell))
        chunk.fail(row, f"the answer contradicts the givens: {where} is {symbols[0]}, in the answer {symbols[1]}")
