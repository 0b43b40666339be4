"""Sources of puzzles: files or generators, which rows of a file are taken, and settings that cannot be."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from hrm.errors import MOST_PUZZLES, InputError, notify, require_from, require_seed
from hrm.puzzles.examples import Examples
from hrm.tasks.base import Split
from hrm.tasks.examples import ExampleTask
from hrm.tasks.seeds import Stream, rng


def draw_rows(path: Path, num_rows: int, num: int, draws: np.random.Generator) -> NDArray[np.int64]:
    """``num`` of the rows of the file ``path``, ascending, drawn without replacement; 0: all of them.

    All, too, where it has not so many, and that is told."""
    if num > num_rows:
        notify(f"{path} holds {num_rows:,} puzzles, not {num:,}: all of them are taken")
    if not 0 < num < num_rows:
        return np.arange(num_rows)
    return np.sort(draws.permutation(num_rows)[:num])


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """The part of a task's configuration that says where its puzzles come from: files, or a generator."""

    data_field: ClassVar[str | None] = "train"
    former_none: ClassVar[Mapping[str, int]] = {"num_train": 0, "num_test": 0}  # all of the file

    train: Path | None = None
    """Training puzzles: CSV or .csv.gz with the columns question and answer. None: generated."""
    test: Path | None = None
    """Held-out puzzles, in the same format. None: generated."""
    num_train: int = 1000
    """Training puzzles: how many to generate, or the size of a random subset of the file (0: all of it)."""
    num_test: int = 1000
    """Held-out puzzles: how many to generate, or the size of a random subset of the file (0: all of it)."""
    data_seed: int = 0
    """Seed of generated puzzles and of random subsets. The order of training follows the seed of the run."""

    def check_sources(self) -> None:
        """``InputError`` for numbers of puzzles or a seed that cannot be; puzzles without a file are generated."""
        sources = (("train", self.train, self.num_train), ("test", self.test, self.num_test))
        for field, path, num in sources:
            fewest = int(path is None)
            if not isinstance(num, int) or num < fewest:
                need = "generated puzzles need a number of at least 1" if fewest else "0 means all puzzles of the file"
                raise InputError(f"num_{field} is {num}: {need}")
        require_from(0, MOST_PUZZLES, num_train=self.num_train, num_test=self.num_test)
        require_seed("data_seed", self.data_seed)


class SourceTask(ExampleTask):
    """A task whose examples come from CSV files, or from a generator where there is none."""

    @abstractmethod
    def read(self, path: Path) -> Examples:
        """All puzzles of a file. Raises ``InputError`` with file, line and reason for what is no puzzle."""
        ...

    @abstractmethod
    def make(self, num: int, seed: int, *, is_held_out: bool) -> Examples:
        """``num`` generated puzzles; those of training and the held-out ones differ in their seeds, and have to differ
        in which puzzles they may be."""
        ...

    def load(self, split: Split) -> Examples:
        """All puzzles of a file or a random subset of them, or generated ones."""
        config, is_held_out = self.config, split == "test"
        path, num = (config.test, config.num_test) if is_held_out else (config.train, config.num_train)
        if path is None:
            return self.make(num, 2 * config.data_seed + int(is_held_out), is_held_out=is_held_out)
        examples = self.read(path)
        chosen = draw_rows(path, len(examples), num, rng(Stream.SUBSETS, config.data_seed, int(is_held_out)))
        # The whole of Sudoku-Extreme is 700 MB: no second copy.
        return examples if len(chosen) == len(examples) else examples.take(chosen)

    def with_test(self, path: Path) -> Self:
        """The same task with all puzzles of a CSV file as its held-out set."""
        return replace(self.config, test=path, num_test=0).build()
