"""The facts that a folder does not tell of its puzzles: their kind, their symbols, their rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

from hrm.errors import InputError
from hrm.puzzles.base import PuzzleText, Render, Rules, Symmetries
from hrm.puzzles.grid.cells import INTEGERS, PAD
from hrm.puzzles.maze.board import draw_board as draw_maze
from hrm.puzzles.maze.generator import SMALLEST
from hrm.puzzles.maze.rules import MazeRules
from hrm.puzzles.maze.symmetry import MazeSymmetries
from hrm.puzzles.maze.text import MazeText
from hrm.puzzles.maze.tokens import ANSWERS as MAZE_ANSWERS
from hrm.puzzles.maze.tokens import SYMBOLS as MAZE_SYMBOLS
from hrm.puzzles.maze.tokens import statement as state_maze
from hrm.puzzles.sudoku.board import draw_board as draw_sudoku
from hrm.puzzles.sudoku.problems import SudokuRules
from hrm.puzzles.sudoku.rules import BOXES, Layout
from hrm.puzzles.sudoku.symmetry import SudokuSymmetries
from hrm.puzzles.sudoku.text import SudokuText
from hrm.puzzles.sudoku.tokens import answers_of, symbols_of
from hrm.puzzles.sudoku.tokens import statement as state_sudoku
from hrm.types import TaskSpec

PublishedKind = Literal["sudoku", "maze", "arc", "grid"]
"""grid: anything else, without rules and with a symbol of our choice for each token."""


class KnownBoards(NamedTuple):
    """The facts known of the boards of a kind that has rules."""

    statement: str
    symbols: tuple[str, ...]
    answers: tuple[tuple[int, ...], ...]
    rules: Rules
    symmetries: Symmetries
    text: PuzzleText
    render: Render


def _sudoku(size: int) -> KnownBoards:
    layout, symbols = Layout(size=size), symbols_of(size)
    text, render = SudokuText(layout), partial(draw_sudoku, layout, symbols)
    rules, symmetries = SudokuRules(layout), SudokuSymmetries(layout)
    return KnownBoards(state_sudoku(layout), symbols, answers_of(size), rules, symmetries, text, render)


def _maze(size: int) -> KnownBoards:
    if size < SMALLEST:
        raise InputError(f"size {size} is not supported: a maze has a side of at least {SMALLEST}")
    rules, symmetries, text = MazeRules(), MazeSymmetries(size), MazeText(size)
    return KnownBoards(state_maze(size), MAZE_SYMBOLS, MAZE_ANSWERS, rules, symmetries, text, draw_maze)


KNOWN_BOARDS: dict[PublishedKind, Callable[[int], KnownBoards]] = {"sudoku": _sudoku, "maze": _maze}
"""Kind -> what is known of its boards of ``size`` x ``size``."""

FIRST_INTERCHANGEABLE: dict[PublishedKind, int] = {"sudoku": 2, "arc": 3}
"""The first token of those that can be exchanged: digits, colours but the background. All after it can, too."""

SYMBOLS: dict[PublishedKind, tuple[str, ...]] = {
    "arc": ("·", "+", *INTEGERS[:10]),  # pad, end of the grid, colours
}
"""Token -> symbol, for kinds whose vocabulary has one size."""


def detect(vocab_size: int, seq_len: int) -> PublishedKind:
    """The kind of puzzle that such boards are: by the number of tokens that each encoding has."""
    size = math.isqrt(seq_len)
    if size * size != seq_len:
        return "grid"
    if size in BOXES and vocab_size == size + 2:
        return "sudoku"
    return {6: "maze", 12: "arc"}.get(vocab_size, "grid")  # type: ignore[return-value]


def make_spec(kind: PublishedKind, vocab_size: int, seq_len: int, num_puzzles: int) -> TaskSpec:
    """The facts of a task of this kind. ``InputError`` where the numbers are not those of the kind."""
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
        answers=KNOWN_BOARDS[kind](size).answers if kind in KNOWN_BOARDS else (),
    )


def _symbols(kind: PublishedKind, size: int, vocab_size: int) -> tuple[str, ...]:
    """The symbols of boards of that size, none where there are no such boards."""
    if kind not in KNOWN_BOARDS:
        return SYMBOLS.get(kind) or _numbered(vocab_size)
    try:
        return KNOWN_BOARDS[kind](size).symbols
    except InputError:
        return ()


def _numbered(vocab_size: int) -> tuple[str, ...]:
    """Symbols 0-9, A-Z, a-z for the tokens from 1 on, and then Latin letters with accents."""
    return (PAD, *(INTEGERS[i] if i < len(INTEGERS) else chr(0x100 + i) for i in range(vocab_size - 1)))
