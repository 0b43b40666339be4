"""Sudoku as a model sees it, the encoding of Sudoku-Extreme (arXiv 2506.21734): pad 0, blank 1, digit d -> d + 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.sudoku.rules import DIGITS, Digits, Layout

Rows = NDArray[np.int64]
"""Tokens of several puzzles, shape (N, S)."""

Stored = NDArray[np.uint8]
"""The same in bytes."""


def encode(digits: NDArray[np.integer]) -> Rows:
    """Digits, 0 for a blank -> tokens."""
    return digits.astype(np.int64) + 1


def stored(digits: Digits) -> Stored:
    """Digits, 0 for a blank -> tokens in a byte each, in which millions of puzzles find room."""
    return digits + np.uint8(1)


def decode(tokens: NDArray[np.integer]) -> Rows:
    """Tokens -> digits, 0 for a blank; anything else than a cell becomes a number that is no digit."""
    return tokens.astype(np.int64) - 1


def symbols_of(size: int) -> tuple[str, ...]:
    """Token -> the character that stands for it."""
    return (" ", ".", *DIGITS[:size])


def answers_of(size: int) -> tuple[tuple[int, ...], ...]:
    """Token of a question -> those that its cell may have in the answer: any digit in a blank, a given as it is."""
    digits = tuple(range(2, size + 2))
    return ((0,), digits, *((digit,) for digit in digits))


def statement(layout: Layout) -> str:
    """The puzzle in words."""
    size, (rows, columns) = layout.size, layout.box_shape
    box = f"{rows} x {columns}" if rows == columns else f"{rows} rows and {columns} columns"
    return (
        f"Solve a Sudoku of {size} x {size} cells: every row, every column and every box of {box} cells holds each of "
        f"{' '.join(DIGITS[:size])} exactly once. A dot is an empty cell; all others are given and stay as they are."
    )
