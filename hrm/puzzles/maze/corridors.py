"""Perfect mazes: exactly one path between any two free cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.splitmix import Words, cell_words, next_words


def carve(size: int, states: Words) -> NDArray[np.bool_]:
    """Open cells (N, size**2): rooms at every other row and column, joined by a random depth-first walk.

    Of the ways to draw a random tree this one ("recursive backtracker") makes the longest corridors. An even side
    leaves a row and a column over: they are walls, each at a random side. The states (N,) move on.
    """
    num_rooms = (size + 1) // 2
    width = num_rooms + 2  # rooms with a border, which ends the walk at the edges
    lane, directions = np.arange(states.size), np.array([-width, -1, 1, width])
    to_visit = np.pad(np.ones((states.size, num_rooms, num_rooms), dtype=np.bool_), ((0, 0), (1, 1), (1, 1)))
    to_visit = to_visit.reshape(states.size, -1)
    is_open = np.zeros((states.size, 2 * width, 2 * width), dtype=np.bool_)  # room (r, c) is cell (2r, 2c)
    is_open[:, ::2, ::2] = True
    room = (next_words(states) % np.uint64(num_rooms**2)).astype(np.int64)
    room = (room // num_rooms + 1) * width + room % num_rooms + 1
    to_visit[lane, room] = False
    trail = np.zeros((num_rooms**2, states.size), dtype=np.int64)  # the room before the one at each depth
    depth = np.zeros(states.size, dtype=np.int64)
    for _ in range(2 * (num_rooms**2 - 1)):  # every room but the first is entered once and left once
        ways = to_visit[lane[:, None], room[:, None] + directions]
        direction = np.where(ways, cell_words(4, next_words(states)).T, np.uint64(0)).argmax(axis=1)
        enters = ways.any(axis=1)
        next_room = np.where(enters, room + directions[direction], trail[depth, lane])
        # The cell between two rooms has the sum of their rows and the sum of their columns.
        is_open[lane, room // width + next_room // width, room % width + next_room % width] = True
        to_visit[lane, next_room] = False
        depth += np.where(enters, 1, -1)
        trail[depth, lane] = np.where(enters, room, trail[depth, lane])
        room = next_room
    return _framed(is_open[:, 2 : 2 * num_rooms + 1, 2 : 2 * num_rooms + 1], size, states)


def _framed(is_open: NDArray[np.bool_], size: int, states: Words) -> NDArray[np.bool_]:
    """Grids (N, m, m) in grids of ``size`` (N, size**2), at a random corner where m is smaller by one."""
    side = is_open.shape[1]
    framed = np.zeros((len(is_open), size, size), dtype=np.bool_)
    corner = next_words(states) % np.uint64(4)
    for number in range(4 if side < size else 1):
        top, left = divmod(number, 2)
        rows = corner == number if side < size else slice(None)
        framed[rows, top : top + side, left : left + side] = is_open[rows]
    return framed.reshape(len(is_open), -1)
