"""Layers on a state with an axis of symbols (SE-RRM, arXiv 2603.02193): a vector for every (symbol, cell).

Every weight is shared over the symbols, so relabelling the digits of a Sudoku relabels what comes out, exactly.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.embedding import PuzzleEmbedding
from hrm.nn.feedforward import SwiGLU
from hrm.nn.init import lecun_normal
from hrm.nn.linear import Linear
from hrm.nn.mixer import Mixer
from hrm.nn.norm import rms_norm
from hrm.types import Batch, TaskSpec


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


class SymbolHead(Linear):
    """Logits of every token: a symbol's own score, and for a token that is no symbol the mean over the symbols."""

    order: Tensor  # (V,): token -> its place among symbols and then others

    def __init__(self, hidden_size: int, spec: TaskSpec) -> None:
        symbols, others = spec.interchangeable, others_of(spec)
        super().__init__(hidden_size, bool(symbols) + len(others))
        self.num_symbols = len(symbols)
        places = {token: place for place, token in enumerate([*symbols, *others])}
        order = torch.tensor([places[token] for token in range(spec.vocab_size)])
        self.register_buffer("order", order, persistent=False)

    def forward(self, x: Tensor) -> Tensor:  # (..., symbols, S, D) -> (..., S, V)
        scores = super().forward(x)  # (..., symbols, S, own + others)
        own = scores[..., 0].mT if self.num_symbols else scores.new_empty(*x.shape[:-3], x.shape[-2], 0)
        others = scores[..., bool(self.num_symbols) :].mean(-3)  # (..., S, others)
        return torch.cat((own, others), dim=-1)[..., self.order]


class SymbolSet(Linear):
    """A set of tokens in every cell, as a vector for each (symbol, cell): whether the symbol is in it, and which of the
    tokens that are no symbols are."""

    def __init__(self, hidden_size: int, spec: TaskSpec) -> None:
        symbols, others = list(spec.interchangeable), others_of(spec)
        super().__init__(bool(symbols) + len(others), hidden_size)
        self.symbols, self.others = symbols, others

    def forward(self, x: Tensor) -> Tensor:  # (..., S, V) -> (..., symbols, S, D)
        own = x[..., self.symbols].mT[..., None]  # (..., symbols, S, 1)
        others = x[..., None, :, self.others]  # (..., 1, S, others)
        if not self.symbols:
            return super().forward(others)
        return super().forward(torch.cat((own, others.expand(*own.shape[:-1], -1)), dim=-1))
