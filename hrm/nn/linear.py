"""Layers whose float32 weights are used in the precision of their input: a linear one, and any of PyTorch's."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from hrm.nn.init import lecun_normal


class Linear(nn.Module):
    """``y = x W^T`` without bias. The master weight stays float32, cast where it is used."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(lecun_normal(out_features, in_features, fan_in=in_features))

    def forward(self, x: Tensor) -> Tensor:  # (..., in) -> (..., out)
        return F.linear(x, self.weight.to(x.dtype))


class Int8Linear(nn.Module):
    """A ``Linear`` to solve with where a CPU multiplies int8 faster than float32: weights and inputs rounded to whole
    numbers of 8 bits, with a scale for every output and one for every row of the input. No gradient."""

    weight: Tensor  # (in, out) int8
    scales: Tensor  # (out,)

    def __init__(self, layer: Linear) -> None:
        super().__init__()
        rounded, scales = in_8_bits(layer.weight.detach())
        self.register_buffer("weight", rounded.T.contiguous(), persistent=False)
        self.register_buffer("scales", scales.squeeze(-1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:  # (..., in) -> (..., out)
        rows, scale = in_8_bits(x.flatten(0, -2))
        return (torch._int_mm(rows, self.weight) * scale * self.scales).view(*x.shape[:-1], -1)


def in_8_bits(x: Tensor) -> tuple[Tensor, Tensor]:
    """(N, D) as whole numbers from -127 to 127, and the scale of each row (N, 1): ``x = numbers * scale``."""
    scale = x.abs().amax(-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny * 127) / 127
    return (x / scale).round().to(torch.int8), scale


class Cast(nn.Module):
    """A layer of PyTorch's own, or of a user (``Cast(nn.Conv2d(...))``), in the precision of its input x.

    A run in bfloat16 keeps master weights in float32, which a plain ``nn.Linear`` refuses to mix with its input. Here
    they are cast where they are used; the gradient reaches the float32 weights. Buffers stay as they are.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, *others: Any) -> Any:
        weights = {name: w.to(x.dtype) if w.is_floating_point() else w for name, w in self.layer.named_parameters()}
        return functional_call(self.layer, weights, (x, *others))
