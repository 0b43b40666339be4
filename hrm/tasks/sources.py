"""Sources of puzzles: which rows of a file are taken, and settings that cannot be."""

from __future__ import annotations

from pathlib import Path

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


def check_sources(train: Path | None, num_train: int, test: Path | None, num_test: int, data_seed: int) -> None:
    """``InputError`` for numbers of puzzles or a seed that cannot be; puzzles without a file are generated."""
    for field, path, num in (("train", train, num_train), ("test", test, num_test)):
        fewest = int(path is None)
        if not isinstance(num, int) or num < fewest:
            need = "generated puzzles need a number of at least 1" if fewest else "0 means all puzzles of the file"
            raise InputError(f"num_{field} is {num}: {need}")
    require_from(0, MOST_PUZZLES, num_train=num_train, num_test=num_test)
    require_seed("data_seed", data_seed)
