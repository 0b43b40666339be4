"""Maze files: CSV (or .csv.gz) with the columns question and answer, and if they like source and rating.

This is the layout of the hub dataset ``sapientinc/maze-30x30-hard-1k``: a maze is one text of n * n characters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.csv_file import BAD, Chunk, read_all
from hrm.puzzles.examples import Examples
from hrm.puzzles.maze.rules import are_joined, are_mazes, describe_problem, keep_mazes
from hrm.puzzles.maze.tokens import CHARACTERS, PATH, SYMBOLS, cell_name


def read_csv(path: Path, size: int) -> Examples:
    """All mazes of a file. Raises ``InputError`` with file, line and reason for what is no maze with a path.

    A path that is not the shortest, or cells drawn beside it, are for ``rules.label_problems`` to find.
    """
    chunks = read_all(path, ("question", "answer"), ("rating",), lambda chunk: _decode(chunk, size))
    inputs, labels, ratings = (np.concatenate(column) for column in zip(*chunks, strict=True))
    return Examples.of(inputs, labels, ratings)


def _decode(chunk: Chunk, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]:
    """Inputs, labels and ratings of a chunk."""
    table = np.full(256, BAD, dtype=np.uint8)
    table[[ord(character) for character in CHARACTERS]] = np.arange(1, len(CHARACTERS) + 1)
    answer_table = table.copy()
    table[ord(SYMBOLS[PATH])] = BAD
    board = f"a {size}x{size} maze"
    questions = chunk.cells("question", table, size**2, board=board, allowed="a wall (#), space, S or G")
    answers = chunk.cells("answer", answer_table, size**2, board=board, allowed="a wall (#), space, S, G or o")
    bad = np.flatnonzero(~are_mazes(questions))
    if bad.size:
        chunk.fail(bad[0], f"{describe_problem(questions[bad[0]])}")
    kept = keep_mazes(questions, answers)
    if not kept.all():
        row, cell = np.argwhere(~kept)[0]
        symbols = SYMBOLS[questions[row, cell]], SYMBOLS[answers[row, cell]]
        where = cell_name(int(cell), size)
        chunk.fail(row, f"the answer is of another maze: {where} is {symbols[0]!r}, in the answer {symbols[1]!r}")
    broken = np.flatnonzero(~are_joined(questions, answers))
    if broken.size:
        chunk.fail(broken[0], "the answer draws no path from S to G")
    return questions, answers, chunk.numbers("rating")
