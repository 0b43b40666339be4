"""Bidirectional self-attention over the cells (arXiv 1706.03762), as HRM's blocks use it."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.linear import Linear
from hrm.nn.precision import at_least_float32
from hrm.nn.rotary import Rotary

LONGEST_WRITTEN_OUT = 256
"""Positions up to which attention is written out on a CPU; beyond, the scores of 900 cells would fill the memory. Any
number between those and the 82 that were measured (docs/log.md, 2026-11-22); chosen by hand."""


class Attention(nn.Module):
    """Multi-head attention with a fused qkv, without bias, mask or dropout; rotary positions when given."""

    def __init__(self, hidden_size: int, num_heads: int, rotary: Rotary | None) -> None:
        super().__init__()
        if hidden_size % (2 * num_heads):
            raise ValueError(f"hidden_size {hidden_size} must be a multiple of twice num_heads {num_heads}")
        self.num_heads = num_heads
        self.rotary = rotary
        self.qkv_proj = Linear(hidden_size, 3 * hidden_size)
        self.o_proj = Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor) -> Tensor:  # (B, L, D) -> (B, L, D)
        B, L, D = x.shape
        q, k, v = self.qkv_proj(x).view(B, L, 3, self.num_heads, D // self.num_heads).permute(2, 0, 3, 1, 4)
        if self.rotary is not None:
            q, k = self.rotary(q), self.rotary(k)
        mixed = attend(q, k, v)  # (B, heads, L, head)
        return self.o_proj(mixed.transpose(1, 2).reshape(B, L, D))


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention of every position to all, scores scaled by 1 / sqrt(head); (B, heads, L, head) each.

    PyTorch's fused kernel, but not for short sequences on a CPU: there its backward pass alone takes four times as long
    as attention written out (docs/log.md, 2026-11-22).
    """
    if q.device.type != "cpu" or q.shape[-2] > LONGEST_WRITTEN_OUT:
        return F.scaled_dot_product_attention(q, k, v)
    scores = (q * q.shape[-1] ** -0.5) @ k.mT  # (B, heads, L, L)
    return at_least_float32(scores).softmax(-1).to(v.dtype) @ v
