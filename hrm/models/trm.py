"""The Tiny Recursive Model (arXiv 2510.04871): one small network for both states, gradient through the last round."""

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
class TRMConfig(BackboneConfig):
    """TRM with attention by default; ``mixing`` mlp and ``positions`` none are its MLP variant, better on Sudoku."""

    name: ClassVar[str] = "trm"

    L_layers: int = 2
    """Blocks of the one network f."""
    H_cycles: int = 3
    """T of its paper (HRM's N): rounds in a segment, the last of them with gradient."""
    L_cycles: int = 6
    """n of its paper (HRM's T): updates of z_L for each one of z_H."""
    puzzle_embedding_len: int | None = 16
    """Positions for the puzzle id: its vector fills the first, width / D of them, zeros the rest (published code);
    None: no zeros."""
    has_q_continue: bool = False
    """Learn the value of going on, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""
    gradient: GradientRule = "last_round"
    """Which updates of a segment the gradient sees: the last round. models/gradient.py has other rules."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "L_layers")

    def build(self, spec: TaskSpec) -> TRM:
        return TRM(self, spec)


class TRM(Backbone):
    """One network f for both states, a gradient through the last round, and a head that says whether it is right.

    One segment, the "deep recursion" of the paper (figure 3). Its answer y, thought z and question x are z_H, z_L and e
    in the code below; P positions hold the puzzle id's embedding, S the cells, L = P + S::

        def segment(y, z, puzzle):              # both (B, L, D), as the segment before left them, or first states
            x = embedding(puzzle)               # the puzzle id's positions, then one a cell
            with torch.no_grad():
                for _ in range(T - 1):
                    y, z = latent_recursion(y, z, x)
            y, z = latent_recursion(y, z, x)    # the gradient sees the whole of the last round
            return y.detach(), z.detach(), lm_head(y[:, P:]), q_head(y[:, 0])  # one logit: right or not

        def latent_recursion(y, z, x):          # a round
            for _ in range(n):
                z = f(z, y + x)                 # think, n times
            y = f(y, z)                         # then improve the answer
            return y, z

    Below stand the same updates as two loops. ``run_updates`` (gradient.py) runs ``for level in updates(): z =
    update(z, level, e)`` and switches the gradient off for all rounds but the last, unless ``config.gradient`` says
    otherwise. f adds its second argument to its first and runs its blocks (nn/block.py). What the family shares is in
    recursion.py: ``forward``, which calls all this, embedding, heads and first states.
    """

    config: TRMConfig
    carry_type = TwoStates

    def add_levels(self, num_positions: int) -> None:
        self.L_level = self.config.make_level(
            num_positions, self.config.L_layers
        )  # f: the only one, named as published

    def updates(self) -> Iterator[str]:
        for _ in range(self.config.H_cycles):  # T rounds
            for _ in range(self.config.L_cycles):  # of n steps
                yield "L"
            yield "H"

    def update(self, z: TwoStates, level: str, e: Tensor) -> TwoStates:
        if level == "L":
            return z._replace(z_L=self.L_level(z.z_L, z.z_H + e))
        return z._replace(z_H=self.L_level(z.z_H, z.z_L))  # the same network
