from __future__ import annotations

import numpy as np

from hrm.puzzles.ansi import ANSWER, CHANGED, COLOUR, GIVEN
from hrm.puzzles.gym.drawing import MOST_LINES, draw
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scan import Limits, layout_of


def test_a_question_and_its_answer() -> None:
    made = [Entry("Add 3 to 4", "7", "{}"), Entry("Add 30 to 4", "34", "{}")]
    layout = layout_of(made, Limits(100, 20))
    inputs, answer = layout.question(made[1].question), np.maximum(0, layout.answer("34"))
    assert COLOUR.sub("", draw(layout, inputs)) == "30"
    assert GIVEN in draw(layout, inputs)
    drawn = draw(layout, inputs, answer)
    assert COLOUR.sub("", drawn) == "30\n-> 34"
    assert drawn.count(ANSWER) == 2
    assert draw(layout, inputs, answer, np.maximum(0, layout.answer("7"))).count(CHANGED) == 2


def test_a_grid_shows_words_in_columns_of_one_width() -> None:
    made = [Entry("By 9:\n0 9\n12 3", "4 9\n12 3", "{}"), Entry("By 8:\n5 0\n1 6", "5 3\n1 6", "{}")]
    layout = layout_of(made, Limits(100, 20))
    inputs, answer = layout.question(made[0].question), np.maximum(0, layout.answer("4 9\n12 3"))
    drawn = draw(layout, inputs, answer)
    assert COLOUR.sub("", drawn) == "9:\n 4  9\n12  3"
    assert drawn.count(ANSWER) == 1, "one cell is not as in the question"
    assert draw(layout, inputs, answer, inputs).count(CHANGED) == 1


def test_of_a_long_question_the_end_is_shown() -> None:
    made = [Entry("\n".join(f"{word} {line}" for line in range(60)), "x", "{}") for word in ("a", "b")]
    layout = layout_of(made, Limits(1000, 20))
    shown = COLOUR.sub("", draw(layout, layout.question(made[0].question))).split("\n")
    assert len(shown) == MOST_LINES
