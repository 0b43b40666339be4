"""The worth of answers to mazes: equal to the label, a path at all, a shortest one; and all that by length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.intervals import shares
from hrm.puzzles.base import Scores, ScoreTable
from hrm.puzzles.maze.rules import are_paths, are_shortest, path_lengths
from hrm.puzzles.maze.tokens import Cells

NUM_BINS = 5
"""Bins of path lengths, with about as many mazes each; chosen by hand."""

HEADINGS = ("exact match [95 %]", "a path [95 %]", "a shortest path [95 %]")


def score(inputs: Cells, labels: Cells, answers: Cells) -> Scores:
    """Mazes, labels and answers (N, S). Most hard mazes have several shortest paths, and the label is one of them."""
    outcomes = {
        "exact": (answers == labels).all(axis=1),
        "valid": are_paths(inputs, answers),
        "optimal": are_shortest(inputs, answers),
    }
    figures, cells = shares(outcomes)
    overall = ScoreTable("mazes (last segment)", ("mazes", *HEADINGS), (cells,))
    bins: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    lengths = path_lengths(inputs)
    for low, high in _bins(lengths):
        inside = (lengths >= low) & (lengths <= high)
        part, cells = shares({name: outcome[inside] for name, outcome in outcomes.items()})
        bins.append({"from": low, "to": high, **part})
        rows.append((f"{low}" if low == high else f"{low} to {high}", *cells))
    by_length = ScoreTable("by length of the shortest path", ("steps", "mazes", *HEADINGS), tuple(rows))
    return Scores(figures={**figures, "by_length": bins}, tables=(overall, by_length))


def _bins(lengths: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Shortest and longest path in each bin."""
    if not lengths.size:
        return []
    lows = np.unique(np.quantile(lengths, np.arange(NUM_BINS) / NUM_BINS, method="higher"))
    highs = [int(low) - 1 for low in lows[1:]] + [int(lengths.max())]
    return list(zip(lows.tolist(), highs, strict=True))
