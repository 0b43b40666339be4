"""Puzzles as vectors: one for every cell, and a few positions in front that say which puzzle it is."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.init import lecun_normal
from hrm.nn.sharded import ShardedRows
from hrm.types import Batch
from hrm.world import World

Positions = Literal["rope", "learned", "none"]


class PuzzleEmbedding(nn.Module):
    """A vector of width E per puzzle, zero at the start.

    Its gradient is sparse: it holds one row per slot, so that the optimizer (``SignSGD``) sees which puzzles were in
    the batch and leaves all others alone. Once it is sharded over several ranks it is no part of the ``state_dict``:
    who does not know of its shards finds no table at all.
    """

    def __init__(self, num_puzzles: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_puzzles, size))
        self.shards: ShardedRows | None = None

    def shard(self, num_puzzles: int, world: World) -> None:
        """Have, from now on, only this rank's rows of a fresh table of ``num_puzzles``."""
        self.shards = ShardedRows(num_puzzles, self.weight, world)
        del self.weight

    @property
    def table(self) -> Tensor:
        """The rows that are trained here: all, or those of this rank."""
        return self.weight if self.shards is None else self.shards.own

    def forward(self, puzzle_ids: Tensor) -> Tensor:  # (B,) -> (B, E)
        if self.shards is not None:
            return self.shards.look_up(puzzle_ids)
        return F.embedding(puzzle_ids, self.weight, sparse=True)

    def as_positions(self, puzzle_ids: Tensor, num: int, hidden_size: int) -> Tensor:
        """The embedding padded with zeros and cut into ``num`` positions: (B,) -> (B, num, D)."""
        rows = self(puzzle_ids)
        return F.pad(rows, (0, num * hidden_size - rows.shape[-1])).view(-1, num, hidden_size)


def sharded_tables(model: nn.Module) -> dict[str, ShardedRows]:
    """The tables of ``model`` that are sharded, by the names that they would have whole."""
    found = {name: module for name, module in model.named_modules() if isinstance(module, PuzzleEmbedding)}
    return {f"{name}.weight": module.shards for name, module in found.items() if module.shards is not None}


def fetch_rows(model: nn.Module, puzzle_ids: Tensor) -> None:
    """Get the rows of these puzzles where the table is sharded; every rank asks for those of its own."""
    for rows in sharded_tables(model).values():
        rows.fetch(puzzle_ids)


class InputEmbedding(nn.Module):
    """Tokens, puzzle and (when learned) positions, scaled by sqrt(D): the ``e`` of the paper, shape (B, P + S, D)."""

    def __init__(
        self,
        hidden_size: int,
        vocab_size: int,
        seq_len: int,
        num_puzzles: int,
        puzzle_embedding_size: int,
        positions: Positions,
        prefix: int | None = None,
    ) -> None:
        """prefix: positions for the puzzle embedding, padded with zeros; as many as it fills when None."""
        super().__init__()
        filled = math.ceil(puzzle_embedding_size / hidden_size)
        if prefix is not None and prefix < filled:
            raise ValueError(f"a puzzle embedding of {puzzle_embedding_size} fills {filled} positions, not {prefix}")
        self.hidden_size = hidden_size
        self.prefix = filled if prefix is None or not puzzle_embedding_size else prefix  # P
        self.num_positions = self.prefix + seq_len  # L
        self.tokens = nn.Parameter(lecun_normal(vocab_size, hidden_size, fan_in=hidden_size))
        self.puzzles = PuzzleEmbedding(num_puzzles, puzzle_embedding_size) if puzzle_embedding_size else None
        self.positions = (
            nn.Parameter(lecun_normal(self.num_positions, hidden_size, fan_in=hidden_size))
            if positions == "learned"
            else None
        )

    def forward(self, batch: Batch) -> Tensor:  # (B, S), (B,) -> (B, L, D)
        e = F.embedding(batch.inputs, self.tokens)
        if self.puzzles is not None:
            e = torch.cat((self.puzzles.as_positions(batch.puzzle_ids, self.prefix, self.hidden_size), e), dim=1)
        if self.positions is not None:
            e = 0.707106781 * (e + self.positions)  # 1 / sqrt(2) keeps the variance; digits as published
        return e * math.sqrt(self.hidden_size)
