"""The Tiny Recursive Model (arXiv 2510.04871): one small network for both states, gradient through the last round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from hrm.models.gradient import GradientRule
from hrm.models.recursion import (
    Backbone,
    BackboneConfig,
    TwoStates,
    require_at_least_one,
    two_level_schedule,
    update_either,
)
from hrm.types import TaskSpec


@dataclass(frozen=True, kw_only=True)
class TRMConfig(BackboneConfig):
    """TRM, the paper's model by default, with attention; ``mixing`` mlp and ``positions`` none are its MLP variant."""

    name: ClassVar[str] = "trm"

    L_layers: int = 2
    """Blocks of the one network f."""
    H_cycles: int = 3
    """T of its paper: rounds in a segment, the last of them with gradient."""
    L_cycles: int = 6
    """n of its paper: updates of z_L for each one of z_H."""
    puzzle_embedding_len: int | None = 16
    """Positions of the puzzle embedding, padded with zeros."""
    has_q_continue: bool = False
    """Learn the value of going on, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""
    gradient: GradientRule = "last_round"
    """Which updates of a segment the gradient sees: models/gradient.py."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "L_layers", "H_cycles", "L_cycles")

    def build(self, spec: TaskSpec) -> TRM:
        return TRM(self, spec)


class TRM(Backbone):
    """``z_L <- f(z_L + z_H + e)`` n times, then ``z_H <- f(z_H + z_L)``; all of it T times."""

    config: TRMConfig
    carry_type = TwoStates

    def add_levels(self, L: int) -> None:
        self.L_level = self.config.make_level(L, self.config.L_layers)

    @property
    def schedule(self) -> tuple[str, int]:
        return two_level_schedule(self.config.H_cycles, self.config.L_cycles)

    def update(self, z: TwoStates, level: str, e: Tensor) -> TwoStates:
        return update_either(self.L_level, z, level, e)
