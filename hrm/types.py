"""The goods that travel between the rooms: batches, predictions, and what a task tells a model about its data.

Shape letters, used in every signature and comment of the package:

    B  puzzles in a batch (slots)        S  cells of a puzzle        P  prefix positions (puzzle embedding)
    L  positions a model sees, P + S     D  width of the state       V  tokens of the vocabulary
    E  width of a puzzle embedding       M  segments

torch is imported when the first batch is made: reading, checking and drawing puzzles start without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor

IGNORE_LABEL = -100
"""Label of a cell that carries no loss and no score (PyTorch's ``ignore_index`` default)."""


class Batch(NamedTuple):
    """Puzzles as a model sees them."""

    inputs: Tensor  # (B, S) int64, tokens of the question
    labels: Tensor  # (B, S) int64, tokens of the answer; IGNORE_LABEL where there is none
    puzzle_ids: Tensor  # (B,) int64, which puzzle (row of the puzzle embedding)

    @staticmethod
    def of(
        inputs: NDArray[np.integer], labels: NDArray[np.integer], puzzle_ids: NDArray[np.integer] | None = None
    ) -> Batch:
        """Arrays (B, S), (B, S), (B,) as tensors; puzzle ids are 0 where none are given."""
        import torch

        ids = np.zeros(len(inputs), dtype=np.int64) if puzzle_ids is None else puzzle_ids
        return Batch(*(torch.from_numpy(rows.astype(np.int64, copy=False)) for rows in (inputs, labels, ids)))

    def to(self, device: torch.device | str) -> Batch:
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))

    def pinned(self) -> Batch:
        """The same in memory that a GPU reads by itself, while the processor goes on (``to``)."""
        return Batch(*(tensor.pin_memory() for tensor in self))


class Prediction(NamedTuple):
    """The predictions of a model after one segment."""

    logits: Tensor  # (B, S, V)
    q_halt: Tensor  # (B,) logit, float32 at least: the value of stopping here
    q_continue: Tensor | None  # (B,) likewise: the value of going on; None for models that learn only q_halt
    is_stuck: Tensor | None = None  # (B,) bool, the model gives up this attempt; None for models that never do
    evidence: Any = None  # what the model's own loss is made of (``Reasoner.own_lesson``)


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """The facts of a task that shape a model. ``config.build(spec)`` makes the model."""

    vocab_size: int
    seq_len: int
    num_puzzles: int  # rows of the puzzle embedding: 1 where all puzzles are of one kind
    grid_shape: tuple[int, int]  # rows and columns a person sees
    symbols: tuple[str, ...]  # token -> the character that stands for it
    interchangeable: tuple[int, ...] = ()  # tokens any permutation of which turns a puzzle into an equal one
    answers: tuple[tuple[int, ...], ...] = ()  # token of a question -> those its cell may have in the answer; (): all

    @staticmethod
    def of_grid(
        shape: tuple[int, int],
        symbols: tuple[str, ...],
        *,
        interchangeable: tuple[int, ...] = (),
        answers: tuple[tuple[int, ...], ...] = (),
    ) -> TaskSpec:
        """The spec of puzzles that are all of one kind: grids of ``shape``, a token for every symbol."""
        return TaskSpec(
            vocab_size=len(symbols),
            seq_len=shape[0] * shape[1],
            num_puzzles=1,
            grid_shape=shape,
            symbols=symbols,
            interchangeable=interchangeable,
            answers=answers,
        )

    @property
    def characters(self) -> tuple[str, ...]:
        """Token -> the character that is written for it (``visible``)."""
        return visible(self.symbols)


def visible(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """The symbols of tokens, with a character that can be seen in place of a space, which language models and Markdown
    lose at the ends of lines. That of token 0, which no cell has, stays."""
    if " " not in symbols[1:]:
        return symbols
    seen = next((mark for mark in "._~\u2423" if mark not in symbols[1:]), " ")
    return (symbols[0], *(seen if symbol == " " else symbol for symbol in symbols[1:]))
