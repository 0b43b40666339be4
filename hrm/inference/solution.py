"""The answer to one puzzle, with what it took."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.inference.search import Search

SHOWN_CELLS = 81
"""Cells that ``repr`` of an answer shows: a Sudoku whole."""


@dataclass(frozen=True)
class Solution:
    """The answer to one puzzle."""

    index: int  # which of the puzzles
    puzzle: str
    solution: str
    solved: bool | None  # by the rules of the puzzle; None where a task has none that could be checked
    segments: int  # of the attempt that gave the answer
    certainty: float  # probability that the model gives to being right
    seconds: float  # in which an attempt at it was in a slot; 0 where none was before the deadline
    attempts: int  # that were made, the last one perhaps not to its end
    spent: int  # segments of all attempts
    is_timed_out: bool  # the deadline came first: this is the best answer so far
    inputs: NDArray[np.int64]  # (S,)
    answer: NDArray[np.int64]  # (S,)
    search: Search | None = None  # where the answer is not the model's but that of a search (``solver(exact=True)``)
    model: str | None = None  # the stronger model that took over, where one did (``store.locate.STRONGER``)

    def __repr__(self) -> str:
        text = self.solution if len(self.solution) <= SHOWN_CELLS else f"{self.solution[: SHOWN_CELLS - 3]}..."
        late = ", is_timed_out=True" if self.is_timed_out else ""
        late += "" if self.search is None else f", search={self.search}"
        return (
            f"Solution({text!r}, solved={self.solved}, certainty={self.certainty:.3f}, segments={self.segments}, "
            f"attempts={self.attempts}, seconds={self.seconds:.3f}{late})"
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON values that ``hrm solve --json`` prints."""
        hidden = ("index", "inputs", "answer", "search", "model")
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in hidden}
        if self.model is not None:
            shown["model"] = self.model
        if self.search is not None:
            shown["search"] = self.search._asdict()
        return {**shown, "q_halt": self.certainty}  # its name until 2026-11, for programs that were written then
