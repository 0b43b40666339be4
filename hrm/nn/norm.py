"""Root-mean-square norm without parameters (arXiv 1910.07467), computed in float32 at least."""

from __future__ import annotations

import torch
from torch import Tensor

from hrm.nn.precision import at_least_float32

EPS = 1e-5
"""Addend of the mean square, as in the published HRM code."""


def rms_norm(x: Tensor) -> Tensor:
    """Each vector of the last axis divided by its root mean square; same shape and dtype as ``x``."""
    wide = at_least_float32(x)
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + EPS)).to(x.dtype)
