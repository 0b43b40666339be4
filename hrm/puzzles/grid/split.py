"""Pairs as tokens, and which of them are held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.examples import Examples
from hrm.puzzles.grid.cells import BAD, encode
from hrm.puzzles.grid.pairs import Pairs
from hrm.puzzles.symmetry_group import SymmetryGroup
from hrm.types import TaskSpec


def store(pairs: Pairs, path: Path, spec: TaskSpec) -> Examples:
    """Pairs as tokens in the smallest integers that hold them, named by their places in the file.

    Raises ``InputError`` for grids of another size than the task's, and for symbols unknown to it."""
    if pairs.shape != spec.grid_shape:
        rows, columns = spec.grid_shape
        raise InputError(
            f"{path}: the grids are {pairs.shape[0]} x {pairs.shape[1]}, this task's are {rows} x {columns}"
        )
    dtype = np.min_scalar_type(spec.vocab_size)
    sides = []
    for name, texts in (("input", pairs.inputs), ("output", pairs.outputs)):
        tokens = encode(texts, spec.symbols)
        if (tokens == BAD).any():
            row, cell = np.argwhere(tokens == BAD)[0]
            raise InputError(
                f"{path}, {pairs.places[row]}: {texts[row][cell]!r} in the {name} is no symbol of this task "
                f"({' '.join(spec.symbols[1:])}); name all symbols in the header of the training data"
            )
        sides.append(tokens.astype(dtype))
    return Examples.of(sides[0], sides[1], names=np.array(pairs.places))


def held_out_share(
    inputs: NDArray[np.integer], share: float, symmetries: SymmetryGroup, rng: np.random.Generator
) -> NDArray[np.bool_] | None:
    """Inputs (N, S) -> (N,): a random share of them, at least one.

    Those that a symmetry turns into each other are all held out, or none of them. None: all of them are such.
    """
    keys: dict[bytes, int] = {}
    kinds = np.array([keys.setdefault(key, len(keys)) for key in symmetries.keys(inputs)])
    if len(keys) < 2:
        return None
    order = rng.permutation(len(keys))
    wanted = max(1, round(share * len(inputs)))
    num_kinds = 1 + int(np.searchsorted(np.bincount(kinds)[order].cumsum(), wanted))
    return np.isin(kinds, order[: min(num_kinds, len(keys) - 1)])
