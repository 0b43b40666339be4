"""The accuracy of a run on training puzzles that it is not trained on: the checkpoint to keep is chosen by it."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from dataclasses import dataclass

import torch

from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.models.base import Reasoner
from hrm.nn.embedding import fetch_rows, sharded_tables
from hrm.runtime import Runtime
from hrm.tasks.base import Task
from hrm.training.ema import EMA
from hrm.world import ALONE, World


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
    model: Reasoner,
    ema: EMA | None,
    task: Task,
    runtime: Runtime,
    *,
    max_segments: int,
    batch_size: int,
    world: World = ALONE,
) -> Validation:
    """The held-out puzzles of ``task``, with the average of the weights where the run keeps one. Each rank measures
    its share of every batch, and all get the whole.

    Draws no random numbers and leaves ``model`` to the bit as it was.
    """
    if sharded_tables(model):  # once for all batches, of which not every rank has equally many
        fetch_rows(model, torch.cat([b.puzzle_ids for b in task.eval_batches(batch_size)]).to(runtime.device))
    with nullcontext() if ema is None else ema.in_place():
        mine = list(evaluate(model, task, runtime, max_segments=max_segments, batch_size=batch_size, world=world))
    tables = [table for round_ in itertools.zip_longest(*world.all(mine)) for table in round_ if table is not None]
    found = summarize(concatenate(tables))
    low, high = found["solved_95"]
    return Validation(found["puzzles"], found["solved"], (low, high), found["cells"])
