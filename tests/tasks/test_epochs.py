from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hrm.tasks.epochs import visited


@given(num=st.integers(1, 40), batch_size=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_every_epoch_visits_everything_once(num: int, batch_size: int, seed: int) -> None:
    steps = -(-3 * num // batch_size)
    visits = np.concatenate([visited(step, batch_size, num, seed) for step in range(steps)])
    for epoch in range(3):
        assert sorted(visits[epoch * num : (epoch + 1) * num]) == list(range(num))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    first, second = visited(0, 100, 100, 0), visited(1, 100, 100, 0)
    assert not (first == second).all()
    assert not (first == visited(0, 100, 100, 1)).all()
    assert (first == visited(0, 100, 100, 0)).all()
