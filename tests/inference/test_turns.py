from __future__ import annotations

import threading

import pytest
from torch import nn

from hrm.inference.turns import turn_of


def test_a_model_has_one_turn() -> None:
    one, other = nn.Linear(1, 1), nn.Linear(1, 1)
    assert turn_of(one) is turn_of(one)
    assert turn_of(one) is not turn_of(other)


def test_whoever_comes_too_late_is_told() -> None:
    turn = turn_of(nn.Linear(1, 1))
    got: list[bool] = []

    def ask() -> None:
        with turn.taken(0.05) as is_ours:
            got.append(is_ours)

    with turn.taken(None) as is_ours:
        assert is_ours
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="close it, first"), turn.taken(None):
            pass
    ask()
    assert got == [False, True]
