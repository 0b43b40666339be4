from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mazes import FIRST, MAZE, cells
from numpy.typing import NDArray

from hrm.puzzles.maze.paths import distances, num_neighbours, shortest_paths
from hrm.puzzles.splitmix import random_states


def plain_distances(is_open: NDArray[np.bool_], source: int) -> list[int]:
    """One maze (S,) at a time, as in a textbook."""
    size = round(len(is_open) ** 0.5)
    found = [-1] * len(is_open)
    found[source] = 0
    queue = deque([source])
    while queue:
        row, column = divmod(here := queue.popleft(), size)
        for r, c in ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)):
            if 0 <= r < size and 0 <= c < size and is_open[there := r * size + c] and found[there] < 0:
                found[there] = found[here] + 1
                queue.append(there)
    return found


@settings(deadline=None, max_examples=30)
@given(size=st.integers(2, 8), num=st.integers(1, 6), share=st.floats(0.2, 1), seed=st.integers(0, 2**32))
def test_distances_are_those_of_a_plain_search(size: int, num: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    is_open = rng.random((num, size**2)) < share
    sources = rng.integers(size**2, size=num)
    found = distances(is_open, sources)
    assert found.tolist() == [plain_distances(*pair) for pair in zip(is_open, sources.tolist(), strict=True)]


def test_no_mazes_no_distances() -> None:
    assert distances(np.zeros((0, 25), dtype=bool), np.zeros(0, dtype=int)).shape == (0, 25)
    assert shortest_paths(np.zeros((0, 25), dtype=int), np.zeros(0, dtype=int)).shape == (0, 25)


def ends(size: int, num: int, seed: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distances (N, S) to a random goal, and a start (N,) that can reach it."""
    rng = np.random.default_rng(seed)
    is_open = rng.random((num, size**2)) < 0.7
    to_goal = distances(is_open, rng.integers(size**2, size=num))
    return to_goal, (rng.random(to_goal.shape) * (to_goal >= 0)).argmax(axis=1)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32), is_random=st.booleans())
def test_a_shortest_path_steps_from_the_start_to_the_goal(seed: int, is_random: bool) -> None:
    to_goal, starts = ends(7, 5, seed)
    drawn = shortest_paths(to_goal, starts, random_states([seed], np.arange(5)) if is_random else None)
    for path, left, start in zip(drawn, to_goal, starts, strict=True):
        assert path[start]
        assert sorted(left[path]) == list(range(left[start] + 1))
        steps = np.flatnonzero(path)[np.argsort(left[path])]
        rows, columns = np.divmod(steps, 7)
        assert (np.abs(np.diff(rows)) + np.abs(np.diff(columns)) == 1).all()


def test_of_several_paths_the_first_in_the_order_up_left_right_down() -> None:
    maze = cells(MAZE)[None]
    to_goal = distances(maze != 1, np.flatnonzero(maze[0] == 4))
    drawn = shortest_paths(to_goal, np.flatnonzero(maze[0] == 3))
    assert (drawn[0] == (cells(FIRST) >= 3)).all()


def test_random_paths_differ_and_depend_on_their_own_state_alone() -> None:
    open_field = np.ones((200, 25), dtype=bool)
    to_goal, starts = distances(open_field, np.full(200, 24)), np.zeros(200, dtype=int)
    drawn = shortest_paths(to_goal, starts, random_states([0], np.arange(200)))
    assert len(np.unique(drawn, axis=0)) > 40  # of 70
    assert drawn[:, 1].mean() == pytest.approx(0.5, abs=0.1)
    alone = shortest_paths(to_goal[150:151], starts[150:151], random_states([0], np.array([150])))
    assert (alone[0] == drawn[150]).all()


def test_neighbours_do_not_reach_over_the_edge() -> None:
    assert num_neighbours(np.ones((1, 9), dtype=bool)).tolist() == [[2, 3, 2, 3, 4, 3, 2, 3, 2]]
    assert num_neighbours(np.eye(3, dtype=bool).reshape(1, 9)).tolist() == [[0, 2, 0, 2, 0, 2, 0, 2, 0]]
