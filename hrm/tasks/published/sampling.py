"""The rows that a batch shows, as in the published training (``puzzle_dataset.py``)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hrm.tasks.seeds import Stream, rng


class Epochs:
    """Epochs of a data set of G groups, each of one or more puzzles, each of one or more rows.

    As published: an epoch visits every group once, in a random order; of a group it takes one random puzzle, and of
    that puzzle all rows, in a random order.

    Not as published: batches follow one another without a gap, so that batch i is a function of (seed, i). A puzzle
    that does not fit into a batch goes on in the next one (published: the rest is not shown), and the next epoch
    begins in the batch in which one ends (published: the last, smaller batch is dropped). Several sets are one epoch
    (published: one after the other). Where the puzzles of a group differ in size, which no published builder makes,
    a visit shows as many rows as the smallest has. The random numbers are others.
    """

    def __init__(self, puzzle_starts: NDArray[np.int64], group_starts: NDArray[np.int64]) -> None:
        """puzzle_starts (P + 1,): rows; group_starts (G + 1,): puzzles."""
        self.puzzle_starts, self.group_starts = puzzle_starts, group_starts
        self.shown = np.minimum.reduceat(np.diff(puzzle_starts), group_starts[:-1])  # (G,) rows in an epoch
        self.num_rows = int(self.shown.sum())
        self._epoch = lru_cache(maxsize=2)(self.epoch)  # a batch may need the end of one and the beginning of the next

    def rows(self, step: int, batch_size: int, seed: int) -> NDArray[np.int64]:
        """The rows of batch number ``step``, (B,). A function of its arguments alone."""
        places = np.arange(step * batch_size, (step + 1) * batch_size)
        epochs, places = np.divmod(places, self.num_rows)
        rows = np.empty(batch_size, dtype=np.int64)
        for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
            here = epochs == epoch
            rows[here] = self._epoch(seed, epoch)[places[here]]
        return rows

    def epoch(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """All rows of an epoch, in order."""
        draws = rng(Stream.ROWS, seed, epoch)
        order = draws.permutation(len(self.shown))
        puzzles = draws.integers(self.group_starts[order], self.group_starts[order + 1])
        first, sizes = self.puzzle_starts[puzzles], self.puzzle_starts[puzzles + 1] - self.puzzle_starts[puzzles]
        if sizes.max() == 1:
            return first
        visits = np.repeat(np.arange(len(order)), sizes)
        places = np.arange(len(visits)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # from 0 in each visit
        shuffled = places[np.lexsort((draws.random(len(visits)), visits))]
        is_shown = places < self.shown[order][visits]
        return (first[visits] + shuffled)[is_shown]
