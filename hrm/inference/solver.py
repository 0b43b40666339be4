"""Solving: puzzles queue behind slots, each is thought about until it halts, and the next takes its slot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.checkpoint import LoadedModel, load_model
from hrm.halting import should_halt, wants_to_halt
from hrm.inference.slots import Slots, empty_slots, refill
from hrm.nn.block import compile_levels
from hrm.runtime import Runtime, RuntimeConfig, resolve
from hrm.tasks.base import Example, Task
from hrm.types import IGNORE_LABEL, Batch, InputError

Halt = Literal["rules", "q", "fixed"]
"""When a puzzle leaves its slot: its answer obeys the rules; the model says so (ACT, arXiv 2506.21734, section 2);
or never before ``max_segments``."""

DEFAULT_MODEL = "sudoku"
"""The model that ships in the package."""


@dataclass(frozen=True)
class Thought:
    """A puzzle after one more segment."""

    index: int  # which of the puzzles
    segment: int  # counted from 1
    answer: NDArray[np.int64]  # (S,)
    q_halt: float  # probability that the model gives to being right
    halted: bool
    seconds: float  # since the puzzle took its slot


@dataclass(frozen=True)
class Solution:
    """The answer to one puzzle."""

    puzzle: str
    solution: str
    solved: bool | None  # by the rules of the puzzle; None where a task has none that could be checked
    segments: int
    q_halt: float  # probability that the model gives to being right
    seconds: float  # from the first segment of this puzzle to its last, beside those thought about at the same time
    inputs: NDArray[np.int64] = field(repr=False)  # (S,)
    answer: NDArray[np.int64] = field(repr=False)  # (S,)

    def to_dict(self) -> dict[str, Any]:
        """What ``hrm solve --json`` prints."""
        names = ("puzzle", "solution", "solved", "segments", "q_halt", "seconds")
        return {name: getattr(self, name) for name in names}


class Solver:
    """A model that answers. Made by ``hrm.load``; give it one puzzle or many."""

    def __init__(
        self,
        loaded: LoadedModel,
        *,
        halt: Halt | None = None,
        max_segments: int | None = None,
        num_slots: int = 64,
        runtime: Runtime | None = None,
    ) -> None:
        """halt: rules when None, q where the task has none to check. max_segments: as in training when None.

        Raises ``InputError`` for a limit below 1, and for rules that do not exist.
        """
        self.task: Task = loaded.task
        self.model = loaded.model
        if halt == "rules" and not self.task.has_rules:
            raise InputError("this task has no rules by which an answer could be checked: halt by q, or fixed")
        self.halt: Halt = halt or ("rules" if self.task.has_rules else "q")
        trained = loaded.config.get("training", {}).get("max_segments", 16)
        self.max_segments = trained if max_segments is None else max_segments
        if self.max_segments < 1:
            raise InputError(f"max_segments is {self.max_segments}: a puzzle needs at least 1 segment")
        self.num_slots = num_slots
        self.runtime = runtime or resolve(RuntimeConfig(precision="float32"))
        self.model.to(self.runtime.device)
        if self.runtime.compile:
            compile_levels(self.model)

    def solve(self, puzzles: str | Sequence[str]) -> list[Solution]:
        """Solves puzzles as a person writes them; answers come in the order of the puzzles.

        Raises ``InputError`` for text that is not a puzzle of this model's task.
        """
        texts = [puzzles] if isinstance(puzzles, str) else puzzles
        return self.solve_examples([self.task.parse(text) for text in texts])

    def solve_examples(
        self, examples: Sequence[Example], on_thought: Callable[[Thought], None] = lambda thought: None
    ) -> list[Solution]:
        """Solves puzzles that are parsed already; ``on_thought`` is shown every segment of every puzzle."""
        solutions: dict[int, Solution] = {}
        for thought in self.think(examples):
            on_thought(thought)
            if thought.halted:
                inputs = examples[thought.index].inputs
                solutions[thought.index] = Solution(
                    puzzle=self.text(inputs),
                    solution=self.text(thought.answer),
                    solved=self.task.is_solved(inputs, thought.answer) if self.task.has_rules else None,
                    segments=thought.segment,
                    q_halt=thought.q_halt,
                    seconds=thought.seconds,
                    inputs=inputs,
                    answer=thought.answer,
                )
        return [solutions[i] for i in range(len(examples))]

    def text(self, tokens: NDArray[np.int64]) -> str:
        """Tokens (S,) as one line of symbols."""
        return "".join(self.task.spec.symbols[token] for token in tokens)

    @torch.inference_mode()
    def think(self, examples: Sequence[Example]) -> Iterator[Thought]:
        """Every segment of every puzzle, as it happens: the raw material of answers and traces."""
        waiting = list(range(len(examples)))[::-1]
        B = min(self.num_slots, len(examples))
        device, S = self.runtime.device, self.task.spec.seq_len
        held = np.full(B, -1)  # the puzzle in each slot, -1 for none
        since = np.zeros(B)
        inputs = np.zeros((B, S), dtype=np.int64)
        slots = empty_slots(self.model, _as_batch(inputs, device), self.runtime.dtype)
        while waiting or (held >= 0).any():
            for slot in np.flatnonzero(held < 0)[: len(waiting)]:
                held[slot], since[slot] = waiting.pop(), time.perf_counter()
                inputs[slot] = examples[held[slot]].inputs
            fresh = self.model.initial_carry(B, self.runtime.dtype)
            slots = refill(slots, fresh, _as_batch(inputs, device))
            carry, prediction = self.model(slots.carry, slots.batch)

            answers = prediction.logits.argmax(-1).cpu().numpy()
            if self.halt == "q":
                wants = wants_to_halt(prediction.q_halt, prediction.q_continue)
            elif self.halt == "rules":
                wants = torch.from_numpy(self.task.are_solved(inputs, answers)).to(device)
            else:
                wants = torch.zeros(B, dtype=torch.bool, device=device)
            steps = slots.steps + 1
            halted = should_halt(steps, wants, 1, self.max_segments)
            slots = Slots(carry, slots.batch, steps, halted)

            now, q_halt = time.perf_counter(), prediction.q_halt.sigmoid().tolist()
            for slot, segment, is_over in zip(range(B), steps.tolist(), halted.tolist(), strict=True):
                if held[slot] >= 0:
                    index, seconds = int(held[slot]), now - since[slot]
                    yield Thought(index, segment, answers[slot], q_halt[slot], is_over, seconds)
                if is_over:
                    held[slot] = -1


def _as_batch(inputs: NDArray[np.int64], device: torch.device) -> Batch:
    tokens = torch.from_numpy(inputs.copy())
    labels = torch.full_like(tokens, IGNORE_LABEL)
    return Batch(tokens, labels, torch.zeros(len(tokens), dtype=torch.int64)).to(device)


@dataclass(frozen=True)
class PuzzleModel:
    """A trained model with its task, ready to be used."""

    loaded: LoadedModel

    def solver(self, **options: Any) -> Solver:
        """A ``Solver`` with its options: ``halt``, ``max_segments``, ``num_slots``, ``runtime``."""
        return Solver(self.loaded, **options)

    def solve(self, puzzles: str | Sequence[str]) -> list[Solution]:
        """Solves with the default options."""
        return self.solver().solve(puzzles)


def load(path: str | Path = DEFAULT_MODEL) -> PuzzleModel:
    """A model by its run folder, its model folder, or its name in the package.

    Raises ``InputError`` when there is none, or when its files are damaged.
    """
    return PuzzleModel(load_model(path))
