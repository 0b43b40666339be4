"""Sources of puzzles: which rows of a file are taken, and settings that cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError


def draw_rows(num_rows: int, num: int | None, rng: np.random.Generator) -> NDArray[np.int64]:
    """``num`` of the rows of a file, ascending, drawn without replacement; all for None, 0 or a number too large."""
    if not num or num >= num_rows:
        return np.arange(num_rows)
    return np.sort(rng.permutation(num_rows)[:num])


def check_sources(
    train: Path | None, num_train: int | None, test: Path | None, num_test: int | None, data_seed: int
) -> None:
    """``InputError`` for numbers of puzzles or a seed that cannot be; puzzles without a file are generated."""
    for field, path, num in (("train", train, num_train), ("test", test, num_test)):
        if (num or 0) < 0 or (not num and path is None):
            raise InputError(f"num_{field} is {num}: generated puzzles need a number of at least 1")
    if data_seed < 0:
        raise InputError(f"data_seed is {data_seed}: a seed is 0 or more")
