"""The puzzles that a batch shows: every epoch visits each of them once, in an order of its own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hrm.tasks.seeds import Stream, rng


@lru_cache(maxsize=4)
def _order(num: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return rng(Stream.ORDERS, seed, epoch).permutation(num)


def visited(step: int, batch_size: int, num: int, seed: int) -> NDArray[np.int64]:
    """The puzzles (B,), of ``num``, that the rows of batch number ``step`` show.

    A function of its arguments alone; a batch may end one epoch and begin the next.
    """
    visits = np.arange(step * batch_size, (step + 1) * batch_size)
    epochs, places = np.divmod(visits, num)
    rows = np.empty(batch_size, dtype=np.int64)
    for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
        here = epochs == epoch
        rows[here] = _order(num, seed, epoch)[places[here]]
    return rows
