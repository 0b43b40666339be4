from __future__ import annotations

import numpy as np
import pytest

from hrm.puzzles.maze.corridors import carve
from hrm.puzzles.maze.paths import distances, num_neighbours
from hrm.puzzles.splitmix import random_states


@pytest.mark.parametrize("size", [5, 6, 9, 12])
def test_free_cells_form_a_tree(size: int) -> None:
    """Joined, and one edge less than cells: then there is exactly one path between any two."""
    is_open = carve(size, random_states([1], np.arange(60)))
    assert is_open.shape == (60, size**2)
    reached = distances(is_open, is_open.argmax(axis=1)) >= 0
    assert (reached == is_open).all()
    edges = np.where(is_open, num_neighbours(is_open), 0).sum(axis=1) // 2
    assert (edges == is_open.sum(axis=1) - 1).all()
    assert (is_open.sum(axis=1) == 2 * ((size + 1) // 2) ** 2 - 1).all(), "every room and every door is used"


def test_an_odd_maze_fills_the_board_and_an_even_one_leaves_a_line_at_random_sides() -> None:
    odd = carve(9, random_states([0], np.arange(50))).reshape(-1, 9, 9)
    assert odd[:, ::2, ::2].all()
    assert not odd[:, 1::2, 1::2].any()
    even = carve(8, random_states([0], np.arange(50))).reshape(-1, 8, 8)
    sides = np.stack([~even[:, 0].any(axis=1), ~even[:, -1].any(axis=1)], axis=1)
    assert (sides.sum(axis=1) == 1).all()
    assert 0.2 < sides[:, 0].mean() < 0.8
    corners = {tuple(cells.tolist()) for cells in even[:, [0, 0, -1, -1], [0, -1, 0, -1]]}
    assert len(corners) == 4


def test_mazes_differ_and_depend_on_their_own_state_alone() -> None:
    many = carve(9, random_states([5], np.arange(40)))
    assert len(np.unique(many, axis=0)) == 40
    assert (carve(9, random_states([5], np.array([30])))[0] == many[30]).all()
