from __future__ import annotations

import pytest

from hrm.errors import InputError, look_up


def test_unknown_names_get_a_suggestion() -> None:
    table = {"sudoku-demo": 1, "maze": 2}
    assert look_up(table, "maze", "recipe") == 2
    with pytest.raises(InputError, match=r"unknown recipe 'sudoku-dem': did you mean 'sudoku-demo'\?"):
        look_up(table, "sudoku-dem", "recipe")
    with pytest.raises(InputError, match=r"unknown recipe 'xyz'. Known: maze, sudoku-demo"):
        look_up(table, "xyz", "recipe")
