"""Slots: the places in which puzzles are thought about until they halt and the next ones take over.

Training and solving use the same slots. Shapes never change, so compiled code and device graphs apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hrm.models.base import Carry, Reasoner
from hrm.types import Batch


class Slots(NamedTuple):
    """B puzzles being thought about."""

    carry: Carry  # every tensor (B, ...)
    batch: Batch  # the puzzle in each slot
    steps: Tensor  # (B,) int64, segments it has been thought about
    halted: Tensor  # (B,) bool, True: the slot is free


def select_rows(mask: Tensor, if_true: Any, if_false: Any) -> Any:
    """Rows, each from one of two equal NamedTuples of tensors (nested ones too). mask: (B,) bool."""
    if isinstance(if_true, Tensor):
        return torch.where(mask.view(-1, *[1] * (if_true.ndim - 1)), if_true, if_false)
    return type(if_true)(*(select_rows(mask, a, b) for a, b in zip(if_true, if_false, strict=True)))


def take_rows(rows: Tensor, source: Any) -> Any:
    """Rows of a NamedTuple of tensors (nested ones too), one for each number in ``rows``."""
    if isinstance(source, Tensor):
        return source[rows]
    return type(source)(*(take_rows(rows, part) for part in source))


def parts(size: int, source: Any) -> list[Any]:
    """A NamedTuple of tensors (nested ones too) cut into parts of ``size`` rows; whole where it has no more."""
    if isinstance(source, Tensor):
        return [source] if len(source) <= size else list(torch.split(source, size))
    return [type(source)(*fields) for fields in zip(*(parts(size, part) for part in source), strict=True)]


def joined(pieces: Sequence[Any]) -> Any:
    """The rows of several equal NamedTuples of tensors, one after the other; of a single one, the very same."""
    if len(pieces) == 1:
        return pieces[0]
    if isinstance(pieces[0], Tensor):
        return torch.cat(list(pieces))
    return type(pieces[0])(*(joined(fields) for fields in zip(*pieces, strict=True)))


def empty_slots(model: Reasoner, batch: Batch, dtype: torch.dtype) -> Slots:
    """Slots in the shape of ``batch``, all free: the first refill takes every row."""
    B = len(batch.inputs)
    return Slots(
        carry=model.initial_carry(B, dtype),
        batch=Batch(*(torch.zeros_like(tensor) for tensor in batch)),
        steps=torch.zeros(B, dtype=torch.int64, device=batch.inputs.device),
        halted=torch.ones(B, dtype=torch.bool, device=batch.inputs.device),
    )


def refill(slots: Slots, fresh_carry: Carry, incoming: Batch) -> Slots:
    """Free slots take their row of ``incoming`` and start afresh; busy ones stay bit for bit as they are.

    Rows of ``incoming`` that meet a busy slot are dropped (as the published code does).
    """
    return Slots(
        carry=select_rows(slots.halted, fresh_carry, slots.carry),
        batch=select_rows(slots.halted, incoming, slots.batch),
        steps=torch.where(slots.halted, 0, slots.steps),
        halted=torch.zeros_like(slots.halted),
    )
