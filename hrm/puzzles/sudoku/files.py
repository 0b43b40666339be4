"""Sudoku files: CSV (or .csv.gz) with the columns question and answer, and if they like source and rating.

This is the layout of the hub dataset ``sapientinc/sudoku-extreme``; ``csv_file`` knows other names for the columns.
Blanks are ``.`` or ``0``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.csv_file import BAD, Chunk, describe_spreadsheet, read_all, with_zeros
from hrm.puzzles.examples import Examples
from hrm.puzzles.sudoku.rules import DIGITS, Digits, Layout, are_complete
from hrm.puzzles.sudoku.tokens import Stored, stored


def read_csv(path: Path, layout: Layout) -> Examples:
    """All puzzles of a file. Raises ``InputError`` with file, line and reason for what is no puzzle."""
    chunks = read_all(path, ("question", "answer"), ("rating",), lambda chunk: _puzzles(chunk.stripped(), layout))
    inputs, labels, ratings = (np.concatenate(column) for column in zip(*chunks, strict=True))
    return Examples.of(inputs, labels, ratings)


def _puzzles(chunk: Chunk, layout: Layout) -> tuple[Stored, Stored, NDArray[np.float64]]:
    """Inputs, labels and ratings of some rows."""
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
    return stored(questions), stored(answers), chunk.numbers("rating")


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
