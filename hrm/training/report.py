"""A report of the steps since the last one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from hrm.training.validation import Validation
from hrm.world import ALONE, World


class TrainingDivergedError(RuntimeError):
    """The loss is not a number any more."""

    def __init__(self, step: int) -> None:
        super().__init__(f"the loss is not a number at step {step}")
        self.step = step


@dataclass(frozen=True)
class Report:
    """The mean over the steps since the last report. Accuracies are those of the puzzles that left their slots."""

    step: int
    loss: float
    token_loss: float
    cell_accuracy: float
    exact_accuracy: float
    segments: float
    validation: Validation | None = None
    """The measurement on the held-out training puzzles, at the steps at which the run validates."""
    lr: float = math.nan
    """The learning rate of the last of these steps."""
    grad_norm: float = math.nan
    """The norm of the gradient of that step, of all weights and ranks; NaN where a signal made it the last, or where it
    is not finite."""


NORM = "grad_norm"
"""Among the numbers of the steps with a report alone, and of all ranks already: it is not added up."""


def report_of(step: int, sums: list[dict[str, Tensor]], world: World = ALONE, *, lr: float = math.nan) -> Report:
    """The means of what ``train_step`` returned, on all ranks; ``lr`` is that of the last step. Raises
    ``TrainingDivergedError`` for a loss that is not a number."""
    norm = float(sums[-1].get(NORM, math.nan))  # every rank has that of the whole gradient
    total = columns(sums, world)
    bad = (~total["loss"].isfinite()).nonzero()
    if len(bad):
        raise TrainingDivergedError(step - len(sums) + 1 + int(bad[0]))
    left = float(total["halted"].sum())

    def of_those_that_left(key: str) -> float:
        return float(total[key].sum()) / left if left else math.nan

    return Report(
        step=step,
        loss=float(total["loss"].mean()),
        token_loss=float(total["token_loss"].mean()),
        cell_accuracy=of_those_that_left("cells"),
        exact_accuracy=of_those_that_left("exact"),
        segments=of_those_that_left("segments"),
        lr=lr,
        grad_norm=norm if math.isfinite(norm) else math.nan,
    )


def columns(sums: list[dict[str, Tensor]], world: World = ALONE) -> dict[str, Tensor]:
    """Each number of n steps but the gradient's norm, of all ranks: (n,) in float64, on the CPU."""
    found = {key: _column([numbers[key] for numbers in sums]) for key in sums[0] if key != NORM}
    world.add(found.values())
    return found


def _column(numbers: list[Tensor]) -> Tensor:
    # On the CPU before they are widened: not every device has float64. Those of a checkpoint are there already.
    alike = groupby(numbers, key=lambda number: (number.device, number.dtype))
    return torch.cat([torch.stack(list(part)).cpu().double() for _, part in alike])
