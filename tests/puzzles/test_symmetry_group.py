from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.symmetry import Symmetry
from hrm.puzzles.symmetry_group import CHUNK, SymmetryGroup, grid_moves

SHAPES = st.sampled_from([(3, 3), (2, 4), (1, 3), (4, 4)])


def group(shape: tuple[int, int], renamed: tuple[int, ...] = (1, 2, 4)) -> SymmetryGroup:
    return SymmetryGroup(grid_moves(shape), 6, np.array(renamed, dtype=np.int64))


@pytest.mark.parametrize(
    ("shape", "moves", "num"),
    [
        ((3, 3), (), 1),
        ((3, 3), (0, 1, 2, 3), 4),
        ((3, 3), (1,), 4),  # a quarter turn generates the others
        ((3, 3), (4, 5), 4),
        ((3, 3), (4, 6), 8),
        ((3, 3), tuple(range(8)), 8),
        ((2, 4), tuple(range(8)), 4),
        ((2, 4), (0, 1, 2, 3), 2),
        ((1, 3), tuple(range(8)), 2),  # upside down is the same grid
    ],
)
def test_moves_are_closed_and_keep_the_shape(shape: tuple[int, int], moves: tuple[int, ...], num: int) -> None:
    cells = grid_moves(shape, moves)
    assert len(cells) == num
    assert cells[0].tolist() == list(range(shape[0] * shape[1]))
    rows = {tuple(row) for row in cells.tolist()}
    assert len(rows) == num
    assert all(tuple(a[b].tolist()) in rows for a in cells for b in cells)


@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, seed=st.integers(0, 2**32))
def test_a_drawn_symmetry_can_be_undone_and_keeps_the_key(shape: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    symmetries = group(shape)
    inputs, labels = rng.integers(0, 6, (2, 5, shape[0] * shape[1]))
    labels[rng.random(labels.shape) < 0.2] = -100
    drawn = symmetries.draw(5, rng)
    moved = drawn.apply(inputs)
    assert (drawn.inverse().apply(moved) == inputs).all()
    tokens = np.concatenate([drawn.tokens, np.full((5, 1), -100)], axis=1)  # index -1 is "no label"
    moved_labels = Symmetry(drawn.cells, tokens).apply(np.where(labels < 0, -1, labels))
    assert symmetries.keys(inputs, labels) == symmetries.keys(moved, moved_labels)


def test_keys_differ_where_no_symmetry_leads() -> None:
    """All 3**4 boards of 2 x 2 over three tokens, of which two may be exchanged: Burnside counts the orbits."""
    boards = np.stack(np.meshgrid(*[np.arange(3)] * 4), axis=-1).reshape(-1, 4)
    symmetries = SymmetryGroup(grid_moves((2, 2)), 3, np.array([1, 2]))
    fixed = 0
    for cells in symmetries.cells:
        for names in (np.array([0, 1, 2]), np.array([0, 2, 1])):
            fixed += int((names[boards[:, cells]] == boards).all(axis=1).sum())
    assert len(set(symmetries.keys(boards))) == fixed // (2 * len(symmetries.cells))


def test_input_and_output_move_together() -> None:
    symmetries = SymmetryGroup(grid_moves((1, 3)), 3, np.array([], dtype=np.int64))
    one, turned = np.array([[0, 1, 2]]), np.array([[2, 1, 0]])
    assert symmetries.keys(one, one) == symmetries.keys(turned, turned) != symmetries.keys(one, turned)
    assert symmetries.keys(one) == symmetries.keys(turned)


def test_tokens_that_are_not_renamed_count() -> None:
    symmetries = group((1, 3), renamed=(1, 2))
    assert symmetries.keys(np.array([[1, 1, 2]])) == symmetries.keys(np.array([[2, 2, 1]]))
    assert symmetries.keys(np.array([[1, 1, 3]])) != symmetries.keys(np.array([[2, 2, 4]]))
    assert symmetries.keys(np.array([[1, 1, 3]])) == symmetries.keys(np.array([[2, 2, 3]]))


def test_keys_of_many_are_those_of_each() -> None:
    boards = np.random.default_rng(0).integers(0, 6, (CHUNK + 5, 4))
    symmetries = group((2, 2))
    assert symmetries.keys(boards)[-7:] == [symmetries.keys(board[None])[0] for board in boards[-7:]]


def test_every_symmetry_is_drawn() -> None:
    drawn = group((2, 2), renamed=(1, 2)).draw(400, np.random.default_rng(0))
    assert len(np.unique(drawn.cells, axis=0)) == 8
    assert len(np.unique(drawn.tokens, axis=0)) == 2
