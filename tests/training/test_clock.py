from __future__ import annotations

import time

import pytest

from hrm.training.clock import Clock
from hrm.world import ALONE, World


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_it_is_late_so_many_minutes_after_the_last_checkpoint(now: list[float]) -> None:
    clock = Clock(ALONE, [], save_minutes=2)
    for passed, is_late in ((119, False), (2, True), (60, True)):
        now[0] += passed
        assert not clock.is_over()
        assert clock.is_late() == is_late
    clock.saved()
    assert (clock.is_over(), clock.is_late()) == (False, False)


def test_without_limits_signals_alone_end_it(now: list[float]) -> None:
    received: list[int] = []
    clock = Clock(ALONE, received)
    now[0] += 1e9
    assert (clock.is_over(), clock.is_late()) == (False, False)
    received.append(15)
    assert clock.is_over()


def test_max_minutes(now: list[float]) -> None:
    clock = Clock(ALONE, [], max_minutes=1)
    assert not clock.is_over()
    now[0] += 61
    assert clock.is_over()


def test_ranks_are_asked_once_for_both_and_what_one_says_holds(
    now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[bool, ...]] = []

    def each(self: World, *flags: bool) -> list[bool]:
        told.append(flags)
        return [flags[0], True]  # another rank's clock is ahead

    monkeypatch.setattr(World, "each", each)
    clock = Clock(World(0, 2), [], save_minutes=2)
    assert (clock.is_over(), clock.is_late()) == (False, True)
    assert told == [(False, False)]
