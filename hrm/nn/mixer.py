"""Mixing along the sequence axis, the cheap alternative to attention for boards of a fixed size.

MLP-Mixer (arXiv 2105.01601) in the form of TRM's MLP variant (arXiv 2510.04871, section 4.5): each of the D channels
is a vector over the L positions and goes through one shared SwiGLU. The weights are per position: no positional
encoding is needed, and the board cannot change its size.
"""

from __future__ import annotations

from torch import Tensor, nn

from hrm.nn.feedforward import SwiGLU
from hrm.nn.norm import rms_norm


class Mixer(nn.Module):
    """``x <- rms(x + swiglu(x))`` over positions; the norm, too, runs over positions, so it is in here."""

    def __init__(self, num_positions: int, width: int) -> None:
        super().__init__()
        self.swiglu = SwiGLU(num_positions, width)

    def forward(self, x: Tensor) -> Tensor:  # (..., L, D) -> (..., L, D)
        # Copied once each way: one large product instead of B small ones on strided memory, a quarter off the step.
        x = x.mT.contiguous()  # (..., D, L)
        return rms_norm(x + self.swiglu(x)).mT.contiguous()
