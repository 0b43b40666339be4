"""Queens: n on a board of n x n, none of which attacks another; some stand already, where are the others?

A puzzle may have several right answers. The label is the first of them: the one whose queen stands farther left in the
first row, from the top, in which they differ.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, require_from
from hrm.puzzles.boards.family import PAD, Family, Made, Tokens, or_larger
from hrm.puzzles.boards.symmetry import square_symmetries
from hrm.types import TaskSpec

EMPTY, QUEEN = 1, 2
SYMBOLS = (PAD, ".", "Q")

SIZES = range(4, 13)
"""Sides of a board: all answers are listed, 2 of them at 4 x 4, 92 at 8 x 8, 14,200 at 12 x 12 (OEIS A000170)."""


def queens(size: int, placed: tuple[int, int] | None = None) -> Family:
    """The family. placed: fewest and most queens that stand already; None: 1 to half of them.

    Raises ``InputError`` for settings that cannot be."""
    require_from(SIZES[0], SIZES[-1], size=size)
    fewest, most = placed if placed is not None else (1, size // 2)
    if not 0 <= fewest <= most < size:
        raise InputError(f"placed ({fewest}, {most}): give the fewest and the most, from 0 to {size - 1}")
    everything = all_boards(size)

    def completions(questions: Tokens) -> NDArray[np.bool_]:
        """Those (N, A) of all A boards that have every queen of the questions (N, S)."""
        standing = questions == QUEEN
        common = standing.astype(np.float32) @ everything.T.astype(np.float32)  # whole numbers, exact
        return np.asarray(common == standing.sum(axis=1, keepdims=True))

    def labels(questions: Tokens) -> NDArray[np.int64]:
        return np.where(everything[completions(questions).argmax(axis=1)], QUEEN, EMPTY)

    def make(draws: np.random.Generator) -> Made:
        board = np.flatnonzero(everything[draws.integers(len(everything))])
        question = np.full(size**2, EMPTY)
        question[draws.permutation(board)[: draws.integers(fewest, most + 1)]] = QUEEN
        return Made(question, labels(question[None])[0])

    def solve(question: Tokens) -> Tokens:
        if not completions(question[None]).any():
            raise InputError(f"no {size} queens without attack have all of these among them")
        return np.asarray(labels(question[None])[0])

    def broken(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        is_none = ~np.isin(answers, (EMPTY, QUEEN)) | ((questions == QUEEN) & (answers != QUEEN))
        return np.asarray(attacked(answers == QUEEN, size) | is_none)

    def solved(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        return np.asarray(~broken(questions, answers).any(axis=1) & ((answers == QUEEN).sum(axis=1) == size))

    return Family(
        name="queens",
        title="a board of queens",
        statement=_statement(size),
        spec=_spec(size),
        names=("nothing", "empty", "queen"),
        asked=(EMPTY, QUEEN),
        symmetries=square_symmetries(size, len(SYMBOLS)),
        make=make,
        solve=solve,
        solved=solved,
        broken=broken,
        if_few=f"a wider range of task.placed{or_larger(size, SIZES)}",
        measures={
            "placed": lambda questions, _: (questions == QUEEN).sum(axis=1),
            "answers": lambda questions, _: completions(questions).sum(axis=1),
        },
        is_unique=False,
        canonical=lambda questions, _: labels(questions),
        letters={"0": EMPTY, "_": EMPTY, "-": EMPTY, "·": EMPTY, "1": QUEEN, "q": QUEEN, "♛": QUEEN, "♕": QUEEN},
        page=("?", "", "♛"),
        page_units=[],
    )


def _statement(size: int) -> str:
    return (
        f"A chess board of {size} x {size} cells: Q is a queen, a dot an empty cell. Place more queens until there "
        f"are {size}, no two of them in one row, in one column or on one diagonal. Those that stand already stay."
    )


def _spec(size: int) -> TaskSpec:
    return TaskSpec.of_grid((size, size), SYMBOLS, answers=((0,), (EMPTY, QUEEN), (QUEEN,)))


@cache
def all_boards(size: int) -> NDArray[np.bool_]:
    """All boards (A, S) of ``size`` queens without attack, in the order of labels."""
    found: list[list[int]] = []
    stack: list[tuple[list[int], int, int, int]] = [([], 0, 0, 0)]
    while stack:
        places, columns, left, right = stack.pop()  # columns and diagonals that are attacked in the next row, as bits
        if len(places) == size:
            found.append(places)
            continue
        for column in reversed(range(size)):  # the leftmost is looked at first
            bit = 1 << column
            if not (columns | left | right) & bit:
                stack.append(([*places, column], columns | bit, (left | bit) >> 1, (right | bit) << 1))
    boards = np.zeros((len(found), size, size), dtype=np.bool_)
    boards[np.arange(len(found))[:, None], np.arange(size), np.array(found)] = True
    return boards.reshape(len(found), -1)


def attacked(are_queens: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Queens (N, S) that stand in one row, column or diagonal with another."""
    row, column = np.divmod(np.arange(size**2), size)
    in_line = np.zeros((size**2, size**2), dtype=np.float32)
    for line in (row, column, row + column, row - column):
        in_line += line[:, None] == line
    np.fill_diagonal(in_line, 0)
    return np.asarray(are_queens & (are_queens.astype(np.float32) @ in_line > 0))
