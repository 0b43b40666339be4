from __future__ import annotations

import numpy as np
import pytest

from hrm.tasks.published.names import ArcName, colour_grid, read_name, write_name


@pytest.mark.parametrize(
    ("hrm", "trm", "expected"),
    [
        ("007bbfb7", "007bbfb7", ArcName("007bbfb7")),
        ("007bbfb7_t3_0456213789", "007bbfb7|||t3|||0456213789", ArcName("007bbfb7", 3, "0456213789")),
        ("Above_Below1", "Above_Below1", ArcName("Above_Below1")),
        ("a_t9_0123456789", "a_t9_0123456789", ArcName("a_t9_0123456789")),  # there is no move 9
        (
            "a_t1_0123456789_t0_0213456789",
            "a_t1_0123456789|||t0|||0213456789",
            ArcName("a_t1_0123456789", 0, "0213456789"),
        ),
    ],
)
def test_names_in_both_flavours(hrm: str, trm: str, expected: ArcName) -> None:
    assert read_name(hrm) == read_name(trm) == expected
    for name in (hrm, trm):
        assert (write_name(name, "hrm"), write_name(name, "trm")) == (hrm, trm)


def test_a_grid_is_found_wherever_it_stands() -> None:
    board = np.zeros((5, 5), np.uint8)
    board[1:3, 2:4] = [[2, 11], [5, 2]]
    board[1:3, 4] = board[3, 2:4] = 1
    assert colour_grid(board.reshape(-1)) == [[0, 9], [3, 0]]
    assert colour_grid(np.zeros(25, np.uint8)) == []
