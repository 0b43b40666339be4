from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hrm.tasks.published.sampling import Epochs


def starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *sizes])


def of(rows: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(offsets, rows, side="right") - 1


@settings(deadline=None, max_examples=60)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_an_epoch_is_every_group_once_and_all_rows_of_one_puzzle_of_each(data: st.DataObject, seed: int) -> None:
    # As builders write them: the puzzles of a group are of one size.
    groups = data.draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5)), min_size=1, max_size=8))
    group_starts = starts([num for num, _ in groups])
    puzzle_starts = starts([size for num, size in groups for _ in range(num)])
    epochs = Epochs(puzzle_starts, group_starts)
    rows = epochs.epoch(seed, 3)
    assert len(rows) == epochs.num_rows == sum(size for _, size in groups)
    puzzles = of(rows, puzzle_starts)
    visited = puzzles[np.flatnonzero(np.diff(puzzles, prepend=-1))]  # each puzzle's rows stand together
    assert sorted(of(visited, group_starts)) == list(range(len(groups)))
    for puzzle in visited:
        shown = sorted(rows[puzzles == puzzle])
        assert shown == list(range(puzzle_starts[puzzle], puzzle_starts[puzzle + 1]))


def test_batches_are_the_epochs_one_after_the_other() -> None:
    epochs = Epochs(starts([3, 3, 2, 1, 1]), starts([2, 1, 2]))  # 6 rows an epoch
    expected = np.concatenate([epochs.epoch(7, epoch) for epoch in range(8)])
    for batch_size in (1, 4, 6, 16):
        batches = [epochs.rows(step, batch_size, seed=7) for step in range(48 // batch_size)]
        assert np.concatenate(batches).tolist() == expected[: len(batches) * batch_size].tolist()


def test_any_batch_can_be_asked_for_first() -> None:
    offsets = starts([2, 2, 1, 4]), starts([2, 1, 1])
    asked = Epochs(*offsets)
    for step in (5, 0, 3):
        asked.rows(step, 5, seed=step)
    assert (asked.rows(9, 5, seed=1) == Epochs(*offsets).rows(9, 5, seed=1)).all()
    assert (asked.rows(9, 50, seed=1) != asked.rows(9, 50, seed=2)).any()


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1], [2, 2, 2, 2]])
def test_puzzles_of_a_group_are_drawn_equally_often(sizes: list[int]) -> None:
    puzzle_starts = starts(sizes)
    epochs = Epochs(puzzle_starts, starts([3, 1]))
    puzzles = of(epochs.rows(0, 3000 * sizes[0], seed=0), puzzle_starts)
    counts = np.bincount(puzzles) / len(puzzles)
    assert counts[3] == 0.5
    assert np.abs(counts[:3] - 1 / 6).max() < 0.02


def test_rows_of_a_puzzle_come_in_every_order() -> None:
    epochs = Epochs(starts([3]), starts([1]))
    orders = {tuple(epochs.epoch(0, epoch)) for epoch in range(60)}
    assert len(orders) == 6


def test_of_unequal_puzzles_as_many_rows_as_the_smallest_has() -> None:
    epochs = Epochs(starts([1, 3]), starts([2]))
    assert epochs.num_rows == 1
    assert set(epochs.rows(0, 200, seed=0).tolist()) == {0, 1, 2, 3}
