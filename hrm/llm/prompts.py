"""The prompt: what kind of puzzle it is, the format of the answer, worked examples, the puzzle. Thinking is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from hrm.tasks.base import Task
from hrm.types import TaskSpec

Pair = tuple[str, str]
"""A question and its answer, as ``written`` has them."""


def statement(task: Task) -> str:
    """The task in words; of one that has none, what its boards look like."""
    rows, columns = task.spec.grid_shape
    return task.statement or f"Solve a puzzle of {rows} x {columns} cells ({' '.join(task.spec.characters[1:])})."


def answer_format(spec: TaskSpec) -> str:
    """The form that an answer has to have, in words."""
    rows, columns = spec.grid_shape
    return (
        "Think for as long as you like. Then write the answer between <answer> and </answer>: "
        f"{rows} lines of {columns} characters, one for each cell, nothing else. Only what stands there counts."
    )


def prompt(rules: str, form: str, examples: Sequence[Pair], question: str) -> str:
    """The whole text that a model is sent."""
    parts = [rules, form]
    for number, (asked, answered) in enumerate(examples, start=1):
        which = f" {number}" if len(examples) > 1 else ""
        parts += [f"An example{which}:\n\n{asked}", f"Its answer:\n\n<answer>\n{answered}\n</answer>"]
    return "\n\n".join([*parts, f"The puzzle to solve:\n\n{question}"])
