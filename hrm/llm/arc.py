"""ARC as questions: the demonstrations of a task and one test input. The score is that of ``hrm eval``: two attempts at
each test input, a task counts when all of its test inputs are solved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hrm.errors import InputError
from hrm.files import parse_json
from hrm.llm.verdict import Judge, Verdict
from hrm.puzzles.arc.files import ArcTask, read_tasks
from hrm.puzzles.arc.grids import Grid, read_grid
from hrm.puzzles.arc.report import ATTEMPTS as ATTEMPTS

RULE = (
    "Each pair below is a grid and the grid that one rule makes of it; colours are numbers from 0 to 9. Find the rule, "
    "and apply it to the last grid."
)
FORM = (
    "Think for as long as you like. Then write the output grid between <answer> and </answer>, as a JSON list of rows "
    "like those below, nothing else. Only what stands there counts."
)


def tasks_of(places: Sequence[Path], wanted: Sequence[str] = ()) -> list[ArcTask]:
    """The tasks of files and folders, in order; of these the ``wanted`` ones, all when empty. Raises ``InputError``,
    also for test inputs whose output is not there: nothing could be judged."""
    if not places:
        raise InputError("which ARC tasks? name a task file or a folder of them with -T data=PLACE")
    tasks = [task for place in places for task in read_tasks(place)]
    chosen = [task for task in tasks if not wanted or task.name in wanted]
    for task in chosen:
        if any(pair.output is None for pair in task.tests):
            raise InputError(f"{task.place}: a test input has no output, so no answer to it can be judged")
    return chosen


def written(grid: Grid) -> str:
    """A grid as JSON, a row a line."""
    return "[" + ",\n ".join(json.dumps(row, separators=(",", ":")) for row in grid.tolist()) + "]"


def prompt(task: ArcTask, number: int, rule: str | None = None) -> str:
    """The whole text that a model is sent about test input ``number`` (from 0)."""
    parts = [RULE if rule is None else rule, FORM]
    for place, pair in enumerate(task.demonstrations, start=1):
        assert pair.output is not None, "read_tasks refuses those"
        parts.append(f"Input {place}:\n{written(pair.input)}\nOutput {place}:\n{written(pair.output)}")
    return "\n\n".join([*parts, f"Input to answer:\n{written(task.tests[number].input)}"])


def sides(task: ArcTask, number: int) -> tuple[str, str]:
    """A test input and its output, as JSON."""
    pair = task.tests[number]
    assert pair.output is not None, "tasks_of refuses those"
    return json.dumps(pair.input.tolist()), written(pair.output)


def judge_of(label: str) -> Judge:
    """The judge of answers whose right one is ``label``, a grid as JSON."""
    right = read_grid(parse_json(label, "the answer"))

    def judge(text: str) -> Verdict:
        shown = text.strip()
        try:
            grid = read_answer(shown)
        except InputError as error:
            return Verdict("malformed", str(error), shown)
        if grid.shape != right.shape:
            shapes = [" x ".join(map(str, one.shape)) for one in (grid, right)]
            return Verdict("wrong", f"a grid of {shapes[0]} where the answer has {shapes[1]}", shown)
        differing = int((grid != right).sum())
        if differing:
            return Verdict("wrong", f"{differing} cells differ", shown)
        return Verdict("solved", "equal to the output of the task", shown)

    return judge


def read_answer(text: str) -> Grid:
    """A grid as JSON, or as lines of digits with or without spaces between. Raises ``InputError``."""
    text = text.strip().removeprefix("```json").strip("`").strip()
    if text.startswith("["):
        return read_grid(parse_json(text, "the answer"))
    rows = [[mark for mark in line if not mark.isspace() and mark not in ",|"] for line in text.splitlines()]
    if not all(mark in "0123456789" for row in rows for mark in row):
        raise InputError("neither a JSON list of rows nor lines of digits")
    return read_grid([[int(mark) for mark in row] for row in rows if row])
