from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hrm.puzzles.symmetry import INVERSE_MOVES, NUM_MOVES, Symmetry, identity, move, moved_cells

SIDES = st.integers(1, 6)


@given(rows=SIDES, columns=SIDES, k=st.integers(0, NUM_MOVES - 1))
def test_every_move_of_any_grid_can_be_undone(rows: int, columns: int, k: int) -> None:
    grid = np.arange(rows * columns).reshape(rows, columns)
    assert (move(move(grid, k), INVERSE_MOVES[k]) == grid).all()


def test_the_moves_are_those_of_the_published_builders() -> None:
    grid = np.array([[1, 2], [3, 4]])
    expected = [
        [[1, 2], [3, 4]],
        [[2, 4], [1, 3]],
        [[4, 3], [2, 1]],
        [[3, 1], [4, 2]],
        [[2, 1], [4, 3]],
        [[3, 4], [1, 2]],
        [[1, 3], [2, 4]],
        [[4, 2], [3, 1]],
    ]
    assert [move(grid, k).tolist() for k in range(NUM_MOVES)] == expected


def test_moved_cells_do_what_move_does() -> None:
    boards = np.random.default_rng(0).integers(0, 9, (NUM_MOVES, 5, 5))
    tokens = np.tile(np.arange(9), (NUM_MOVES, 1))
    moved = Symmetry(moved_cells(5), tokens).apply(boards.reshape(NUM_MOVES, 25))
    assert (moved.reshape(NUM_MOVES, 5, 5) == np.stack([move(b, k) for k, b in enumerate(boards)])).all()


@given(seed=st.integers(0, 2**32))
def test_a_symmetry_is_undone_by_its_inverse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = Symmetry(np.argsort(rng.random((3, 10)), axis=1), np.argsort(rng.random((3, 4)), axis=1))
    boards = rng.integers(0, 4, (3, 10))
    assert (drawn.inverse().apply(drawn.apply(boards)) == boards).all()
    assert (drawn.apply(drawn.inverse().apply(boards)) == boards).all()


def test_the_identity_changes_nothing() -> None:
    boards = np.random.default_rng(0).integers(0, 11, (3, 81))
    assert (identity(3, 81, 11).apply(boards) == boards).all()
