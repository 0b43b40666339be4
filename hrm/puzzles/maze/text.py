"""Mazes as people type them: n lines of n characters, or all of them in one line, perhaps with an outer wall around.

``#`` is a wall, a space (or ``.`` or ``_``) a free cell, ``S`` the start, ``G`` the goal; ``letters`` knows others.
Nothing wrong goes through in silence: every ``InputError`` says what is wrong and where.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.ansi import COLOUR
from hrm.puzzles.base import Example, Parsed, required
from hrm.puzzles.maze.letters import describe_character, is_words, table_for
from hrm.puzzles.maze.paths import draw_paths, steps_to_goals
from hrm.puzzles.maze.rules import are_joined, describe_problem, keep_mazes
from hrm.puzzles.maze.tokens import PATH, SYMBOLS, WALL, size_of
from hrm.puzzles.written import RawBoard, Written, of_values, read_each, unpack

SIDES, CORNERS = "│|║", "┌└+╔╚"
"""The frames that we draw ourselves, in Unicode or in ASCII, and others."""

LINES = re.compile(r"^\s*\+([- ]{2,3}\+){3,}\s*$", re.MULTILINE)
"""A row of walls between cells, where these are drawn as boxes; a frame has no corners in its middle."""


class Block(NamedTuple):
    """The lines of one maze in a text."""

    first: int  # number of its first line
    lines: list[str]

    @property
    def place(self) -> str:
        """The start of an error message."""
        last = self.first + len(self.lines) - 1
        return f"line {self.first}: " if last == self.first else f"lines {self.first} to {last}: "


class MazeText:
    """``PuzzleText`` of mazes of one size; the label is the path beside the maze, or else the first shortest one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.shape = (size, size)

    def parse(self, text: str) -> Example:
        """The one maze that ``text`` is. Raises ``InputError``."""
        parsed = self._parsed(text, is_alone=True)
        if len(parsed) > 1:
            raise InputError(f"{len(parsed)} mazes found where one is wanted: is there an empty line in the middle?")
        return required(parsed)[0]

    def parse_many(self, text: str) -> list[Parsed]:
        """The mazes of a file: one per line, or of several lines with empty lines between them; tables, JSON."""
        return self._parsed(text, is_alone=False)

    def parse_values(self, value: Any) -> list[Parsed]:
        """Mazes as lists, arrays or texts. Cells are characters, or 0 free, 1 wall, 2 start, 3 goal."""
        return read_each(of_values(value, self.shape), self._example)

    def _parsed(self, text: str, *, is_alone: bool) -> list[Parsed]:
        packed = unpack(text, self.shape)
        if packed is not None:
            return read_each(packed, self._example)
        if LINES.search(text):
            raise InputError(
                "a maze drawn with lines between its cells (+--+) is not read: write one character for each cell, "
                "# for a wall, a space for a free one, S and G"
            )
        blocks = _blocks(text, self.size)
        if not blocks:
            raise InputError("there is no maze: the text is empty")
        parsed: list[Parsed] = []
        for block in blocks:
            try:
                parsed.append(
                    _solved(read_block(block, self.size, "" if is_alone and len(blocks) == 1 else block.place))
                )
            except InputError as error:
                parsed.append(error)
        return parsed

    def _example(self, written: Written) -> Example:
        """A maze of a table, of JSON, of a list."""
        maze = self._maze(written.question)
        if written.answer is None:
            return _solved(maze)
        cells = _joined(written.answer)
        answer = self._maze(written.answer, has_path=SYMBOLS[PATH] in cells)
        if not keep_mazes(maze[None], answer[None]).all():
            raise InputError("the answer beside it is of another maze")
        if not are_joined(maze[None], answer[None])[0]:
            raise InputError("the answer beside it draws no path from S to G")
        return Example(maze.astype(np.int64), answer.astype(np.int64), is_given=True)

    def _maze(self, board: RawBoard, *, has_path: bool = False) -> NDArray[np.uint8]:
        if not isinstance(board, str) or has_path:
            return read_block(Block(1, _joined(board).splitlines() or [""]), self.size, "", has_path=has_path)
        blocks = _blocks(board, self.size)
        if len(blocks) != 1:
            raise InputError(f"{len(blocks)} mazes found where one is wanted")
        return read_block(blocks[0], self.size, "")


