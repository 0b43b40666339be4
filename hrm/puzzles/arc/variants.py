"""Augmented tasks: every one of them is a task of its own to the model, with a puzzle id of its own.

A variant is one of the 8 moves and a permutation of the colours 1 to 9, applied to every grid of the task; the
background, 0, stays. Which variants a task has follows from the data seed and the task alone, on any machine; those
that make the same task are taken once, so that a task of few colours may have fewer than asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.arc.canvas import FIRST_COLOUR, VOCAB_SIZE, grid_on
from hrm.puzzles.arc.files import ArcTask
from hrm.puzzles.arc.grids import MAX_SIDE, NUM_COLOURS, Grid
from hrm.puzzles.splitmix import GOLDEN, mix
from hrm.puzzles.symmetry import INVERSE_MOVES, NUM_MOVES, Symmetry, move
from hrm.puzzles.symmetry_group import SymmetryGroup

ROUNDS = 5
"""So many times the wanted number is drawn before a task counts as exhausted (as in the published builder)."""

# HRM's ``TASK_tMOVE_COLOURS``, TRM's with ``|||`` for ``_``; colour 0 stays.
NAMES = re.compile(r"(?P<task>.+?)(?P<bar>_|\|\|\|)t(?P<move>[0-7])(?P=bar)(?P<colours>0[1-9]{9})")

Hashes = NDArray[np.uint64]


class Variants(NamedTuple):
    """K variants of a task; the first is the task as it is."""

    moves: NDArray[np.uint8]  # (K,)
    colours: NDArray[np.uint8]  # (K, 10): colour c becomes colours[c]


def draw_variants(task: ArcTask, num_augmentations: int, rng: np.random.Generator) -> Variants:
    """The task itself and up to ``num_augmentations`` variants, all different. Never looks at a test output."""
    sums = _Sums(task)
    moves, colours = np.zeros(1, dtype=np.uint8), np.arange(NUM_COLOURS, dtype=np.uint8)[None]
    for _ in range(ROUNDS):
        if len(moves) > num_augmentations:
            break
        draws = rng.random((num_augmentations, NUM_COLOURS))  # a row per variant: fewer wanted are the first of more
        drawn = 1 + np.argsort(draws[:, 1:], axis=1).astype(np.uint8)
        moves = np.concatenate([moves, (draws[:, 0] * NUM_MOVES).astype(np.uint8)])
        colours = np.concatenate([colours, np.pad(drawn, ((0, 0), (1, 0)))])
        _, first = np.unique(sums.hashes(moves, colours), return_index=True)
        kept = np.sort(first)[: num_augmentations + 1]
        moves, colours = moves[kept], colours[kept]
    return Variants(moves, colours)


def apply(grid: Grid, which: int, colours: NDArray[np.uint8]) -> Grid:
    """A grid under move ``which`` and ``colours`` (10,)."""
    return np.asarray(colours[move(grid, which)])


def undo(grid: Grid, which: int, colours: NDArray[np.uint8]) -> Grid:
    """``undo(apply(grid, which, colours), which, colours)`` is ``grid``."""
    return np.asarray(np.argsort(colours).astype(np.uint8)[move(grid, INVERSE_MOVES[which])])


def variant_name(task: str, which: int, colours: NDArray[np.uint8]) -> str:
    """The name that the published builder gives a variant: ``007bbfb7_t3_0456123789``."""
    return f"{task}_t{which}_{''.join(map(str, colours))}"


def read_variant_name(name: str) -> tuple[str, int, NDArray[np.uint8]]:
    """Task, move and colours behind a published name, HRM's (``_t3_``) or TRM's (``|||t3|||``)."""
    found = NAMES.fullmatch(name)
    if found is None:
        return name, 0, np.arange(NUM_COLOURS, dtype=np.uint8)
    return found["task"], int(found["move"]), np.array([int(digit) for digit in found["colours"]], dtype=np.uint8)


def symmetry_key(grids: Sequence[NDArray[np.int64]]) -> bytes:
    """A key, equal for two lists of grids when, and only when, a move and a permutation of colours 1 to 9 turn one into
    the other: the least of the 8 moved lists whose colours are renamed in the order in which they first appear."""
    keys = []
    for k in range(NUM_MOVES):
        moved = [move(grid, k) for grid in grids]
        cells = np.concatenate([grid.reshape(-1) for grid in moved])
        colours, first = np.unique(cells[cells > 0], return_index=True)
        names = np.arange(-1, NUM_COLOURS)  # by colour + 1
        names[1 + colours[np.argsort(first)]] = 1 + np.arange(len(colours))
        shapes = [side for grid in moved for side in grid.shape]
        keys.append(bytes(shapes) + (1 + names[1 + cells]).astype(np.uint8).tobytes())
    return min(keys)


class ArcSymmetries:
    """``Symmetries`` of the pairs of ARC tasks on a square canvas."""

    def __init__(self, canvas: int) -> None:
        self.canvas = canvas

    def draw(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` permutations of colours 1 to 9. Grids do not move: one that did would leave its corner."""
        cells, renamed = np.arange(self.canvas**2)[None], np.arange(FIRST_COLOUR + 1, VOCAB_SIZE)
        return SymmetryGroup(cells, VOCAB_SIZE, renamed).draw(num, rng)

    def keys(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[bytes]:
        """Keys, equal for two pairs when a move, other colours or another offset turn one into the other."""
        pairs = zip(inputs, labels, strict=True)
        return [symmetry_key([grid_on(tokens, self.canvas) for tokens in pair]) for pair in pairs]


class _Sums:
    """Hashes of many variants of one task, without making them.

    A grid is hashed as the sum over its cells of a number for the place times one for the colour. So the sum over the
    places of each colour is taken once per move, and a variant costs ten multiplications a grid, not one a cell.
    """

    def __init__(self, task: ArcTask) -> None:
        pairs = [*task.demonstrations, *(pair._replace(output=None) for pair in task.tests)]
        self.inputs = np.stack([_sums(pair.input) for pair in pairs])
        self.outputs = np.stack([_sums(pair.output) for pair in pairs])

    def hashes(self, moves: NDArray[np.uint8], colours: NDArray[np.uint8]) -> Hashes:
        """Hashes (K,), equal where the variants are equal as sets of pairs."""
        inputs, outputs = (
            mix((sums[:, moves, :-1] * COLOURS[colours]).sum(axis=2) + sums[:, moves, -1])
            for sums in (self.inputs, self.outputs)
        )
        # 3: any odd number but 1, with which exchanged sides would be equal.
        return np.asarray(mix(inputs + np.uint64(3) * outputs).sum(axis=0))


def _sums(grid: Grid | None) -> Hashes:
    """Sums (8, 11): for every move, the sum of the places of every colour, and a number for the shape."""
    result = np.zeros((NUM_MOVES, NUM_COLOURS + 1), dtype=np.uint64)
    if grid is None:
        return result
    is_colour = (grid.reshape(-1) == np.arange(NUM_COLOURS)[:, None]).astype(np.uint64)  # (10, cells)
    for k in range(NUM_MOVES):
        height, width = move(grid, k).shape
        places = move(PLACES[:height, :width], INVERSE_MOVES[k])  # cell of the grid -> where the move puts it
        result[k, :-1] = is_colour @ places.reshape(-1)
        result[k, -1] = SHAPES[height - 1, width - 1]
    return result


def _numbers(start: int, *shape: int) -> Hashes:
    """Fixed numbers without a pattern (SplitMix64)."""
    steps = np.arange(start, start + int(np.prod(shape)), dtype=np.uint64)
    return mix(steps * GOLDEN).reshape(shape)


# From three ranges that do not meet: 900 places, 900 shapes, ten colours.
PLACES = _numbers(1, MAX_SIDE, MAX_SIDE)
SHAPES = _numbers(1001, MAX_SIDE, MAX_SIDE)
COLOURS = _numbers(2001, NUM_COLOURS)
