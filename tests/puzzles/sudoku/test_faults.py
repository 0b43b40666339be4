from __future__ import annotations

import pytest

from hrm.puzzles.sudoku.faults import MisprintError, describe
from hrm.puzzles.sudoku.rules import Layout


@pytest.mark.parametrize(
    ("lines", "size", "message"),
    [
        (["1234", "12 4"], 4, "7 cells found, but a 4x4 board has 16; line 2 has 3 cells instead of 4"),
        (["1-34", "1234"], 4, "as blanks there would be 8 cells"),
        (["1234567891234567"], 9, "16 cells are a 4x4 board, which needs a task of size 4"),
        (["https://example.org/?p=1234"], 4, "no puzzle of 16 cells in this address"),
        (["+---+"], 4, "no cell was found"),
    ],
)
def test_the_number_of_cells(lines: list[str], size: int, message: str) -> None:
    error = describe(list(enumerate(lines, start=1)), Layout(size=size))
    assert message in str(error)
    assert not isinstance(error, MisprintError)


def test_a_misprint_names_its_own_line() -> None:
    error = describe([(7, "12z4")], Layout(size=4))
    assert isinstance(error, MisprintError)
    assert str(error) == "line 7, column 3: 'z' is neither a digit (1-4) nor a blank (. 0 _ *)"
