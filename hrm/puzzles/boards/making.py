"""Sets of generated puzzles, no two of them symmetries of each other, for training or for the held-out set."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.boards.family import Family, Made
from hrm.puzzles.splitmix import Words, generator_of

HELD_OUT_ONE_IN = 4
"""One in so many puzzles, told by a hash, is made for held-out sets alone, the others never: a quarter, as of mazes."""

BLOCK = 256
"""Draws that are looked at together; the puzzles do not depend on it."""

MAX_FAILURES = 40
"""Blocks in a row without a puzzle that is new before there count as no more of them; chosen by hand."""

MAX_EMPTY = 8
"""Blocks at the beginning of which no draw makes a puzzle at all before there count as none; chosen by hand."""


RARE = 0.01
"""The share of draws that are puzzles, below which settings are at fault, not repetitions; chosen by hand."""


class _Drawn(NamedTuple):
    """The puzzles of a block of draws."""

    ours: list[tuple[bytes, Made]]
    """Those of this side, each with its key."""
    num: int
    """How many there are of both sides."""


def make_boards(
    family: Family, num: int, states: Callable[[NDArray[np.int64]], Words], *, is_held_out: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Questions and labels, (num, S) each.

    ``states`` gives the random state (N,) of every draw by its number (N,); the first 100 of 1,000 are the same as
    making 100. Fewer than ``num`` where there are no more different ones. Raises ``InputError`` where there are none,
    and where hardly any board is a puzzle.
    """
    found: dict[bytes, Made] = {}
    failures = num_made = 0  # blocks without a new puzzle, and the puzzles that they had, since there was a new one
    for block in count():
        made = _drawn(family, states(np.arange(block * BLOCK, (block + 1) * BLOCK)), is_held_out=is_held_out)
        num_before = len(found)
        num_made += made.num
        for key, puzzle in made.ours:
            if len(found) < num:
                found.setdefault(key, puzzle)
        if len(found) == num:
            break
        failures, num_made = (failures + 1, num_made) if len(found) == num_before else (0, 0)
        is_last = failures >= (MAX_FAILURES if found or num_made else MAX_EMPTY)
        if is_last and num_made < RARE * failures * BLOCK:
            raise InputError(
                f"of {failures * BLOCK:,} random boards with these settings {num_made:,} could be used as "
                f"{family.title}: try {family.if_none or family.if_few}"
            )
        if is_last and found:
            break
        if is_last:
            side = "held-out" if is_held_out else "training"
            raise InputError(f"there are no {side} puzzles of these settings: try {family.if_few}")
    inputs, labels = (np.stack(side).astype(np.uint8) for side in zip(*found.values(), strict=True))
    return inputs, labels


def are_held_out(family: Family, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """True (N,) where a puzzle (N, S) with its label may only be made for a held-out set."""
    keys = family.keys_apart(inputs, labels)
    return np.array([blake2b(key, digest_size=8).digest()[0] % HELD_OUT_ONE_IN == 0 for key in keys], dtype=np.bool_)


def _drawn(family: Family, states: Words, *, is_held_out: bool) -> _Drawn:
    made = [puzzle for state in states if (puzzle := family.make(generator_of(state))) is not None]
    if not made:
        return _Drawn([], 0)
    inputs, labels = (np.stack(side) for side in zip(*made, strict=True))
    wanted = are_held_out(family, inputs, labels) == is_held_out
    keys = family.symmetries.keys(inputs, labels)
    ours = [(key, puzzle) for key, puzzle, is_wanted in zip(keys, made, wanted, strict=True) if is_wanted]
    return _Drawn(ours, len(made))
