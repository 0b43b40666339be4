from __future__ import annotations

import pytest

from hrm.tasks.published.names import write_name


@pytest.mark.parametrize(
    ("hrm", "trm"),
    [
        ("007bbfb7", "007bbfb7"),
        ("007bbfb7_t3_0456213789", "007bbfb7|||t3|||0456213789"),
        ("Above_Below1", "Above_Below1"),
        ("a_t9_0123456789", "a_t9_0123456789"),  # there is no move 9
        (
            "a_t1_0123456789_t0_0213456789",
            "a_t1_0123456789|||t0|||0213456789",
        ),
    ],
)
def test_names_in_both_flavours(hrm: str, trm: str) -> None:
    for name in (hrm, trm):
        assert (write_name(name, "hrm"), write_name(name, "trm")) == (hrm, trm)
