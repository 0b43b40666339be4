"""The interface of a task: one puzzle family as batches for a model. It knows nothing of models."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.base import PuzzleText, Render, Rules, Scores, Symmetries
from hrm.types import Batch, TaskSpec


class StoredPuzzle(NamedTuple):
    """A puzzle of a data set: n examples that share an id (n is 1 but for ARC, whose puzzles have several pairs)."""

    puzzle_id: int
    name: str
    inputs: NDArray[np.integer]  # (n, S)
    labels: NDArray[np.integer]  # (n, S), IGNORE_LABEL where there is none
    rating: float = math.nan  # how hard, by the measure of the data; NaN where not known


Split = Literal["train", "test"]


class Task(Protocol):
    """Data for a model, and what only some puzzles have: rules, symmetries, a way to be typed in."""

    @property
    def config(self) -> Any:
        """Its configuration, completed by what its data told: enough to build it again where they are missing."""
        ...

    @property
    def spec(self) -> TaskSpec: ...

    @property
    def statement(self) -> str | None:
        """The task in words and in the characters of ``spec``, for who has never seen such a puzzle; None where
        nobody knows (data of others) or every question says it itself."""
        ...

    @property
    def rules(self) -> Rules | None:
        """The rules; None where only a label tells whether an answer is right (ARC, pairs of your own)."""
        ...

    @property
    def symmetries(self) -> Symmetries | None:
        """The symmetries; None where no puzzle is known to equal another one."""
        ...

    @property
    def text(self) -> PuzzleText | None:
        """The text of puzzles; None where one cannot be typed in: a model knows it by its id alone (ARC)."""
        ...

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step``. A pure function: the same arguments give the same rows on any machine."""
        ...

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """The held-out puzzles, in a fixed order, never augmented; the last batch may be smaller."""
        ...

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """The data as they are, not drawn anew, in groups of puzzles that are variants of one another (mostly one)."""
        ...

    def with_test(self, path: Path) -> Task:
        """The task with the puzzles of a file, all of them, as its held-out set: same encoding, same model."""
        ...

    def split_validation(self, num: int) -> tuple[Task, Task]:
        """The task without ``num`` of its training puzzles, and one whose held-out set they are, as training shows
        them but not augmented. A function of the data and ``data_seed``; symmetries of one puzzle are on one side.

        Both have the ``config`` of this one. Raises ``InputError`` where there are not so many, or none can be had.
        """
        ...

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """The worth of the answers (N, S) to the first N held-out puzzles, in order; certainty (N,)."""
        ...

    @property
    def render(self) -> Render:
        """The way in which a board is drawn."""
        ...


def required_text(task: Task) -> PuzzleText:
    """The text of the puzzles of ``task``. Raises ``InputError`` where they cannot be typed."""
    if task.text is None:
        raise InputError(
            "such a puzzle cannot be typed in: a model knows it only by the puzzle id that it was trained with. Put it "
            "into a file, train with it in task.test, and let 'hrm eval' answer it (submission.json, pictures)"
        )
    return task.text
