"""The Hierarchical Reasoning Model (arXiv 2506.21734): a slow level H and a fast level L that update each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from hrm.models.gradient import GradientRule
from hrm.models.recursion import Backbone, TwoStates
from hrm.models.settings import BackboneConfig, require_at_least_one
from hrm.types import TaskSpec


@dataclass(frozen=True, kw_only=True)
class HRMConfig(BackboneConfig):
    """HRM, the paper's model by default: 27.3M parameters on Sudoku."""

    name: ClassVar[str] = "hrm"

    H_layers: int = 4
    """Blocks of the slow level (4 in the published code)."""
    L_layers: int = 4
    """Blocks of the fast level (4 in the published code)."""
    H_cycles: int = 2
    """N: updates of z_H in a segment."""
    L_cycles: int = 2
    """T: updates of z_L for each one of z_H."""
    has_q_continue: bool = True
    """Learn the value of going on, too; without it a puzzle halts at q_halt > 0, as TRM does."""
    gradient: GradientRule = "one_step"
    """Which updates of a segment the gradient sees: the last of each level. models/gradient.py has other rules."""

    def __post_init__(self) -> None:
        super().__post_init__()  # looks at the cycles, too
        require_at_least_one(self, "H_layers", "L_layers")

    def build(self, spec: TaskSpec) -> HRM:
        return HRM(self, spec)


class HRM(Backbone):
    """Two levels, a gradient through the last update of each, and a head that says whether to stop.

    One segment m, as in figure 4 of the paper and its section 2 ("Approximate gradient", "Deep supervision", "Adaptive
    computational time"); P positions hold the puzzle id's embedding (1 by default), S the cells, L = P + S::

        def segment(z_H, z_L, puzzle):              # both (B, L, D), as the segment before left them, or first states
            e = embedding(puzzle)                   # f_I: the puzzle id's positions, then one a cell
            with torch.no_grad():                   # all updates but the last of each level
                for i in range(1, N * T):
                    z_L = L_level(z_L, z_H + e)     # f_L: the fast level, T times in each cycle
                    if i % T == 0:
                        z_H = H_level(z_H, z_L)     # f_H: the slow level, on the new z_L (figure 4)
            z_L = L_level(z_L, z_H + e)             # the one-step gradient sees these two,
            z_H = H_level(z_H, z_L)                 # so memory does not grow with N and T
            logits = lm_head(z_H[:, P:])            # f_O, for every cell
            q_halt, q_continue = q_head(z_H[:, 0])  # logits, at the first position (published code)
            return z_H.detach(), z_L.detach(), logits, q_halt, q_continue

    Below stand the same updates as two loops. ``run_updates`` (gradient.py) runs ``for level in updates(): z =
    update(z, level, e)`` and switches the gradient off for all but the last update of each level, unless
    ``config.gradient`` says otherwise. A level adds its second argument to its first and runs its blocks
    (nn/block.py). What the family shares is in recursion.py: ``forward``, which calls all this, embedding, heads and
    first states.
    """

    config: HRMConfig
    carry_type = TwoStates

    def add_levels(self, num_positions: int) -> None:  # L, for rotary positions or an MLP along them
        self.H_level = self.config.make_level(num_positions, self.config.H_layers)
        self.L_level = self.config.make_level(num_positions, self.config.L_layers)

    def updates(self) -> Iterator[str]:
        for _ in range(self.config.H_cycles):  # N cycles
            for _ in range(self.config.L_cycles):  # of T steps
                yield "L"
            yield "H"

    def update(self, z: TwoStates, level: str, e: Tensor) -> TwoStates:
        if level == "L":
            return z._replace(z_L=self.L_level(z.z_L, z.z_H + e))
        return z._replace(z_H=self.H_level(z.z_H, z.z_L))
