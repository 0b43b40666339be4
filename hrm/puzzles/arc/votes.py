"""Votes: a test input is answered under every variant of its task; equal answers are counted.

Answers are ordered by (votes, mean certainty), and the first k are the attempts of pass@k. Nothing is
remembered between evaluations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.arc.grids import Grid

PASS_AT = (1, 2, 3, 5, 10, 100, 1000)
"""Numbers of attempts that are reported: 2 is that of the ARC prize, the others are chosen by hand."""


class Choice(NamedTuple):
    """One answer and how many stand behind it."""

    grid: Grid
    votes: int
    certainty: float  # mean over its votes


class Pass(NamedTuple):
    """Share of tasks passed, in the two scorings there are."""

    all_test_inputs: float  # a task counts when every one of its test inputs is solved (HRM's notebook)
    mean_over_test_inputs: float  # a task counts as the share of its test inputs that is solved (TRM, Kaggle)


class Ballot:
    """The answers given to one test input, in the order of the variants."""

    def __init__(self) -> None:
        self.grids: list[Grid] = []  # different answers, in the order in which they first came
        self._kinds: dict[tuple[int, bytes], int] = {}
        self._votes: list[int] = []
        self._certainty: list[float] = []

    def add(self, grid: Grid, certainty: float) -> None:
        """One more answer, moved back, with the certainty of the model."""
        kind = self._kinds.setdefault(_key(grid), len(self.grids))
        if kind == len(self.grids):
            self.grids.append(grid)
        self._votes.append(kind)
        self._certainty.append(certainty)

    def __len__(self) -> int:
        return len(self._votes)

    def choices(self, num: int, first: int | None = None) -> list[Choice]:
        """The ``num`` best answers, counting the ``first`` votes alone (None: all)."""
        order, votes, certainty = self._ranked(first)
        return [Choice(self.grids[kind], int(votes[kind]), float(certainty[kind])) for kind in order[:num]]

    def rank_of(self, answer: Grid, first: int | None = None) -> int | None:
        """The place of the right answer among all, counted from 0; None when nobody gave it."""
        kind = self._kinds.get(_key(answer))
        if kind is None:
            return None
        found = np.flatnonzero(self._ranked(first)[0] == kind)
        return int(found[0]) if found.size else None

    def _ranked(self, first: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Kinds from best to worst, and the votes and mean certainty of every kind. Equals stay as they came."""
        kinds, certainty = np.array(self._votes[:first], dtype=np.int64), np.array(self._certainty[:first])
        votes = np.bincount(kinds, minlength=len(self.grids))
        means = np.bincount(kinds, weights=certainty, minlength=len(self.grids)) / np.maximum(votes, 1)
        order = np.lexsort((-means, -votes))
        return order[votes[order] > 0], votes, means


def pass_at(ranks: Mapping[str, Sequence[int | None]], k: int) -> Pass:
    """Ranks of the right answers of every task, one per test input -> pass@k over at least one task."""
    shares = [np.mean([rank is not None and rank < k for rank in task]) for task in ranks.values()]
    return Pass(float(np.mean([share == 1 for share in shares])), float(np.mean(shares)))


def submission(attempts: Mapping[str, Sequence[Sequence[Grid]]]) -> dict[str, list[dict[str, list[list[int]]]]]:
    """The best answers of every test input of every task -> the content of Kaggle's ``submission.json``.

    Where all votes agree the second attempt repeats the first.
    """
    return {
        name: [
            {"attempt_1": grids[0].tolist(), "attempt_2": grids[min(1, len(grids) - 1)].tolist()} for grids in inputs
        ]
        for name, inputs in attempts.items()
    }


def _key(grid: Grid) -> tuple[int, bytes]:
    return len(grid), grid.tobytes()
