from __future__ import annotations

import json

import numpy as np
import pytest
from mazes import FIRST, LONG, MAZE, OTHER, RING, SHORT, cells

from hrm.puzzles.maze.scores import score

CASES = [
    (MAZE, FIRST, FIRST),  # the label
    (MAZE, FIRST, OTHER),  # another shortest path
    (MAZE, FIRST, MAZE),  # nothing
    (RING, SHORT, LONG),  # a longer path
]


def test_equal_to_the_label_a_path_and_a_shortest_path_are_told_apart() -> None:
    scores = score(*(np.stack([cells(case[column]) for case in CASES]) for column in range(3)))
    figures = json.loads(json.dumps(scores.figures))
    assert (figures["puzzles"], figures["exact"], figures["valid"], figures["optimal"]) == (4, 0.25, 0.75, 0.5)
    assert figures["valid_95"] == pytest.approx([0.3006, 0.9544], abs=1e-4)
    short, long = figures["by_length"]
    assert (short["from"], short["to"], short["puzzles"]) == (4, 9, 1)
    assert (long["from"], long["to"], long["puzzles"]) == (10, 10, 3)
    assert (short["exact"], short["valid"], short["optimal"]) == (0, 1, 0)
    overall, by_length = scores.tables
    assert overall.rows == (("4", "25.0 % [4.6, 69.9]", "75.0 % [30.1, 95.4]", "50.0 % [15.0, 85.0]"),)
    assert [row[:2] for row in by_length.rows] == [("4 to 9", "1"), ("10", "3")]
    for table in scores.tables:
        assert {len(row) for row in table.rows} == {len(table.headings)}


def test_bins_hold_about_as_many_mazes_each() -> None:
    # In an open field, S in the corner and G 1 to 20 steps to its right.
    mazes = np.full((200, 441), 2)
    mazes[:, 0] = 3
    mazes[np.arange(200), 1 + np.arange(200) % 20] = 4
    bins = score(mazes, mazes, mazes).figures["by_length"]
    assert [(each["from"], each["to"], each["puzzles"]) for each in bins] == [
        (1, 4, 40),
        (5, 8, 40),
        (9, 12, 40),
        (13, 16, 40),
        (17, 20, 40),
    ]


def test_no_answers_no_bins() -> None:
    nothing = np.zeros((0, 25), dtype=int)
    assert score(nothing, nothing, nothing).figures["by_length"] == []
