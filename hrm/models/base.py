"""The interface of a model: it thinks about a batch of puzzles one segment at a time."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from hrm.types import Batch, Prediction

ModelT = TypeVar("ModelT", bound=nn.Module)

Carry = Any
"""The state between segments: a NamedTuple of tensors with a leading B, owned by the model that makes it.

Trainers and solvers do not ask what it holds. They choose rows of it (``hrm.segments.slots.select_rows``), measure how
far its numbers that are not whole move, and know one thing of every model: answers are read from its first tensor,
which noise is added to, and whose dtype is the precision of the model (training/loop.py, inference/queue.py).
"""


class Lesson(NamedTuple):
    """The lesson of one segment of B puzzles, for a model with a loss of its own."""

    total: Tensor  # scalar, summed over the puzzles: what is trained
    token: Tensor  # scalar, likewise: the part of it that is the cross entropy of the symbols, for the report
    may_leave: Tensor  # (B,) bool, puzzles whose thinking may end here, as ACT ends that of the others


class Reasoner(nn.Module, ABC):
    """A model that reasons in latent space. Everything else in the package speaks to models through this."""

    keeps_state: ClassVar[bool] = True
    """True where the state that a segment begins with matters; False for models that begin from the puzzle alone."""

    guesses: ClassVar[bool] = False
    """True for models that make guesses, which ``drawn_start`` draws: another one is another attempt."""

    @property
    @abstractmethod
    def is_random(self) -> bool:
        """True where training draws random numbers (starts, noise), so that each step has to be seeded."""

    @property
    @abstractmethod
    def update_names(self) -> tuple[str, ...]:
        """States that the updates of a segment renew ("L_level", "H_level"): one for each run of a ``Level``."""

    @abstractmethod
    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Carry:
        """The state before the first segment. Its dtype is the precision of everything that follows."""

    @abstractmethod
    def drawn_start(self, carry: Carry, rng: np.random.Generator) -> Carry:
        """First states drawn at random, for an attempt that is to differ from others.

        In the shapes of ``carry``, the usual ones; the same for the same ``rng`` on every device.
        """

    @abstractmethod
    def carry_at(self, carry: Carry, answers: Batch) -> Carry:
        """``carry`` (B rows), but that the state that answers are read from begins at ``answers.inputs`` (B, S).

        Detached.
        """

    @abstractmethod
    def forward(self, carry: Carry, batch: Batch) -> tuple[Carry, Prediction]:
        """One segment. The returned carry is detached: no gradient crosses a segment."""

    @abstractmethod
    def read(self, state: Tensor) -> Tensor:
        """The answer in a state: (B, L, D) -> logits (B, S, V). ``forward`` does it to the last one of a segment."""

    @abstractmethod
    def own_lesson(self, prediction: Prediction, batch: Batch) -> Lesson | None:
        """The lesson of a segment; None for deep supervision with ACT, what most models learn by (training/loop.py).

        prediction: what ``forward`` said of ``batch``.
        """

    if TYPE_CHECKING:

        def __call__(self, carry: Carry, batch: Batch) -> tuple[Carry, Prediction]: ...


def standard_normal(rng: np.random.Generator, like: Tensor) -> Tensor:
    """Standard normal numbers in the shape, in the precision and on the device of ``like``."""
    return torch.from_numpy(rng.standard_normal(tuple(like.shape), dtype=np.float32)).to(like.device, like.dtype)


def twin(model: ModelT) -> ModelT:
    """A model of modules of its own on the very weights of ``model``: its mode, hooks and compiled code are its own,
    and it begins without hooks."""
    copies: dict[int, nn.Module] = {}

    def of(module: nn.Module) -> nn.Module:
        if id(module) not in copies:
            made = copies[id(module)] = copy.copy(module)
            for name, value in module.__dict__.items():
                if name in ("_parameters", "_buffers", "_modules"):
                    made.__dict__[name] = copy.copy(value)
                elif "_hooks" in name and isinstance(value, dict):  # PyTorch has a dozen, and adds to them
                    made.__dict__[name] = type(value)()
            made.__dict__["_is_full_backward_hook"] = None  # the kind of the hooks that are not taken along
            made.__dict__.pop("_compiled_call_impl", None)
            for name, child in module._modules.items():
                made._modules[name] = None if child is None else of(child)
        return copies[id(module)]

    return cast(ModelT, of(model))


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """A time in which ``model`` draws no noise; after it, it trains or not as it did before."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
