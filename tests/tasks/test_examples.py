"""A task of its own, as small as one can be. That the tasks of the package behave is asked in their own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.examples import Examples
from hrm.tasks.base import Split
from hrm.tasks.examples import ExampleTask


@dataclass(frozen=True, kw_only=True)
class NumbersConfig:
    data_seed: int = 0

    def build(self) -> Numbers:
        return Numbers(self)


class Numbers(ExampleTask):
    """The question is a number, the answer the next one; 2 n and 2 n + 1 are variants of each other."""

    def __init__(self, config: NumbersConfig) -> None:
        self.config = config
        self.loaded: list[Split] = []

    def load(self, split: Split) -> Examples:
        self.loaded.append(split)
        inputs = np.arange(20, dtype=np.uint8)[:, None] + (100 if split == "test" else 0)
        return Examples.of(inputs, inputs + 1, inputs[:, 0] / 2)

    def shown(self, rows: Any, draws: np.random.Generator) -> Any:
        inputs = self.train_examples.inputs[rows]
        return inputs, inputs + draws.integers(1, 1000, size=inputs.shape)

    def variant_keys(self, examples: Examples) -> list[int]:
        return (examples.inputs[:, 0] // 2).tolist()


@pytest.fixture
def task() -> Numbers:
    return NumbersConfig().build()


def test_sets_are_loaded_once_and_when_asked_for(task: Numbers) -> None:
    assert task.loaded == []
    list(task.eval_batches(3))
    list(task.groups("test"))
    assert task.loaded == ["test"]
    for step in range(3):
        task.train_batch(step, 4, seed=0)
    assert task.loaded == ["test", "train"]


def test_a_batch_is_a_function_of_its_arguments(task: Numbers) -> None:
    batch, again = (task.train_batch(3, 8, seed=1) for _ in range(2))
    assert batch.inputs.tolist() == again.inputs.tolist()
    assert batch.labels.tolist() == again.labels.tolist(), "the draws, too"
    assert batch.puzzle_ids.tolist() == [0] * 8
    other = task.train_batch(3, 8, seed=2)
    assert batch.inputs.tolist() != other.inputs.tolist()
    epoch = [number for step in range(5) for (number,) in task.train_batch(step, 4, seed=7).inputs.tolist()]
    assert sorted(epoch) == list(range(20))


def test_held_out_examples_come_in_order_and_as_they_are(task: Numbers) -> None:
    batches = list(task.eval_batches(8))
    assert [len(batch.inputs) for batch in batches] == [8, 8, 4]
    assert [number for batch in batches for (number,) in batch.inputs.tolist()] == list(range(100, 120))
    assert [number for batch in batches for (number,) in batch.labels.tolist()] == list(range(101, 121))


def test_each_example_is_a_group_of_its_own(task: Numbers) -> None:
    groups = list(task.groups("train"))
    assert [len(group) for group in groups] == [1] * 20
    (puzzle,) = groups[7]
    assert (puzzle.puzzle_id, puzzle.name, puzzle.rating) == (0, "7", 3.5)
    assert (puzzle.inputs.tolist(), puzzle.labels.tolist()) == ([[7]], [[8]])


def test_of_variants_none_is_trained_on_where_one_validates(task: Numbers) -> None:
    rest, held = task.split_validation(4)
    trained, validating = rest.train_examples, held.test_examples
    assert (len(trained), len(validating)) == (12, 4)
    assert not set(rest.variant_keys(trained)) & set(held.variant_keys(validating))
    assert held.train_examples is trained
    assert rest.test_examples.inputs.tolist() == task.test_examples.inputs.tolist(), "the held-out set stays"
    assert validating.names.tolist() == validating.inputs[:, 0].tolist(), "a row keeps its name"
    with pytest.raises(InputError, match="num_validation is 10: it must be at least 1 and below 10"):
        task.split_validation(10)
    other = NumbersConfig(data_seed=1).build().split_validation(4)[1].test_examples
    assert other.names.tolist() != validating.names.tolist()
