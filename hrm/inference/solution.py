"""The answer to one puzzle, with what it took."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.inference.search import Search
from hrm.intervals import count, percent
from hrm.markup import figure
from hrm.puzzles.base import Render

SHOWN_CELLS = 81
"""Cells that ``repr`` of an answer shows: a Sudoku whole."""

VERDICTS = {True: "solved", False: "not solved", None: "answered (no rules to check it by)"}


@dataclass(frozen=True)
class Solution:
    """The answer to one puzzle."""

    index: int  # which of the puzzles
    puzzle: str  # its symbols in a line
    solution: str  # likewise
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
    render: Render | None = field(default=None, repr=False, compare=False)  # how its task draws a board

    def __repr__(self) -> str:
        text = self.solution if len(self.solution) <= SHOWN_CELLS else f"{self.solution[: SHOWN_CELLS - 3]}..."
        late = ", is_timed_out=True" if self.is_timed_out else ""
        late += "" if self.search is None else f", search={self.search}"
        return (
            f"Solution({text!r}, solved={self.solved}, certainty={self.certainty:.3f}, segments={self.segments}, "
            f"attempts={self.attempts}, seconds={self.seconds:.3f}{late})"
        )

    def _repr_html_(self) -> str:
        """The answer in a notebook: its board, and how it ended below it."""
        drawn = self.solution if self.render is None else self.render(self.inputs, self.answer)
        certain = (
            ""
            if self.attempts == 0 or self.search is not None
            else f"; the model's certainty: {percent(self.certainty)}"
        )
        return figure(drawn, f"{VERDICTS[self.solved]}{self.ending}{certain}")

    @property
    def ending(self) -> str:
        """The words after ``solved`` or ``not solved``: by whom, after how long."""
        if self.search is not None:
            how = "by search, not by the model" if self.solved else "by the search either"
            return (
                f" {how}: {count(self.search.guesses, 'guess', 'guesses')} in the order of the model's beliefs, "
                f"{self.search.guesses_without_model:,} without them; the model gave up after "
                f"{count(self.attempts, 'attempt')} and {count(self.spent)}; {1000 * self.seconds:.0f} ms"
            )
        by = "" if self.model is None else f" by {self.model}"
        cost = "" if self.attempts < 2 else f" ({self.attempts} attempts, {self.spent} segments in all)"
        late = " before the deadline" if self.is_timed_out else ""
        return f"{by}{late} after {count(self.segments)}{cost}, {1000 * self.seconds:.0f} ms"

    def to_dict(self) -> dict[str, Any]:
        """The JSON values that ``hrm solve --json`` prints."""
        hidden = ("index", "inputs", "answer", "search", "model", "render")
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in hidden}
        if self.model is not None:
            shown["model"] = self.model
        if self.search is not None:
            shown["search"] = self.search._asdict()
        return {**shown, "q_halt": self.certainty}  # its name until 2026-11, for programs that were written then
