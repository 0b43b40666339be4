"""The end of thinking about a puzzle: small pure functions of what was seen after a segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from hrm.inference.options import HaltPolicy, HaltRule
from hrm.segments.halting import should_halt, wants_to_halt


class Seen(NamedTuple):
    """The evidence that a policy may look at after a segment of B puzzles."""

    q_halt: Tensor  # (B,) logit
    q_continue: Tensor | None  # (B,) logit
    unchanged: Tensor  # (B,) int64, segments in a row that left the answer as it was
    residual: Tensor  # (B,) how far the state moved, as a share of its size
    solved: Tensor | None  # (B,) bool, by the rules; None where nothing can check
    is_stuck: Tensor | None = None  # (B,) bool, given up by the model; None where it never gives up


def halts(policy: HaltPolicy, seen: Seen, steps: Tensor) -> Tensor:
    """True (B,) where the puzzle leaves after ``steps`` (B,) segments: whatever the rule, what is given up is over."""
    leaves = should_halt(steps, RULES[policy.rule](policy, seen), policy.min_segments, policy.max_segments)
    return leaves if seen.is_stuck is None else leaves | seen.is_stuck


def _by_q(policy: HaltPolicy, seen: Seen) -> Tensor:
    if policy.q_threshold is None:
        return wants_to_halt(seen.q_halt, seen.q_continue)
    return seen.q_halt.sigmoid() >= policy.q_threshold


def _by_rules(policy: HaltPolicy, seen: Seen) -> Tensor:
    assert seen.solved is not None, "a task without rules was refused before"
    return seen.solved


def _when_unchanged(policy: HaltPolicy, seen: Seen) -> Tensor:
    return seen.unchanged >= policy.patience


def _at_rest(policy: HaltPolicy, seen: Seen) -> Tensor:
    return seen.residual < policy.tolerance


def _never(policy: HaltPolicy, seen: Seen) -> Tensor:
    return torch.zeros_like(seen.q_halt, dtype=torch.bool)


RULES: dict[HaltRule, Callable[[HaltPolicy, Seen], Tensor]] = {
    "rules": _by_rules,
    "q": _by_q,
    "unchanged": _when_unchanged,
    "rest": _at_rest,
    "fixed": _never,
}
