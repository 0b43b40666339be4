"""Tasks whose data are examples: a question with its answer each, all of them one kind of puzzle (``puzzle_ids`` 0).

Such a task says where its examples come from, how training shows them and which are variants of one another. The sets,
the batches and the split for validation follow from that, here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.examples import Examples
from hrm.tasks.base import Split, StoredPuzzle
from hrm.tasks.epochs import visited
from hrm.tasks.seeds import Stream, rng
from hrm.tasks.validation import split_validation_rows
from hrm.types import Batch

Tokens = NDArray[np.integer]
"""Tokens of some puzzles, (B, S)."""


class ExampleTask(ABC):
    """The part of ``Task`` that is alike where the data are examples; they are loaded when first asked for."""

    config: Any
    """The configuration, of a class of the task's own: ``build()`` makes the task again, ``data_seed`` splits it."""

    @abstractmethod
    def load(self, split: Split) -> Examples:
        """The examples of a split, read or made: training ones not augmented, held-out ones as they are measured."""
        ...

    @abstractmethod
    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        """The training examples ``rows`` (B,) as a batch shows them: inputs and labels (B, S)."""
        ...

    @abstractmethod
    def variant_keys(self, examples: Examples) -> Sequence[Hashable]:
        """Keys (N,), equal for examples of which none may validate while another one is trained on."""
        ...

    @cached_property
    def train_examples(self) -> Examples:
        """The examples that are trained on, not augmented."""
        return self.load("train")

    @cached_property
    def test_examples(self) -> Examples:
        """The held-out examples, as ``eval_batches`` shows them."""
        return self.load("test")

    def split_validation(self, num: int) -> tuple[Self, Self]:
        """The task without ``num`` of its training examples, and one whose held-out set they are."""
        examples = self.train_examples
        train, validation = split_validation_rows(self.variant_keys(examples), num, self.config.data_seed)
        rest, held = self.config.build(), self.config.build()
        rest.train_examples = held.train_examples = examples.take(train)
        held.test_examples = examples.take(validation)
        return rest, held

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step`` (B, S). A pure function: equal arguments give equal rows on any machine.

        Every epoch visits each example once, in an order of its own; a batch may end one epoch and begin the next.
        """
        rows = visited(step, batch_size, len(self.train_examples), seed)
        return Batch.of(*self.shown(rows, rng(Stream.BATCHES, seed, step)))

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """The held-out examples, in a fixed order, never augmented; the last batch may be smaller."""
        examples = self.test_examples
        for start in range(0, len(examples), batch_size):
            rows = slice(start, start + batch_size)
            yield Batch.of(examples.inputs[rows], examples.labels[rows])

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """The examples of a split as they are, each a group of its own."""
        examples = self.train_examples if split == "train" else self.test_examples
        for i, (name, rating) in enumerate(zip(examples.names, examples.ratings, strict=True)):
            one = slice(i, i + 1)
            yield [StoredPuzzle(0, str(name), examples.inputs[one], examples.labels[one], float(rating))]
