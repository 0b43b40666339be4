from __future__ import annotations

from dataclasses import replace

import numpy as np

from hrm.puzzles.ansi import ANSWER, BLANK, BROKEN, CHANGED, COLOUR, GIVEN, paint
from hrm.puzzles.boards.drawing import draw_board
from hrm.puzzles.lights_out import lights_out


def test_colours_say_what_a_cell_is() -> None:
    family = lights_out(2)
    question = np.array([2, 2, 2, 1])
    assert draw_board(family, question) == "\n".join(
        [f"{paint('#', GIVEN)} {paint('#', GIVEN)}", f"{paint('#', GIVEN)} {paint('.', BLANK)}"]
    )
    right = np.array([4, 3, 3, 3])
    assert draw_board(family, question, right).count(ANSWER) == 4
    wrong = draw_board(family, question, np.array([3, 3, 3, 3]), right)
    assert COLOUR.sub("", wrong) == "- -\n- -"
    assert wrong.count(BROKEN) == 3, "cells that stay lit"
    assert wrong.count(CHANGED) == 1


def test_a_family_may_lay_its_cells_out_itself() -> None:
    family = replace(lights_out(2), draw=lambda shown, styles: f"{shown} {styles[3] == ANSWER}")
    assert draw_board(family, np.array([2, 2, 2, 1]), np.array([4, 3, 3, 3])) == "[4 3 3 3] True"
