"""The tasks, as ``inspect eval hrm_lab/NAME`` finds them: a function for each recipe whose held-out puzzles are asked.

A new one is a function of two lines here: the name of its recipe, and ``ask``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from inspect_ai import Epochs, Task, task
from inspect_ai._util.error import PrerequisiteError  # told in a line; Inspect shows others with all of their frames
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.solver import generate, use_tools
from inspect_ai.tool import python
from rich.markup import escape

import hrm
from hrm.errors import InputError
from hrm.llm import sources
from hrm.llm.questions import Questions
from hrm_lab.scoring import by_rules, interval, kinds, mean_of_tasks, tasks_solved

TIME_LIMIT = 3600
"""Seconds for an answer, retries and waiting included, where --time-limit gives no other number: without one, a server
that never answers would be waited for without end. Chosen by hand."""

TOOL_SECONDS = 120
"""Seconds that a program of the model's may run. Chosen by hand."""

MOST_MESSAGES = 100
"""Messages of a conversation with tools, where --message-limit gives no other number. Chosen by hand."""


def ask(
    recipe: str,
    data: str | None = None,
    limit: int | None = None,
    tools: bool = False,
    rule: str | None = None,
    examples: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Task:
    """The held-out puzzles of a recipe, or of the file ``data``, as a task of Inspect. settings: of the recipe's task.

    Every sample ends with a score: an error of the provider, a limit of time or tokens is a puzzle that is not solved.
    tools: the model may run Python, in Inspect's sandbox (docker unless --sandbox says otherwise).
    """
    try:
        found = sources.questions(recipe, data, limit, rule, examples, settings)
    except InputError as error:
        raise PrerequisiteError(escape(f"hrm_lab: {error}")) from None
    is_arc = found.task["name"] == "arc"
    return Task(
        dataset=_dataset(recipe if data is None else data, found),
        solver=[*([use_tools(python(timeout=TOOL_SECONDS))] if tools else []), generate()],
        scorer=by_rules(found.task),
        metrics=[tasks_solved(), interval(), mean_of_tasks(), kinds()] if is_arc else None,
        epochs=Epochs(found.attempts, "max") if found.attempts > 1 else None,
        sandbox="docker" if tools else None,
        fail_on_error=False,
        score_on_error=True,
        time_limit=TIME_LIMIT,
        message_limit=MOST_MESSAGES if tools else None,
        metadata={
            "hrm": hrm.__version__,
            "recipe": recipe,
            "data": data,
            "task": found.task,
            "puzzles": found.digest,
            "tools": "python" if tools else "none",
            "attempts": found.attempts,
        },
    )


def _dataset(name: str, found: Questions) -> MemoryDataset:
    parts = Counter(one.puzzle for one in found.all)
    samples = [
        Sample(
            input=one.prompt,
            target=one.label,
            id=number,
            metadata={
                "question": one.question,
                "puzzle": one.puzzle,
                "parts": parts[one.puzzle],  # of an ARC task its test inputs: a log may be stopped among them
                "name": one.name,
                "rating": one.rating,
            },
        )
        for number, one in enumerate(found.all, start=1)
    ]
    return MemoryDataset(samples, name=name)


def _ask_family(recipe: str, data: str | None, limit: int | None, tools: bool, size: int) -> Task:
    """Boards of a size. No more are made than are asked: of small boards there are few, and the first are the same."""
    made = {} if limit is None or data is not None else {"num_test": limit}
    return ask(recipe, data, limit, tools, settings={"size": size, **made})


@task  # type: ignore[untyped-decorator, unused-ignore]
def sudoku_4x4(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Sudokus of 4 x 4, generated."""
    return ask("sudoku-4x4", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def sudoku_6x6(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Sudokus of 6 x 6, generated."""
    return ask("sudoku-6x6", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def sudoku_9x9(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Sudokus of 9 x 9 with 30 to 45 givens, generated: those of the demo."""
    return ask("sudoku-demo", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def sudoku_16x16(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Sudokus of 16 x 16, generated."""
    return ask("sudoku-16x16", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def sudoku_extreme(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Sudoku-Extreme: 1,000 test puzzles, those of the recipe (hrm data fetch sudoku-extreme)."""
    return ask("sudoku-extreme", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def maze_9x9(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Perfect mazes of 9 x 9, generated: those of the demo."""
    return ask("maze-demo", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def maze_hard(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """Maze-Hard: 1,000 test mazes of 30 x 30 (hrm data fetch maze-hard)."""
    return ask("maze-hard", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def lights_out(data: str | None = None, limit: int | None = None, tools: bool = False, size: int = 5) -> Task:
    """Lights Out, generated."""
    return _ask_family("lights-out", data, limit, tools, size)


@task  # type: ignore[untyped-decorator, unused-ignore]
def futoshiki(data: str | None = None, limit: int | None = None, tools: bool = False, size: int = 5) -> Task:
    """Futoshiki, generated."""
    return _ask_family("futoshiki", data, limit, tools, size)


@task  # type: ignore[untyped-decorator, unused-ignore]
def queens(data: str | None = None, limit: int | None = None, tools: bool = False, size: int = 8) -> Task:
    """Boards of queens to complete, generated."""
    return _ask_family("queens", data, limit, tools, size)


@task  # type: ignore[untyped-decorator, unused-ignore]
def hitori(data: str | None = None, limit: int | None = None, tools: bool = False, size: int = 5) -> Task:
    """Hitori, generated."""
    return _ask_family("hitori", data, limit, tools, size)


@task  # type: ignore[untyped-decorator, unused-ignore]
def delivery(data: str | None = None, limit: int | None = None, tools: bool = False, size: int = 6) -> Task:
    """Orders of calls of a courier, generated."""
    return _ask_family("delivery", data, limit, tools, size)


@task  # type: ignore[untyped-decorator, unused-ignore]
def reasoning_gym(
    dataset: str = "mini_sudoku",
    options: str | list[str] | None = None,
    limit: int | None = None,
    tools: bool = False,
    examples: int | None = None,
) -> Task:
    """Questions of reasoning-gym in its own words, by its own scorer: any of its data sets whose questions have an
    answer. options: KEY=VALUE, KEY=VALUE ..."""
    given = re.split(r",\s*(?=\w+=)", options) if isinstance(options, str) else options or []
    settings = {"dataset": dataset, "options": tuple(one.strip() for one in given)}
    return ask("reasoning-gym", None, limit, tools, examples=examples, settings=settings)


@task  # type: ignore[untyped-decorator, unused-ignore]
def arc(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """ARC tasks of your own: a task file, a folder of them, or Kaggle's X_challenges.json; two attempts."""
    return ask("arc", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def arc_1(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """The public evaluation tasks of ARC-AGI-1, two attempts (hrm data fetch arc-agi-1)."""
    return ask("arc-1", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def arc_2(data: str | None = None, limit: int | None = None, tools: bool = False) -> Task:
    """The public evaluation tasks of ARC-AGI-2, two attempts (hrm data fetch arc-agi-2)."""
    return ask("arc-2", data, limit, tools)


@task  # type: ignore[untyped-decorator, unused-ignore]
def grid(
    data: str | None = None,
    limit: int | None = None,
    tools: bool = False,
    rule: str | None = None,
    examples: int | None = None,
) -> Task:
    """Pairs of your own: the held-out ones, after some training pairs, and the rule in words where you give it."""
    return ask("grid", data, limit, tools, rule, examples)
