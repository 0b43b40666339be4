"""Root-mean-square norm without parameters (arXiv 1910.07467), computed in float32."""

from __future__ import annotations

import torch
from torch import Tensor

EPS = 1e-5
"""As in the published HRM code."""


def rms_norm(x: Tensor) -> Tensor:
    """Each vector of the last axis divided by its root mean square; same shape and dtype as ``x``."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + EPS)).to(x.dtype)
