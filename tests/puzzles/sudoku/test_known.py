from __future__ import annotations

import pytest

from hrm.puzzles.sudoku.known import HARD, PUBLISHED
from hrm.puzzles.sudoku.rules import Layout
from hrm.puzzles.sudoku.text import SudokuText


@pytest.mark.parametrize("name", [*PUBLISHED, *HARD])
def test_every_one_has_one_solution(name: str) -> None:
    example = SudokuText(Layout(size=9)).parse((PUBLISHED | HARD)[name])
    assert example.labels is not None
