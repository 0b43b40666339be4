"""The cells of a maze as tokens: the encoding of Maze-Hard (arXiv 2506.21734 and its data builder)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.types import visible

PAD, WALL, FREE, START, GOAL, PATH = range(6)

CHARACTERS = "# SGo"
"""The characters of tokens 1 to 5, as in the files of ``sapientinc/maze-30x30-hard-1k``."""

SYMBOLS = ("?", *CHARACTERS)
"""Token -> the character that stands for it. A pad is in no maze; a model may answer it all the same."""

ANSWERS = ((PAD,), (WALL,), (FREE, PATH), (START,), (GOAL,), (PATH,))
"""Token of a question -> those that its cell may have in the answer: the way leads through free cells."""

Cells = NDArray[np.integer]
"""Tokens of N mazes of n x n cells, shape (N, S) with S = n * n; uint8 where we store them."""


def size_of(num_cells: int) -> int:
    """The side n of a maze with S = n * n cells."""
    return round(num_cells**0.5)


def cell_name(cell: int, size: int) -> str:
    """``r1c2``: rows and columns count from 1."""
    return f"r{cell // size + 1}c{cell % size + 1}"


def statement(size: int) -> str:
    """The puzzle in words, with ``visible`` characters."""
    _, wall, free, start, goal, path = visible(SYMBOLS)
    return (
        f"Find a shortest path through a maze of {size} x {size} cells. {wall} is a wall, {free} a free cell, {start} "
        f"the start, {goal} the goal; a step leads up, down, left or right, to a cell that is no wall. The answer is "
        f"the maze with {path} in every free cell that one shortest path from {start} to {goal} steps on; all other "
        "cells stay as they are."
    )
