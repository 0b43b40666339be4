"""The first values of weights (JAX convention, as in the published HRM code)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_STD_AFTER_TRUNCATION = 0.87962566103423978
"""Standard deviation of a unit normal cut at two sigma: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1))."""


@torch.no_grad()
def truncated_normal_(tensor: Tensor, std: float) -> Tensor:
    """``tensor``, filled from a normal cut at two sigma, widened so that its std *after* the cut is ``std``.

    ``torch.nn.init.trunc_normal_`` alone gives ``0.88 std``.
    """
    sigma = std / _STD_AFTER_TRUNCATION
    return torch.nn.init.trunc_normal_(tensor, std=sigma, a=-2 * sigma, b=2 * sigma)


def lecun_normal(*shape: int, fan_in: int) -> Tensor:
    """A new float32 tensor with std ``1 / sqrt(fan_in)``."""
    return truncated_normal_(torch.empty(*shape), 1 / math.sqrt(fan_in))
