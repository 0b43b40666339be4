"""The block that every model of the family stacks, and the stack with its injection (a "level" of HRM)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from hrm.nn.attention import Attention
from hrm.nn.feedforward import SwiGLU
from hrm.nn.mixer import Mixer
from hrm.nn.norm import rms_norm
from hrm.nn.rotary import Rotary

Mixing = Literal["attention", "mlp"]
"""How a block lets cells see each other."""


class Block(nn.Module):
    """Post-norm block (HRM, arXiv 2506.21734, section 2): mix over the cells, then a SwiGLU in each of them."""

    def __init__(
        self,
        hidden_size: int,
        num_positions: int,
        num_heads: int,
        expansion: float,
        mixing: Mixing,
        rotary: Rotary | None,
    ) -> None:
        super().__init__()
        self.attention = Attention(hidden_size, num_heads, rotary) if mixing == "attention" else None
        self.mixer = Mixer(num_positions, expansion) if mixing == "mlp" else None
        self.swiglu = SwiGLU(hidden_size, expansion)

    def forward(self, x: Tensor) -> Tensor:  # (B, L, D) -> (B, L, D)
        if self.attention is not None:
            x = rms_norm(x + self.attention(x))
        if self.mixer is not None:
            x = self.mixer(x)
        return rms_norm(x + self.swiglu(x))


class Level(nn.Module):
    """A stack of blocks that updates a state: the injection is added to it, then the blocks run."""

    def __init__(self, blocks: list[Block]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, state: Tensor, injection: Tensor) -> Tensor:  # (B, L, D), (B, L, D) -> (B, L, D)
        x = state + injection
        for block in self.blocks:
            x = block(x)
        return x


def compile_levels(model: nn.Module) -> None:
    """Fuses every level of ``model`` with torch.compile, in place: same weights, same names, other kernels."""
    for module in model.modules():
        if isinstance(module, Level):
            module.compile(dynamic=False)
