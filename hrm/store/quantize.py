"""Weights as bytes, for storing: eight bits a number and a scale per row. They are float32 again when loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import torch
from torch import Tensor

from hrm.errors import InputError, require_one_of

Precision = Literal["float32", "float16", "int8"]
"""Of stored weights."""

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


def stored_as(weights: Mapping[str, Tensor], precision: Precision) -> dict[str, Tensor]:
    """The tensors to write, contiguous and on the CPU; int8 with a scale per row. Raises ``InputError``, for numbers
    that ``precision`` cannot hold too."""
    require_one_of(get_args(Precision), precision=precision)
    if precision == "int8":
        stored = quantize(weights)
    else:
        dtype = getattr(torch, precision)
        stored = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in weights.items()}
        for name, tensor in stored.items():
            if not tensor.isfinite().all() and weights[name].isfinite().all():
                raise InputError(f"{name} has numbers too large for {precision}: export in float32 or int8")
    return {name: tensor.detach().cpu().contiguous() for name, tensor in stored.items()}
