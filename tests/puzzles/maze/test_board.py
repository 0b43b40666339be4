from __future__ import annotations

import numpy as np
from mazes import FIRST, MAZE, OTHER, cells

from hrm.puzzles.ansi import ANSWER, BLANK, BROKEN, CHANGED, COLOUR, GIVEN, RESET
from hrm.puzzles.maze.board import draw_board


def styles(drawn: str) -> list[list[tuple[str, str]]]:
    """(symbol, style) of every cell."""
    rows = [line.strip("│") for line in drawn.splitlines()[1:-1]]
    return [[(part[-1], part[:-1]) for part in row.split(RESET) if part] for row in rows]


def test_a_maze_in_its_frame() -> None:
    assert COLOUR.sub("", draw_board(cells(MAZE))) == "\n".join(
        ["┌─────┐", "│S # G│", "│  #  │", "│  #  │", "│     │", "│##  #│", "└─────┘"]
    )
    drawn = styles(draw_board(cells(MAZE)))
    assert drawn[0] == [("S", GIVEN), (" ", BLANK), ("#", GIVEN), (" ", BLANK), ("G", GIVEN)]


def test_the_path_has_its_colour() -> None:
    drawn = styles(draw_board(cells(MAZE), cells(FIRST)))
    assert drawn[0] == [("S", GIVEN), ("o", ANSWER), ("#", GIVEN), ("o", ANSWER), ("G", GIVEN)]
    assert {style for row in drawn for _, style in row} == {GIVEN, ANSWER, BLANK}


def test_changes_are_marked_where_a_path_came_or_went() -> None:
    drawn = styles(draw_board(cells(MAZE), cells(OTHER), cells(FIRST)))
    assert drawn[0] == [("S", GIVEN), (" ", CHANGED), ("#", GIVEN), (" ", CHANGED), ("G", GIVEN)]
    assert drawn[1] == [("o", CHANGED), (" ", CHANGED), ("#", GIVEN), (" ", CHANGED), ("o", CHANGED)]
    assert drawn[3] == [("o", CHANGED), *[("o", ANSWER)] * 3, ("o", CHANGED)]


def test_a_path_is_red_where_it_breaks() -> None:
    gap = cells(FIRST.replace(" ooo ", " o o "))
    drawn = styles(draw_board(cells(MAZE), gap))
    assert drawn[3] == [(" ", BLANK), ("o", BROKEN), (" ", BLANK), ("o", BROKEN), (" ", BLANK)]
    assert drawn[2] == [(" ", BLANK), ("o", ANSWER), ("#", GIVEN), ("o", ANSWER), (" ", BLANK)]
    drawn = styles(draw_board(cells(MAZE), gap, cells(MAZE)))
    assert drawn[3][1] == ("o", CHANGED + BROKEN)
    nothing_drawn = styles(draw_board(cells(MAZE), cells(MAZE)))
    assert (nothing_drawn[0][0], nothing_drawn[0][4]) == (("S", GIVEN + BROKEN), ("G", GIVEN + BROKEN))


def test_a_changed_maze_is_red_and_what_is_lost_shows() -> None:
    answer = cells(FIRST)
    answer[[2, 4, 23, 22]] = 2, 0, 1, 3  # a wall and the goal are gone, a wall and a start came
    drawn = styles(draw_board(cells(MAZE), answer))
    assert drawn[0][2] == (".", GIVEN + BROKEN)
    assert drawn[0][4] == ("?", GIVEN + BROKEN)
    assert drawn[4][2:4] == [("S", BROKEN), ("#", BROKEN)]
    assert np.shape(drawn) == (5, 5, 2)
