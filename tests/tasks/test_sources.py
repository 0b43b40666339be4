from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError, Notice
from hrm.puzzles.examples import Examples
from hrm.tasks.sources import SourceConfig, SourceTask, draw_rows

FILE = Path("mine.csv")


def test_rows_are_drawn_without_replacement_and_in_order() -> None:
    drawn = draw_rows(FILE, 100, 10, np.random.default_rng(0))
    assert len(drawn) == 10
    assert (np.diff(drawn) > 0).all()
    assert not (drawn == draw_rows(FILE, 100, 10, np.random.default_rng(1))).all()
    for num in (0, 100):
        assert draw_rows(FILE, 100, num, np.random.default_rng(0)).tolist() == list(range(100))


def test_fewer_rows_than_asked_for_are_told() -> None:
    with pytest.warns(Notice, match=r"mine\.csv holds 100 puzzles, not 1,000: all of them are taken"):
        assert draw_rows(FILE, 100, 1000, np.random.default_rng(0)).tolist() == list(range(100))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((None, 0, None, 5, 0), "num_train is 0: generated puzzles need"),
        ((Path("a"), 0, None, 0, 0), "num_test is 0"),
        ((Path("a"), -1, Path("b"), 0, 0), "num_train is -1"),
        ((None, 5, None, 5, -1), "data_seed is -1"),
        ((None, 5, None, 5, 2**63), "data_seed is 9223372036854775808"),
    ],
)
def test_sources_that_cannot_be(args: tuple[Path | None, int, Path | None, int, int], message: str) -> None:
    SourceConfig(train=Path("a"), num_train=0, test=Path("b"), num_test=0).check_sources()
    train, num_train, test, num_test, seed = args
    with pytest.raises(InputError, match=message):
        SourceConfig(train=train, num_train=num_train, test=test, num_test=num_test, data_seed=seed).check_sources()


@dataclass(frozen=True, kw_only=True)
class CountsConfig(SourceConfig):
    """Rows of one cell: a file holds the first hundred numbers; those that are made begin with their seed."""

    def build(self) -> Counts:
        return Counts(self)


class Counts(SourceTask):
    def __init__(self, config: CountsConfig) -> None:
        self.config = config
        self.files: dict[Path, Examples] = {}

    def read(self, path: Path) -> Examples:
        return self.files.setdefault(path, Examples.of(np.arange(100)[:, None], np.arange(100)[:, None]))

    def make(self, num: int, seed: int, *, is_held_out: bool) -> Examples:
        inputs = np.arange(seed, seed + num)[:, None]
        return Examples.of(inputs, np.full_like(inputs, is_held_out))

    def shown(self, rows: Any, draws: np.random.Generator) -> Any:
        raise AssertionError("no batch is asked for")

    def variant_keys(self, examples: Examples) -> Any:
        raise AssertionError("nothing is split")


def test_puzzles_are_made_where_there_is_no_file_each_split_by_a_seed_of_its_own() -> None:
    task = CountsConfig(num_train=3, num_test=2, data_seed=5).build()
    assert task.train_examples.inputs.tolist() == [[10], [11], [12]]
    assert task.test_examples.inputs.tolist() == [[11], [12]]
    assert task.train_examples.labels.tolist() == [[0]] * 3, "made as training puzzles"
    assert task.test_examples.labels.tolist() == [[1]] * 2, "made as held-out puzzles"


def test_a_file_gives_all_its_rows_without_a_copy_or_a_random_subset() -> None:
    task = CountsConfig(train=FILE, num_train=0, test=Path("other.csv"), num_test=10).build()
    assert task.train_examples is task.files[FILE]
    names = task.test_examples.names.tolist()
    assert len(names) == 10
    assert names == sorted(names)
    assert names != CountsConfig(test=FILE, num_test=10, data_seed=1).build().test_examples.names.tolist()
    same = CountsConfig(train=FILE, num_train=10).build().train_examples.names.tolist()
    assert names != same, "the subsets of training and test are drawn apart"


def test_another_file_is_the_held_out_set_all_of_it() -> None:
    task = CountsConfig(num_train=3, num_test=2).build().with_test(FILE)
    assert task.config == CountsConfig(num_train=3, num_test=0, test=FILE)
    assert len(task.test_examples) == 100
