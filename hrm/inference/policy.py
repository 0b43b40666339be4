"""The end of thinking about a puzzle: small pure functions of what was seen after a segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.segments.halting import should_halt, wants_to_halt

HaltRule = Literal["rules", "q", "unchanged", "rest", "fixed"]
"""Reasons to end the thinking: the answer obeys the rules of the puzzle; the model's own value of stopping (ACT, arXiv
2506.21734, section 2); an answer that stays the same; a state that stays the same; or max_segments alone."""


class Seen(NamedTuple):
    """The evidence that a policy may look at after a segment of B puzzles."""

    q_halt: Tensor  # (B,) logit
    q_continue: Tensor | None  # (B,) logit
    unchanged: Tensor  # (B,) int64, segments in a row that left the answer as it was
    residual: Tensor  # (B,) how far the state moved, as a share of its size
    solved: Tensor | None  # (B,) bool, by the rules; None where nothing can check


@dataclass(frozen=True, kw_only=True)
class HaltPolicy:
    """A rule with its limits. Nothing stops before ``min_segments``, everything at ``max_segments``."""

    rule: HaltRule = "q"
    """What ends the thinking."""
    min_segments: int = 1
    """Fewest segments."""
    max_segments: int = 16
    """Most segments; may be above that of training."""
    q_threshold: float | None = None
    """q: stop at this probability of being right. None: as trained (HRM: more than the value of going on, TRM: 0.5)."""
    patience: int = 2
    """unchanged: how many segments in a row must leave the answer as it was."""
    tolerance: float = 0.02
    """rest: stop when the state moved by less than this share of its size."""

    def __post_init__(self) -> None:
        if self.max_segments < 1:
            raise InputError(f"max_segments is {self.max_segments}: a puzzle needs at least 1 segment")
        if not 1 <= self.min_segments <= self.max_segments:
            raise InputError(f"min_segments is {self.min_segments}: give 1 to max_segments ({self.max_segments})")
        if self.q_threshold is not None and not 0 < self.q_threshold < 1:
            raise InputError(f"q_threshold is {self.q_threshold}: a probability between 0 and 1 is needed")
        if self.patience < 1:
            raise InputError(f"patience is {self.patience}: it must be at least 1 segment")
        if self.tolerance <= 0:
            raise InputError(f"tolerance is {self.tolerance}: it must be above 0")


def halts(policy: HaltPolicy, seen: Seen, steps: Tensor) -> Tensor:
    """True (B,) where the puzzle leaves after ``steps`` (B,) segments."""
    return should_halt(steps, RULES[policy.rule](policy, seen), policy.min_segments, policy.max_segments)


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
