from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arc_tasks import grid, grids
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.errors import InputError
from hrm.puzzles.arc.grids import Grid, Grids, read_grid


@settings(deadline=None, max_examples=30)
@given(grids())
def test_a_grid_of_lists_is_read(drawn: Grid) -> None:
    assert (read_grid(drawn.tolist()) == drawn).all()
    assert read_grid(drawn.tolist()).dtype == np.uint8


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "not a grid"),
        ("12", "not a grid"),
        ([1, 2], "not a grid"),
        ([], "the grid is empty"),
        ([[]], "the grid is empty"),
        ([[1, 2], [3]], "ragged: row 2 has 1 cells, row 1 has 2"),
        ([[1, 2], [3, 12]], "row 2, column 2 is 12: colours are 0 to 9"),
        ([[-1]], "row 1, column 1 is -1"),
        ([[1.0]], "row 1, column 1 is 1.0"),
        ([[True]], "row 1, column 1 is True"),
        ([["3"]], "row 1, column 1 is '3'"),
        ([[0] * 31] * 31, "31 x 31 cells: ARC allows at most 30 x 30"),
    ],
)
def test_what_is_no_grid_is_refused_with_the_reason(value: Any, reason: str) -> None:
    with pytest.raises(InputError) as error:
        read_grid(value)
    assert str(error.value).startswith(reason)


@settings(deadline=None, max_examples=20)
@given(st.lists(grids(), min_size=1, max_size=4))
def test_packed_grids_are_all_there(many: list[Grid]) -> None:
    packed = Grids.pack(many)
    for drawn, start, shape in zip(many, packed.starts, packed.shapes, strict=True):
        assert (packed.cells[start : start + drawn.size].reshape(shape) == drawn).all()


def test_rows_come_first() -> None:
    assert Grids.pack([grid("12 34 56")]).shapes.tolist() == [[3, 2]]
