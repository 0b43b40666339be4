"""The same puzzles under several policies and budgets: what is solved, and what it costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.evaluation.table import CERTAIN, share_of
from hrm.inference.making import make_solver
from hrm.inference.options import Choose, HaltRule, Vary
from hrm.inference.solution import Solution
from hrm.inference.solver import Solver
from hrm.puzzles.base import Example, Scores, stopping_rules
from hrm.runtime import Runtime
from hrm.store.folder import LoadedModel
from hrm.tasks.base import Task
from hrm.types import IGNORE_LABEL


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to solve: a policy, a limit and a number of attempts."""

    halt: HaltRule
    max_segments: int
    q_threshold: float | None = None
    attempts: int = 1
    vary: Vary = "symmetry"
    choose: Choose | None = None

    @property
    def name(self) -> str:
        sure = "" if self.q_threshold is None else f" at {self.q_threshold}"
        often = "" if self.attempts == 1 else f", {self.attempts} x {self.vary}"
        return f"{self.halt} {self.max_segments}{sure}{often}{f', {self.choose}' if self.choose else ''}"


@dataclass(frozen=True)
class Compared:
    """The outcome of N puzzles under one setting."""

    setting: Setting
    solutions: list[Solution]
    exact: NDArray[np.bool_]  # (N,) every labelled cell right
    cells: NDArray[np.float64]  # (N,) share of labelled cells right
    has_answer: NDArray[np.bool_]  # (N,) some cell has a label
    seconds: float  # for all of them, median over the rounds
    idle_share: float  # of the rows of all segments
    scores: Scores  # what the task makes of the answers

    @property
    def solved(self) -> NDArray[np.bool_]:
        """(N,) by the rules; by the label where a task has none."""
        return np.array([e if s.solved is None else s.solved for s, e in zip(self.solutions, self.exact, strict=True)])

    @property
    def has_verdict(self) -> NDArray[np.bool_]:
        """(N,) by the rules, or by a label: whether ``solved`` means something."""
        return np.array([s.solved is not None for s in self.solutions]) | self.has_answer

    @property
    def spent(self) -> NDArray[np.int64]:
        """(N,) segments of all attempts."""
        return np.array([s.spent for s in self.solutions])

    def figures(self) -> dict[str, Any]:
        """JSON values."""
        N, cells = len(self.solutions), self.cells[self.has_answer]
        return {
            "name": self.setting.name,
            **share_of("solved", self.solved[self.has_verdict]),
            "cells": float(cells.mean()) if cells.size else None,
            "mean_segments": float(self.spent.mean()),
            "p95_segments": float(np.quantile(self.spent, 0.95)),
            "puzzles_per_s": N / self.seconds,
            "idle_share": self.idle_share,
            "scores": dict(self.scores.figures),
        }


def usual_settings(task: Task, max_segments: int, guesses: bool = False) -> list[Setting]:
    """The fixed rule against every way to stop early, the same with four times the limit, and several attempts.
    Their numbers are chosen by hand; benchmarks/solve-*.md have the same. guesses: the model makes some."""
    M = max_segments
    other: Vary = "decisions" if guesses else "noise"
    rules: list[HaltRule] = ["fixed", "q", "unchanged", "rest", *(["rules"] if stopping_rules(task.rules) else [])]  # type: ignore[list-item]
    settings = [Setting(halt=rule, max_segments=M) for rule in rules]
    settings.append(Setting(halt="q", max_segments=M, q_threshold=CERTAIN))
    settings.append(Setting(halt="q", max_segments=4 * M))
    if stopping_rules(task.rules) is not None:
        settings.append(Setting(halt="rules", max_segments=4 * M))
        settings += [Setting(halt="rules", max_segments=M, attempts=n, choose="verify") for n in (4, 16)]
        settings.append(Setting(halt="rules", max_segments=M, attempts=16, vary=other, choose="verify"))
        settings.append(Setting(halt="q", max_segments=M, attempts=8, choose="vote"))
    else:
        settings.append(Setting(halt="q", max_segments=M, attempts=8, vary=other, choose="vote"))
    return settings


def compare(
    loaded: LoadedModel,
    task: Task,
    runtime: Runtime,
    settings: Sequence[Setting],
    *,
    limit: int | None = None,
    num_slots: int = 64,
    rounds: int = 1,
    on_turn: Callable[[str], None] = lambda name: None,
) -> list[Compared]:
    """Every setting on the same held-out puzzles, in turn, ``rounds`` times; the seconds are medians.
    ``on_turn`` is told the name of each before it begins.

    Raises ``InputError`` for tasks whose puzzles are votes (ARC).
    """
    if task.spec.num_puzzles > 1:
        raise InputError(
            "these puzzles are variants of tasks, told apart by their ids: their score is a vote, which hrm eval "
            "counts without --compare"
        )
    examples = held_out_examples(task, limit)
    solvers = [_solver(loaded._replace(task=task), setting, num_slots, runtime) for setting in settings]
    seconds: list[list[float]] = [[] for _ in settings]
    solutions: list[list[Solution]] = [[] for _ in settings]
    solvers[0].solve_examples(examples[:num_slots])  # warm: memory, threads, compiling
    for _ in range(rounds):
        for index, solver in enumerate(solvers):
            on_turn(settings[index].name)
            start = time.perf_counter()
            solutions[index] = solver.solve_examples(examples)
            seconds[index].append(time.perf_counter() - start)
    return [
        _compared(task, setting, examples, answers, statistics.median(times), solver.usage.idle_share)
        for setting, answers, times, solver in zip(settings, solutions, seconds, solvers, strict=True)
    ]


def held_out_examples(task: Task, limit: int | None = None) -> list[Example]:
    """The first ``limit`` held-out puzzles with their labels."""
    examples: list[Example] = []
    for batch in task.eval_batches(256):
        rows = zip(batch.inputs.numpy(), batch.labels.numpy(), batch.puzzle_ids.tolist(), strict=True)
        examples += [Example(*row) for row in rows]
        if limit is not None and len(examples) >= limit:
            return examples[:limit]
    return examples


def _solver(loaded: LoadedModel, setting: Setting, num_slots: int, runtime: Runtime) -> Solver:
    return make_solver(
        loaded,
        halt=setting.halt,
        max_segments=setting.max_segments,
        q_threshold=setting.q_threshold,
        attempts=setting.attempts,
        vary=setting.vary,
        choose=setting.choose,
        num_slots=num_slots,
        runtime=runtime,
    )


def _compared(
    task: Task,
    setting: Setting,
    examples: Sequence[Example],
    solutions: list[Solution],
    seconds: float,
    idle_share: float,
) -> Compared:
    exact, cells, has_answer = [], [], []
    for example, solution in zip(examples, solutions, strict=True):
        assert example.labels is not None
        labelled = example.labels != IGNORE_LABEL
        right = (solution.answer == example.labels)[labelled]
        exact.append(bool(labelled.any() and right.all()))
        cells.append(float(right.mean()) if labelled.any() else 0.0)
        has_answer.append(bool(labelled.any()))
    scores = task.scores(np.stack([s.answer for s in solutions]), np.array([s.certainty for s in solutions]))
    judged = np.array(exact), np.array(cells), np.array(has_answer)
    return Compared(setting, solutions, *judged, seconds, idle_share, scores)
