"""Pairs of many tasks, ready to be shown under the variants of their tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.arc.canvas import PAD, Tokens, encode, moved_shapes
from hrm.puzzles.arc.files import Pair
from hrm.puzzles.arc.grids import Grids
from hrm.puzzles.arc.variants import Variants
from hrm.types import IGNORE_LABEL

Rows = NDArray[np.int64]
"""One number per row of a batch, shape (B,), or the tokens of its labels, (B, S)."""


class Pool:
    """The pairs of T tasks in a few arrays: a batch is read off them without a loop."""

    def __init__(self, tasks: Sequence[Sequence[Pair]], variants: Sequence[Variants], canvas: int) -> None:
        pairs = [pair for task in tasks for pair in task]
        self.canvas = canvas
        self.sizes = tuple(len(task) for task in tasks)  # pairs of every task
        self.num_variants = np.array([len(drawn.moves) for drawn in variants])  # (T,)
        self._first_pair = np.cumsum(self.sizes, dtype=np.int64) - np.array(self.sizes)
        self._first_variant = np.cumsum(self.num_variants) - self.num_variants
        self._moves = np.concatenate([drawn.moves for drawn in variants])
        self._colours = np.concatenate([drawn.colours for drawn in variants])
        self._inputs = Grids.pack([pair.input for pair in pairs])
        self._outputs = Grids.pack([pair.input if pair.output is None else pair.output for pair in pairs])
        self._is_labelled = np.array([pair.output is not None for pair in pairs])

    def show(
        self, tasks: Rows, pairs: Rows, which: Rows, offset_draws: NDArray[np.float64] | None = None
    ) -> tuple[Tokens, Rows]:
        """Pair ``pairs`` of ``tasks`` under variant ``which``, all (B,) -> inputs and labels (B, S).

        ``offset_draws`` (B, 2) in [0, 1) place both grids of a pair anywhere that they fit, None in the corner.
        Labels are IGNORE_LABEL outside a grid and its end, and everywhere where the output is not known.
        """
        index, variant = self._first_pair[tasks] + pairs, self._first_variant[tasks] + which
        moves, colours = self._moves[variant], self._colours[variant]
        offsets = np.zeros((len(tasks), 2), dtype=np.int32)
        if offset_draws is not None:
            largest = np.maximum(self._inputs.shapes[index], self._outputs.shapes[index])
            offsets = (offset_draws * (1 + self.canvas - moved_shapes(largest, moves))).astype(np.int32)
        inputs = encode(self._inputs, index, moves, colours, offsets, self.canvas)
        outputs = encode(self._outputs, index, moves, colours, offsets, self.canvas)
        is_label = (outputs != PAD) & self._is_labelled[index][:, None]
        return inputs, np.where(is_label, outputs.astype(np.int64), IGNORE_LABEL)
