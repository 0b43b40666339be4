"""Settings that models share. A model's own configuration names its levels and cycles beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hrm.errors import InputError, require_from
from hrm.models.gradient import GradientRule
from hrm.nn.block import HYBRID, Block, FeedForward, Level, Mixing, in_turn
from hrm.nn.embedding import InputEmbedding, Positions
from hrm.nn.rotary import Rotary
from hrm.types import TaskSpec

MOST = 2**16
"""Widths, layers and cycles: far above any model that has been made; chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class SizeConfig:
    """Width, puzzle embedding and values of stopping: what every model has.

    A base as all in this file: only a class with a ``name``, by which ``config.json`` is read, can be made.
    """

    name: ClassVar[str]
    retired: ClassVar[Mapping[str, Any]] = {}
    """Settings that old files may hold -> what they must be, None for anything: they had no other effect here."""

    hidden_size: int = 512
    """Width D of the states (HRM: 512)."""
    puzzle_embedding_size: int = 512
    """Width E of the embedding of a puzzle id (HRM: D); 0 for no prefix at all."""
    puzzle_embedding_len: int | None = None
    """Positions of the puzzle embedding, padded with zeros (TRM: 16); as many as it fills when not given."""
    has_q_continue: bool = True
    """The value of going on is learned, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""

    def __post_init__(self) -> None:
        if not hasattr(self, "name"):
            raise TypeError(f"{type(self).__name__} is abstract: make the configuration of a model (hrm.models.MODELS)")
        require_at_least_one(self, "hidden_size")
        require_from(0, MOST, "model.", puzzle_embedding_size=self.puzzle_embedding_size)
        require_from(0, MOST, "model.", puzzle_embedding_len=self.puzzle_embedding_len)
        if self.puzzle_embedding_len is not None and self.puzzle_embedding_len < self._filled:
            raise InputError(
                f"model.puzzle_embedding_len is {self.puzzle_embedding_len}: the embedding fills {self._filled} "
                "positions"
            )

    @property
    def _filled(self) -> int:
        return -(-self.puzzle_embedding_size // self.hidden_size)

    @property
    def prefix(self) -> int:
        """Positions P of the puzzle embedding, in front of the cells; none where there is no embedding."""
        return (self.puzzle_embedding_len or self._filled) if self.puzzle_embedding_size else 0


@dataclass(frozen=True, kw_only=True)
class RecursionConfig(SizeConfig):
    """Cycles, gradient and start: what every model has that updates a state more than once."""

    H_cycles: int = 1
    """Rounds in a segment."""
    L_cycles: int = 1
    """Updates in a round."""
    gradient: GradientRule = "one_step"
    """Updates of a segment that the gradient sees: models/gradient.py."""
    gradient_k: int = 4
    """Number of updates (last_k) or of terms (neumann); 4 is chosen by hand, docs/gradients.md compares."""
    damping: float = 0.0
    """Share of the old state in every update (EqR, arXiv 2605.21488: 0.05)."""
    noise: float = 0.0
    """Standard deviation of the noise on every update while training (EqR: 0.01)."""
    random_start: bool = False
    """Normal random states to train from in place of fixed ones, so that a puzzle can be started anew (EqR)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "H_cycles", "L_cycles", "gradient_k")
        if not 0 <= self.damping < 1:
            raise InputError(f"model.damping is {self.damping}: it must be at least 0 and below 1")
        if not 0 <= self.noise < math.inf:
            raise InputError(f"model.noise is {self.noise}: it must be a finite number, at least 0")


