"""SwiGLU (arXiv 2002.05202), the feed-forward layer of every block."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.linear import Linear


def swiglu_width(hidden_size: int, expansion: float) -> int:
    """Two thirds of ``expansion * hidden_size``, rounded up to a multiple of 256 (published code)."""
    return 256 * math.ceil(round(expansion * hidden_size * 2 / 3) / 256)


class SwiGLU(nn.Module):
    """``down(silu(gate(x)) * up(x))`` over the last axis; gate and up are one fused matrix, gate first."""

    def __init__(self, hidden_size: int, expansion: float) -> None:
        super().__init__()
        width = swiglu_width(hidden_size, expansion)
        self.gate_up_proj = Linear(hidden_size, 2 * width)
        self.down_proj = Linear(width, hidden_size)

    def forward(self, x: Tensor) -> Tensor:  # (..., D) -> (..., D)
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * up)
