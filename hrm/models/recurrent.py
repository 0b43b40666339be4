"""A recurrent net of a single time scale: the control that shows what two of them are for (arXiv 2506.21734, figure 3).

HRM with T = 1 and one level: N updates of one state, of which the gradient sees the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hrm.models.gradient import GradientRule
from hrm.models.one_level import OneLevelConfig


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig(OneLevelConfig):
    """A recurrent net: as many blocks and updates as the paper's HRM, at one pace."""

    name: ClassVar[str] = "recurrent"

    H_cycles: int = 4
    """Updates in a segment: N T of the paper's HRM, both 2."""
    gradient: GradientRule = "one_step"
    """Updates of a segment that the gradient sees: models/gradient.py."""
