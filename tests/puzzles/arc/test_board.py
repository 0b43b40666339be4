from __future__ import annotations

import re

import numpy as np

from hrm.puzzles.arc.board import BACKGROUNDS, draw_board, draw_row

INPUTS = np.array([0, 0, 0, 0, 3, 4, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0])  # 1 2 at an offset, with its ends
ANSWER = np.array([2, 3, 1, 0, 4, 5, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0])  # 0 1 over 2 3


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_the_input_alone() -> None:
    drawn = draw_board(4, INPUTS)
    assert plain(drawn) == " 1  2 "
    assert f"48;5;{BACKGROUNDS[1]}m 1 " in drawn
    assert f"48;5;{BACKGROUNDS[2]}m 2 " in drawn
    assert len(set(BACKGROUNDS)) == 10


def test_input_and_answer_side_by_side() -> None:
    assert plain(draw_board(4, INPUTS, ANSWER)) == " 1  2  ->  0  1 \n" + " " * 10 + " 2  3 "


def test_changes_are_in_brackets() -> None:
    previous = ANSWER.copy()
    previous[1] = 9  # colour 7 instead of 1
    assert plain(draw_board(4, INPUTS, ANSWER, previous)) == " 1  2  ->  0 [1]\n" + " " * 10 + " 2  3 "
    assert "[" not in plain(draw_board(4, INPUTS, ANSWER, ANSWER))
    smaller = np.array([2, 3, 1, 0, 1, 1, 0, 0, *[0] * 8])
    assert plain(draw_board(4, INPUTS, ANSWER, smaller)).endswith("[2][3]")


def test_answers_with_holes_and_none_at_all() -> None:
    holes = np.array([2, 1, 1, 3])
    assert plain(draw_board(2, np.array([2, 1, 1, 0]), holes)) == " 0  ->  0    \n" + " " * 10 + " 1 "
    assert plain(draw_board(2, np.array([2, 1, 1, 0]), np.zeros(4, dtype=np.int64))) == " 0  -> (empty)"


def test_grids_of_different_sizes_stand_below_their_captions() -> None:
    row = draw_row([("input", np.array([[1, 2, 3]])), ("attempt 1", np.array([[4], [5]])), ("none", np.zeros((0, 0)))])
    assert [line.rstrip() for line in plain(row).splitlines()] == [
        "input       attempt 1   none",
        " 1  2  3     4          (empty)",
        "             5",
    ]
