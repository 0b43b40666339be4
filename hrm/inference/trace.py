"""One puzzle, watched: what the model would answer after every segment, or after every update of a state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrm.inference.options import HaltPolicy
from hrm.inference.queue import Job, Queue
from hrm.intervals import count, percent
from hrm.markup import figure
from hrm.models.base import Reasoner
from hrm.nn.block import Level
from hrm.puzzles.base import Example
from hrm.runtime import Runtime
from hrm.tasks.base import Task


class Step(NamedTuple):
    """A look at a puzzle after a segment, or within one."""

    segment: int  # counted from 1
    update: str  # which level has just been updated ("L_level", "H_level"); empty at the end of a segment
    board: str  # as ``Task.render`` draws it, changes marked
    answer: NDArray[np.int64]  # (S,)
    num_changed: int  # cells that differ from the step before
    certainty: float | None  # probability of being right; None within a segment
    residual: float | None  # how far the state moved, as a share of its size; None within a segment
    halted: bool

    @property
    def caption(self) -> str:
        """The place of this step in the thinking, and how much has changed."""
        within = f", {self.update}" if self.update else ""
        return f"segment {self.segment}{within}: {count(self.num_changed, 'cell')} changed"

    def _repr_html_(self) -> str:
        """The step in a notebook: its board, and what a terminal says of it below."""
        certain = "" if self.certainty is None else f"; the model's certainty: {percent(self.certainty)}"
        moved = "" if self.residual is None else f"; the state moved by {percent(self.residual)}"
        return figure(self.board, f"{self.caption}{certain}{moved}")


class _One:
    """A queue's source with a single job."""

    def __init__(self, job: Job) -> None:
        self.jobs = [job]

    def next_job(self) -> Job | None:
        return self.jobs.pop() if self.jobs else None


def trace(
    model: Reasoner, task: Task, runtime: Runtime, policy: HaltPolicy, example: Example, *, inner: bool = False
) -> Iterator[Step]:
    """The steps of one puzzle, thought about alone. With ``inner`` every update of a level is a step of its own: its
    state read as if it were the last one of the segment."""
    queue = Queue(model, runtime, policy, 1, task.rules)
    previous: NDArray[np.int64] | None = None

    def step(
        segment: int, update: str, answer: NDArray[np.int64], q: float | None, moved: float | None, ends: bool
    ) -> Step:
        nonlocal previous
        board = task.render(example.inputs, answer, previous)
        num_changed = int((answer != (example.inputs if previous is None else previous)).sum())
        previous = answer
        return Step(segment, update, board, answer, num_changed, q, moved, ends)

    with recorded_updates(model) if inner else _nothing() as updates:
        for (thought,) in queue.think(_One(Job(0, 0, example.inputs, example.puzzle_id)), task.spec.seq_len):
            for name, state in updates:
                with torch.inference_mode():
                    answer = model.read(state)[0].argmax(-1).cpu().numpy()
                yield step(thought.segment, name, answer, None, None, False)
            updates.clear()
            yield step(thought.segment, "", thought.answer, thought.certainty, thought.residual, thought.halted)


@contextmanager
def recorded_updates(model: Reasoner) -> Iterator[list[tuple[str, Tensor]]]:
    """A list that collects the name and the new state (B, L, D) of every update of ``model``.

    Named as the model names its updates: where one network renews both states, its own name would not tell which.
    """
    updates: list[tuple[str, Tensor]] = []
    names = model.update_names
    count = 0

    def record(state: Tensor) -> None:
        nonlocal count
        updates.append((names[count % len(names)], state))
        count += 1

    with ExitStack() as hooks:
        for module in model.modules():
            if isinstance(module, Level):
                hooks.enter_context(module.register_forward_hook(lambda _, __, out: record(out)))
        yield updates


@contextmanager
def _nothing() -> Iterator[list[tuple[str, Tensor]]]:
    yield []
