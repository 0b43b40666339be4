from __future__ import annotations

import re

import numpy as np
import pytest

from hrm.puzzles.ansi import ANSWER, BROKEN, CHANGED, GIVEN, RESET
from hrm.puzzles.sudoku.board import draw_board
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, DIGITS, Layout
from hrm.puzzles.sudoku.text import SudokuText

SMALL = """\
┌─────┬─────┐
│ 1 . │ . . │
│ . . │ 1 . │
├─────┼─────┤
│ . 1 │ . . │
│ . . │ . 2 │
└─────┴─────┘"""
SYMBOLS = (" ", ".", *DIGITS[:4])
INPUTS = np.array([2, 1, 1, 1, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 3])


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_board_has_lines_between_its_boxes() -> None:
    assert plain(draw_board(Layout(size=4), SYMBOLS, INPUTS)) == SMALL


@pytest.mark.parametrize("size", BOXES)
def test_a_drawn_board_can_be_pasted_back(size: int) -> None:
    layout = Layout(size=size)
    puzzles, _ = generate(1, size=size)
    drawn = draw_board(layout, (" ", ".", *DIGITS[:size]), puzzles[0].astype(np.int64) + 1)
    assert len({len(line) for line in plain(drawn).splitlines()}) == 1
    assert (SudokuText(layout).parse(drawn).inputs == puzzles[0] + 1).all()


def cell(drawn: str, row: int, column: int) -> str:
    """The styles and the symbol of a cell of a 4x4 board; rows and columns count from 0."""
    line = drawn.splitlines()[1 + row + row // 2]
    return line.replace("│", "").split()[column]


def test_givens_answers_changes_and_broken_rules_look_different() -> None:
    answer, previous = INPUTS.copy(), INPUTS.copy()
    answer[1] = previous[1] = 3
    answer[[2, 15]] = 4  # r1c3 is new; r4c4 contradicts its given
    answer[4] = 2  # a second 1 in column 1
    drawn = draw_board(Layout(size=4), SYMBOLS, INPUTS, answer, previous)
    assert cell(drawn, 0, 1) == f"{ANSWER}2{RESET}"
    assert cell(drawn, 0, 2) == f"{CHANGED}3{RESET}"
    assert cell(drawn, 0, 0) == f"{GIVEN}{BROKEN}1{RESET}"
    assert cell(drawn, 1, 0) == f"{CHANGED}{BROKEN}1{RESET}"
    assert cell(drawn, 2, 1) == f"{GIVEN}1{RESET}"
    assert cell(drawn, 3, 3) == f"{GIVEN}{BROKEN}3{RESET}"
    unchanged = draw_board(Layout(size=4), SYMBOLS, INPUTS, answer, answer)
    assert CHANGED not in unchanged
    assert cell(unchanged, 1, 0) == f"{BROKEN}1{RESET}"
