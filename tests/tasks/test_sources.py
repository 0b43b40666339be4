from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hrm.errors import InputError, Notice
from hrm.tasks.sources import SourceConfig, draw_rows

FILE = Path("mine.csv")


def test_rows_are_drawn_without_replacement_and_in_order() -> None:
    drawn = draw_rows(FILE, 100, 10, np.random.default_rng(0))
    assert len(drawn) == 10
    assert (np.diff(drawn) > 0).all()
    assert not (drawn == draw_rows(FILE, 100, 10, np.random.default_rng(1))).all()
    for num in (0, 100):
        assert draw_rows(FILE, 100, num, np.random.default_rng(0)).tolist() == list(range(100))


def test_fewer_rows_than_asked_for_are_told() -> None:
    with pytest.warns(Notice, match=r"mine\.csv holds 100 puzzles, not 1,000: all of them are taken"):
        assert draw_rows(FILE, 100, 1000, np.random.default_rng(0)).tolist() == list(range(100))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((None, 0, None, 5, 0), "num_train is 0: generated puzzles need"),
        ((Path("a"), 0, None, 0, 0), "num_test is 0"),
        ((Path("a"), -1, Path("b"), 0, 0), "num_train is -1"),
        ((None, 5, None, 5, -1), "data_seed is -1"),
        ((None, 5, None, 5, 2**63), "data_seed is 9223372036854775808"),
    ],
)
def test_sources_that_cannot_be(args: tuple[Path | None, int, Path | None, int, int], message: str) -> None:
    SourceConfig(train=Path("a"), num_train=0, test=Path("b"), num_test=0).check_sources()
    train, num_train, test, num_test, seed = args
    with pytest.raises(InputError, match=message):
        SourceConfig(train=train, num_train=num_train, test=test, num_test=num_test, data_seed=seed).check_sources()
