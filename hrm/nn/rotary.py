"""Rotary positions (RoFormer, arXiv 2104.09864), in the half-split layout of the published HRM code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn

BASE = 10_000.0
"""Base of the angles' frequencies (RoFormer, and the published HRM code)."""


class Rotary(nn.Module):
    """A turn of queries and keys by an angle that grows with their position."""

    cos: Tensor  # (L, 2, head / 2)
    sin: Tensor  # (L, 2, head / 2), the first half negated

    def __init__(self, num_positions: int, head_size: int) -> None:
        super().__init__()
        self.num_positions, self.head_size = num_positions, head_size
        cos, sin = self.tables(torch.float32)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def tables(self, dtype: torch.dtype, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
        """Cosines and sines of every angle, computed in ``dtype``."""
        frequencies = BASE ** (-torch.arange(0, self.head_size, 2, dtype=dtype, device=device) / self.head_size)
        positions = torch.arange(self.num_positions, dtype=dtype, device=device)
        angles = torch.outer(positions, frequencies)  # (L, head / 2)
        return torch.stack((angles.cos(), angles.cos()), dim=1), torch.stack((-angles.sin(), angles.sin()), dim=1)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """The work of ``to``, ``double`` and ``float``. In another precision the tables are computed anew; widened,
        they would keep their rounding."""
        before = self.cos.dtype
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if (dtype := self.cos.dtype) != before:
            tables = self.tables(torch.promote_types(dtype, torch.float32), self.cos.device)
            self.cos, self.sin = (table.to(dtype) for table in tables)
        return self

    def forward(self, x: Tensor) -> Tensor:  # (B, heads, L, head) -> same
        halves = x.view(*x.shape[:-1], 2, -1)  # flipping them costs half of what cutting and joining does
        return (halves * self.cos + halves.flip(-2) * self.sin).flatten(-2).to(x.dtype)
