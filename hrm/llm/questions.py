"""The held-out puzzles of a task as questions to a language model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hrm.config import from_dict, to_dict
from hrm.errors import InputError, look_up, require_at_least
from hrm.files import parse_json
from hrm.llm import arc, gym, prompts
from hrm.llm.verdict import Judge, judge_of
from hrm.llm.written import in_a_line, write
from hrm.tasks import TASKS, TaskConfig
from hrm.tasks.arc import ArcConfig
from hrm.tasks.base import StoredPuzzle, Task
from hrm.tasks.board import BoardConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.gym import Gym, GymConfig, entries_of
from hrm.tasks.gym_entries import GymEntries
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import IGNORE_LABEL, TaskSpec

EXAMPLES = 3
"""Pairs that are shown where only they tell the rule (grids of your own); chosen by hand."""


@dataclass(frozen=True)
class Question:
    """One question, and what its answer is judged by."""

    prompt: str
    question: str  # the board in a line (``written.in_a_line``); of ARC the test input as JSON
    label: str  # the board of the answer that the data have; empty where they have none
    name: str  # row of the file, or task and test input
    puzzle: str  # which puzzle this belongs to, the same wherever it occurs: a digest; of ARC the name of the task
    rating: float | None = None


@dataclass(frozen=True)
class Questions:
    """All of them, of one task."""

    task: dict[str, Any]  # its configuration as JSON values: enough to judge an answer without its data
    all: tuple[Question, ...]
    attempts: int = 1  # answers to each, any of which may solve it

    @property
    def digest(self) -> str:
        """A short name of this set of puzzles, in any order."""
        return digest_of(question.puzzle for question in self.all)


def digest_of(puzzles: Iterable[str]) -> str:
    """A short name of a set of puzzles."""
    return blake2b("\n".join(sorted(set(puzzles))).encode(), digest_size=6).hexdigest()


def held_out_digest(task: Task, limit: int | None = None) -> str:
    """``Questions.digest`` of the first ``limit`` held-out puzzles, which are told apart by their inputs."""
    if isinstance(task, Gym) and task.config.test is None:
        return digest_of(gym.puzzle_digest(entry) for entry in task.test_entries[:limit])
    marks = np.array(task.spec.characters)
    digests: list[str] = []
    for batch in task.eval_batches(1000):
        lines = ("".join(row) for row in marks[batch.inputs.numpy()])
        digests += [puzzle_digest(task.spec, line) for line in lines]
        if limit is not None and len(digests) >= limit:
            break
    return digest_of(digests[:limit])


def puzzle_digest(spec: TaskSpec, question: str) -> str:
    """A short name of the puzzle whose board in a line is ``question``."""
    return blake2b(f"{spec.grid_shape} {question}".encode(), digest_size=8).hexdigest()


def questions_of(
    config: TaskConfig,
    *,
    data: Path | None = None,
    limit: int | None = None,
    rule: str | None = None,
    examples: int | None = None,
) -> Questions:
    """The held-out puzzles of a task, or all of the file ``data``, as ``hrm eval`` takes them; the first ``limit``.

    rule: in words, in place of what is known of the kind of puzzle. examples: how many are shown with their answers,
    one when None, and ``EXAMPLES`` where only these tell the rule. Raises ``InputError``.
    """
    require_at_least(1, limit=limit)
    require_at_least(0, examples=examples)
    if isinstance(config, ArcConfig):
        return _of_arc(config, data, limit, rule)
    if isinstance(config, GymConfig):
        return _of_gym(config, data, limit, rule, examples)
    task: Task = config.build()
    if data is not None:
        task = task.with_test(data)
    shown = (EXAMPLES if isinstance(config, GridConfig) else 1) if examples is None else examples
    pairs = [(write(task.spec, one.inputs[0]), label_of(task.spec, one)) for one in islice(_examples(config), shown)]
    rules, form = rule or prompts.statement(task), prompts.answer_format(task.spec)
    stored = (puzzle for group in task.groups("test") for puzzle in group)
    asked = []
    for one in islice(stored, limit):
        line = in_a_line(task.spec, one.inputs[0])
        board = write(task.spec, one.inputs[0])
        asked.append(
            Question(
                prompt=prompts.prompt(rules, form, pairs, board),
                question=line,
                label=label_of(task.spec, one),
                name=one.name,
                puzzle=puzzle_digest(task.spec, line),
                rating=None if one.rating != one.rating else float(one.rating),
            )
        )
    if not asked:
        raise InputError("there are no held-out puzzles to ask about")
    return Questions(to_dict(task.config), tuple(asked))


def label_of(spec: TaskSpec, stored: StoredPuzzle) -> str:
    """The board of the answer; empty where some cell has none."""
    labels = stored.labels[0]
    return "" if (labels == IGNORE_LABEL).any() else write(spec, labels)


def _examples(config: TaskConfig) -> Iterator[StoredPuzzle]:
    """Training puzzles to show: of a generator where there is one, so that no large file is read for them; none of
    them can be a held-out one of that generator."""
    match config:
        case SudokuConfig(size=size):
            config = SudokuConfig(size=size, num_train=EXAMPLES, num_test=1)
        case MazeConfig(size=size, kind=kind, longer_than=longer_than):
            config = MazeConfig(size=size, kind=kind, longer_than=longer_than, num_train=EXAMPLES, num_test=1)
        case BoardConfig():
            config = replace(config, train=None, test=None, num_train=EXAMPLES, num_test=1)
    for group in config.build().groups("train"):
        yield from group


def _of_arc(config: ArcConfig, data: Path | None, limit: int | None, rule: str | None) -> Questions:
    tasks = arc.tasks_of((data,) if data is not None else config.test, config.tasks)
    asked = tuple(
        Question(
            arc.prompt(task, number, rule), *arc.sides(task, number), name=f"{task.name} {number + 1}", puzzle=task.name
        )
        for task in tasks[:limit]
        for number in range(len(task.tests))
    )
    return Questions({"name": config.name}, asked, attempts=arc.ATTEMPTS)


def _of_gym(
    config: GymConfig, data: Path | None, limit: int | None, rule: str | None, examples: int | None
) -> Questions:
    if data is not None or config.test is not None:
        raise InputError("questions of reasoning-gym come from the library alone: its scorer knows no others")
    entries = entries_of(replace(config, num_train=EXAMPLES if examples is None else max(1, examples)))
    shown = [(entry.question, entry.answer) for entry in entries.train[: 1 if examples is None else examples]]
    asked = tuple(
        Question(
            prompt=prompts.prompt(gym.RULE if rule is None else rule, gym.FORM, shown, entry.question),
            question=entry.question,
            label=entry.answer,
            name=str(number),
            puzzle=gym.puzzle_digest(entry),
        )
        for number, entry in enumerate(entries.test[:limit])
    )
    return Questions(to_dict(replace(config, library=entries.library)), asked)


def judge_for(task: Mapping[str, Any], question: str, label: str) -> Judge:
    """The judge of answers to a question, made of what ``Questions.task`` holds. Raises ``InputError``."""
    if task.get("name") == ArcConfig.name:
        return arc.judge_of(label)
    known = _known_of(json.dumps(task, sort_keys=True))
    return gym.judge_of(known, question, label) if isinstance(known, GymEntries) else judge_of(known, question, label)


@lru_cache(maxsize=8)
def _known_of(task: str) -> Task | GymEntries:
    """What a judge needs of a task, from its configuration as JSON; of reasoning-gym no layout is."""
    config = config_of(parse_json(task, "the log"), "the log")
    return entries_of(config) if isinstance(config, GymConfig) else config.build()


def config_of(task: Mapping[str, Any], where: str) -> TaskConfig:
    """The configuration of ``Questions.task``. Raises ``InputError`` that begins with ``where``."""
    return from_dict(look_up(TASKS, str(task.get("name", "")), "task"), dict(task), where)
