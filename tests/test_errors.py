from __future__ import annotations

import pytest

from hrm.errors import InputError, look_up, require_above, require_at_least


def test_unknown_names_get_a_suggestion() -> None:
    table = {"sudoku-demo": 1, "maze": 2}
    assert look_up(table, "maze", "recipe") == 2
    with pytest.raises(InputError, match=r"unknown recipe 'sudoku-dem': did you mean 'sudoku-demo'\?"):
        look_up(table, "sudoku-dem", "recipe")
    with pytest.raises(InputError, match=r"unknown recipe 'xyz'. Known: maze, sudoku-demo"):
        look_up(table, "xyz", "recipe")


def test_options_below_their_least_are_named_as_they_are_typed() -> None:
    require_at_least(1, limit=None, rounds=1)
    require_above(0, max_minutes=0.5, other=None)
    with pytest.raises(InputError, match="--max-segments is 0: it must be at least 1"):
        require_at_least(1, limit=3, max_segments=0)
    with pytest.raises(InputError, match="--max-minutes is 0: it must be above 0"):
        require_above(0, max_minutes=0)
    with pytest.raises(InputError, match="--max-minutes is nan"):
        require_above(0, max_minutes=float("nan"))
