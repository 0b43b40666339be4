"""A model that knows that symbols are names: SE-RRM (arXiv 2603.02193), TRM's loop on a state with an axis of symbols.

The state holds a vector for every (symbol, cell); every weight is shared over the symbols. So relabelling the digits of
a Sudoku relabels the answer, exactly, and digits need no augmentation. What the model is told of a cell is its role for
each symbol: it holds this one, another one, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from hrm.models.gradient import GradientRule
from hrm.models.recursion import Recursion, TwoStates
from hrm.models.settings import RecursionConfig, require_above_zero, require_at_least_one
from hrm.nn.block import Level
from hrm.nn.heads import QHead
from hrm.nn.precision import at_least_float32
from hrm.nn.symbols import RoleEmbedding, SymbolBlock, SymbolHead
from hrm.types import TaskSpec


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


class Equivariant(Recursion):
    """``z_L <- f(z_L + z_H + e)`` n times, then ``z_H <- f(z_H + z_L)``; f cannot tell one symbol from another."""

    config: EquivariantConfig
    carry_type = TwoStates

    def __init__(self, config: EquivariantConfig, spec: TaskSpec) -> None:
        super().__init__()
        self.config = config
        D, F_ = config.hidden_size, max(1, len(spec.interchangeable))
        L = config.prefix + spec.seq_len
        self.state_shape = (F_, L, D)
        self.start_shape = (1, L, D)  # the same for every symbol, so evaluation stays equivariant
        self.embedding = RoleEmbedding(D, spec, config.puzzle_embedding_size, config.prefix)
        cell_width, width = round(config.cell_expansion * L), round(config.expansion * D)
        blocks = [SymbolBlock(F_, L, cell_width, D, width) for _ in range(config.L_layers)]
        self.L_level = Level(blocks, config.damping, config.noise)
        self.lm_head = SymbolHead(D, spec)
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
        return self.lm_head(state[:, :, self.embedding.prefix :])
