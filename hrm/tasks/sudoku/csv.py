"""Sudoku files: CSV (or .csv.gz) with the columns question and answer, and if they like source and rating.

This is the layout of the hub dataset ``sapientinc/sudoku-extreme``. Blanks are ``.`` or ``0``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.tasks.csv_file import BAD, Chunk, draw_rows, read_chunks
from hrm.tasks.sudoku.rules import DIGITS, Digits, Layout, are_complete


class Puzzles(NamedTuple):
    """Puzzles with their answers, as digits."""

    questions: Digits  # (N, S), 0 for a blank
    answers: Digits  # (N, S)
    ratings: NDArray[np.float64]  # (N,): how hard, by the measure of the file; NaN where not given

    def subset(self, num: int | None, rng: np.random.Generator) -> Puzzles:
        """``num`` of the puzzles, drawn without replacement; all for None, 0 or a number too large."""
        if not num or num >= len(self.questions):
            return self
        rows = draw_rows(len(self.questions), num, rng)
        return Puzzles(self.questions[rows], self.answers[rows], self.ratings[rows])


def read_csv(path: Path, layout: Layout) -> Puzzles:
    """All puzzles of a file. Raises ``InputError`` with file, line and reason for what is no puzzle."""
    chunks = [_puzzles(chunk.stripped(), layout) for chunk in read_chunks(path, ("question", "answer"), ("rating",))]
    return Puzzles(*(np.concatenate(column) for column in zip(*chunks, strict=True)))


def _puzzles(chunk: Chunk, layout: Layout) -> Puzzles:
    table = np.full(256, BAD, dtype=np.uint8)
    for digit, symbol in enumerate(DIGITS[: layout.size], start=1):
        table[ord(symbol)] = table[ord(symbol.lower())] = digit
    table[[ord("."), ord("0")]] = 0
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
    _check(questions, answers, chunk, layout)
    return Puzzles(questions, answers, chunk.numbers("rating"))


def _check(questions: Digits, answers: Digits, chunk: Chunk, layout: Layout) -> None:
    """Every answer is a full grid by the rules and keeps the givens of its question."""
    broken = np.flatnonzero(~are_complete(layout, answers))
    if broken.size:
        chunk.fail(broken[0], "the answer breaks the rules: a row, column or box misses a digit")
    different = (questions != 0) & (questions != answers)
    if different.any():
        row, cell = np.argwhere(different)[0]
        symbols = DIGITS[questions[row, cell] - 1], DIGITS[answers[row, cell] - 1]
        where = layout.cell_name(int(cell))
        chunk.fail(row, f"the answer contradicts the givens: {where} is {symbols[0]}, in the answer {symbols[1]}")
