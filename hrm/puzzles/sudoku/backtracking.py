"""Plain backtracking: singles, then a guess at a cell with the fewest candidates. It always ends with the solution.

What somebody believes of a cell may order the guesses; it never rules one out. The number of guesses tells what the
beliefs are worth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.base import Searched
from hrm.puzzles.sudoku.rules import Digits, Layout
from hrm.puzzles.sudoku.solver import NUM_BITS, Masks, candidates, tighten

MOST_GUESSES = 100_000
"""Guesses after which a search gives up: minutes. The hardest known 9x9 puzzles take hundreds."""


def backtrack(
    layout: Layout, question: Digits, beliefs: NDArray[np.floating] | None = None, most: int = MOST_GUESSES
) -> Searched:
    """A solution of ``question`` (S,), 0 for a blank, depth first.

    beliefs (S, size): the more of a digit, the sooner it is tried in that cell; equal ones, and all where there are
    none, in ascending order. ``answer`` is None where there is no solution, or more than ``most`` guesses were needed.
    """
    stack, guesses = [candidates(layout, question[None])], -1  # the first board is no guess
    while stack and guesses < most:
        guesses += 1
        masks = _settled(layout, stack.pop())
        if masks is None:
            continue
        counts = NUM_BITS[masks[:, 0]]
        if (counts == 1).all():
            return Searched((NUM_BITS[masks[:, 0] - np.uint16(1)] + 1).astype(np.uint8), guesses)
        cell = int(np.where(counts > 1, counts, 99).argmin())
        digits = [digit for digit in range(layout.size) if int(masks[cell, 0]) >> digit & 1]
        if beliefs is not None:
            digits = [digits[place] for place in np.argsort(-beliefs[cell, digits], kind="stable")]
        for digit in reversed(digits):  # the last one pushed is the next one tried
            guess = masks.copy()
            guess[cell, 0] = np.uint16(1 << digit)
            stack.append(guess)
    return Searched(None, guesses)


def _settled(layout: Layout, masks: Masks) -> Masks | None:
    """A board (S, 1) after all singles; None where it is impossible."""
    while True:
        tightened, impossible = tighten(layout, masks)
        if impossible[0]:
            return None
        if (tightened == masks).all():
            return masks
        masks = tightened
