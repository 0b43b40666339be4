"""Latin squares with inequalities between cells: a search that fills them, or proves that there is one way alone.

A cell's candidates are bits of a whole number, digit d is bit d - 1. Squares here are small (9 x 9 at most), and plain
numbers beat arrays at that size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

MOST_GUESSES = 2000
"""Guesses of a search before it gives up; chosen by hand: puzzles with one solution take a handful."""

Candidates = list[int]
"""A set of digits for each cell, as bits."""


class Found(NamedTuple):
    """The end of a search."""

    solutions: list[list[int]]  # digits of each cell
    gave_up: bool


class LatinSearch:
    """Squares of one size."""

    def __init__(self, size: int) -> None:
        self.size, self.full = size, 2**size - 1
        cells = range(size**2)
        rows = [[c for c in cells if c // size == i] for i in range(size)]
        columns = [[c for c in cells if c % size == i] for i in range(size)]
        self.units = rows + columns
        self.peers = [[p for p in cells if p != c and (p // size == c // size or p % size == c % size)] for c in cells]

    def candidates(self, digits: Iterable[int]) -> Candidates:
        """Candidates of cells with these digits, 0 for any."""
        return [1 << (digit - 1) if digit else self.full for digit in digits]

    def search(
        self,
        candidates: Candidates,
        less: list[tuple[int, int]],
        *,
        limit: int = 2,
        draws: np.random.Generator | None = None,
    ) -> Found:
        """The first ``limit`` fillings in which cell a is less than cell b for every pair (a, b) of ``less``.

        A cell with fewest candidates is guessed first, smallest digit first; with ``draws`` in a random order.
        """
        found: list[list[int]] = []
        open_ = [list(candidates)]
        guesses = 0
        while open_ and len(found) < limit and guesses <= MOST_GUESSES:
            some = open_.pop()
            if not self.tighten(some, less):
                continue
            counts = [bits.bit_count() for bits in some]
            least = min((num for num in counts if num > 1), default=0)
            if not least:
                found.append([bits.bit_length() for bits in some])
                continue
            guesses += 1
            at = [cell for cell, num in enumerate(counts) if num == least]
            cell = at[0] if draws is None else at[int(draws.integers(len(at)))]
            digits = [digit for digit in range(self.size) if some[cell] >> digit & 1]
            order = digits[::-1] if draws is None else [digits[i] for i in draws.permutation(len(digits))]
            open_ += [[*some[:cell], 1 << digit, *some[cell + 1 :]] for digit in order]  # the last is looked at first
        return Found(found, guesses > MOST_GUESSES)

    def tighten(self, some: Candidates, less: list[tuple[int, int]]) -> bool:
        """Candidates without those that a sign, a digit in the same row or column, or the only place for a digit
        excludes, in place; False where none are left."""
        told = [False] * len(some)
        while True:
            before = list(some)
            for a, b in less:
                some[b] &= ~((some[a] & -some[a]) * 2 - 1)  # above the least of a
                some[a] &= (1 << max(some[b].bit_length() - 1, 0)) - 1  # below the greatest of b
            for cell, bits in enumerate(some):
                if not bits & (bits - 1) and not told[cell]:
                    told[cell] = True
                    for peer in self.peers[cell]:
                        some[peer] &= ~bits
            for unit in self.units:
                once = twice = 0
                for cell in unit:
                    twice |= once & some[cell]
                    once |= some[cell]
                if once != self.full:
                    return False
                once &= ~twice
                for cell in unit:
                    if some[cell] & once:
                        some[cell] &= once
            if not all(some):
                return False
            if some == before:
                return True


def random_square(search: LatinSearch, draws: np.random.Generator) -> list[int]:
    """Digits of a random Latin square; not every one is equally likely."""
    everything = [search.full] * search.size**2
    return search.search(everything, [], limit=1, draws=draws).solutions[0]
