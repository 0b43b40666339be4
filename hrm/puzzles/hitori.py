"""Hitori: which cells to shade so that no digit stands twice in a row or column among the others?

Shaded cells never touch along a side, and the others all hang together, a rule about the whole board (Nikoli, 1990).
The label keeps the digits that stay and shades the rest. A puzzle has one answer, which a search proves; so no cell
more could be shaded than is, whether it has to be or not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, require_from
from hrm.puzzles.boards.family import PAD, Family, GaveUpError, Made, Tokens, or_larger
from hrm.puzzles.boards.symmetry import ListedSymmetries
from hrm.puzzles.latin import LatinSearch, random_square
from hrm.puzzles.symmetry import moved_cells
from hrm.types import TaskSpec

SIZES = range(4, 10)
"""Sides of a board: digits are single characters, and of 3 x 3 there are few puzzles."""

MOST_GUESSES = 2000
"""Guesses of a search before it gives up; chosen by hand: puzzles with one answer take a handful."""


def hitori(size: int) -> Family:
    """The family. Raises ``InputError`` for a size that cannot be."""
    require_from(SIZES[0], SIZES[-1], size=size)
    digits, shaded = tuple(range(1, size + 1)), size + 1
    search, latin = ShadingSearch(size), LatinSearch(size)

    def make(draws: np.random.Generator) -> Made | None:
        is_shaded = search.random_shading(draws)
        label = np.array(random_square(latin, draws))
        question = label.copy()
        for cell in np.flatnonzero(is_shaded):  # a digit that stays somewhere in its row or column
            question[cell] = draws.choice(label[search.in_line[cell] & ~is_shaded])
        return Made(question, np.where(is_shaded, shaded, question)) if len(search.shadings(question)) == 1 else None

    def solve(question: Tokens) -> Tokens | None:
        found = search.shadings(question)
        if found is GAVE_UP:
            raise GaveUpError(MOST_GUESSES)
        if not found:
            raise InputError("no shading leaves every digit once, shaded cells apart and the others together")
        return np.where(found[0], shaded, question) if len(found) == 1 else None

    def same_with_other_digits(questions: Tokens, labels: Tokens) -> list[bytes]:
        """The least of the eight positions, digits named in the order in which they come."""
        versions = [[_renamed(board) for board in questions[:, cells]] for cells in moved_cells(size)]
        return [min(rows) for rows in zip(*versions, strict=True)]

    return Family(
        name="hitori",
        title="a Hitori board",
        statement=_statement(size),
        spec=TaskSpec.of_grid(
            (size, size),
            (PAD, *map(str, digits), "#"),
            answers=((0,), *((digit, shaded) for digit in digits), (shaded,)),
        ),
        names=("nothing", *map(str, digits), "shaded"),
        asked=digits,
        has_blank=False,
        symmetries=_turned_and_counted_on(size),
        make=make,
        solve=solve,
        solved=search.solved,
        broken=search.broken,
        if_few=or_larger(size, SIZES).removeprefix(" or ") or "another task.data_seed",
        measures={"shaded": lambda _, labels: (labels == shaded).sum(axis=1)},
        held_out_keys=same_with_other_digits,
        page=(PAD, *map(str, digits), "■"),
        page_units=[],
    )


def _statement(size: int) -> str:
    return (
        f"Hitori on {size} x {size} cells: shade cells so that among the others no digit stands twice in a row or "
        "column. No two shaded cells touch along a side, and the others all hang together along their sides. The "
        "answer has # in every shaded cell; all others keep their digits."
    )


GAVE_UP: list[NDArray[np.bool_]] = []
"""The answer of a search that did not come to an end; compared by identity."""


class ShadingSearch:
    """Shadings of boards of one size. Sets of cells are bits of whole numbers: boards are small, and that is fast."""

    def __init__(self, size: int) -> None:
        self.size, self.all = size, 2 ** (size**2) - 1
        self.not_first = sum(1 << cell for cell in range(size**2) if cell % size)
        self.not_last = sum(1 << cell for cell in range(size**2) if (cell + 1) % size)
        bits = [self.around(1 << cell) for cell in range(size**2)]
        row, column = np.divmod(np.arange(size**2), size)
        self.in_line = ((row[:, None] == row) | (column[:, None] == column)) & ~np.eye(size**2, dtype=np.bool_)
        self.beside = np.array([[one >> cell & 1 for cell in range(size**2)] for one in bits], dtype=np.int64)

    def around(self, cells: int) -> int:
        """The cells beside some."""
        sideways = (cells & self.not_last) << 1 | (cells & self.not_first) >> 1
        return (cells << self.size | cells >> self.size | sideways) & self.all

    def reach(self, start: int, through: int) -> int:
        """The cells of ``through`` that hang together with those of ``start``."""
        reached, frontier = start, start
        while frontier:
            frontier = self.around(frontier) & through & ~reached
            reached |= frontier
        return reached

    def cut_off(self, stays: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Cells (N, S) that stay and do not hang together with the first one that does."""
        found = np.zeros(stays.shape, dtype=np.bool_)
        for board, rest in zip(stays, found, strict=True):
            cells = _bits(board)
            rest[:] = _array(cells & ~self.reach(cells & -cells, cells), len(board))
        return found

    def broken(self, questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """Cells (N, S) of any answers to any boards: digits that stay twice in a line, shaded cells that touch, what is
        cut off, and cells that are neither as given nor shaded."""
        shaded = self.size + 1
        is_shaded, stays = answers == shaded, (answers == questions) & (answers != shaded)
        twice = np.zeros(answers.shape, dtype=np.bool_)
        for digit in range(1, shaded):
            is_it = stays & (answers == digit)
            twice |= is_it & (is_it.astype(np.int64) @ self.in_line > 0)
        touches = is_shaded & (is_shaded.astype(np.int64) @ self.beside > 0)
        return np.asarray(twice | touches | self.cut_off(~is_shaded) | ~(stays | is_shaded))

    def solved(self, questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """True (N,) where nothing is broken."""
        return np.asarray(~self.broken(questions, answers).any(axis=1))

    def random_shading(self, draws: np.random.Generator) -> NDArray[np.bool_]:
        """A shading (S,) to which no cell can be added, filled in a random order."""
        is_shaded = 0
        for cell in draws.permutation(self.size**2).tolist():
            left = self.all & ~(is_shaded | 1 << cell)
            if not self.around(1 << cell) & is_shaded and self.reach(left & -left, left) == left:
                is_shaded |= 1 << cell
        return _array(is_shaded, self.size**2)

    def shadings(self, question: Sequence[int] | Tokens, limit: int = 2) -> list[NDArray[np.bool_]]:
        """The first ``limit`` shadings (S,) that the rules allow; ``GAVE_UP`` after too many guesses."""
        digits = [int(digit) for digit in question]
        same = [0] * len(digits)  # cells of the same digit in the same row or column
        for one, digit in enumerate(digits):
            for other in range(one):
                is_in_line = one // self.size == other // self.size or one % self.size == other % self.size
                if digit == digits[other] and is_in_line:
                    same[one] |= 1 << other
                    same[other] |= 1 << one
        found: list[int] = []
        open_, guesses = [(0, 0)], 0
        while open_ and len(found) < limit:
            settled = self._settle(*open_.pop(), same)
            if settled is None:
                continue
            stays, is_shaded = settled
            left = self.all & ~(stays | is_shaded)
            if not left:
                found.append(is_shaded)
                continue
            if (guesses := guesses + 1) > MOST_GUESSES:
                return GAVE_UP
            cell = max(_cells(left), key=lambda one: ((same[one] & ~is_shaded).bit_count(), -one))
            open_ += [(stays, is_shaded | 1 << cell), (stays | 1 << cell, is_shaded)]
        return [_array(shaded, len(digits)) for shaded in found]

    def _settle(self, stays: int, is_shaded: int, same: list[int]) -> tuple[int, int] | None:
        """What follows for the other cells; None where it contradicts itself."""
        told = 0
        while True:
            for cell in _cells(stays & ~told):
                is_shaded |= same[cell]
            told = stays
            stays |= self.around(is_shaded)
            if stays & is_shaded:
                return None
            if stays == told:
                break
        left = self.all & ~is_shaded
        return (stays, is_shaded) if self.reach(left & -left, left) == left else None


def _cells(bits: int) -> list[int]:
    found = []
    while bits:
        found.append((bits & -bits).bit_length() - 1)
        bits &= bits - 1
    return found


def _bits(cells: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(cells, bitorder="little").tobytes(), "little")


def _array(bits: int, num: int) -> NDArray[np.bool_]:
    packed = np.frombuffer(bits.to_bytes(-(-num // 8), "little"), dtype=np.uint8)
    return np.unpackbits(packed, count=num, bitorder="little").astype(np.bool_)


def _renamed(board: Tokens) -> bytes:
    order: dict[int, int] = {}
    return bytes(order.setdefault(int(digit), len(order)) for digit in board)


def _turned_and_counted_on(size: int) -> ListedSymmetries:
    """The eight positions, with every digit counted on by the same number: not all renamings, which are too many to
    list (``held_out_keys`` knows them all)."""
    counted = np.tile(np.arange(size + 2), (size, 1))
    counted[:, 1:-1] = (np.arange(size) + np.arange(size)[:, None]) % size + 1
    cells = moved_cells(size)
    return ListedSymmetries(np.repeat(cells, size, axis=0), np.tile(counted, (len(cells), 1)))
