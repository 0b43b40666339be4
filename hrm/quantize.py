"""Weights as bytes, for storing: eight bits a number and a scale per row. They are float32 again when loaded."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

SCALE = ".int8_scale"
"""What the name of a weight's scales ends in, beside the weight itself."""


def quantize(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every matrix (rows, columns) as int8 with float32 scales (rows, 1), by its largest entry; the rest as it is."""
    stored: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if weight.ndim != 2:
            stored[name] = weight
            continue
        scale = weight.abs().amax(-1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny) / 127
        stored[name] = (weight / scale).round().to(torch.int8)
        stored[name + SCALE] = scale
    return stored


def dequantize(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights again; what was not quantised stays as it is."""
    return {
        name: tensor.float() * stored[name + SCALE] if name + SCALE in stored else tensor
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }
