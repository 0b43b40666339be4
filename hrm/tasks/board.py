"""Boards of one size as a task: any family of puzzles (puzzles/boards/family.py), generated or from files.

A family's configuration names its settings and makes the family of them; everything else is here. hrm/tasks/families.py
has those that there are.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.base import Scores
from hrm.puzzles.boards.drawing import draw_board
from hrm.puzzles.boards.family import Family, FamilyRules
from hrm.puzzles.boards.files import Boards, read_csv
from hrm.puzzles.boards.making import make_boards
from hrm.puzzles.boards.scores import score
from hrm.puzzles.boards.text import FamilyText
from hrm.tasks.base import Split, StoredPuzzle
from hrm.tasks.epochs import visited
from hrm.tasks.generated import generated
from hrm.tasks.seeds import Stream, rng, states
from hrm.tasks.sources import SourceConfig, draw_rows
from hrm.tasks.validation import split_validation_rows
from hrm.types import Batch


@dataclass(frozen=True, kw_only=True)
class BoardConfig(SourceConfig, ABC):
    """Settings of all families."""

    name: ClassVar[str]

    augment: bool = True
    """Every training puzzle is shown under a fresh random symmetry each time."""

    @abstractmethod
    def family(self) -> Family:
        """The family with these settings. Raises ``InputError`` for settings that cannot be."""
        ...

    def build(self) -> Board:
        """The task. Reads and generates nothing yet. Raises ``InputError`` for settings that cannot work."""
        return Board(self)

    def own(self) -> dict[str, Any]:
        """The settings of the family itself, which its generated puzzles depend on."""
        common = {field.name for field in dataclasses.fields(BoardConfig)}
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in common}


class Board:
    """The task. Puzzles are read or generated when first asked for: solving a typed puzzle needs none."""

    def __init__(self, config: BoardConfig) -> None:
        config.check_sources()
        self.config: Any = config  # of the family: a class of its own
        self.family = config.family()
        assert self.family.name == config.name
        self.spec = self.family.spec
        self.statement = self.family.statement
        self.rules = FamilyRules(self.family)
        self.symmetries = self.family.symmetries
        self.text = FamilyText(self.family)

    def with_test(self, path: Path) -> Board:
        """The same task with all puzzles of a CSV file as its held-out set."""
        return replace(self.config, test=path, num_test=0).build()

    @cached_property
    def train_boards(self) -> Boards:
        """The base puzzles of training."""
        return self._load(self.config.train, self.config.num_train, is_held_out=False)

    @cached_property
    def test_boards(self) -> Boards:
        """The held-out puzzles, as ``eval_batches`` shows them."""
        return self._load(self.config.test, self.config.num_test, is_held_out=True)

    def split_validation(self, num: int) -> tuple[Board, Board]:
        """Training and validation share no more than generated training and held-out puzzles do."""
        boards = self.train_boards
        keys = self.family.keys_apart(boards.inputs, boards.labels)
        train, validation = split_validation_rows(keys, num, self.config.data_seed)
        rest, held = Board(self.config), Board(self.config)
        rest.train_boards = held.train_boards = boards.take(train)
        held.test_boards = boards.take(validation)
        return rest, held

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step`` (B, S). A pure function: equal arguments give equal rows on any machine.

        Every epoch visits each base puzzle once, in an order of its own; a batch may end one epoch and begin the next.
        The labels of turned puzzles follow the family's rule, those of a file turn with their puzzles.
        """
        boards = self.train_boards
        rows = visited(step, batch_size, len(boards.inputs), seed)
        inputs, labels = boards.inputs[rows].astype(np.int64), boards.labels[rows].astype(np.int64)
        if self.config.augment:
            drawn = self.symmetries.draw(batch_size, rng(Stream.BATCHES, seed, step))
            inputs, labels = drawn.apply(inputs), drawn.apply(labels)
            if self.family.canonical is not None and self.config.train is None:
                labels = self.family.canonical(inputs, labels).astype(np.int64)
        return Batch.of(inputs, labels)

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """The held-out puzzles, in a fixed order, never augmented; the last batch may be smaller."""
        boards = self.test_boards
        for start in range(0, len(boards.inputs), batch_size):
            rows = slice(start, start + batch_size)
            yield Batch.of(boards.inputs[rows], boards.labels[rows])

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """The base puzzles of a split, each a group of its own, named by its row in the file (from 0)."""
        boards = self.train_boards if split == "train" else self.test_boards
        for inputs, labels, rating, row in zip(*boards, strict=True):
            yield [StoredPuzzle(0, str(row), inputs[None], labels[None], float(rating))]

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Solved, as the label, nearly right; and the same by each measure of the family."""
        boards = self.test_boards
        return score(self.family, boards.inputs[: len(answers)], boards.labels[: len(answers)], answers)

    def render(
        self,
        inputs: NDArray[np.int64],
        answer: NDArray[np.int64] | None = None,
        previous: NDArray[np.int64] | None = None,
    ) -> str:
        """The board (S,): givens bold, changes since ``previous`` on yellow, cells that break a rule red."""
        return draw_board(self.family, inputs, answer, previous)

    def _load(self, path: Path | None, num: int, *, is_held_out: bool) -> Boards:
        config, family = self.config, self.family
        if path is not None:
            boards = read_csv(path, family)
            draws = rng(Stream.SUBSETS, config.data_seed, int(is_held_out))
            return boards.take(draw_rows(path, len(boards.rows), num, draws))
        # Training and held-out puzzles differ in their seeds, and in which puzzles they may be.
        seed = 2 * config.data_seed + int(is_held_out)
        inputs, labels = generated(
            lambda: make_boards(family, num, lambda index: states(Stream.BOARDS, seed, index), is_held_out=is_held_out),
            num,
            family.spec.grid_shape[0],
            {"task": family.name, "seed": seed, "is_held_out": is_held_out, **config.own()},
        )
        return Boards(inputs, labels, family.rate(inputs, labels), np.arange(len(inputs)))
