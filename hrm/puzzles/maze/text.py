"""Mazes as people type them: n lines of n characters, or all of them in one line.

``#`` is a wall, a space (or ``.`` or ``_``) a free cell, ``S`` the start, ``G`` the goal. Nothing wrong goes through in
silence: every ``InputError`` says what is wrong and where.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.ansi import COLOUR
from hrm.puzzles.base import Example
from hrm.puzzles.maze.paths import draw_paths, steps_to_goals
from hrm.puzzles.maze.rules import describe_problem
from hrm.puzzles.maze.tokens import FREE, GOAL, PATH, START, SYMBOLS, WALL

CELLS = {"#": WALL, "█": WALL, " ": FREE, ".": FREE, "_": FREE, "S": START, "s": START, "G": GOAL, "g": GOAL}
"""The character that people write -> token. Editors drop spaces at the end of a line: hence the other free cells."""

SIDE, CORNERS = "│", "┌└"
"""The frame that we draw ourselves."""


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
    """``PuzzleText`` of mazes of one size; the label is the first shortest path."""

    def __init__(self, size: int) -> None:
        self.size = size

    def parse(self, text: str) -> Example:
        return _examples(read_maze(text, self.size)[None])[0]

    def parse_many(self, text: str) -> list[Example]:
        """The mazes of a file: one per line, or of several lines with empty lines between them."""
        return _examples(read_mazes(text, self.size))


def _examples(mazes: NDArray[np.uint8]) -> list[Example]:
    inputs, labels = mazes.astype(np.int64), draw_paths(mazes, steps_to_goals(mazes)).astype(np.int64)
    return [Example(inputs[i], labels[i]) for i in range(len(inputs))]


def read_maze(text: str, size: int) -> NDArray[np.uint8]:
    """The one maze (S,) that ``text`` is. Raises ``InputError``."""
    mazes = read_mazes(text, size)
    if len(mazes) > 1:
        raise InputError(f"{len(mazes)} mazes found where one is wanted: is there an empty line in the middle?")
    return mazes[0]


def read_mazes(text: str, size: int) -> NDArray[np.uint8]:
    """All mazes (N, S) of a text: one per line, or of several lines with empty lines between. Raises ``InputError``."""
    blocks = _blocks(text, size)
    if not blocks:
        raise InputError("there is no maze: the text is empty")
    return np.stack([_maze(block, size, block.place if len(blocks) > 1 else "") for block in blocks])


def _blocks(text: str, size: int) -> list[Block]:
    blocks: list[Block] = []
    is_open = False
    for number, line in enumerate(text.splitlines(), start=1):
        row = COLOUR.sub("", line)
        if row.strip()[:1] == SIDE:
            row = row.strip().removeprefix(SIDE).removesuffix(SIDE)
        is_frame = row.strip()[:1] in tuple(CORNERS)
        # Spaces alone may be a row of free cells: they end a maze only where they cannot be one.
        is_blank = not row or (row.isspace() and len(row) not in (size, size**2))
        is_whole = len(row) > 2 * size  # far more cells than a row: this line alone is a maze
        if is_frame or is_blank:
            is_open = False
            continue
        if is_whole or not is_open:
            blocks.append(Block(number, []))
        blocks[-1].lines.append(row)
        is_open = not is_whole
    return blocks


def _maze(block: Block, size: int, place: str) -> NDArray[np.uint8]:
    """The tokens (S,) of a block. Errors about the whole of it start with ``place``."""
    for number, line in enumerate(block.lines, start=block.first):
        for column, character in enumerate(line, start=1):
            if character not in CELLS:
                raise InputError(f"line {number}, column {column}: {_describe_character(character)}")
    shape = [len(line) for line in block.lines]
    if shape not in ([size] * size, [size**2]):
        raise InputError(place + _describe_shape(block, size))
    maze = np.array([CELLS[character] for line in block.lines for character in line], dtype=np.uint8)
    if problem := describe_problem(maze):
        raise InputError(place + problem)
    return maze


def _describe_character(character: str) -> str:
    if character == SYMBOLS[PATH]:
        return f"{character!r} is a cell of a path, but a maze to solve has none drawn: write a free cell"
    return f"{character!r} is neither a wall (#) nor a free cell (space or .) nor S or G"


def _describe_shape(block: Block, size: int) -> str:
    lengths = [len(line) for line in block.lines]
    side = round(lengths[0] ** 0.5) if len(lengths) == 1 else len(lengths)
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
