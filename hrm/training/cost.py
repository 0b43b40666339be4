"""The arithmetic of a training step, counted."""

from __future__ import annotations

from collections.abc import Callable

import torch

from hrm.models.base import Reasoner
from hrm.models.cost import counting, on_meta
from hrm.segments.slots import Slots
from hrm.training.loop import continue_rows, learn
from hrm.training.settings import TrainingConfig
from hrm.types import TaskSpec


def training_flops(build: Callable[[TaskSpec], Reasoner], spec: TaskSpec, config: TrainingConfig) -> int:
    """Matrix arithmetic (FLOP) of one training step, counted by PyTorch on tensors without data: a segment of every
    slot, its backward pass, and the segment of the continue target. The optimizer's (Muon multiplies matrices, of no
    puzzle) is not in it."""
    B = config.batch_size
    model, batch = on_meta(build, spec, B)
    with torch.device("meta"):
        steps = torch.zeros(B, dtype=torch.int64)
        slots = Slots(model.initial_carry(B), batch, steps, steps.bool())
    rows = continue_rows(0, B, config.continue_share)
    with counting() as counted:
        learn(model, slots, steps, config.max_segments, rows, B / max(1, len(rows)), config)
    return counted()
