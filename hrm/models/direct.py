"""Direct prediction: one pass, no recursion, nothing goes on from segment to segment (arXiv 2506.21734, figure 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from hrm.models.gradient import GradientRule
from hrm.models.recursion import Backbone, BackboneConfig, OneState, require_at_least_one
from hrm.types import TaskSpec


@dataclass(frozen=True, kw_only=True)
class OnePassConfig(BackboneConfig):
    """What the models of a single pass share: how many blocks it runs."""

    H_layers: int = 8
    """Blocks."""
    has_q_continue: bool = False
    """Learn the value of going on, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""
    gradient: GradientRule = "bptt"
    """There is one update, and the gradient sees it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "H_layers")

    def build(self, spec: TaskSpec) -> Direct:
        return Direct(self, spec)


@dataclass(frozen=True, kw_only=True)
class DirectConfig(OnePassConfig):
    """Direct prediction: one pass of eight blocks, as many as the paper's HRM has in both levels."""

    name: ClassVar[str] = "direct"


@dataclass(frozen=True, kw_only=True)
class DeepConfig(OnePassConfig):
    """A plain deep stack: as many untied blocks as a segment of the paper's HRM runs."""

    name: ClassVar[str] = "deep"

    H_layers: int = 24
    """Blocks. 24 = N (T + 1) updates of four."""


class Direct(Backbone):
    """``logits = head(blocks(e))``. Every segment gives the same answer: train it with ``max_segments`` 1."""

    config: OnePassConfig
    carry_type = OneState

    def add_levels(self, L: int) -> None:
        self.H_level = self.config.make_level(L, self.config.H_layers)

    @property
    def schedule(self) -> tuple[str, int]:
        return "H", 1

    def update(self, z: OneState, level: str, e: Tensor) -> OneState:
        return OneState(self.H_level(torch.zeros_like(e), e))

    @property
    def keeps_state(self) -> bool:
        return False