@dataclass(frozen=True, kw_only=True)
class BlocksConfig(SizeConfig):
    """The blocks of the published models, over a row of cells."""

    num_heads: int = 8
    """Heads of attention and of the recurrence (HRM: 8; no effect with ``mixing`` mlp)."""
    expansion: float = 4.0
    """Width of the SwiGLU, as a multiple of D before the customary 2/3."""
    mixing: Mixing = "attention"
    """The way cells see each other: attention, an MLP along the sequence axis, a recurrence along it in both directions
    (Mamba-2, arXiv 2405.21060), or block by block hybrid: recurrence, attention, recurrence ..."""
    state_size: int = 16
    """Width N of the queries and keys of the recurrence, whose heads keep N numbers for each of their channels
    (Mamba-2: 128, for long texts; 14 cost as many weights as attention does at width 64, 30 at width 128)."""
    positions: Positions = "rope"
    """Rotary or learned positions, or none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "num_heads", "state_size")
        require_above_zero(self, "expansion")
        if self.mixing in ("attention", "hybrid") and self.hidden_size % (2 * self.num_heads):
            raise InputError(
                f"model.hidden_size {self.hidden_size} must be a multiple of twice model.num_heads {self.num_heads}"
            )
        if self.mixing in ("state_space", "hybrid") and (self.num_heads % 2 or self.hidden_size % self.num_heads):
            raise InputError(
                f"model.num_heads {self.num_heads} must be even, a half of them for each direction of the recurrence, "
                f"and divide model.hidden_size {self.hidden_size}"
            )
        for name in ("H_layers", "L_layers") if self.mixing == "hybrid" else ():
            if getattr(self, name, len(HYBRID)) < len(HYBRID):
                raise InputError(
                    f"model.mixing hybrid takes turns block by block ({', '.join(HYBRID)}), and model.{name} is "
                    f"{getattr(self, name)}: give it at least {len(HYBRID)}, or say model.mixing {HYBRID[0]}"
                )

    def make_embedding(self, spec: TaskSpec) -> InputEmbedding:
        """The embedding of puzzles, (B, S) and (B,) -> (B, L, D)."""
        return InputEmbedding(
            self.hidden_size,
            spec.vocab_size,
            spec.seq_len,
            spec.num_puzzles,
            self.puzzle_embedding_size,
            self.positions,
            self.puzzle_embedding_len,
        )

    def make_blocks(self, num_positions: int, num_layers: int, feed_forward: FeedForward = "swiglu") -> list[Block]:
        """``num_layers`` blocks over ``num_positions`` positions."""
        D, heads = self.hidden_size, self.num_heads
        mixings = in_turn(self.mixing, num_layers)
        has_rotary = self.positions == "rope" and "attention" in mixings
        rotary = Rotary(num_positions, D // heads) if has_rotary else None
        return [
            Block(D, num_positions, heads, self.expansion, mixing, rotary, feed_forward, self.state_size)
            for mixing in mixings
        ]


@dataclass(frozen=True, kw_only=True)
class BackboneConfig(BlocksConfig, RecursionConfig):
    """Recursions over a row of cells. A model's own configuration adds its levels."""

    def make_level(self, num_positions: int, num_layers: int, feed_forward: FeedForward = "swiglu") -> Level:
        """A stack of ``num_layers`` blocks that updates a state."""
        return Level(self.make_blocks(num_positions, num_layers, feed_forward), self.damping, self.noise)


@dataclass(frozen=True, kw_only=True)
class OnePassConfig(BlocksConfig):
    """Models of a single pass: how many blocks it runs. What cycles need is constant, and no setting."""

    retired: ClassVar[Mapping[str, Any]] = {
        "gradient": None,
        "gradient_k": None,
        "damping": 0.0,
        "noise": 0.0,
        "random_start": False,
    }
    H_cycles: ClassVar[int] = 1
    gradient: ClassVar[GradientRule] = "bptt"  # there is one update, and the gradient sees it
    gradient_k: ClassVar[int] = 1
    noise: ClassVar[float] = 0.0
    random_start: ClassVar[bool] = False

    H_layers: int = 8
    """Blocks."""
    has_q_continue: bool = False
    """The value of going on is learned, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "H_layers")

    def make_level(self, num_positions: int, num_layers: int) -> Level:
        """A stack of ``num_layers`` blocks."""
        return Level(self.make_blocks(num_positions, num_layers))


def require_at_least_one(config: object, *names: str) -> None:
    """``InputError`` for a setting of a model below 1, or above what is meant by anybody."""
    require_from(1, MOST, "model.", **{name: getattr(config, name) for name in names})


def require_above_zero(config: object, *names: str) -> None:
    """``InputError`` for a setting of a model that is not a number above 0, up to ``MOST``."""
    for name in names:
        if not 0 < getattr(config, name) <= MOST:
            raise InputError(f"model.{name} is {getattr(config, name)}: it must be a number above 0, at most {MOST}")
