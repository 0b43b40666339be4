from __future__ import annotations

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, Layout, are_complete, conflicts, digit_bits


@pytest.mark.parametrize("size", BOXES)
def test_every_cell_is_in_one_row_one_column_and_one_box(size: int) -> None:
    layout = Layout(size=size)
    assert layout.units.shape == (3 * size, size)
    assert (np.bincount(layout.units.ravel()) == 3).all()
    for kind in range(3):
        for cell, unit in enumerate(layout.unit_of[kind]):
            assert unit // size == kind
            assert cell in layout.units[unit]


def test_boxes_of_6x6_are_two_rows_by_three_columns() -> None:
    layout = Layout(size=6)
    assert layout.units[12].tolist() == [0, 1, 2, 6, 7, 8]
    assert layout.unit_name(0) == "row 1"
    assert layout.unit_name(6) == "column 1"
    assert layout.unit_name(17) == "box 6"
    assert layout.cell_name(7) == "r2c2"


def test_unsupported_size_is_an_input_error() -> None:
    with pytest.raises(InputError, match="size 5 is not supported; choose one of 4, 6, 9, 16"):
        Layout(size=5)


def test_digit_bits_ignores_what_is_no_digit() -> None:
    assert digit_bits(Layout(size=4), np.array([-1, 0, 1, 4, 5])).tolist() == [0, 0, 1, 8, 0]


@pytest.mark.parametrize("size", BOXES)
def test_one_wrong_cell_makes_a_board_incomplete_and_shows_as_a_conflict(size: int) -> None:
    layout = Layout(size=size)
    _, solutions = generate(3, size=size, max_givens=size**2)
    assert are_complete(layout, solutions).all()
    assert not conflicts(layout, solutions).any()
    wrong = solutions.copy()
    wrong[:, 5] = solutions[:, 5] % size + 1
    assert not are_complete(layout, wrong).any()
    assert conflicts(layout, wrong)[:, 5].all()
    wrong[:, 5] = 0  # a blank is incomplete, but breaks no rule
    assert not are_complete(layout, wrong).any()
    assert not conflicts(layout, wrong).any()
