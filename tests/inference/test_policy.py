from __future__ import annotations

import pytest
import torch

from hrm.inference.options import HaltPolicy, HaltRule
from hrm.inference.policy import Seen, halts

SEEN = Seen(
    q_halt=torch.tensor([2.0, 0.5, -1.0, -3.0]),
    q_continue=torch.tensor([1.0, 1.0, -2.0, 0.0]),
    unchanged=torch.tensor([0, 1, 2, 3]),
    residual=torch.tensor([0.5, 0.1, 0.01, 0.001]),
    solved=torch.tensor([True, False, False, True]),
)


def stops(steps: int = 5, seen: Seen = SEEN, **fields: object) -> list[bool]:
    policy = HaltPolicy(**fields)  # type: ignore[arg-type]
    return halts(policy, seen, torch.full((4,), steps)).tolist()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rule": "q"}, [True, False, True, False]),
        ({"rule": "q", "q_threshold": 0.6}, [True, True, False, False]),
        ({"rule": "unchanged", "patience": 2}, [False, False, True, True]),
        ({"rule": "unchanged", "patience": 3}, [False, False, False, True]),
        ({"rule": "rest", "tolerance": 0.05}, [False, False, True, True]),
        ({"rule": "rules"}, [True, False, False, True]),
        ({"rule": "fixed"}, [False] * 4),
    ],
)
def test_each_rule(fields: dict[str, object], expected: list[bool]) -> None:
    assert stops(**fields) == expected


def test_q_of_a_model_that_learns_one_value_stops_above_a_half() -> None:
    assert stops(rule="q", seen=SEEN._replace(q_continue=None)) == [True, True, False, False]


@pytest.mark.parametrize("rule", ["q", "unchanged", "rest", "rules", "fixed"])
def test_never_before_the_minimum_always_at_the_limit(rule: HaltRule) -> None:
    assert not any(stops(steps=2, rule=rule, min_segments=3, max_segments=9))
    assert all(stops(steps=9, rule=rule, min_segments=3, max_segments=9))
