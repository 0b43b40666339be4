from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mazes import FIRST, LONG, MAZE, OTHER, RING, SHORT, cells

from hrm.puzzles.maze.rules import (
    are_joined,
    are_mazes,
    are_paths,
    are_shortest,
    describe_problem,
    label_problems,
    maze_problem,
    path_lengths,
)

BRANCH = FIRST.replace(" ooo ", "oooo ")
GAP = FIRST.replace(" ooo ", " o o ")
TOUCHES = FIRST.replace("##  #", "##oo#")  # a detour beside the path: no telling in which order the cells are walked
DEAD_END = OTHER.replace("##  #", "##o #")
APART = SHORT.replace("     ", "  o  ")

WRONG = [MAZE, BRANCH, GAP, TOUCHES, DEAD_END]


def test_lengths_count_steps() -> None:
    closed = MAZE.replace("     ", "  #  ").replace("##  #", "### #")
    assert path_lengths(np.stack([cells(MAZE), cells(RING), cells(closed)])).tolist() == [10, 4, -1]


@pytest.mark.parametrize("answer", [FIRST, OTHER])
def test_any_shortest_path_solves_a_maze(answer: str) -> None:
    assert are_paths(cells(MAZE)[None], cells(answer)[None]).all()
    assert are_shortest(cells(MAZE)[None], cells(answer)[None]).all()


@pytest.mark.parametrize("answer", WRONG)
def test_what_is_not_one_line_from_start_to_goal_is_no_path(answer: str) -> None:
    assert not are_paths(cells(MAZE)[None], cells(answer)[None]).any()
    assert not are_shortest(cells(MAZE)[None], cells(answer)[None]).any()


def test_a_part_apart_from_the_path_is_wrong() -> None:
    assert not are_paths(cells(RING)[None], cells(APART)[None]).any()
    assert are_joined(cells(RING)[None], cells(APART)[None]).all()


def test_a_path_may_be_longer_than_the_shortest() -> None:
    inputs, answers = np.stack([cells(RING)] * 2), np.stack([cells(SHORT), cells(LONG)])
    assert are_paths(inputs, answers).tolist() == [True, True]
    assert are_shortest(inputs, answers).tolist() == [True, False]


def test_the_maze_must_be_kept() -> None:
    for old, new in (("#", " "), (" ", "#"), (" ", "S"), (" ", "G"), ("S", "o"), ("G", " ")):
        cell = FIRST.replace("\n", "").index(old)
        changed = cells(FIRST)
        changed[cell] = cells(new)[0]
        assert not are_paths(cells(MAZE)[None], changed[None]).any(), (old, new)
    for token in (-100, 0, 6):
        changed = cells(FIRST)
        changed[-2] = token
        assert not are_paths(cells(MAZE)[None], changed[None]).any()


def test_start_beside_goal_needs_nothing_drawn() -> None:
    maze = cells("SG#  " + "     " * 4)[None]
    assert are_shortest(maze, maze).all()
    assert not are_shortest(maze, np.where(np.arange(25) == 5, 5, maze)).any()


BAD_MAZES = {
    "there is no start (S)": MAZE.replace("S", " "),
    "there is no goal (G)": MAZE.replace("G", " "),
    "there is more than one start (S): r1c1, r5c3": MAZE.replace("##  #", "##S #"),
    "there is more than one goal (G): r1c5, r4c1, r4c2 and more": MAZE.replace("     ", "GGG  "),
    "no path leads from the start to the goal": MAZE.replace("     ", "  #  ").replace("##  #", "### #"),
    "a maze has walls, free cells, a start and a goal, nothing else": FIRST,
}


@pytest.mark.parametrize("problem", BAD_MAZES)
def test_what_is_wrong_with_a_maze(problem: str) -> None:
    maze = cells(BAD_MAZES[problem])
    assert describe_problem(maze) == problem
    assert maze_problem(maze) == problem.split(":")[0], "the same words wherever they are"
    assert are_mazes(np.stack([maze, cells(MAZE)])).tolist() == [False, True]


def test_nothing_is_wrong_with_a_good_one() -> None:
    assert maze_problem(cells(MAZE)) is describe_problem(cells(MAZE)) is None


def test_what_is_wrong_with_labels() -> None:
    cases = [
        (MAZE, FIRST, None),
        (MAZE, OTHER, None),
        (MAZE, MAZE, "the label draws no path from start to goal"),
        (MAZE, GAP, "the label draws no path from start to goal"),
        (MAZE, BRANCH, "the label is not one line: it branches, ends or touches itself"),
        (RING, APART, "the label is not one line: it branches, ends or touches itself"),
        (RING, LONG, "the label is longer than the shortest path"),
        (RING, FIRST, "the label is not of this maze"),
        (MAZE.replace("S", " "), FIRST, "there is no start (S)"),
    ]
    inputs, labels = (np.stack([cells(case[column]) for case in cases]) for column in (0, 1))
    assert label_problems(inputs, labels) == [expected for _, _, expected in cases]
    assert label_problems(inputs[:1], np.full((1, 25), -100)) == ["the label is not of this maze"]


def test_published_labels_are_shortest_paths(shared: Path) -> None:
    folder = shared / "fixtures" / "official_maze"
    for split, num in (("train", 128), ("test", 8)):
        inputs, labels = (np.load(folder / split / f"all__{name}.npy") for name in ("inputs", "labels"))
        assert label_problems(inputs, labels) == [None] * num
        assert not are_paths(inputs, inputs).any()


def test_places_are_told_of_what_is_too_many_alone() -> None:
    assert describe_problem(cells(MAZE.replace("S", "G"))) == "there is no start (S)", "however many goals there are"
