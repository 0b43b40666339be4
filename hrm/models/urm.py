"""The Universal Reasoning Model (arXiv 2512.14693): one state, a short convolution in the feed-forward layers.

``h <- layers(h + e)``: ``H_cycles`` rounds of ``L_cycles`` updates, the last round with gradient; halting as in TRM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hrm.models.gradient import GradientRule
from hrm.models.one_level import OneLevelConfig
from hrm.nn.block import FeedForward


@dataclass(frozen=True, kw_only=True)
class URMConfig(OneLevelConfig):
    """URM, the paper's model by default: four blocks."""

    name: ClassVar[str] = "urm"
    feed_forward: ClassVar[FeedForward] = "conv_swiglu"

    H_layers: int = 4
    """Blocks."""
    H_cycles: int = 2
    """Rounds in a segment, the last of them with gradient."""
    L_cycles: int = 6
    """Updates of h in a round."""
    has_q_continue: bool = False
    """The value of going on is learned, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""
    gradient: GradientRule = "last_round"
    """Updates of a segment that the gradient sees: models/gradient.py."""
