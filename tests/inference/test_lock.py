from __future__ import annotations

import threading

import pytest
from torch import nn

from hrm.inference.lock import lock_of


def test_a_model_has_one_lock() -> None:
    one, other = nn.Linear(1, 1), nn.Linear(1, 1)
    assert lock_of(one) is lock_of(one)
    assert lock_of(one) is not lock_of(other)


def test_whoever_comes_too_late_is_told() -> None:
    lock = lock_of(nn.Linear(1, 1))
    got: list[bool] = []

    def ask() -> None:
        with lock.held(0.05) as is_ours:
            got.append(is_ours)

    with lock.held(None) as is_ours:
        assert is_ours
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="close it, first"), lock.held(None):
            pass
    ask()
    assert got == [False, True]
