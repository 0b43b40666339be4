"""The worth of answers to boards: solved by the rules, equal to the label, nearly right; and all that by difficulty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.intervals import shares
from hrm.puzzles.base import Scores, ScoreTable
from hrm.puzzles.boards.family import Family, Tokens

MOST_BINS = 8
"""Values of a measure that have a row of their own; of more each bin holds several. Chosen by hand."""

NEAR = 2
"""Wrong cells of an answer that is nearly right, at most; chosen by hand: one swap."""

HEADINGS = ("solved [95 %]", "as the label [95 %]", f"wrong in 1 to {NEAR} cells [95 %]")


def score(family: Family, inputs: Tokens, labels: Tokens, answers: Tokens) -> Scores:
    """Questions, labels and answers (N, S). "Wrong in so many cells" is counted against the label, of those alone that
    do not solve by the rules."""
    solved = family.solved(inputs, answers)
    num_wrong = (answers != labels).sum(axis=1)
    outcomes = {"solved": solved, "exact": num_wrong == 0, "near": ~solved & (num_wrong <= NEAR)}
    figures, cells = shares(outcomes)
    tables = [ScoreTable("boards (last segment)", ("boards", *HEADINGS), (cells,))]
    parts: dict[str, list[dict[str, Any]]] = {}
    for name, measure in family.measures.items():
        values = measure(inputs, labels)
        parts[name], rows = [], []
        for low, high in bins(values):
            inside = (values >= low) & (values <= high)
            part, cells = shares({key: outcome[inside] for key, outcome in outcomes.items()})
            parts[name].append({"from": low, "to": high, **part})
            rows.append((f"{low}" if low == high else f"{low} to {high}", *cells))
        tables.append(ScoreTable(f"by {name}", (name, "boards", *HEADINGS), tuple(rows)))
    return Scores(figures={**figures, **{f"by_{name}": part for name, part in parts.items()}}, tables=tuple(tables))


def bins(values: NDArray[np.integer]) -> list[tuple[int, int]]:
    """Least and greatest value in each bin; where there are many values, bins of about as many puzzles each."""
    different = np.unique(values)
    lows = different
    if len(different) > MOST_BINS:
        lows = np.unique(np.quantile(values, np.arange(MOST_BINS) / MOST_BINS, method="higher"))
    highs = [*(lows[1:] - 1), *different[-1:]]
    return [(int(low), int(high)) for low, high in zip(lows, highs, strict=True)]
