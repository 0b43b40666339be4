"""A linear layer whose float32 weight is used in the precision of its input."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.init import lecun_normal


class Linear(nn.Module):
    """``y = x W^T`` without bias. The master weight stays float32, cast where it is used."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(lecun_normal(out_features, in_features, fan_in=in_features))

    def forward(self, x: Tensor) -> Tensor:  # (..., in) -> (..., out)
        return F.linear(x, self.weight.to(x.dtype))
