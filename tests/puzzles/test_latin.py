from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from hrm.puzzles import latin
from hrm.puzzles.latin import LatinSearch, random_square

SQUARES = {1: 1, 2: 2, 3: 12, 4: 576}
"""How many there are: OEIS A002860."""


def all_squares(size: int) -> list[list[int]]:
    rows = list(permutations(range(1, size + 1)))
    return [
        [digit for row in some for digit in row]
        for some in product(rows, repeat=size)
        if all(len(set(column)) == size for column in zip(*some, strict=True))
    ]


@pytest.mark.parametrize("size", SQUARES)
def test_all_squares_are_found(size: int) -> None:
    search = LatinSearch(size)
    found = search.search([search.full] * size**2, [], limit=1000).solutions
    assert len(found) == len({tuple(one) for one in found}) == SQUARES[size]


def test_solutions_are_those_that_looking_through_all_squares_finds() -> None:
    search, squares = LatinSearch(3), all_squares(3)
    pairs = [(a, b) for a in range(9) for b in search.peers[a]]
    draws = np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        less = [pairs[i] for i in draws.permutation(len(pairs))[: draws.integers(5)]]
        given = [int(digit) * int(draws.random() < 0.2) for digit in draws.integers(1, 4, size=9)]
        expected = [
            square
            for square in squares
            if all(square[a] < square[b] for a, b in less)
            and all(not digit or digit == other for digit, other in zip(given, square, strict=True))
        ]
        found = search.search(search.candidates(given), less, limit=100)
        assert not found.gave_up
        assert sorted(found.solutions) == sorted(expected)
        seen.add(min(len(expected), 2))
    assert seen == {0, 1, 2}


def test_random_squares_are_squares_and_differ() -> None:
    search, draws = LatinSearch(5), np.random.default_rng(0)
    squares = [random_square(search, draws) for _ in range(50)]
    for square in squares:
        for unit in search.units:
            assert sorted(square[cell] for cell in unit) == [1, 2, 3, 4, 5]
    assert len({tuple(square) for square in squares}) == 50
    assert squares[0] == random_square(search, np.random.default_rng(0))


def test_a_search_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latin, "MOST_GUESSES", 3)
    search = LatinSearch(4)
    found = search.search([search.full] * 16, [], limit=1000)
    assert found.gave_up
    assert len(found.solutions) < 10
