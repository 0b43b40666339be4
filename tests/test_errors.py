from __future__ import annotations

import warnings

import numpy as np
import pytest

from hrm.errors import (
    FaultyRowsError,
    InputError,
    Notice,
    hearing,
    look_up,
    require_above,
    require_at_least,
    require_at_most,
    require_finite,
    require_one_of,
    require_whole,
)


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


def test_settings_of_another_kind_are_named() -> None:
    require_one_of(("a", "b"), choose="a")
    with pytest.raises(InputError, match=r"^choose is 'c': give one of a, b$"):
        require_one_of(("a", "b"), choose="c")
    with pytest.raises(InputError, match=r"^choose is \['a'\]: give one of a, b$"):
        require_one_of(("a", "b"), choose=["a"])
    require_whole(attempts=3, budget=None, slots=np.int64(4))
    for value in (2.0, "3", True, [1]):
        with pytest.raises(InputError, match=r"^attempts is .*: give a whole number$"):
            require_whole(attempts=value)
    require_finite(noise=0.5, deadline=None, tolerance=np.float32(1), patience=1)
    for value in (float("nan"), float("-inf"), "3", True, 1j):
        with pytest.raises(InputError, match=r"^noise is .*: give a finite number$"):
            require_finite(noise=value)


def test_faulty_rows_are_told_by_the_first() -> None:
    assert str(FaultyRowsError(["line 2: bad"])) == "line 2: bad"
    many = FaultyRowsError([f"line {i}: bad" for i in range(1234)])
    assert str(many) == "line 0: bad (and 1,233 more such rows: 'hrm data check' lists them)"
    assert len(many.faults) == 1234


def test_a_warning_goes_to_who_hears_and_others_are_shown_as_before() -> None:
    heard: list[str] = []

    def hear(warning: warnings.WarningMessage) -> bool:
        heard.append(str(warning.message))
        return "ours" in heard[-1]

    def warn() -> None:
        with hearing(hear, Notice):
            for text in ("ours", "ours", "theirs"):
                warnings.warn(text, Notice, stacklevel=1)

    with pytest.warns(Notice, match="theirs") as shown:
        warn()
    assert heard == ["ours", "ours", "theirs"]
    assert [str(one.message) for one in shown] == ["theirs"]


def test_an_option_that_is_above_its_bound() -> None:
    require_at_most(3, max_rounds=3, other=None)
    with pytest.raises(InputError, match=r"^--max-rounds is 4000: it must be at most 3,000$"):
        require_at_most(3000, max_rounds=4000)
