"""Transformers in HRM's outer loop, the ARC Prize team's control (arcprize.org/blog/hrm-analysis).

One state, ``z_H <- H_level(z_H + e)``; halting, deep supervision and data as in HRM. With one pass a segment it is the
*ACT transformer*; with several, tied, it is a *universal transformer* (arXiv 1807.03819).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hrm.models.one_level import OneLevelConfig


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(OneLevelConfig):
    """ACT transformer: one pass of 8 blocks a segment, as large as the paper's HRM."""

    name: ClassVar[str] = "transformer"


@dataclass(frozen=True, kw_only=True)
class UniversalConfig(OneLevelConfig):
    """Universal transformer: several tied passes a segment, gradient through all."""

    name: ClassVar[str] = "universal"

    H_cycles: int = 4
    """Passes in a segment."""
