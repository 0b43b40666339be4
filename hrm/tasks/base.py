"""The interface of a task: one puzzle family, from what people type to what a model sees and back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.base import Example, Scores
from hrm.puzzles.symmetry import Symmetry
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
    """Reads or generates puzzles, encodes, augments, checks by the rules, draws. Knows nothing of models."""

    @property
    def config(self) -> Any:
        """What it was built from, completed by what its data told: enough to build it again where they are missing."""
        ...

    @property
    def spec(self) -> TaskSpec: ...

    @property
    def has_rules(self) -> bool:
        """Whether ``is_solved`` can tell. Where only a label can (ARC, pairs of your own) it must not be asked."""
        ...

    def with_test(self, path: Path) -> Task:
        """This task with the puzzles of a file, all of them, as its held-out set: same encoding, same model."""
        ...

    def split_validation(self, num: int) -> tuple[Task, Task]:
        """This task without ``num`` of its training puzzles, and one whose held-out set they are, as training shows
        them but not augmented. A function of the data and ``data_seed``; symmetries of one puzzle are on one side.

        Both have the ``config`` of this one. Raises ``InputError`` where there are not so many, or none can be had.
        """
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

    def problems(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[str | None]:
        """What is wrong with each example (N, S), (N, S) by the rules, in a few words; None: nothing.

        Tokens may be any integers. The same fault has the same words ("several solutions"): they are counted.
        """
        ...

    def symmetry_keys(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[bytes]:
        """A key for each example (N, S), (N, S).

        Two are equal when, and only when, a symmetry that augmentation may draw turns one example into the other. An
        example that breaks the rules may be compared as it stands.
        """
        ...

    def draw_symmetries(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` symmetries of the puzzles of this task, under which to look at one again.

        Raises ``InputError`` where there are none.
        """
        ...

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """What the answers (N, S) to the first N held-out puzzles, in order, are worth; certainty (N,)."""
        ...

    def is_solved(self, inputs: NDArray[np.int64], answer: NDArray[np.int64]) -> bool:
        """Whether ``answer`` (S,) solves ``inputs`` (S,) by the rules of the puzzle. Never looks at a label."""
        ...

    def are_solved(self, inputs: NDArray[np.int64], answers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``is_solved`` for many puzzles at once: (B, S) twice -> (B,)."""
        ...

    def parse(self, text: str) -> Example:
        """What a person types or pastes. Raises ``InputError`` with the reason for anything that is not a puzzle."""
        ...

    def parse_many(self, text: str) -> list[Example]:
        """The puzzles of a file. Raises ``InputError`` that says in which line the first bad one is."""
        ...

    def render(
        self,
        inputs: NDArray[np.int64],
        answer: NDArray[np.int64] | None = None,
        previous: NDArray[np.int64] | None = None,
    ) -> str:
        """The board as text with ANSI colour: givens, changes since ``previous`` and broken rules told apart."""
        ...
