"""Models of one level: ``z_H <- H_level(z_H + e)``, several times a segment. Their configurations tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from hrm.models.gradient import GradientRule
from hrm.models.recursion import Backbone, OneState
from hrm.models.settings import BackboneConfig, require_at_least_one
from hrm.nn.block import FeedForward
from hrm.types import TaskSpec


@dataclass(frozen=True, kw_only=True)
class OneLevelConfig(BackboneConfig):
    """Settings that models of one level share: how many blocks it has, and how often a segment runs them."""

    feed_forward: ClassVar[FeedForward] = "swiglu"

    H_layers: int = 8
    """Blocks of the level."""
    gradient: GradientRule = "bptt"
    """Updates of a segment that the gradient sees: models/gradient.py."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "H_layers")

    def build(self, spec: TaskSpec) -> OneLevel:
        return OneLevel(self, spec)


class OneLevel(Backbone):
    """``z_H <- H_level(z_H + e)``, again and again."""

    config: OneLevelConfig
    carry_type = OneState

    def add_levels(self, num_positions: int) -> None:
        self.H_level = self.config.make_level(num_positions, self.config.H_layers, self.config.feed_forward)

    def updates(self) -> Iterator[str]:
        for _ in range(self.config.H_cycles):  # rounds
            for _ in range(self.config.L_cycles):
                yield "H"

    def update(self, z: OneState, level: str, e: Tensor) -> OneState:
        return OneState(self.H_level(z.z_H, e))
