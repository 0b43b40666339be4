"""What a folder does not say of its puzzles: their kind, their symbols, their rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from hrm.errors import InputError
from hrm.puzzles.grid.cells import INTEGERS, PAD
from hrm.puzzles.sudoku.rules import BOXES
from hrm.tasks.base import Task
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import TaskSpec

Kind = Literal["sudoku", "maze", "arc", "grid"]
"""grid: anything else, without rules and with a symbol of our choice for each token."""

RULES: dict[Kind, Callable[[int], Task]] = {
    "sudoku": lambda size: SudokuConfig(size=size).build(),
    "maze": lambda size: MazeConfig(size=size).build(),
}
"""Kind -> the task of boards of ``size`` x ``size`` that reads, checks and draws its boards."""

FIRST_INTERCHANGEABLE: dict[Kind, int] = {"sudoku": 2, "arc": 3}
"""The first token of those that can be exchanged: digits, colours but the background. All after it can, too."""

SYMBOLS: dict[Kind, tuple[str, ...]] = {
    "arc": ("·", "+", *INTEGERS[:10]),  # pad, end of the grid, colours
}
"""Token -> symbol, for kinds whose vocabulary has one size."""


def detect(vocab_size: int, seq_len: int) -> Kind:
    """The kind of puzzle that such boards are: by the number of tokens that each encoding has."""
    size = math.isqrt(seq_len)
    if size * size != seq_len:
        return "grid"
    if size in BOXES and vocab_size == size + 2:
        return "sudoku"
    return {6: "maze", 12: "arc"}.get(vocab_size, "grid")  # type: ignore[return-value]


def make_spec(kind: Kind, vocab_size: int, seq_len: int, num_puzzles: int) -> TaskSpec:
    """Raises ``InputError`` where the numbers are not those of the kind."""
    size = math.isqrt(seq_len)
    is_square = size * size == seq_len
    symbols = _symbols(kind, size, vocab_size)
    if len(symbols) != vocab_size or (kind != "grid" and not is_square):
        raise InputError(f"boards of {seq_len} cells and {vocab_size} tokens are no {kind}: set kind, or leave it auto")
    return TaskSpec(
        vocab_size=vocab_size,
        seq_len=seq_len,
        num_puzzles=num_puzzles,
        grid_shape=(size, size) if is_square else (1, seq_len),
        symbols=symbols,
        interchangeable=tuple(range(FIRST_INTERCHANGEABLE.get(kind, vocab_size), vocab_size)),
    )


def _symbols(kind: Kind, size: int, vocab_size: int) -> tuple[str, ...]:
    """The symbols of boards of that size, none where there are no such boards."""
    if kind not in RULES:
        return SYMBOLS.get(kind) or _numbered(vocab_size)
    try:
        return RULES[kind](size).spec.symbols
    except InputError:
        return ()


def _numbered(vocab_size: int) -> tuple[str, ...]:
    """Symbols 0-9, A-Z, a-z for the tokens from 1 on, and then Latin letters with accents."""
    return (PAD, *(INTEGERS[i] if i < len(INTEGERS) else chr(0x100 + i) for i in range(vocab_size - 1)))
