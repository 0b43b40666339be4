"""The pairs that a training batch shows.

As in the published sampler an epoch visits every task once, in an order of its own, and shows one random variant of
it with all its pairs. There a batch cuts a task short where it is full; here the rest opens the next batch, so that
batch number i needs no knowledge of the batches before it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.tasks.seeds import Stream, rng

Rows = NDArray[np.int64]


class Visits(NamedTuple):
    """The pairs that the rows of a batch, or of a whole epoch, show."""

    tasks: Rows  # (B,)
    pairs: Rows  # (B,): which pair of the task
    draws: NDArray[np.float64]  # (B,) in [0, 1): which variant, the same for all pairs of a visit
    is_first: NDArray[np.bool_]  # (B,): the first pair of its visit, which is any of the task's


def visited(step: int, batch_size: int, sizes: tuple[int, ...], seed: int) -> Visits:
    """Rows of batch number ``step`` over tasks that have ``sizes`` pairs; tasks without pairs are never visited.

    A function of its arguments alone; a batch may end one epoch and begin the next.
    """
    total = sum(sizes)
    epochs, places = np.divmod(np.arange(step * batch_size, (step + 1) * batch_size), total)
    parts = []
    for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
        here = places[epochs == epoch]
        parts.append(Visits(*(column[here] for column in _epoch(sizes, seed, epoch))))
    return Visits(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@lru_cache(maxsize=4)
def _epoch(sizes: tuple[int, ...], seed: int, epoch: int) -> Visits:
    """All visits of an epoch, in order."""
    draws_of = rng(Stream.VISITS, seed, epoch)
    counts = np.array(sizes)
    turns, draws = draws_of.permutation(len(counts)), draws_of.random(len(counts))
    tasks = np.repeat(np.arange(len(counts)), counts)
    pairs = np.arange(len(tasks)) - np.repeat(np.cumsum(counts) - counts, counts)
    order = np.lexsort((draws_of.random(len(tasks)), turns[tasks]))  # by turn; within a task any order
    tasks, pairs = tasks[order], pairs[order]
    is_first = np.diff(tasks, prepend=-1) != 0
    return Visits(tasks, pairs, draws[tasks], is_first)
