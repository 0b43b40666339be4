"""Layers whose float32 weights are used in the precision of their input: a linear one, and any of PyTorch's."""

from __future__ import annotations

from typing import Any

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
