"""The precision of what bfloat16 is too coarse for: norms, softmax, rotary positions, values of stopping, losses."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    """``x`` in float32, or as it is in float64: what float32 rounds away could not be compared to 1e-9."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def has_float64(device: torch.device) -> bool:
    """True where numbers on ``device`` can be float64: not on Apple's."""
    return device.type != "mps"
