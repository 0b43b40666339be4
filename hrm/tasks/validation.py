"""Training puzzles that are held out, so that a checkpoint can be chosen without a look at the test set."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.tasks.seeds import Stream, rng


def split_validation_rows(
    keys: Sequence[Hashable], num: int, data_seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The training puzzles, of N, that are trained on, and the ``num`` that validate; ascending row numbers.

    ``keys`` (N,) are equal for puzzles that are variants of each other: of those that validate no variant is trained
    on, and no two of them are variants. Raises ``InputError`` when there are not so many puzzles.
    """
    groups: dict[Hashable, int] = {}
    group = np.array([groups.setdefault(key, len(groups)) for key in keys], dtype=np.int64)
    if not 0 < num < len(groups):
        raise InputError(
            f"training.num_validation is {num}: it must be at least 1 and below {len(groups):,}, the number of "
            "different training puzzles (symmetries of one puzzle are one)"
        )
    _, first = np.unique(group, return_index=True)
    chosen = rng(Stream.VALIDATION, data_seed).permutation(len(groups))[:num]
    return np.flatnonzero(~np.isin(group, chosen)), np.sort(first[chosen])
