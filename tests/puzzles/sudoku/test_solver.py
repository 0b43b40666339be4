from __future__ import annotations

import itertools

import numpy as np
import pytest

from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, Digits, Layout, are_complete
from hrm.puzzles.sudoku.solver import NUM_BITS, candidates, search, solve, tighten

WIKIPEDIA = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
WIKIPEDIA_SOLUTION = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
SEVENTEEN = "000000010400000000020000000000050407008000300001090000300400200050100000000806000"  # Gordon Royle's list
INKALA = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."  # Arto Inkala, 2012


def digits(text: str) -> Digits:
    return np.array([[int(character) if character.isdigit() else 0 for character in text]], dtype=np.uint8)


def test_a_well_known_puzzle_has_its_well_known_solution() -> None:
    found = solve(Layout(size=9), digits(WIKIPEDIA))
    assert found.num_solutions.tolist() == [1]
    assert not found.gave_up.any()
    assert "".join(map(str, found.solutions[0, 0])) == WIKIPEDIA_SOLUTION


@pytest.mark.parametrize("text", [SEVENTEEN, INKALA])
def test_hard_puzzles_have_one_solution(text: str) -> None:
    layout, puzzle = Layout(size=9), digits(text)
    found = solve(layout, puzzle)
    assert found.num_solutions.tolist() == [1]
    assert are_complete(layout, found.solutions[:, 0]).all()
    assert (found.solutions[:, 0] == puzzle)[puzzle > 0].all()


@pytest.mark.parametrize("size", BOXES)
def test_an_empty_board_has_several_solutions(size: int) -> None:
    layout = Layout(size=size)
    found = solve(layout, np.zeros((1, size**2), dtype=np.uint8))
    assert found.num_solutions.tolist() == [2]
    assert are_complete(layout, found.solutions[0]).all()
    assert (found.solutions[0, 0] != found.solutions[0, 1]).any()


def test_all_solutions_of_4x4_are_counted() -> None:
    # 288 grids of 4x4 in all (OEIS A107739); the empty board exercises every branch of the search.
    found = solve(Layout(size=4), np.zeros((1, 16), dtype=np.uint8), limit=1000)
    assert found.num_solutions.tolist() == [288]
    assert len({tuple(solution) for solution in found.solutions[0, :288]}) == 288


def test_counts_agree_with_brute_force_on_small_boards() -> None:
    layout = Layout(size=4)
    rows = np.array(list(itertools.permutations(range(1, 5))))
    grids = rows[np.array(list(itertools.product(range(24), repeat=4)))].reshape(-1, 16)
    grids = grids[are_complete(layout, grids)]
    rng = np.random.default_rng(0)
    puzzles = np.where(rng.random((200, 16)) < 0.25, rng.integers(1, 5, (200, 16)), 0).astype(np.uint8)
    expected = [(((puzzle == 0) | (grids == puzzle)).all(axis=1)).sum() for puzzle in puzzles]
    assert 0 in expected
    assert 1 in expected
    assert max(expected) > 2
    assert solve(layout, puzzles, limit=300).num_solutions.tolist() == expected


def test_a_board_without_solution_is_told() -> None:
    puzzle = digits(WIKIPEDIA)
    puzzle[0, 2] = 2  # r1c3 is 4
    found = solve(Layout(size=9), puzzle)
    assert found.num_solutions.tolist() == [0]
    assert not found.gave_up.any()


def test_equal_givens_in_a_unit_have_no_solution() -> None:
    for count in (2, 3):
        puzzle = np.zeros((1, 81), dtype=np.uint8)
        puzzle[0, :count] = 5
        assert solve(Layout(size=9), puzzle).num_solutions.tolist() == [0]


def test_the_budget_ends_a_search_without_verdict() -> None:
    found = solve(Layout(size=9), digits(INKALA), budget=3)
    assert found.gave_up.tolist() == [True]
    assert found.num_solutions.tolist() == [0]


def test_many_puzzles_at_once_get_the_answers_they_get_alone() -> None:
    layout = Layout(size=9)
    puzzles = np.concatenate([digits(WIKIPEDIA), np.zeros((1, 81), np.uint8), digits(INKALA), digits(SEVENTEEN)])
    together = solve(layout, puzzles)
    assert together.num_solutions.tolist() == [1, 2, 1, 1]
    for index in range(len(puzzles)):
        alone = solve(layout, puzzles[index : index + 1])
        assert alone.num_solutions[0] == together.num_solutions[index]
    assert len(solve(layout, puzzles[:0]).num_solutions) == 0


def test_tighten_never_removes_the_solution() -> None:
    layout = Layout(size=9)
    puzzles, solutions = generate(20, max_givens=26)
    masks = candidates(layout, puzzles)
    for _ in range(10):
        masks, impossible = tighten(layout, masks)
        assert not impossible.any()
        assert (masks.T >> (solutions - 1) & 1).all()
    assert (NUM_BITS[masks] < 9).all()


def test_a_known_solution_does_not_count() -> None:
    layout = Layout(size=9)
    puzzles, solutions = generate(5, max_givens=28)
    known = candidates(layout, solutions)
    found = search(layout, candidates(layout, puzzles), limit=1, budget=1000, known=known)
    assert found.num_solutions.tolist() == [0] * 5
    puzzles[:, :40] = 0
    found = search(layout, candidates(layout, puzzles), limit=1, budget=1000, known=known)
    assert (found.solutions[:, 0] != solutions).any(axis=1).all()
