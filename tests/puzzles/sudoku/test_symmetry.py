from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.sudoku import symmetry
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, Layout, are_complete
from hrm.puzzles.sudoku.solver import solve

SIZES, SEEDS = st.sampled_from(sorted(BOXES)), st.integers(0, 2**32)
BOARDS = {size: generate(4, size=size, seed=5) for size in BOXES}


@settings(max_examples=25, deadline=None)
@given(size=SIZES, seed=SEEDS)
def test_every_symmetry_can_be_undone(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = symmetry.draw(Layout(size=size), 4, rng)
    boards = rng.integers(0, size + 2, (4, size**2))  # any tokens at all, solutions or not
    assert (drawn.inverse().apply(drawn.apply(boards)) == boards).all()
    assert (drawn.apply(drawn.inverse().apply(boards)) == boards).all()


@settings(max_examples=25, deadline=None)
@given(size=SIZES, seed=SEEDS)
def test_a_label_stays_a_solution_of_its_input(size: int, seed: int) -> None:
    layout = Layout(size=size)
    puzzles, solutions = BOARDS[size]
    drawn = symmetry.draw(layout, 4, np.random.default_rng(seed))
    inputs, labels = drawn.apply(puzzles.astype(np.int64) + 1), drawn.apply(solutions.astype(np.int64) + 1)
    assert are_complete(layout, labels - 1).all()
    assert ((inputs == 1) | (inputs == labels)).all()
    assert ((inputs == 1).sum(axis=1) == (puzzles == 0).sum(axis=1)).all()  # blank stays blank


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_a_puzzle_keeps_exactly_one_solution(seed: int) -> None:
    layout = Layout(size=9)
    puzzles = symmetry.draw(layout, 4, np.random.default_rng(seed)).apply(BOARDS[9][0].astype(np.int64) + 1) - 1
    assert (solve(layout, puzzles.astype(np.uint8)).num_solutions == 1).all()


def test_pad_and_blank_stay_what_they_are() -> None:
    drawn = symmetry.draw(Layout(size=9), 100, np.random.default_rng(0))
    assert (drawn.tokens[:, :2] == [0, 1]).all()
    assert (np.sort(drawn.tokens, axis=1) == np.arange(11)).all()
    assert (np.sort(drawn.cells, axis=1) == np.arange(81)).all()


def test_the_whole_group_of_4x4_cells_is_drawn() -> None:
    # 2 bands, 2 rows in each, the same for columns: (2 * 2 * 2) ** 2 moves, and each of them mirrored.
    drawn = symmetry.draw(Layout(size=4), 4000, np.random.default_rng(0))
    assert len(np.unique(drawn.cells, axis=0)) == 128
    assert len(np.unique(drawn.tokens, axis=0)) == 24


def test_6x6_boards_are_never_mirrored() -> None:
    drawn = symmetry.draw(Layout(size=6), 200, np.random.default_rng(0))
    rows = drawn.cells.reshape(200, 6, 6) // 6
    assert (rows == rows[:, :, :1]).all()  # a row stays together
