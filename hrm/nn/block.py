"""The block that every model of the family stacks, and the stack with its injection (a "level" of HRM)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.compiling import Compiled
from hrm.nn.attention import Attention
from hrm.nn.feedforward import ConvSwiGLU, SwiGLU, swiglu_width
from hrm.nn.kernels import SCANS
from hrm.nn.linear import Int8Linear, Linear
from hrm.nn.mixer import Mixer
from hrm.nn.norm import rms_norm
from hrm.nn.rotary import Rotary
from hrm.nn.state_space import StateSpace
from hrm.runtime import Runtime

BlockMixing = Literal["attention", "mlp", "state_space"]
"""The way a block lets cells see each other."""

Mixing = Literal["attention", "mlp", "state_space", "hybrid"]
"""The same of the blocks of a level: all alike, or in turn."""

MIXINGS: dict[Mixing, str] = {
    "attention": "Attention of every cell to all; rotary positions where asked for.",
    "mlp": "A SwiGLU along the row of cells, whose weights are the cells' own (TRM's MLP variant).",
    "state_space": "A recurrence along the row, both ways: linear attention with decays (Mamba-2), of linear cost.",
    "hybrid": "By turns, block by block: state_space, attention, state_space ...",
}
"""What each of them is, in a line."""

HYBRID: tuple[BlockMixing, ...] = ("state_space", "attention")
"""Block by block, from the first on. The recurrence comes first, for it tells attention the order of the cells
(Jamba, arXiv 2403.19887, and Samba, arXiv 2406.07522, begin with it, too)."""

FeedForward = Literal["swiglu", "conv_swiglu"]
"""The network that a block runs in each cell: SwiGLU, or URM's with a short convolution."""

FEED_FORWARDS: dict[FeedForward, type[nn.Module]] = {"swiglu": SwiGLU, "conv_swiglu": ConvSwiGLU}


def in_turn(mixing: Mixing, num_layers: int) -> list[BlockMixing]:
    """The mixing of each of ``num_layers`` blocks of a level."""
    return [HYBRID[number % len(HYBRID)] if mixing == "hybrid" else mixing for number in range(num_layers)]


class Block(nn.Module):
    """Post-norm block (HRM, arXiv 2506.21734, section 2): mix over the cells, then a SwiGLU in each of them."""

    def __init__(
        self,
        hidden_size: int,
        num_positions: int,
        num_heads: int,
        expansion: float,
        mixing: BlockMixing,
        rotary: Rotary | None,
        feed_forward: FeedForward = "swiglu",
        state_size: int = 16,
    ) -> None:
        super().__init__()
        self.attention = Attention(hidden_size, num_heads, rotary) if mixing == "attention" else None
        self.state_space = StateSpace(hidden_size, num_heads, state_size) if mixing == "state_space" else None
        self.mixer = Mixer(num_positions, swiglu_width(num_positions, expansion)) if mixing == "mlp" else None
        self.swiglu = FEED_FORWARDS[feed_forward](hidden_size, swiglu_width(hidden_size, expansion))

    def forward(self, x: Tensor) -> Tensor:  # (B, L, D) -> (B, L, D)
        if self.attention is not None:
            x = rms_norm(x + self.attention(x))
        if self.state_space is not None:
            x = rms_norm(x + self.state_space(x))
        if self.mixer is not None:
            x = self.mixer(x)
        return rms_norm(x + self.swiglu(x))


class Level(nn.Module):
    """A stack of blocks that updates a state: the injection is added to it, then the blocks run.

    damping and noise (EqR, arXiv 2605.21488): ``damping state + (1 - damping) f(state + injection) + noise N(0, 1)``,
    the noise while training only. dropout: while training, the share of the elements of the state that
    are lost before each block, to its skip path, too.
    """

    def __init__(
        self, blocks: Sequence[nn.Module], damping: float = 0.0, noise: float = 0.0, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.damping, self.noise, self.dropout = damping, noise, dropout

    def forward(self, state: Tensor, injection: Tensor) -> Tensor:  # both (B, ..., D), and so is the result
        x = state + injection
        for block in self.blocks:
            x = block(F.dropout(x, self.dropout, self.training) if self.dropout else x)
        if self.damping:
            x = self.damping * state + (1 - self.damping) * x
        if self.noise and self.training:
            x = x + self.noise * torch.randn_like(x)
        return x


def fit_levels(model: nn.Module, runtime: Runtime) -> None:
    """The levels of ``model`` made ready for ``runtime``, in place: fused where it compiles (same weights, same names,
    other kernels), their recurrences by the kernels that it names, their products in int8 where it says so, which
    cannot be undone."""
    for level in [module for module in model.modules() if isinstance(module, Level)]:
        if runtime.compile:  # as nn.Module.compile does, with a way back
            level._compiled_call_impl = Compiled(level._call_impl, must=runtime.must_compile)
        for module in level.modules():
            if isinstance(module, StateSpace):
                module.scan = SCANS[runtime.kernels]
        for module in list(level.modules()) if runtime.int8 else ():
            for name, child in list(module.named_children()):
                if type(child) is Linear:
                    setattr(module, name, Int8Linear(child))
