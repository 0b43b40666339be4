"""Deep supervision: the loss of one segment (arXiv 2506.21734, section 2).

``sum over puzzles of [mean over labelled cells of CE + 0.5 (BCE(q_halt) + BCE(q_continue))] / B``
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from hrm.nn.precision import at_least_float32, has_float64
from hrm.types import IGNORE_LABEL, Prediction

LossKind = Literal["stablemax", "softmax"]

Q_LOSS_WEIGHT = 0.5
"""Weight of the Q-learning terms beside the cross entropy (published code)."""


class SegmentLoss(NamedTuple):
    """Scalars, each summed over the puzzles of the batch."""

    token: Tensor
    q_halt: Tensor
    q_continue: Tensor

    @property
    def total(self) -> Tensor:
        return self.token + Q_LOSS_WEIGHT * (self.q_halt + self.q_continue)


def log_stablemax(logits: Tensor) -> Tensor:
    """Log probabilities ``log(s(x) / sum s)`` with ``s(x) = x + 1`` above zero, ``1 / (1 - x)`` below.

    From "Grokking at the edge of numerical stability" (arXiv 2501.04697). Same shape as ``logits``.
    """
    log_s = torch.where(logits >= 0, torch.log1p(logits.clamp(min=0)), -torch.log1p(-logits.clamp(max=0)))
    return log_s - torch.logsumexp(log_s, dim=-1, keepdim=True)


def token_loss(logits: Tensor, labels: Tensor, kind: LossKind) -> Tensor:
    """Cross entropy per puzzle (B,): the mean over its labelled cells. logits (B, S, V), labels (B, S).

    Small-sample runs use stablemax, the full-Sudoku run softmax. Stablemax is summed in float64, as published, where
    the device has it.
    """
    if kind == "stablemax":
        log_p = log_stablemax(logits.double() if has_float64(logits.device) else logits.float())
    else:
        log_p = torch.log_softmax(at_least_float32(logits), dim=-1)
    labelled = labels != IGNORE_LABEL
    right = log_p.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)  # (B, S)
    return -(right * labelled).sum(-1) / labelled.sum(-1).clamp(min=1)


def segment_loss(
    prediction: Prediction,
    labels: Tensor,
    exact: Tensor,
    target_continue: Tensor | None,
    kind: LossKind,
    rows: Tensor | None = None,
    weight: float | None = None,
) -> SegmentLoss:
    """The three terms of one segment's loss.

    exact (B,) bool is G_halt: every labelled cell right. target_continue in [0, 1] is G_continue, or None for models
    that learn only q_halt. Both must be detached. The target is that of all B rows, or of a sample ``rows`` (k,), each
    of which counts ``weight`` times: B / k when not given, so that their mean stands for all.
    """
    B, q_halt = len(labels), prediction.q_halt
    q_continue = q_halt.new_zeros(())
    if prediction.q_continue is not None and target_continue is not None:
        sample = prediction.q_continue if rows is None else prediction.q_continue[rows]
        total = F.binary_cross_entropy_with_logits(sample, target_continue, reduction="sum")
        q_continue = total * (B / len(target_continue) if weight is None else weight)
    return SegmentLoss(
        token=token_loss(prediction.logits, labels, kind).sum(),
        q_halt=F.binary_cross_entropy_with_logits(q_halt, exact.to(q_halt.dtype), reduction="sum"),
        q_continue=q_continue,
    )
