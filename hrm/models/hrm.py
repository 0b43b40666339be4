"""The Hierarchical Reasoning Model (arXiv 2506.21734): a slow level H and a fast level L that update each other.

Read ``HRM.forward`` beside figure 4 of the paper: N = ``H_cycles`` cycles of T = ``L_cycles`` updates of z_L and one of
z_H, all without gradient but the last of each (section 2, "approximate gradient").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.models.base import Reasoner
from hrm.nn.block import Block, Level, Mixing
from hrm.nn.embedding import InputEmbedding, Positions
from hrm.nn.init import truncated_normal_
from hrm.nn.linear import Linear
from hrm.nn.rotary import Rotary
from hrm.types import Batch, InputError, Prediction, TaskSpec


@dataclass(frozen=True, kw_only=True)
class HRMConfig:
    """The paper's model by default: 27.3M parameters on Sudoku."""

    name: ClassVar[str] = "hrm"

    hidden_size: int = 512
    """Width D of both states."""
    num_heads: int = 8
    """Attention heads (no effect with ``mixing`` mlp)."""
    expansion: float = 4.0
    """Width of the SwiGLU, as a multiple of D before the customary 2/3."""
    H_layers: int = 4
    """Blocks of the slow level."""
    L_layers: int = 4
    """Blocks of the fast level."""
    H_cycles: int = 2
    """N: updates of z_H in a segment."""
    L_cycles: int = 2
    """T: updates of z_L for each one of z_H."""
    mixing: Mixing = "attention"
    """How cells see each other: attention, or an MLP along the sequence axis."""
    positions: Positions = "rope"
    """Rotary or learned positions, or none."""
    puzzle_embedding_size: int = 512
    """Width E of the embedding of a puzzle id; 0 for no prefix at all."""

    def __post_init__(self) -> None:
        for name in ("hidden_size", "num_heads", "H_layers", "L_layers", "H_cycles", "L_cycles"):
            if getattr(self, name) < 1:
                raise InputError(f"model.{name} is {getattr(self, name)}: it must be at least 1")
        if self.mixing == "attention" and self.hidden_size % (2 * self.num_heads):
            raise InputError(
                f"model.hidden_size {self.hidden_size} must be a multiple of twice model.num_heads {self.num_heads}"
            )

    def build(self, spec: TaskSpec) -> HRM:
        return HRM(self, spec)


class HRMCarry(NamedTuple):
    """What goes on from one segment to the next."""

    z_H: Tensor  # (B, L, D)
    z_L: Tensor  # (B, L, D)


class HRM(Reasoner):
    """Two levels, one-step gradient, and a head that says whether to stop."""

    H_init: Tensor
    L_init: Tensor

    def __init__(self, config: HRMConfig, spec: TaskSpec) -> None:
        super().__init__()
        self.config = config
        D = config.hidden_size
        self.embedding = InputEmbedding(
            D, spec.vocab_size, spec.seq_len, spec.num_puzzles, config.puzzle_embedding_size, config.positions
        )
        rotary = (
            Rotary(self.embedding.num_positions, D // config.num_heads)
            if config.positions == "rope" and config.mixing == "attention"
            else None
        )

        def level(num_layers: int) -> Level:
            L, heads, expansion = self.embedding.num_positions, config.num_heads, config.expansion
            return Level([Block(D, L, heads, expansion, config.mixing, rotary) for _ in range(num_layers)])

        self.H_level = level(config.H_layers)
        self.L_level = level(config.L_layers)
        self.lm_head = Linear(D, spec.vocab_size)
        self.q_head = nn.Linear(D, 2)
        nn.init.zeros_(self.q_head.weight)
        nn.init.constant_(self.q_head.bias, -5.0)  # at the start: neither stopping nor going on is worth anything
        self.register_buffer("H_init", truncated_normal_(torch.empty(D), 1.0))  # never trained
        self.register_buffer("L_init", truncated_normal_(torch.empty(D), 1.0))

    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> HRMCarry:
        """``H_init`` and ``L_init`` at every position: two tensors (B, L, D) of ``dtype``."""
        shape = (batch_size, self.embedding.num_positions, self.config.hidden_size)
        return HRMCarry(self.H_init.to(dtype).expand(shape), self.L_init.to(dtype).expand(shape))

    def forward(self, carry: HRMCarry, batch: Batch) -> tuple[HRMCarry, Prediction]:
        """One segment, in the precision of the carry."""
        z_H, z_L = carry
        e = self.embedding(batch).to(z_H.dtype)
        T = self.config.L_cycles

        with torch.no_grad():
            for update in range(1, self.config.H_cycles * T):  # all N T updates of z_L but the last
                z_L = self.L_level(z_L, z_H + e)
                if update % T == 0:
                    z_H = self.H_level(z_H, z_L)

        z_L = self.L_level(z_L, z_H + e)  # the one step that the gradient sees
        z_H = self.H_level(z_H, z_L)

        logits = self.read(z_H)
        q_halt, q_continue = F.linear(z_H[:, 0].float(), self.q_head.weight, self.q_head.bias).unbind(-1)
        return HRMCarry(z_H.detach(), z_L.detach()), Prediction(logits, q_halt, q_continue)

    def read(self, state: Tensor) -> Tensor:
        """(B, L, D) -> logits (B, S, V)."""
        return self.lm_head(state[:, self.embedding.prefix :])
