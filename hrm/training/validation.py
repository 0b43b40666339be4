"""The accuracy of a run on training puzzles that it is not trained on: the checkpoint to keep is chosen by it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.models.base import Reasoner
from hrm.runtime import Runtime
from hrm.tasks.base import Task
from hrm.training.ema import EMA


@dataclass(frozen=True)
class Validation:
    """Accuracy after ``max_segments``, as ``hrm eval`` counts."""

    puzzles: int
    solved: float
    solved_95: tuple[float, float]
    cells: float

    def is_better_than(self, other: Validation) -> bool:
        """True with more puzzles solved, or as many and more cells right."""
        return (self.solved, self.cells) > (other.solved, other.cells)


def validate(
    model: Reasoner, ema: EMA | None, task: Task, runtime: Runtime, *, max_segments: int, batch_size: int
) -> Validation:
    """The held-out puzzles of ``task``, with the average of the weights where the run keeps one.

    Draws no random numbers and leaves ``model`` to the bit as it was.
    """
    with nullcontext() if ema is None else ema.in_place():
        tables = list(evaluate(model, task, runtime, max_segments=max_segments, batch_size=batch_size))
    found = summarize(concatenate(tables))
    low, high = found["solved_95"]
    return Validation(found["puzzles"], found["solved"], (low, high), found["cells"])
