"""What every puzzle family has to do with: a puzzle as a person gave it, and what answers are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Example(NamedTuple):
    """One puzzle as a person gave it."""

    inputs: NDArray[np.int64]  # (S,)
    labels: NDArray[np.int64] | None  # (S,), or None when the answer is not known
    puzzle_id: int = 0  # row of the puzzle embedding: which task it is, where a model knows several


class ScoreTable(NamedTuple):
    """A table for a person: texts, and a title that says what is counted."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a task makes of answers beyond "right or wrong": votes, ratings, optimality."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    """JSON values: ``scores`` in ``results.json``."""
    tables: tuple[ScoreTable, ...] = ()
    """The same for the screen."""
    files: Iterable[tuple[str, bytes]] = ()
    """Name and content of files to write beside ``results.json``; may be made while they are written."""
