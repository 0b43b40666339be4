"""The head that says whether to stop thinking."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.precision import at_least_float32


class QHead(nn.Module):
    """Values of stopping and of going on, in float32 at least (arXiv 2506.21734, section 2).

    Two rows always, as in the published checkpoints; a model that learns no value of going on never looks at its own.
    """

    def __init__(self, hidden_size: int, has_continue: bool) -> None:
        super().__init__()
        self.has_continue = has_continue
        self.weight = nn.Parameter(torch.zeros(2, hidden_size))
        self.bias = nn.Parameter(torch.full((2,), -5.0))  # at the start: neither is worth anything

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor | None]:  # (B, D) -> (B,), (B,)
        state = at_least_float32(state)
        weight, bias = self.weight.to(state.dtype), self.bias.to(state.dtype)
        q_halt, q_continue = F.linear(state, weight, bias).unbind(-1)
        return q_halt, q_continue if self.has_continue else None
