"""The prompt: what kind of puzzle it is, the format of the answer, worked examples, the puzzle. Thinking is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from hrm.llm.written import characters
from hrm.tasks import TaskConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import TaskSpec

BOXES = {4: "2 x 2", 6: "2 rows and 3 columns", 9: "3 x 3", 16: "4 x 4"}
"""The boxes of a Sudoku by its size, in words (``Layout``)."""

Pair = tuple[str, str]
"""A question and its answer, as ``written`` has them."""


def about(config: TaskConfig, spec: TaskSpec, rule: str | None = None) -> str:
    """The rules of a kind of puzzle, in words. rule: those of a person, who knows them where the task does not."""
    rows, columns = spec.grid_shape
    marks = characters(spec)
    if rule is not None:
        return rule
    match config:
        case SudokuConfig(size=size):
            digits = " ".join(marks[2:])
            return (
                f"Solve a Sudoku of {size} x {size} cells: every row, every column and every box of {BOXES[size]} "
                f"cells holds each of {digits} exactly once. A dot is an empty cell; all others are given and stay as "
                "they are."
            )
        case MazeConfig():
            _, wall, free, start, goal, path = marks
            return (
                f"Find a shortest path through a maze of {rows} x {columns} cells. {wall} is a wall, {free} a free "
                f"cell, {start} the start, {goal} the goal; a step leads up, down, left or right, to a cell that is no "
                "wall. "
                f"The answer is the maze with {path} in every free cell that one shortest path from {start} to {goal} "
                "steps on; all other cells stay as they are."
            )
        case GridConfig():
            return (
                f"A puzzle is a grid of {rows} x {columns} cells ({' '.join(marks[1:])}), its answer a grid of the "
                "same size. One rule leads from every puzzle to its answer: find it in the examples."
            )
    return f"Solve a puzzle of {rows} x {columns} cells. It is a {config.name} puzzle."


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
