"""Solved puzzles at each level of difficulty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.intervals import shares
from hrm.puzzles.base import Scores, ScoreTable

BOUNDS = (0, 1, 10, 30, 100, 300, 1000)
"""First ratings of the bins, chosen by hand; the last has no end. In Sudoku-Extreme a rating is the number of
back-tracks of a fast solver: 0 needs no guess, and the mean is 22."""


def by_rating(ratings: NDArray[np.float64], solved: NDArray[np.bool_]) -> Scores:
    """Share of solved puzzles in each bin of ratings (N,), with 95 % Wilson intervals; nothing without ratings."""
    if np.isnan(ratings).all():
        return Scores()
    bins: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    for low, high in zip(BOUNDS, (*BOUNDS[1:], None), strict=True):
        inside = (ratings >= low) & (ratings < (np.inf if high is None else high))
        if inside.any():
            figures, cells = shares({"solved": solved[inside]})
            bins.append({"from": low, "below": high, **figures})
            rows.append((_name(low, high), *cells))
    table = ScoreTable("by rating (last segment)", ("rating", "puzzles", "solved [95 %]"), tuple(rows))
    return Scores(figures={"by_rating": bins}, tables=(table,))


def _name(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} and more"
    return f"{low}" if high == low + 1 else f"{low} to {high - 1}"
