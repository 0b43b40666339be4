"""A model that knows that symbols are names: SE-RRM (arXiv 2603.02193), TRM's loop on a state with an axis of symbols.

The state holds a vector for every (symbol, cell); every weight is shared over the symbols. So relabelling the digits of
a Sudoku relabels the answer, exactly, and digits need no augmentation. What the model is told of a cell is its role for
each symbol: it holds this one, another one, or none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.models.gradient import GradientRule
from hrm.models.recursion import Recursion, TwoStates
from hrm.models.settings import RecursionConfig, require_above_zero, require_at_least_one
from hrm.nn.block import Level
from hrm.nn.embedding import PuzzleEmbedding
from hrm.nn.feedforward import SwiGLU
from hrm.nn.heads import QHead
from hrm.nn.init import lecun_normal
from hrm.nn.linear import Linear
from hrm.nn.mixer import Mixer
from hrm.nn.norm import rms_norm
from hrm.nn.precision import at_least_float32
from hrm.types import Batch, TaskSpec


@dataclass(frozen=True, kw_only=True)
class EquivariantConfig(RecursionConfig):
    """Symbol-equivariant, in the loop of TRM: 0.8M parameters on Sudoku by default."""

    name: ClassVar[str] = "equivariant"

    hidden_size: int = 192
    """Width of the vector of a (symbol, cell) (a successor of SE-RRM: 192, with 0.79M parameters)."""
    expansion: float = 2.0
    """Width of the SwiGLU over channels, as a multiple of ``hidden_size``; no source is on record for the 2."""
    cell_expansion: float = 2.0
    """Width of the SwiGLU over cells, as a multiple of their number; likewise."""
    puzzle_embedding_size: int = 0
    """Width E of the embedding of a puzzle id; 0 for no prefix at all."""
    L_layers: int = 2
    """Blocks of the one network f (TRM: 2)."""
    H_cycles: int = 3
    """Rounds in a segment, the last of them with gradient (TRM: 3)."""
    L_cycles: int = 6
    """Updates of z_L for each one of z_H (TRM: 6)."""
    has_q_continue: bool = False
    """The value of going on is learned, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""
    gradient: GradientRule = "last_round"
    """Updates of a segment that the gradient sees: models/gradient.py."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "L_layers")
        require_above_zero(self, "expansion", "cell_expansion")

    def build(self, spec: TaskSpec) -> Equivariant:
        return Equivariant(self, spec)


class SymbolBlock(nn.Module):
    """Post-norm: over the cells of each symbol, from symbol to symbol, over the channels of each (symbol, cell)."""

    def __init__(self, num_symbols: int, num_positions: int, cell_width: int, hidden_size: int, width: int) -> None:
        super().__init__()
        self.mixer = Mixer(num_positions, cell_width)
        self.coupling = Linear(hidden_size, hidden_size) if num_symbols > 1 else None
        self.swiglu = SwiGLU(hidden_size, width)

    def forward(self, x: Tensor) -> Tensor:  # (B, symbols, L, D) -> same
        x = self.mixer(x)
        if self.coupling is not None:
            others = (x.sum(1, keepdim=True) - x) / (x.shape[1] - 1)
            x = rms_norm(x + self.coupling(others))
        return rms_norm(x + self.swiglu(x))


def others_of(spec: TaskSpec) -> list[int]:
    """The tokens that are no symbols."""
    return [token for token in range(spec.vocab_size) if token not in spec.interchangeable]


class RoleEmbedding(nn.Module):
    """The role of a cell's token to each symbol: the symbol itself, another one, or a token that is no symbol.

    A task without interchangeable tokens has one symbol, and every token a role of its own.
    """

    role_of: Tensor  # (V, symbols): token, symbol -> role

    def __init__(self, hidden_size: int, spec: TaskSpec, puzzle_embedding_size: int, prefix: int) -> None:
        super().__init__()
        self.hidden_size, self.prefix = hidden_size, prefix
        symbols, others = spec.interchangeable, others_of(spec)
        num_own = 2 if symbols else 0
        role_of = torch.zeros(spec.vocab_size, max(1, len(symbols)), dtype=torch.int64)
        for token in symbols:
            role_of[token] = 1
        for index, token in enumerate(symbols):
            role_of[token, index] = 0
        for index, token in enumerate(others):
            role_of[token] = num_own + index
        self.register_buffer("role_of", role_of, persistent=False)
        self.roles = nn.Parameter(lecun_normal(num_own + len(others), hidden_size, fan_in=hidden_size))
        has_puzzles = puzzle_embedding_size > 0
        self.puzzles = PuzzleEmbedding(spec.num_puzzles, puzzle_embedding_size) if has_puzzles else None

    def forward(self, batch: Batch) -> Tensor:  # (B, S), (B,) -> (B, symbols, P + S, D)
        roles = self.role_of[batch.inputs].mT  # (B, symbols, S)
        e = F.embedding(roles, self.roles)
        if self.puzzles is not None:
            rows = self.puzzles.as_positions(batch.puzzle_ids, self.prefix, self.hidden_size)
            e = torch.cat((rows[:, None].expand(-1, e.shape[1], -1, -1), e), dim=2)
        return e * math.sqrt(self.hidden_size)


class Equivariant(Recursion):
    """``z_L <- f(z_L + z_H + e)`` n times, then ``z_H <- f(z_H + z_L)``; f cannot tell one symbol from another."""

    config: EquivariantConfig
    carry_type = TwoStates
    order: Tensor  # (V,): token -> its place among symbols and then others

    def __init__(self, config: EquivariantConfig, spec: TaskSpec) -> None:
        super().__init__()
        self.config = config
        D, F_ = config.hidden_size, max(1, len(spec.interchangeable))
        filled = -(-config.puzzle_embedding_size // D)
        prefix = (config.puzzle_embedding_len or filled) if config.puzzle_embedding_size else 0
        L = prefix + spec.seq_len
        self.state_shape = (F_, L, D)
        self.start_shape = (1, L, D)  # the same for every symbol, so evaluation stays equivariant
        self.embedding = RoleEmbedding(D, spec, config.puzzle_embedding_size, prefix)
        cell_width, width = round(config.cell_expansion * L), round(config.expansion * D)
        blocks = [SymbolBlock(F_, L, cell_width, D, width) for _ in range(config.L_layers)]
        self.L_level = Level(blocks, config.damping, config.noise)
        symbols, others = spec.interchangeable, others_of(spec)
        self.num_symbols = len(symbols)
        self.lm_head = Linear(D, bool(symbols) + len(others))
        places = {token: place for place, token in enumerate([*symbols, *others])}
        order = torch.tensor([places[token] for token in range(spec.vocab_size)])
        self.register_buffer("order", order, persistent=False)
        self.q_head = QHead(D, config.has_q_continue)
        self.add_starts()

    def updates(self) -> Iterator[str]:
        for _ in range(self.config.H_cycles):
            for _ in range(self.config.L_cycles):
                yield "L"
            yield "H"

    def update(self, z: TwoStates, level: str, e: Tensor) -> TwoStates:
        if level == "L":
            return z._replace(z_L=self.L_level(z.z_L, z.z_H + e))
        return z._replace(z_H=self.L_level(z.z_H, z.z_L))

    def summary(self, state: Tensor) -> Tensor:
        """The mean over symbols and positions."""
        return at_least_float32(state).mean((1, 2))

    def read(self, state: Tensor) -> Tensor:
        """(B, symbols, L, D) -> logits (B, S, V)."""
        scores = self.lm_head(state[:, :, self.embedding.prefix :])  # (B, symbols, S, own + others)
        own = scores[..., 0].mT if self.num_symbols else scores.new_empty(*scores.shape[:1], scores.shape[2], 0)
        others = scores[..., bool(self.num_symbols) :].mean(1)  # (B, S, others)
        return torch.cat((own, others), dim=-1)[..., self.order]
