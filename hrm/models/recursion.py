"""The common part of the models: first states, how a segment runs, heads. A model adds its levels and its updates.

Read ``hrm.py`` first: it shows the updates of one model, and this file what happens around them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from hrm.models.base import Reasoner, standard_normal
from hrm.models.gradient import run_updates
from hrm.models.settings import BackboneConfig, OnePassConfig, RecursionConfig
from hrm.nn.embedding import InputEmbedding
from hrm.nn.heads import QHead
from hrm.nn.init import truncated_normal_
from hrm.nn.linear import Linear
from hrm.types import Batch, Prediction, TaskSpec


class OneState(NamedTuple):
    """The state that goes on from one segment to the next in a model of one level."""

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

    config: RecursionConfig | OnePassConfig
    carry_type: ClassVar[Any]
    """NamedTuple of the states, (B, ...) each; the one called ``z_X`` starts from the buffer ``X_init``."""
    state_shape: tuple[int, ...]
    """Shape of one puzzle's state: (L, D), or with more axes in front."""
    start_shape: tuple[int, ...]
    """Shape of the one random start that evaluation uses, where training starts are random; it fits ``state_shape``."""
    embedding: Embedding
    q_head: QHead

    @abstractmethod
    def updates(self) -> Iterator[str]:
        """The level whose turn it is, update by update, of a whole segment: H_cycles equal rounds."""

    @abstractmethod
    def update(self, z: Any, level: str, e: Tensor) -> Any:
        """One update: the states ``z``, the level whose turn it is, and the embedded puzzle e (B, ...)."""

    @abstractmethod
    def summary(self, state: Tensor) -> Tensor:
        """The vector (B, D) that the values of stopping and going on are read from."""

    def forward(self, carry: Any, batch: Batch) -> tuple[Any, Prediction]:
        """One segment, in the precision of the carry."""
        e = self.embedding(batch).to(carry[0].dtype)
        update = partial(self.update, e=e)
        z = run_updates(update, carry, *self.schedule, self.config.gradient, self.config.gradient_k)
        prediction = Prediction(self.read(z[0]), *self.q_head(self.summary(z[0])))
        return self.carry_type(*(state.detach() for state in z)), prediction

    @property
    def schedule(self) -> tuple[str, int]:
        """The updates of a segment, a letter each, and of how many equal rounds they consist."""
        return "".join(self.updates()), self.config.H_cycles

    @property
    def update_names(self) -> tuple[str, ...]:
        return tuple(f"{level}_level" for level in self.updates())

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

    def drawn_start(self, carry: Any, rng: np.random.Generator) -> Any:
        """Standard normal states (EqR, arXiv 2605.21488)."""
        return self.carry_type(*(standard_normal(rng, state) for state in carry))

    def own_lesson(self, prediction: Prediction, batch: Batch) -> None:
        """None: deep supervision with ACT."""

    @torch.no_grad()
    def carry_at(self, carry: Any, answers: Batch) -> Any:
        """The embedded answers as the state that is read."""
        return carry._replace(z_H=self.embedding(answers).to(carry.z_H.dtype))


class Backbone(Recursion):
    """A recursion over a row of cells, the puzzle embedding in front."""

    config: BackboneConfig | OnePassConfig
    embedding: InputEmbedding

    def __init__(self, config: BackboneConfig | OnePassConfig, spec: TaskSpec) -> None:
        super().__init__()
        self.config, D = config, config.hidden_size
        self.embedding = config.make_embedding(spec)  # (B, S), (B,) -> e (B, L, D)
        self.state_shape = self.start_shape = (self.embedding.num_positions, D)
        self.add_levels(self.embedding.num_positions)
        self.lm_head = Linear(D, spec.vocab_size)
        self.q_head = QHead(D, config.has_q_continue)
        self.add_starts()

    @abstractmethod
    def add_levels(self, num_positions: int) -> None:
        """Make the networks of the model, over so many positions (L)."""

    def summary(self, state: Tensor) -> Tensor:
        """The first position."""
        return state[:, 0]

    def read(self, state: Tensor) -> Tensor:
        """(B, L, D) -> logits (B, S, V)."""
        return self.lm_head(state[:, self.embedding.prefix :])


def _init_of(name: str) -> str:
    return f"{name.removeprefix('z_')}_init"
