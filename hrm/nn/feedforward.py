"""SwiGLU (arXiv 2002.05202), the feed-forward layer of every block, and URM's variant with a short convolution."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.linear import Linear


def swiglu_width(hidden_size: int, expansion: float) -> int:
    """Two thirds of ``expansion * hidden_size``, rounded up to a multiple of 256 (published code)."""
    return 256 * math.ceil(round(expansion * hidden_size * 2 / 3) / 256)


class SwiGLU(nn.Module):
    """``down(silu(gate(x)) * up(x))`` over the last axis; gate and up are one fused matrix, gate first."""

    def __init__(self, hidden_size: int, width: int) -> None:
        super().__init__()
        self.gate_up_proj = Linear(hidden_size, 2 * width)
        self.down_proj = Linear(width, hidden_size)

    def forward(self, x: Tensor) -> Tensor:  # (..., D) -> (..., D)
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * up)


class ConvSwiGLU(nn.Module):
    """SwiGLU whose hidden channels see the position before (URM, arXiv 2512.14693).

    ``down(silu(conv(silu(gate(x)) * up(x))))``: depthwise, two positions wide, with a bias.
    """

    KERNEL = 2

    def __init__(self, hidden_size: int, width: int) -> None:
        super().__init__()
        self.gate_up_proj = Linear(hidden_size, 2 * width)
        bound = 1 / math.sqrt(self.KERNEL)  # PyTorch's own convolutions begin like this
        self.conv_weight = nn.Parameter(torch.empty(width, 1, self.KERNEL).uniform_(-bound, bound))
        self.conv_bias = nn.Parameter(torch.empty(width).uniform_(-bound, bound))
        self.down_proj = Linear(width, hidden_size)

    def forward(self, x: Tensor) -> Tensor:  # (B, L, D) -> (B, L, D)
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        hidden = (F.silu(gate) * up).transpose(1, 2)  # (B, width, L)
        hidden = F.pad(hidden, (self.KERNEL - 1, 0))
        weight, bias = self.conv_weight.to(x.dtype), self.conv_bias.to(x.dtype)
        mixed = F.conv1d(hidden, weight, bias, groups=len(bias)).transpose(1, 2)
        return self.down_proj(F.silu(mixed))