def _joined(board: RawBoard) -> str:
    """A board as one text; an empty cell is free."""
    return board if isinstance(board, str) else "".join(" " if cell in (None, "") else str(cell) for cell in board)


def _solved(maze: NDArray[np.uint8]) -> Example:
    label = draw_paths(maze[None], steps_to_goals(maze[None]))[0]
    return Example(maze.astype(np.int64), label.astype(np.int64))


def _blocks(text: str, size: int) -> list[Block]:
    blocks: list[Block] = []
    is_open = False
    for number, line in enumerate(text.splitlines(), start=1):
        row = COLOUR.sub("", line)
        bare = row.strip()
        if bare[:1] and bare[0] in SIDES and bare[-1:] == bare[0]:
            row = bare[1:-1]
        is_frame = bare[:1] in tuple(CORNERS)
        # Spaces alone may be a row of free cells: they end a maze only where they cannot be one.
        is_blank = not row or (row.isspace() and len(row) not in (size, size**2))
        is_whole = len(row) > 2 * size  # far more cells than a row: this line alone is a maze
        if is_frame or is_blank or is_words(row):
            is_open = False
            continue
        if is_whole or not is_open:
            blocks.append(Block(number, []))
        blocks[-1].lines.append(row)
        lengths = [len(one) for one in blocks[-1].lines]
        is_full = lengths in ([size] * size, [size + 2] * (size + 2))  # the next one may follow at once
        is_open = not is_whole and not is_full
    return blocks


def read_block(block: Block, size: int, place: str, *, has_path: bool = False) -> NDArray[np.uint8]:
    """The tokens (S,) of a block. Errors about the whole of it start with ``place``. has_path: a path may be drawn."""
    table = table_for("".join(block.lines)) | ({SYMBOLS[PATH]: PATH} if has_path else {})
    for number, line in enumerate(block.lines, start=block.first):
        for column, character in enumerate(line, start=1):
            if character not in table:
                raise InputError(f"line {number}, column {column}: {describe_character(character)}")
    rows = [[table[character] for character in line] for line in block.lines]
    shape = [len(row) for row in rows]
    if shape not in ([size] * size, [size**2]):
        inner = _without_outer_wall(rows, size)
        if inner is None:
            raise InputError(place + _describe_shape(block, size))
        rows = inner
    maze = np.array([cell for row in rows for cell in row], dtype=np.uint8)
    if not has_path and (problem := describe_problem(maze)):
        raise InputError(place + problem)
    return maze


def _without_outer_wall(rows: Sequence[Sequence[int]], size: int) -> list[list[int]] | None:
    """A maze that is drawn with a wall around it, without that wall; None where there is none all around."""
    cells = np.array([cell for row in rows for cell in row])
    if [len(row) for row in rows] not in ([size + 2] * (size + 2), [(size + 2) ** 2]):
        return None
    board = cells.reshape(size + 2, size + 2)
    if (board[1:-1, 1:-1] == WALL).sum() + 4 * (size + 1) != (board == WALL).sum():
        return None
    return [[int(cell) for cell in row] for row in board[1:-1, 1:-1]]


def _describe_shape(block: Block, size: int) -> str:
    lengths = [len(line) for line in block.lines]
    side = size_of(lengths[0]) if len(lengths) == 1 else len(lengths)
    if lengths in ([side] * side, [side**2]):
        return f"this is a {side}x{side} maze, which needs a task of size {side}; here the size is {size}"
    hint = "spaces at the ends may have got lost: write . for free cells"
    if len(lengths) == 1:
        return f"{lengths[0]} cells found, but a {size}x{size} maze has {size**2} ({hint})"
    odd = [index for index, length in enumerate(lengths) if length != size]
    if odd:
        number, length = block.first + odd[0], lengths[odd[0]]
        return f"a {size}x{size} maze has rows of {size} cells, but line {number} has {length} ({hint})"
    return f"{len(lengths)} rows found, but a {size}x{size} maze has {size}"
