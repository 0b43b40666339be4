from __future__ import annotations

import numpy as np
import pytest

from hrm.puzzles.sudoku.ratings import by_rating


def test_shares_by_rating() -> None:
    scores = by_rating(np.array([0.0, 0, 0, 5, 99, 5000]), np.array([True, True, False, True, False, True]))
    assert [(b["from"], b["below"], b["puzzles"], b["solved"]) for b in scores.figures["by_rating"]] == [
        (0, 1, 3, pytest.approx(2 / 3)),
        (1, 10, 1, 1.0),
        (30, 100, 1, 0.0),
        (1000, None, 1, 1.0),
    ]
    (table,) = scores.tables
    assert [row[0] for row in table.rows] == ["0", "1 to 9", "30 to 99", "1000 and more"]


def test_puzzles_without_ratings_have_no_such_table() -> None:
    scores = by_rating(np.full(3, np.nan), np.ones(3, dtype=bool))
    assert not scores.figures
    assert not scores.tables
