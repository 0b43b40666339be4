"""The Hierarchical Reasoning Model (arXiv 2506.21734): a slow level H and a fast level L that update each other.

Read ``HRM.schedule`` and ``HRM.update`` beside figure 4 of the paper: N = ``H_cycles`` cycles of T = ``L_cycles``
updates of z_L and one of z_H, all without gradient but the last of each (section 2, "approximate gradient":
``gradient`` one_step, hrm/models/gradient.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from hrm.models.recursion import Backbone, BackboneConfig, TwoStates, require_at_least_one
from hrm.types import TaskSpec


@dataclass(frozen=True, kw_only=True)
class HRMConfig(BackboneConfig):
    """HRM, the paper's model by default: 27.3M parameters on Sudoku."""

    name: ClassVar[str] = "hrm"

    H_layers: int = 4
    """Blocks of the slow level."""
    L_layers: int = 4
    """Blocks of the fast level."""
    H_cycles: int = 2
    """N: updates of z_H in a segment."""
    L_cycles: int = 2
    """T: updates of z_L for each one of z_H."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "H_layers", "L_layers", "H_cycles", "L_cycles")

    def build(self, spec: TaskSpec) -> HRM:
        return HRM(self, spec)


class HRM(Backbone):
    """Two levels, one-step gradient, and a head that says whether to stop."""

    config: HRMConfig
    carry_type = TwoStates

    def add_levels(self, L: int) -> None:
        self.H_level = self.config.make_level(L, self.config.H_layers)
        self.L_level = self.config.make_level(L, self.config.L_layers)

    @property
    def schedule(self) -> tuple[str, int]:
        N, T = self.config.H_cycles, self.config.L_cycles
        return ("L" * T + "H") * N, N

    def update(self, z: TwoStates, level: str, e: Tensor) -> TwoStates:
        if level == "L":
            return z._replace(z_L=self.L_level(z.z_L, z.z_H + e))
        return z._replace(z_H=self.H_level(z.z_H, z.z_L))
