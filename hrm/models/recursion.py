"""What the models over a row of cells share: settings, embedding, heads, first states, and how a segment runs.

A model adds its levels, the schedule of their updates, and what one update is: see ``hrm.py``.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.models.base import Reasoner
from hrm.models.gradient import GradientRule, run_updates
from hrm.nn.block import Block, FeedForward, Level, Mixing
from hrm.nn.embedding import InputEmbedding, Positions
from hrm.nn.heads import QHead
from hrm.nn.init import truncated_normal_
from hrm.nn.linear import Linear
from hrm.nn.rotary import Rotary
from hrm.types import Batch, Prediction, TaskSpec


@dataclass(frozen=True, kw_only=True)
class RecursionConfig:
    """Width, puzzle embedding, gradient and start: what every model of the family has."""

    hidden_size: int = 512
    """Width D of the states."""
    puzzle_embedding_size: int = 512
    """Width E of the embedding of a puzzle id; 0 for no prefix at all."""
    puzzle_embedding_len: int | None = None
    """Positions of the puzzle embedding, padded with zeros (TRM: 16); as many as it fills when not given."""
    has_q_continue: bool = True
    """Learn the value of going on, too (HRM); without it a puzzle halts at q_halt > 0 (TRM)."""
    gradient: GradientRule = "one_step"
    """Which updates of a segment the gradient sees: models/gradient.py."""
    gradient_k: int = 4
    """last_k: how many updates; neumann: how many terms."""
    damping: float = 0.0
    """Share of the old state in every update (EqR: 0.05)."""
    noise: float = 0.0
    """Standard deviation of the noise on every update while training (EqR: 0.01)."""
    random_start: bool = False
    """Train from normal random states in place of fixed ones, so that a puzzle can be started anew (EqR)."""

    def __post_init__(self) -> None:
        require_at_least_one(self, "hidden_size", "gradient_k")
        filled = -(-self.puzzle_embedding_size // self.hidden_size)
        if self.puzzle_embedding_len is not None and self.puzzle_embedding_len < filled:
            raise InputError(
                f"model.puzzle_embedding_len is {self.puzzle_embedding_len}: the embedding fills {filled} positions"
            )
        if not 0 <= self.damping < 1:
            raise InputError(f"model.damping is {self.damping}: it must be at least 0 and below 1")
        if not 0 <= self.noise < math.inf:
            raise InputError(f"model.noise is {self.noise}: it must be a finite number, at least 0")


@dataclass(frozen=True, kw_only=True)
class BackboneConfig(RecursionConfig):
    """The blocks of the published models, over a row of cells. A model's own configuration adds levels and cycles."""

    num_heads: int = 8
    """Attention heads (no effect with ``mixing`` mlp)."""
    expansion: float = 4.0
    """Width of the SwiGLU, as a multiple of D before the customary 2/3."""
    mixing: Mixing = "attention"
    """How cells see each other: attention, or an MLP along the sequence axis."""
    positions: Positions = "rope"
    """Rotary or learned positions, or none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "num_heads")
        require_above_zero(self, "expansion")
        if self.mixing == "attention" and self.hidden_size % (2 * self.num_heads):
            raise InputError(
                f"model.hidden_size {self.hidden_size} must be a multiple of twice model.num_heads {self.num_heads}"
            )

    def make_embedding(self, spec: TaskSpec) -> InputEmbedding:
        return InputEmbedding(
            self.hidden_size,
            spec.vocab_size,
            spec.seq_len,
            spec.num_puzzles,
            self.puzzle_embedding_size,
            self.positions,
            self.puzzle_embedding_len,
        )

    def make_level(self, num_positions: int, num_layers: int, feed_forward: FeedForward = "swiglu") -> Level:
        """A stack of ``num_layers`` blocks over ``num_positions`` positions."""
        D, heads = self.hidden_size, self.num_heads
        rotary = Rotary(num_positions, D // heads) if self.positions == "rope" and self.mixing == "attention" else None
        blocks = [
            Block(D, num_positions, heads, self.expansion, self.mixing, rotary, feed_forward) for _ in range(num_layers)
        ]
        return Level(blocks, self.damping, self.noise)


class OneState(NamedTuple):
    """What goes on from one segment to the next in a model of one level."""

    z_H: Tensor  # (B, L, D)


class TwoStates(NamedTuple):
    """The same in a model of a slow and a fast one."""

    z_H: Tensor  # (B, L, D)
    z_L: Tensor  # (B, L, D)


class Embedding(Protocol):
    """Puzzles as vectors, in the shape of a state."""

    prefix: int
    """Positions in front of the cells."""

    def __call__(self, batch: Batch) -> Tensor: ...


class Recursion(Reasoner):
    """A segment is a schedule of updates of the states; the answer is read from the first state."""

    config: RecursionConfig
    carry_type: ClassVar[Any]
    """NamedTuple of the states, (B, ...) each; the one called ``z_X`` starts from the buffer ``X_init``."""
    state_shape: tuple[int, ...]
    """Of one puzzle's state: (L, D), or with more axes in front."""
    embedding: Embedding
    q_head: QHead

    @property
    @abstractmethod
    def schedule(self) -> tuple[str, int]:
        """The updates of a segment, a letter each, and of how many equal rounds they consist."""

    @abstractmethod
    def update(self, z: Any, level: str, e: Tensor) -> Any:
        """One update: the states ``z``, whose turn it is, and the embedded puzzle e (B, ...)."""

    @abstractmethod
    def summary(self, state: Tensor) -> Tensor:
        """(B, D): what the values of stopping and going on are read from."""

    @property
    def start_shape(self) -> tuple[int, ...]:
        """Of the one random start that evaluation uses, where training starts are random."""
        return self.state_shape

    @property
    def update_names(self) -> tuple[str, ...]:
        return tuple(f"{level}_level" for level in self.schedule[0])

    @property
    def is_random(self) -> bool:
        return self.config.random_start or self.config.noise > 0

    def add_starts(self) -> None:
        """The states that a puzzle starts from, never trained: one vector (D,) for every position, as published; where
        training starts are random, a draw like theirs."""
        for name in self.carry_type._fields:
            is_random, D = self.config.random_start, self.config.hidden_size
            start = torch.randn(self.start_shape) if is_random else truncated_normal_(torch.empty(D), 1.0)
            self.register_buffer(_init_of(name), start)

    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Any:
        """The first states, of ``dtype``: the buffers in every row, or fresh normal numbers while a model that is
        trained from random starts is training."""
        shape = (batch_size, *self.state_shape)
        starts = [getattr(self, _init_of(name)) for name in self.carry_type._fields]
        if self.training and self.config.random_start:
            return self.carry_type(*(torch.randn(shape, device=start.device).to(dtype) for start in starts))
        return self.carry_type(*(start.to(dtype).expand(shape) for start in starts))

    @property
    def keeps_state(self) -> bool:
        return True

    @torch.no_grad()
    def carry_at(self, carry: Any, answers: Batch) -> Any:
        """The embedded answers as the state that is read."""
        return carry._replace(z_H=self.embedding(answers).to(carry.z_H.dtype))

    def forward(self, carry: Any, batch: Batch) -> tuple[Any, Prediction]:
        """One segment, in the precision of the carry."""
        e = self.embedding(batch).to(carry[0].dtype)
        schedule, num_rounds = self.schedule
        rule, k = self.config.gradient, self.config.gradient_k
        z = run_updates(partial(self.update, e=e), carry, schedule, num_rounds, rule, k)
        prediction = Prediction(self.read(z[0]), *self.q_head(self.summary(z[0])))
        return self.carry_type(*(state.detach() for state in z)), prediction


