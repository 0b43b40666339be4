"""The interface of a model: it thinks about a batch of puzzles one segment at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from hrm.types import Batch, Prediction

Carry = Any
"""The state between segments: a NamedTuple of tensors with a leading B, owned by the model that makes it.

Trainers and solvers never open it. They choose rows of it (``hrm.segments.slots.select_rows``), measure how far it
moves, and add noise to its first tensor, which is the state that answers are read from.
"""


class Reasoner(nn.Module, ABC):
    """A model that reasons in latent space. Everything else in the package speaks to models through this."""

    @property
    def is_random(self) -> bool:
        """Whether training draws random numbers (starts, noise), so that each step has to be seeded."""
        return False

    @property
    def update_names(self) -> tuple[str, ...]:
        """Which state each update of a segment renews ("L_level", "H_level"), in order; empty where it is not known."""
        return ()

    @abstractmethod
    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Carry:
        """The state before the first segment. Its dtype is the precision of everything that follows."""

    @property
    def keeps_state(self) -> bool:
        """Whether what a segment begins with matters to it, and ``carry_at`` can say what it begins with."""
        return False

    def carry_at(self, carry: Carry, answers: Batch) -> Carry:
        """``carry`` (B rows), but that the state that answers are read from begins at ``answers.inputs`` (B, S).

        Detached. Only for models that ``keeps_state`` says yes of.
        """
        raise NotImplementedError

    @abstractmethod
    def forward(self, carry: Carry, batch: Batch) -> tuple[Carry, Prediction]:
        """One segment. The returned carry is detached: no gradient crosses a segment."""

    @abstractmethod
    def read(self, state: Tensor) -> Tensor:
        """The answer in a state: (B, L, D) -> logits (B, S, V). ``forward`` does it to the last one of a segment."""

    if TYPE_CHECKING:

        def __call__(self, carry: Carry, batch: Batch) -> tuple[Carry, Prediction]: ...
