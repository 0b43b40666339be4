"""Models made by hand, whose analysis has a known outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from hrm.analysis.subject import Subject
from hrm.models.recursion import Backbone, TwoStates
from hrm.models.settings import BackboneConfig
from hrm.nn.block import Level
from hrm.runtime import Runtime
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import Batch, TaskSpec

Function = Callable[[Tensor, Tensor], Tensor]  # a state and what is added to it -> the next state
CPU = Runtime(torch.device("cpu"), torch.float32, False)
TASK = SudokuConfig(size=4, num_train=20, num_test=40).build()


def stay(state: Tensor, injection: Tensor) -> Tensor:
    return state.clone()


@dataclass(frozen=True, kw_only=True)
class KnownConfig(BackboneConfig):
    name: ClassVar[str] = "known"
    hidden_size: int = 16
    num_heads: int = 2
    puzzle_embedding_size: int = 0
    has_q_continue: bool = False


class Known(Level):
    def __init__(self, function: Function) -> None:
        super().__init__([])
        self.function = function

    def forward(self, state: Tensor, injection: Tensor) -> Tensor:
        return self.function(state, injection)


class Toy(Backbone):
    """Two updates of L, one of H, in every segment; each level does what it is told."""

    carry_type = TwoStates

    def __init__(self, spec: TaskSpec, of_L: Function, of_H: Function) -> None:
        self.functions = of_L, of_H
        super().__init__(KnownConfig(), spec)

    def add_levels(self, num_positions: int) -> None:
        self.L_level, self.H_level = map(Known, self.functions)

    def updates(self) -> Iterator[str]:
        yield from "LLH"

    def update(self, z: TwoStates, level: str, e: Tensor) -> TwoStates:
        if level == "L":
            return z._replace(z_L=self.L_level(z.z_L, z.z_H + e))
        return z._replace(z_H=self.H_level(z.z_H, z.z_L))


def toy(of_L: Function = stay, of_H: Function = stay, seed: int = 0) -> Toy:
    torch.manual_seed(seed)
    return Toy(TASK.spec, of_L, of_H).eval()


def subject(model: torch.nn.Module, *, puzzles: int = 12, segments: int = 6, batch_size: int = 5) -> Subject:
    batch = next(iter(TASK.eval_batches(puzzles)))
    return Subject(
        name="toy",
        model=model,
        fresh=model,
        task=TASK,
        batch=Batch(*(part[:puzzles] for part in batch)),
        runtime=CPU,
        segments=segments,
        batch_size=batch_size,
        seed=0,
    )