class Backbone(Recursion):
    """A recursion over a row of cells, the puzzle embedding in front."""

    config: BackboneConfig

    def __init__(self, config: BackboneConfig, spec: TaskSpec) -> None:
        super().__init__()
        self.config = config
        self.embedding = config.make_embedding(spec)
        self.state_shape = (self.embedding.num_positions, config.hidden_size)
        self.add_levels(self.embedding.num_positions)
        self.lm_head = Linear(config.hidden_size, spec.vocab_size)
        self.q_head = QHead(config.hidden_size, config.has_q_continue)
        self.add_starts()

    @abstractmethod
    def add_levels(self, L: int) -> None:
        """Makes the networks of the model, over L positions."""

    def summary(self, state: Tensor) -> Tensor:
        """The first position."""
        return state[:, 0]

    def read(self, state: Tensor) -> Tensor:
        """(B, L, D) -> logits (B, S, V)."""
        return self.lm_head(state[:, self.embedding.prefix :])


def two_level_schedule(num_rounds: int, L_cycles: int) -> tuple[str, int]:
    """``L_cycles`` updates of z_L, then one of z_H; all of it ``num_rounds`` times."""
    return ("L" * L_cycles + "H") * num_rounds, num_rounds


def update_either(f: Level, z: TwoStates, level: str, e: Tensor) -> TwoStates:
    """TRM's update: one network for both states, ``z_L <- f(z_L + z_H + e)`` or ``z_H <- f(z_H + z_L)``."""
    if level == "L":
        return z._replace(z_L=f(z.z_L, z.z_H + e))
    return z._replace(z_H=f(z.z_H, z.z_L))


def _init_of(name: str) -> str:
    return f"{name.removeprefix('z_')}_init"


def require_at_least_one(config: object, *names: str) -> None:
    """Raises ``InputError`` for a setting of a model below 1."""
    for name in names:
        if getattr(config, name) < 1:
            raise InputError(f"model.{name} is {getattr(config, name)}: it must be at least 1")


def require_above_zero(config: object, *names: str) -> None:
    """Raises ``InputError`` for a setting of a model that is not a number above 0."""
    for name in names:
        if not 0 < getattr(config, name) < math.inf:
            raise InputError(f"model.{name} is {getattr(config, name)}: it must be a finite number above 0")
