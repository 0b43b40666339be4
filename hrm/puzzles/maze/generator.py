"""Random mazes with a shortest path longer than a bound, many at a time.

A *hard* maze has random walls, 30 to 50 % of its cells (Lehnert et al., arXiv 2402.14083), and is kept when its
shortest path is long enough, as in Maze-Hard. Trying pairs of cells would take for ever: at 30 x 30 one grid in a
hundred has any two cells so far apart, and hardly a pair of its cells is such a pair. So two breadth-first sweeps (the
cell farthest from any cell, then the one farthest from that) tell how long the paths of a grid are, and start and goal
are drawn from the pairs that are far enough apart. A *perfect* maze has exactly one path between any two cells
(``corridors.py``).

Every maze has random numbers of its own (``splitmix.py``), so maze number i depends on the seed and i alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.maze.corridors import carve
from hrm.puzzles.maze.paths import distances
from hrm.puzzles.maze.tokens import FREE, GOAL, START, WALL
from hrm.puzzles.splitmix import Words, cell_words, next_words, random_states

MazeKind = Literal["hard", "perfect"]

Accept = Callable[[NDArray[np.bool_]], NDArray[np.bool_]]
"""Open cells (N, S) -> (N,): which grids may be used."""

SMALLEST = 5
"""Smallest side of a maze: nothing below has a path worth looking for."""

HARD_BOUND, HARD_SIZE = 110, 30
"""Maze-Hard: shortest paths longer than 110 steps in 30 x 30 cells (arXiv 2506.21734)."""

GROWTH = 1.2
"""Growth of the bound with the side. Measured on random walls of 5 x 5 to 40 x 40 cells: the longest 1 % of the longest
shortest paths begin at about 110 * (side / 30) ** 1.2 (13, 26, 49, 66, 110, 144 at 5, 9, 15, 20, 30, 40)."""

ROOM = 0.1
"""A hard grid whose longest path exceeds the bound by a share x of it is used with probability (x / ROOM)**2, at most
1, because a grid with more room has more pairs of cells that are far enough apart. Lengths come out as if pairs had
been tried: in 300 grids of 30 x 30 (10, 50, 90, 99 %) 111, 115, 124, 134 steps; over all pairs 111, 115, 123, 134."""

ROUNDS = 4
"""Number of times start and goal are drawn anew in turn, each given the other; by hand: the pairs depend on it."""

CELLS_PER_WORD = 4
"""Cells that a random word of 64 bits decides on: 16 bits tell whether one is a wall."""

BLOCK = 512
"""Grids that are swept together: about 15 ms for 30 x 30."""

MAX_FAILURES = 200_000
"""Grids in a row without a maze before the bound counts as out of reach: half a second at 9 x 9, 10 s at 30 x 30."""


class Grids(NamedTuple):
    """Walls of N mazes, and a pair of cells yet to be found in each."""

    is_open: NDArray[np.bool_]  # (N, S)
    ends: NDArray[np.int64]  # (N,): a cell that has others ``lengths`` steps away
    lengths: NDArray[np.int64]  # (N,): steps from start to goal


def default_bound(size: int, kind: MazeKind) -> int:
    """The bound that paths of generated mazes exceed unless told otherwise."""
    return round(HARD_BOUND * (size / HARD_SIZE) ** GROWTH) if kind == "hard" else size


def generate(
    num: int,
    *,
    size: int = HARD_SIZE,
    kind: MazeKind = "hard",
    longer_than: int | None = None,
    walls: tuple[float, float] = (0.3, 0.5),  # arXiv 2402.14083
    seed: int = 0,
    accept: Accept | None = None,
) -> NDArray[np.uint8]:
    """Mazes as tokens, (num, size**2), without a path drawn.

    ``longer_than`` counts steps. ``walls`` are the least and the greatest share of wall cells of hard mazes; each grid
    draws its own, evenly between them. The first 100 of 1,000 are the same as generating 100. Raises ``InputError`` for
    a bound that no maze is found above.
    """
    bound = default_bound(size, kind) if longer_than is None else longer_than
    mazes = np.empty((num, size**2), dtype=np.uint8)
    for first in range(0, num, BLOCK):
        index = np.arange(first, min(first + BLOCK, num))
        grids = _grids(index, size, kind, bound, walls, seed, accept)
        starts, goals = _starts_and_goals(grids, random_states([seed, 1], index))
        mazes[index] = np.where(grids.is_open, FREE, WALL)
        mazes[index, starts], mazes[index, goals] = START, GOAL
    return mazes


def _grids(
    index: NDArray[np.int64],
    size: int,
    kind: MazeKind,
    bound: int,
    walls: tuple[float, float],
    seed: int,
    accept: Accept | None,
) -> Grids:
    """For every maze number (N,) the first of its grids that will do."""
    num = len(index)
    grids = Grids(np.zeros((num, size**2), dtype=np.bool_), np.zeros(num, np.int64), np.zeros(num, np.int64))
    pending, attempt, failures = np.arange(num), 0, 0
    tries = 1  # for each pending maze at once, so that the last ones need few rounds
    while pending.size:
        attempts = np.tile(np.arange(attempt, attempt + tries), len(pending))
        states = random_states([seed, 0], (index[pending].repeat(tries) << 32) + attempts)
        is_open = _random_walls(size, walls, states) if kind == "hard" else carve(size, states)
        is_good = np.ones(len(is_open), dtype=np.bool_) if accept is None else accept(is_open)
        candidates = _measured(is_open, is_good, bound, ROOM * bound if kind == "hard" else 1, states)
        found = is_good.reshape(-1, tries)
        successful = found.any(axis=1)
        chosen = (np.arange(len(pending)) * tries + found.argmax(axis=1))[successful]
        for stored, column in zip(grids, candidates, strict=True):
            stored[pending[successful]] = column[chosen]
        failures = 0 if successful.any() else failures + len(is_open)
        if failures >= MAX_FAILURES:
            raise InputError(
                f"no {kind} {size}x{size} maze with a shortest path longer than {bound} found in {failures} random "
                "grids: allow shorter paths, or other walls"
            )
        pending, attempt = pending[~successful], attempt + tries
        tries = min(2 * tries, max(1, BLOCK // max(1, pending.size)))
    return grids


def _random_walls(size: int, walls: tuple[float, float], states: Words) -> NDArray[np.bool_]:
    """Open cells (N, size**2): every cell is a wall with a probability that is drawn for each grid."""
    least, most = walls
    share = least + (most - least) * _uniform(next_words(states))
    words = cell_words(-(-(size**2) // CELLS_PER_WORD), states).T
    draws = np.ascontiguousarray(words, dtype="<u8").view("<u2")[:, : size**2]
    return np.asarray(draws >= (share * 2.0**16).astype(np.uint16)[:, None])


def _measured(is_open: NDArray[np.bool_], is_good: NDArray[np.bool_], bound: int, room: float, states: Words) -> Grids:
    """Open cells (N, S) as grids, each with a length drawn evenly from all that it has above the bound.

    ``is_good`` (N,) says which to look at, and is changed to say which will do.
    """
    starts, thresholds, draws = _random_cells(is_open, states), _uniform(next_words(states)), next_words(states)
    ends, excess = np.zeros(len(is_open), dtype=np.int64), np.zeros(len(is_open), dtype=np.int64)
    sweep = distances(is_open[is_good], starts[is_good])
    ends[is_good] = sweep.argmax(axis=1)
    is_good[is_good] = 2 * sweep.max(axis=1) > bound  # no two cells are farther apart than both from a third
    excess[is_good] = distances(is_open[is_good], ends[is_good]).max(axis=1) - bound
    is_good &= thresholds < np.maximum(excess / room, 0) ** 2
    lengths = bound + 1 + (draws % np.maximum(excess, 1).astype(np.uint64)).astype(np.int64)
    return Grids(is_open, ends, lengths)


def _starts_and_goals(grids: Grids, states: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of cells (N,) as far apart as the grids say.

    One is drawn from all cells at that distance from the other, and so on in turn: Gibbs sampling, which approaches
    an even choice among all such pairs of the grid.
    """
    starts = goals = grids.ends
    for _ in range(ROUNDS):
        starts, goals = goals, _random_cells(distances(grids.is_open, goals) == grids.lengths[:, None], states)
    return starts, goals


def _random_cells(candidates: NDArray[np.bool_], states: Words) -> NDArray[np.int64]:
    """One of the candidates (N, S) in each row, (N,); the states move on."""
    ranks = np.cumsum(candidates, axis=1, dtype=np.int32)
    chosen = next_words(states) % np.maximum(ranks[:, -1], 1).astype(np.uint64)
    return np.asarray((ranks > chosen[:, None].astype(np.int32)).argmax(axis=1))


def _uniform(words: Words) -> NDArray[np.float64]:
    """Random words as numbers in [0, 1)."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
