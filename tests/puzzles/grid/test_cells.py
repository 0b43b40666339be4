from __future__ import annotations

import re
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.puzzles.grid.cells import BAD, INTEGERS, PAD, encode, read_cells


@pytest.mark.parametrize(
    "grid",
    [[[0, 1, 10], [61, 2, 3]], ["01A", "z23"], [["0", 1, "A"], ["z", "2", 3]], [[0, 1, 10], "z23"]],
)
def test_integers_and_characters_are_one(grid: Any) -> None:
    assert read_cells(grid, "grid") == ("01Az23", (2, 3))


def test_any_visible_character_is_a_symbol() -> None:
    assert read_cells(["# →", "é日."], "grid").text == "# →é日."


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([], "the input: a grid is a list of rows"),
        ("12", "a grid is a list of rows"),
        ([1, 2], "a grid is a list of rows"),
        ([[1], []], "none of them empty"),
        ([[1, 2], [3]], "the input: row 2 has 1 cells, row 1 has 2"),
        ([[1, 62]], "row 1, cell 2 is 62: integers go from 0 to 61"),
        ([[0, -1]], "cell 2 is -1: integers go from 0"),
        ([[0, True]], "cell 2 is True: a cell is"),
        ([[0, 1.0]], "cell 2 is 1.0: a cell is"),
        ([[0, None]], "cell 2 is None"),
        ([["ab", 1]], "cell 1 is 'ab'"),
        (["a\tb"], r"cell 2 is '\t'"),
        ([f"a{PAD}"], f"cell 2 is '{PAD}'"),
    ],
)
def test_bad_grids(grid: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_cells(grid, "the input")


def test_symbols_become_tokens_in_their_order() -> None:
    symbols = (PAD, "S", ".", "日", "#")
    assert encode(["S.", "日#", "?."], symbols).tolist() == [[1, 2], [3, 4], [BAD, 2]]
    assert encode([INTEGERS], (PAD, *INTEGERS))[0].tolist() == list(range(1, 63))
