from __future__ import annotations

import numpy as np

from hrm.puzzles.ansi import ANSWER, CHANGED, GIVEN, paint
from hrm.puzzles.drawing import draw_cells
from hrm.types import TaskSpec

SPEC = TaskSpec(vocab_size=3, seq_len=4, num_puzzles=1, grid_shape=(2, 2), symbols=("∅", ".", "#"))


def test_cells_by_where_they_come_from() -> None:
    inputs, answer = np.array([1, 2, 1, 1]), np.array([1, 2, 2, 2])
    assert draw_cells(SPEC, inputs).split("\n") == [
        f"{paint('.', GIVEN)} {paint('#', GIVEN)}",
        f"{paint('.', GIVEN)} {paint('.', GIVEN)}",
    ]
    assert draw_cells(SPEC, inputs, answer, previous=np.array([1, 2, 2, 1])).split("\n") == [
        f"{paint('.', GIVEN)} {paint('#', GIVEN)}",
        f"{paint('#', ANSWER)} {paint('#', CHANGED)}",
    ]
