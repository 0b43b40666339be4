from __future__ import annotations

import time

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.sudoku.generator import MAX_GIVENS, dig, generate
from hrm.puzzles.sudoku.rules import Layout, are_complete
from hrm.puzzles.sudoku.solver import NUM_BITS, candidates, solve, tighten


@pytest.mark.parametrize(("size", "num"), [(4, 50), (6, 50), (9, 50), (16, 3)])
def test_every_puzzle_has_its_solution_and_no_other(size: int, num: int) -> None:
    layout = Layout(size=size)
    puzzles, solutions = generate(num, size=size)
    assert puzzles.shape == solutions.shape == (num, size**2)
    assert are_complete(layout, solutions).all()
    assert ((puzzles == 0) | (puzzles == solutions)).all()
    assert ((puzzles > 0).sum(axis=1) <= MAX_GIVENS[size]).all()
    found = solve(layout, puzzles)
    assert not found.gave_up.any()
    assert (found.num_solutions == 1).all()
    assert (found.solutions[:, 0] == solutions).all()


def test_same_seed_same_puzzles_and_another_seed_others() -> None:
    first, again, other = generate(20, seed=1), generate(20, seed=1), generate(20, seed=2)
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    assert (first[1] != other[1]).any(axis=1).all()


def test_the_first_puzzles_do_not_depend_on_how_many_follow() -> None:
    # More than one block of lock step, and so few givens that some grids are given up and drawn again.
    many, _ = generate(530, size=6, max_givens=10, seed=3)
    few, _ = generate(30, size=6, max_givens=10, seed=3)
    assert (many[:30] == few).all()


def test_puzzles_are_those_of_any_other_machine() -> None:
    puzzles, _ = generate(1, seed=0)
    text = "".join(map(str, puzzles[0]))
    assert text == "010000004360005108700021000020600579000050006080010032205060000070409000930002000"


def test_grids_are_all_different() -> None:
    _, solutions = generate(200, max_givens=81)
    assert len({grid.tobytes() for grid in solutions}) == 200
    # Every digit is about equally frequent in every cell: 200 / 9 = 22 on average.
    counts = np.stack([(solutions == digit).sum(axis=0) for digit in range(1, 10)])
    assert counts.min() >= 4
    assert counts.max() <= 50


def test_some_puzzles_need_more_than_singles() -> None:
    layout = Layout(size=9)
    masks = candidates(layout, generate(100, max_givens=26)[0])
    for _ in range(81):
        masks, _ = tighten(layout, masks)
    share_of_singles = (NUM_BITS[masks] == 1).all(axis=0).mean()
    assert 0.3 < share_of_singles < 0.9


def test_digging_many_cells_at_once_ends_where_one_by_one_does() -> None:
    layout = Layout(size=6)
    _, solutions = generate(10, size=6, max_givens=36)
    states = np.arange(10, dtype=np.uint64)
    given = dig(layout, solutions, 0, states)  # 0: go on until every cell was tried
    puzzles = np.where(given, solutions, 0).astype(np.uint8)
    assert (solve(layout, puzzles).num_solutions == 1).all()
    for board, cell in np.argwhere(given):  # minimal: no given can go
        less = puzzles[board : board + 1].copy()
        less[0, cell] = 0
        assert solve(layout, less).num_solutions[0] == 2


def test_only_accepted_grids_are_used() -> None:
    _, solutions = generate(30, size=6, accept=lambda grids: grids[:, 0] == 1)
    assert (solutions[:, 0] == 1).all()


@pytest.mark.parametrize("max_givens", [21, 82])
def test_impossible_numbers_of_givens_are_input_errors(max_givens: int) -> None:
    with pytest.raises(InputError, match="give a number from 22 to 81"):
        generate(1, max_givens=max_givens)


def test_too_few_givens_end_in_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.puzzles.sudoku.generator.MAX_FAILURES", 4)
    with pytest.raises(InputError, match="at most 22 givens found in 4 random grids: allow more givens"):
        generate(2, max_givens=22, seed=0)


def test_no_puzzles_are_no_error() -> None:
    assert generate(0)[0].shape == (0, 81)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_puzzles_take_seconds() -> None:
    start = time.perf_counter()
    generate(1000)
    assert time.perf_counter() - start < 30
