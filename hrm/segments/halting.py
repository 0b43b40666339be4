"""The end of thinking: adaptive computation time with Q-learning (arXiv 2506.21734, section 2).

Pure functions of tensors with a leading B; which random numbers are used is the caller's affair.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hrm.types import IGNORE_LABEL


def draw_min_segments(
    batch_size: int, max_segments: int, exploration_prob: float, generator: torch.Generator | None = None
) -> Tensor:
    """M_min (B,): with probability ``exploration_prob`` uniform in {2..max_segments}, else 1."""
    explores = torch.rand(batch_size, generator=generator) < exploration_prob
    longer = torch.randint(2, max(max_segments, 2) + 1, (batch_size,), generator=generator)
    return torch.where(explores, longer, 1).clamp(max=max_segments)


def wants_to_halt(q_halt: Tensor, q_continue: Tensor | None) -> Tensor:
    """True (B,) where stopping is worth more than going on (HRM), or worth more than a coin's toss (TRM)."""
    return q_halt > (0.0 if q_continue is None else q_continue)


def should_halt(steps: Tensor, wants: Tensor, min_segments: Tensor | int, max_segments: int) -> Tensor:
    """True (B,) where a puzzle leaves its slot after ``steps`` segments."""
    return (steps >= max_segments) | (wants & (steps >= min_segments))


def is_exact(logits: Tensor, labels: Tensor) -> Tensor:
    """True (B,) where every labelled cell is right; a row without labels is never exact. (B, S, V), (B, S)."""
    labelled = labels != IGNORE_LABEL
    right = (logits.argmax(-1) == labels) | ~labelled
    return right.all(-1) & labelled.any(-1)


def share_right(answers: Tensor, labels: Tensor) -> Tensor:
    """Share of the labelled cells (B,) that are right, 0 for a row without labels. (B, S), (B, S)."""
    labelled = labels != IGNORE_LABEL
    return ((answers == labels) & labelled).sum(-1) / labelled.sum(-1).clamp(min=1)


def continue_target(next_q_halt: Tensor, next_q_continue: Tensor, is_last: Tensor) -> Tensor:
    """G_continue (B,), a probability: the value of the next segment, where only stopping is left after the last."""
    return torch.sigmoid(torch.where(is_last, next_q_halt, torch.maximum(next_q_halt, next_q_continue)))
