"""Direct prediction: one pass, no recursion, nothing goes on from segment to segment (arXiv 2506.21734, figure 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from hrm.models.recursion import Backbone, OneState
from hrm.models.settings import OnePassConfig
from hrm.types import TaskSpec


@dataclass(frozen=True, kw_only=True)
class DirectConfig(OnePassConfig):
    """Direct prediction: one pass of eight blocks, as many as the paper's HRM has in both levels."""

    name: ClassVar[str] = "direct"

    def build(self, spec: TaskSpec) -> Direct:
        return Direct(self, spec)


@dataclass(frozen=True, kw_only=True)
class DeepConfig(OnePassConfig):
    """A plain deep stack: as many untied blocks as a segment of the paper's HRM runs."""

    name: ClassVar[str] = "deep"

    H_layers: int = 24
    """Blocks. 24 = N (T + 1) updates of four."""

    def build(self, spec: TaskSpec) -> Direct:
        return Direct(self, spec)


class Direct(Backbone):
    """``logits = head(blocks(e))``. Every segment gives the same answer: train it with ``max_segments`` 1."""

    config: OnePassConfig
    carry_type = OneState
    keeps_state = False

    def add_levels(self, num_positions: int) -> None:
        self.H_level = self.config.make_level(num_positions, self.config.H_layers)

    def updates(self) -> Iterator[str]:
        yield "H"

    def update(self, z: OneState, level: str, e: Tensor) -> OneState:
        return OneState(self.H_level(torch.zeros_like(e), e))
