from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.tasks.arc.visits import Visits, visited

SIZES = st.lists(st.integers(0, 5), min_size=1, max_size=8).filter(any).map(tuple)


def stream(num: int, batch_size: int, sizes: tuple[int, ...], seed: int) -> Visits:
    """The first ``num`` rows, from batches."""
    batches = [visited(step, batch_size, sizes, seed) for step in range(-(-num // batch_size))]
    return Visits(*(np.concatenate(column)[:num] for column in zip(*batches, strict=True)))


@settings(deadline=None, max_examples=50)
@given(sizes=SIZES, batch_size=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_every_epoch_shows_every_pair_once_a_task_at_a_time(sizes: tuple[int, ...], batch_size: int, seed: int) -> None:
    total = sum(sizes)
    shown = stream(3 * total, batch_size, sizes, seed)
    pairs = sorted((task, pair) for task, size in enumerate(sizes) for pair in range(size))
    for epoch in range(3):
        rows = slice(epoch * total, (epoch + 1) * total)
        tasks = shown.tasks[rows].tolist()
        assert sorted(zip(tasks, shown.pairs[rows].tolist(), strict=True)) == pairs
        assert shown.is_first[rows].sum() == sum(size > 0 for size in sizes), "one pair of each task"
        for task in set(tasks):
            here = [row for row, other in enumerate(tasks) if other == task]
            assert here == list(range(here[0], here[0] + len(here)))
            assert len(set(shown.draws[rows][here])) == 1, "all pairs of a visit show the same variant"
            assert shown.is_first[rows][here].tolist() == [True] + [False] * (len(here) - 1)


@settings(deadline=None, max_examples=20)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_the_size_of_batches_changes_nothing(sizes: tuple[int, ...], seed: int) -> None:
    one, other = stream(40, 4, sizes, seed), stream(40, 10, sizes, seed)
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_any_pair_may_be_the_first_and_seeds_differ() -> None:
    shown = stream(4000, 100, (4,), seed=0)
    firsts = Counter(shown.pairs[shown.is_first].tolist())
    assert set(firsts) == {0, 1, 2, 3}
    assert min(firsts.values()) > 200  # of 1,000, 250 each
    assert not (visited(0, 50, (3,) * 50, 0).tasks == visited(0, 50, (3,) * 50, 1).tasks).all()
