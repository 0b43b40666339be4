"""Rotary positions (RoFormer, arXiv 2104.09864), in the half-split layout of the published HRM code."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BASE = 10_000.0


class Rotary(nn.Module):
    """Turns queries and keys by an angle that grows with their position."""

    cos: Tensor  # (L, 2, head / 2)
    sin: Tensor  # (L, 2, head / 2), the first half negated

    def __init__(self, num_positions: int, head_size: int) -> None:
        super().__init__()
        frequencies = BASE ** (-torch.arange(0, head_size, 2, dtype=torch.float32) / head_size)
        angles = torch.outer(torch.arange(num_positions, dtype=torch.float32), frequencies)  # (L, head / 2)
        self.register_buffer("cos", torch.stack((angles.cos(), angles.cos()), dim=1), persistent=False)
        self.register_buffer("sin", torch.stack((-angles.sin(), angles.sin()), dim=1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:  # (B, heads, L, head) -> same
        halves = x.view(*x.shape[:-1], 2, -1)  # flipping them costs half of what cutting and joining does
        return (halves * self.cos + halves.flip(-2) * self.sin).flatten(-2).to(x.dtype)
