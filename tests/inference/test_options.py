from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.inference.options import AttemptsConfig, HaltPolicy, check_deadline, check_slots


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_segments": 0}, "max_segments is 0"),
        ({"max_segments": 10**9}, "max_segments is 1000000000: it must be at most 100000"),
        ({"min_segments": 0}, "min_segments is 0"),
        ({"min_segments": 9, "max_segments": 8}, "give 1 to max_segments"),
        ({"q_threshold": 1.0}, "q_threshold is 1.0"),
        ({"patience": 0}, "patience is 0"),
        ({"tolerance": 0.0}, "tolerance is 0"),
        ({"tolerance": float("inf")}, "tolerance is inf: give a finite number"),
        ({"q_threshold": float("nan")}, "q_threshold is nan: give a finite number"),
        ({"rule": "foo"}, "halt is 'foo': give one of rules, q, unchanged, rest, fixed"),
        ({"patience": 1.5}, "patience is 1.5: give a whole number"),
    ],
)
def test_impossible_policies(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HaltPolicy(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"attempts": 0}, "attempts is 0"),
        ({"noise": 0.0}, "noise is 0"),
        ({"budget": 0}, "budget is 0"),
        ({"attempt_seed": -1}, "attempt_seed is -1"),
        ({"choose": "foo"}, "choose is 'foo': give one of vote, q"),
    ],
)
def test_impossible_settings(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        AttemptsConfig(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("deadline", [0, -1, float("inf"), float("nan"), 1e10, "5"])
def test_seconds_that_nobody_can_wait(deadline: float) -> None:
    with pytest.raises(InputError, match="deadline is"):
        check_deadline(deadline)


def test_seconds_and_slots_that_can_be() -> None:
    for deadline in (None, 0.01, 5, 1e9):
        check_deadline(deadline)
    check_slots(1)
    with pytest.raises(InputError, match="num_slots is 0: it must be at least 1"):
        check_slots(0)
