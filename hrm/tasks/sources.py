"""Sources of puzzles: files or generators, which rows of a file are taken, and settings that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hrm.errors import MOST_PUZZLES, InputError, notify, require_from, require_seed


def draw_rows(path: Path, num_rows: int, num: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``num`` of the rows of the file ``path``, ascending, drawn without replacement; 0: all of them.

    All, too, where it has not so many, and that is told."""
    if num > num_rows:
        notify(f"{path} holds {num_rows:,} puzzles, not {num:,}: all of them are taken")
    if not 0 < num < num_rows:
        return np.arange(num_rows)
    return np.sort(rng.permutation(num_rows)[:num])


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
