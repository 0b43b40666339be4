"""Lights Out: pressing a cell toggles it and its neighbours; which cells have to be pressed to put all lights out?

Presses are a vector x over GF(2), and the lights they toggle A x: a question b has an answer where b lies in the image
of A, and with one answer all that differ from it by a member of the kernel of A (quiet patterns: of dimension 2 at
5 x 5, 4 at 4 x 4, 0 at 3 x 3; Anderson and Feil 1998, "Turning Lights Out with Linear Algebra"). The label is the
answer of fewest presses, and of several of these the one that presses the first cell, in reading order, in which they
differ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, require_from
from hrm.puzzles.boards.family import PAD, Family, Made, Tokens, or_larger
from hrm.puzzles.boards.symmetry import square_symmetries
from hrm.types import TaskSpec

OFF, LIT, LEAVE, PRESS = 1, 2, 3, 4
SYMBOLS = (PAD, ".", "#", "-", "x")
NAMES = ("nothing", "off", "lit", "leave", "press")

SIZES = range(2, 13)
"""Sides of a board. Kernels have at most 2**8 members there (9 x 9); 19 x 19 has 2**16."""

Bits = NDArray[np.uint8]


class Toggles(NamedTuple):
    """The matrix of a board and what solves it."""

    matrix: Bits  # (S, S), symmetric: pressing toggles
    inverse: Bits  # (S, S): inverse @ b is an answer wherever there is one
    kernel: Bits  # (K, S): all patterns of presses that toggle nothing, the empty one among them


def lights_out(size: int, presses: tuple[int, int] | None = None) -> Family:
    """The family. presses: fewest and most cells that the generator presses; None: 1 to a quarter of the board.

    Raises ``InputError`` for settings that cannot be."""
    require_from(SIZES[0], SIZES[-1], size=size)
    fewest, most = presses if presses is not None else (1, max(1, size**2 // 4))
    if not 1 <= fewest <= most <= size**2:
        raise InputError(f"presses ({fewest}, {most}): give the fewest and the most, from 1 to {size**2}")
    toggles = toggles_of(size)
    answers = ((0,), (LEAVE, PRESS), (LEAVE, PRESS), (LEAVE,), (PRESS,))

    def make(draws: np.random.Generator) -> Made | None:
        pressed = np.zeros(size**2, dtype=np.uint8)
        pressed[draws.permutation(size**2)[: draws.integers(fewest, most + 1)]] = 1
        lit = toggles.matrix @ pressed % 2
        return Made(OFF + lit, LEAVE + fewest_presses(toggles, pressed[None])[0]) if lit.any() else None

    def solve(question: Tokens) -> Tokens:
        lit = (question == LIT).astype(np.uint8)
        pressed = toggles.inverse @ lit % 2
        if (toggles.matrix @ pressed % 2 != lit).any():
            raise InputError("no presses put all these lights out")
        return np.asarray(LEAVE + fewest_presses(toggles, pressed[None])[0])

    def broken(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        lit = (questions == LIT) ^ ((answers == PRESS) @ toggles.matrix % 2).astype(np.bool_)
        return np.asarray(lit | ~np.isin(answers, (LEAVE, PRESS)))

    def solved(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        return np.asarray(~broken(questions, answers).any(axis=1))

    return Family(
        name="lights-out",
        title="a Lights Out board",
        statement=_statement(size),
        spec=TaskSpec.of_grid((size, size), SYMBOLS, answers=answers),
        names=NAMES,
        asked=(OFF, LIT),
        symmetries=square_symmetries(size, len(SYMBOLS)),
        make=make,
        solve=solve,
        solved=solved,
        broken=broken,
        if_few=f"a wider range of task.presses{or_larger(size, SIZES)}",
        if_none="other task.presses",
        measures={"presses": lambda _, labels: (labels == PRESS).sum(axis=1)},
        is_unique=False,
        canonical=lambda _, answers: LEAVE + fewest_presses(toggles, (answers == PRESS).astype(np.uint8)),
        letters={"0": OFF, "_": OFF, "·": OFF, "1": LIT, "*": LIT, "o": LIT, "O": LIT, "■": LIT, "█": LIT},
        page=("?", "", "●", "", "✕"),
        page_units=[np.flatnonzero(quiet).tolist() for quiet in toggles.kernel if quiet.any()],
    )


def _statement(size: int) -> str:
    return (
        f"Lights Out on {size} x {size} cells: # is lit, a dot is off. Pressing a cell toggles it and its "
        "neighbours above, below, left and right. Find cells to press, each of them once, that put all lights out. "
        "The answer has x in every cell to press and - in all others."
    )


def toggles_of(size: int) -> Toggles:
    """The matrix of a board of ``size`` x ``size``, a generalised inverse and the kernel, by elimination over GF(2)."""
    row, column = np.divmod(np.arange(size**2), size)
    matrix = (abs(row[:, None] - row) + abs(column[:, None] - column) <= 1).astype(np.uint8)
    num = size**2
    left, right = matrix.copy(), np.eye(num, dtype=np.uint8)  # right @ matrix = left throughout
    pivots: list[int] = []
    for place in range(num):
        below = np.flatnonzero(left[len(pivots) :, place])
        if not below.size:
            continue
        first, rank = len(pivots) + int(below[0]), len(pivots)
        for side in (left, right):
            side[[rank, first]] = side[[first, rank]]
        others = np.flatnonzero(left[:, place])
        others = others[others != rank]
        left[others] ^= left[rank]
        right[others] ^= right[rank]
        pivots.append(place)
    inverse = np.zeros_like(matrix)
    inverse[pivots] = right[: len(pivots)]
    free = [place for place in range(num) if place not in pivots]
    basis = np.zeros((len(free), num), dtype=np.uint8)
    for one, place in zip(basis, free, strict=True):
        one[place] = 1
        one[pivots] = left[: len(pivots), place]
    mixed = np.arange(2 ** len(free))[:, None] >> np.arange(len(free)) & 1
    return Toggles(matrix, inverse, (mixed @ basis % 2).astype(np.uint8))


def fewest_presses(toggles: Toggles, presses: Bits) -> Bits:
    """The presses (N, S) of the label, for presses (N, S) that do the same."""
    found = presses[:, None] ^ toggles.kernel  # (N, K, S)
    weights = found.sum(axis=2)
    still = weights == weights.min(axis=1, keepdims=True)
    for cell in range(found.shape[2]):
        pressing = still & (found[:, :, cell] == 1)
        still = np.where(pressing.any(axis=1, keepdims=True), pressing, still)
    return np.asarray(found[np.arange(len(found)), still.argmax(axis=1)])
