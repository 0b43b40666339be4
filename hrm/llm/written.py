"""Boards as a language model reads and writes them: lines of characters, one for each cell.

That is no file of a person's, whose blanks and frames ``PuzzleText`` guesses at: how a board is written is stated in
the prompt, and an answer that keeps to it is read; frames, commas and spaces between the cells do no harm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.types import TaskSpec

NO_CELLS = frozenset(" \t\u00a0|+-─│┼┌┐└┘├┤┬┴═║╔╗╚╝,;[](){}\"'`*")
"""Characters that are never cells unless a task has them among its symbols: frames, lists of JSON, Markdown."""


def write(spec: TaskSpec, tokens: NDArray[np.integer]) -> str:
    """A board (S,) as lines of characters."""
    return "\n".join(in_a_line(spec, row) for row in tokens.reshape(spec.grid_shape))


def in_a_line(spec: TaskSpec, tokens: NDArray[np.integer]) -> str:
    """The same without ends of lines."""
    marks = spec.characters
    return "".join(marks[token] for token in tokens)


def read(spec: TaskSpec, text: str) -> NDArray[np.int64]:
    """The tokens (S,) of a written board, whole in a line or in lines of a row each. Raises ``InputError`` that says
    what keeps it from being one. Token 0, which no cell has, is not read."""
    known = {mark: token for token, mark in enumerate(spec.characters) if token}
    other_case = {mark.swapcase(): token for mark, token in known.items()}
    dropped = NO_CELLS - known.keys()
    rows: list[list[int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [mark for mark in line if mark not in dropped]
        tokens = [known.get(mark, other_case.get(mark, 0)) for mark in cells]
        if 0 in tokens:
            marks = "".join(known)
            raise InputError(f"line {number}: {cells[tokens.index(0)]!r} is no cell of this puzzle ({marks})")
        if tokens:
            rows.append(tokens)
    _check_shape(rows, *spec.grid_shape)
    return np.array([token for row in rows for token in row], dtype=np.int64)


def _check_shape(rows: list[list[int]], height: int, width: int) -> None:
    wanted = f"{height} lines of {width} cells are asked for"
    if [len(row) for row in rows] in ([width] * height, [height * width]):
        return
    if len(rows) == 1:
        raise InputError(f"{wanted}, and there is one of {len(rows[0])}")
    if len(rows) != height:
        raise InputError(f"{wanted}, and there are {len(rows)} lines")
    number, row = next((number, row) for number, row in enumerate(rows, start=1) if len(row) != width)
    raise InputError(f"{wanted}, and line {number} has {len(row)}")
