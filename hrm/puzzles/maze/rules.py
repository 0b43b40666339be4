"""Mazes, paths through them, and shortest paths, told apart from anything else by the cells, never by a label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.maze.paths import UNREACHABLE, distances
from hrm.puzzles.maze.tokens import FREE, GOAL, PATH, START, WALL, Cells, cell_name, size_of

CELLS_OF_A_MAZE = (WALL, FREE, START, GOAL)


class MazeRules:
    """``Rules`` of mazes: the maze is kept, one line leads from S to G, and none is shorter."""

    def are_solved(self, inputs: Cells, answers: Cells) -> NDArray[np.bool_]:
        return are_shortest(inputs, answers)

    def problems(self, inputs: Cells, labels: Cells) -> list[str | None]:
        return label_problems(inputs, labels)

    def related(self, num_cells: int) -> NDArray[np.bool_]:
        """Neighbours, from which a step leads to the other."""
        row, column = np.divmod(np.arange(num_cells), size_of(num_cells))
        return np.asarray(abs(row[:, None] - row) + abs(column[:, None] - column) == 1)


def path_lengths(inputs: Cells) -> NDArray[np.int32]:
    """Steps (N,) of a shortest path from start to goal, -1 where there is none. One S and one G each in (N, S)."""
    return _steps(inputs != WALL, inputs)


def are_mazes(inputs: Cells) -> NDArray[np.bool_]:
    """True (N,) where ``maze_problem`` finds nothing in a maze (N, S)."""
    good = np.asarray(np.isin(inputs, CELLS_OF_A_MAZE).all(axis=1))
    for end in (START, GOAL):
        good &= (inputs == end).sum(axis=1) == 1
    good[good] = path_lengths(inputs[good]) != UNREACHABLE
    return good


def maze_problem(maze: NDArray[np.integer]) -> str | None:
    """The fault of one maze (S,), the same words for the same fault; None: nothing is wrong."""
    if not np.isin(maze, CELLS_OF_A_MAZE).all():
        return "a maze has walls, free cells, a start and a goal, nothing else"
    for token, name in ((START, "start (S)"), (GOAL, "goal (G)")):
        num = int((maze == token).sum())
        if num != 1:
            return f"there is no {name}" if num == 0 else f"there is more than one {name}"
    return None if path_lengths(maze[None])[0] != UNREACHABLE else "no path leads from the start to the goal"


def describe_problem(maze: NDArray[np.integer]) -> str | None:
    """``maze_problem``, with the places of several starts or goals."""
    problem = maze_problem(maze)
    for token in (START, GOAL):
        places = [cell_name(int(cell), size_of(len(maze))) for cell in np.flatnonzero(maze == token)]
        if problem and problem.startswith("there is more than one") and len(places) > 1:
            return f"{problem}: {', '.join(places[:3])}{' and more' if len(places) > 3 else ''}"
    return problem


def keep_mazes(inputs: Cells, answers: Cells) -> NDArray[np.bool_]:
    """True (N, S) where the answer draws a path at most; walls, start and goal are as they were. (N, S) twice."""
    return np.asarray((inputs == answers) | ((inputs == FREE) & (answers == PATH)))


def are_drawn(answers: Cells) -> NDArray[np.bool_]:
    """Cells (N, S) of the drawn path, its two ends among them."""
    return np.asarray((answers == PATH) | (answers == START) | (answers == GOAL))


def are_paths(inputs: Cells, answers: Cells) -> NDArray[np.bool_]:
    """True (N,) where the maze is kept, and one line from start to goal is drawn and nothing else. (N, S) twice.

    A line has no branch, no dead end, and does not touch itself: cells that do would not tell in which order they
    are walked, and a shortest path never does.
    """
    good = np.asarray(keep_mazes(inputs, answers).all(axis=1))
    drawn = are_drawn(answers[good])
    # All cells lie on the shortest way through them.
    good[good] = _steps(drawn, inputs[good]) == drawn.sum(axis=1) - 1
    return good


def are_joined(inputs: Cells, answers: Cells) -> NDArray[np.bool_]:
    """True (N,) where drawn cells lead from start to goal, whatever else is drawn. (N, S) twice."""
    return np.asarray(_steps(are_drawn(answers), inputs) != UNREACHABLE)


def are_shortest(inputs: Cells, answers: Cells) -> NDArray[np.bool_]:
    """True (N,) where the answer is a path by ``are_paths``, and no other is shorter. (N, S) twice."""
    good = are_paths(inputs, answers)
    good[good] = are_drawn(answers[good]).sum(axis=1) - 1 == path_lengths(inputs[good])
    return good


def label_problems(inputs: Cells, labels: Cells) -> list[str | None]:
    """The fault of each maze (N, S) or its label (N, S), in a few words; None: nothing is wrong."""
    problems: list[str | None] = [None] * len(inputs)
    mazes = are_mazes(inputs)
    for row in np.flatnonzero(~mazes):
        problems[row] = maze_problem(inputs[row])
    rows = np.flatnonzero(mazes)
    inputs, labels = inputs[rows], labels[rows]
    is_kept = keep_mazes(inputs, labels).all(axis=1)
    findings = {
        "the label is longer than the shortest path": ~are_shortest(inputs, labels),
        "the label is not one line: it branches, ends or touches itself": ~are_paths(inputs, labels),
        "the label draws no path from start to goal": ~are_joined(inputs, labels),
        "the label is not of this maze": ~is_kept,
    }
    for finding, found in findings.items():  # later ones say more
        for row in rows[found]:
            problems[row] = finding
    return problems


def _steps(is_open: NDArray[np.bool_], inputs: Cells) -> NDArray[np.int32]:
    """Steps (N,) from start to goal of ``inputs`` through the open cells (N, S), both ends open."""
    starts, goals = (np.argmax(inputs == end, axis=1) for end in (START, GOAL))
    return np.asarray(distances(is_open, starts)[np.arange(len(inputs)), goals])
