"""Breadth-first distances and shortest paths of many mazes at once.

The cells of all mazes lie in one long array, each maze with a border of walls around it, so that a step in any
direction is one addition and never leaves a maze.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.maze.tokens import FREE, GOAL, PATH, START, WALL, Cells, size_of
from hrm.puzzles.splitmix import Words, cell_words, next_words

UNREACHABLE = -1
"""Distance of walls, and of cells that no path leads to."""


def distances(is_open: NDArray[np.bool_], sources: NDArray[np.integer]) -> NDArray[np.int32]:
    """Steps from cell ``sources`` (N,) to every cell, (N, S), through the open cells (N, S)."""
    size = size_of(is_open.shape[1])
    to_visit = _bordered(is_open, size, fill=False)
    found = np.full(to_visit.shape, UNREACHABLE, dtype=np.int32)
    frontier = _places(sources, size)
    to_visit[frontier], found[frontier] = False, 0
    for steps in count(1):
        reached = []
        for direction in _directions(size):  # one at a time: two cells never step on the same one in one direction
            there = frontier + direction
            there = there[to_visit[there]]
            to_visit[there] = False
            reached.append(there)
        frontier = np.concatenate(reached)
        if not frontier.size:
            break
        found[frontier] = steps
    return np.ascontiguousarray(found.reshape(-1, size + 2, size + 2)[:, 1:-1, 1:-1]).reshape(is_open.shape)


def shortest_paths(
    to_goal: NDArray[np.integer], starts: NDArray[np.integer], states: Words | None = None
) -> NDArray[np.bool_]:
    """The cells (N, S) of one shortest path from each of ``starts`` (N,) to the goal, both ends among them.

    ``to_goal`` (N, S) are the distances from the goals, which every start must be able to reach. Of several
    shortest paths the first is taken in the order up, left, right, down, compared from the start on; with random
    ``states`` (N,) every step is drawn from those that get closer. The states move on.
    """
    size = size_of(to_goal.shape[1])
    left = _bordered(to_goal, size, fill=UNREACHABLE)
    directions = _directions(size)
    drawn = np.zeros(left.shape, dtype=np.bool_)
    place = _places(starts, size)
    drawn[place] = True
    is_under_way = left[place] > 0
    while is_under_way.any():
        words = None if states is None else cell_words(len(directions), next_words(states)).T[is_under_way]
        here = place[is_under_way]
        closer = left[here[:, None] + directions] == left[here, None] - 1
        choice = (closer if words is None else np.where(closer, words, np.uint64(0))).argmax(axis=1)
        place[is_under_way] = here = here + directions[choice]
        drawn[here] = True
        is_under_way[is_under_way] = left[here] > 0
    return np.ascontiguousarray(drawn.reshape(-1, size + 2, size + 2)[:, 1:-1, 1:-1]).reshape(to_goal.shape)


def steps_to_goals(inputs: Cells) -> NDArray[np.int32]:
    """Steps (N, S) from every cell to the goal."""
    return distances(inputs != WALL, np.argmax(inputs == GOAL, axis=1))


def draw_paths(inputs: Cells, to_goals: NDArray[np.int32], states: Words | None = None) -> NDArray[np.uint8]:
    """Mazes (N, S) with a shortest path drawn: the first, or a random one with random states (N,)."""
    drawn = shortest_paths(to_goals, np.argmax(inputs == START, axis=1), states)
    return np.where(drawn & (inputs == FREE), PATH, inputs).astype(np.uint8)


def num_neighbours(is_drawn: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of drawn cells among the four around each cell (N, S)."""
    size = size_of(is_drawn.shape[1])
    bordered = np.pad(is_drawn.reshape(-1, size, size), ((0, 0), (1, 1), (1, 1))).astype(np.int64)
    around = bordered[:, :-2, 1:-1] + bordered[:, 1:-1, :-2] + bordered[:, 1:-1, 2:] + bordered[:, 2:, 1:-1]
    return np.asarray(around.reshape(is_drawn.shape))


def _bordered(cells: NDArray[Any], size: int, fill: int) -> NDArray[Any]:
    """Cells (N, S) -> (N * (size + 2)**2,), a border around each maze."""
    grids = cells.reshape(-1, size, size)
    return np.pad(grids, ((0, 0), (1, 1), (1, 1)), constant_values=fill).reshape(-1)


def _places(cells: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """The place of cell ``cells[i]`` of maze i (N,) in the long array."""
    rows, columns = np.divmod(cells.astype(np.int64), size)
    return np.asarray(np.arange(len(cells)) * (size + 2) ** 2 + (rows + 1) * (size + 2) + columns + 1)


def _directions(size: int) -> NDArray[np.int64]:
    """Steps up, left, right and down as what they add to a place."""
    return np.array([-(size + 2), -1, 1, size + 2])
