"""ARC tasks from both public layouts.

- A file per task, ``{"train": [{"input": grid, "output": grid}, ...], "test": [...]}``, in a folder (ARC-AGI-1,
  ARC-AGI-2) or in its sub-folders (ConceptARC).
- A Kaggle pair: ``X_challenges.json`` holds every task under its id, without the outputs of its test inputs;
  ``X_solutions.json`` beside it, if it is there, holds those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hrm.errors import InputError
from hrm.files import read_json_value, readable
from hrm.puzzles.arc.grids import Grid, read_grid

CHALLENGES, SOLUTIONS = "_challenges.json", "_solutions.json"  # the ends of Kaggle's names

NAME = re.compile(r"\w[\w.-]{0,99}")
"""Names that a task may have: they become those of files."""


class Pair(NamedTuple):
    """An input and its output."""

    input: Grid
    output: Grid | None  # None: a test input whose answer is not known


class ArcTask(NamedTuple):
    """One task: pairs that show the rule, and pairs to apply it to."""

    name: str
    place: str  # where it was read, for messages
    demonstrations: tuple[Pair, ...]
    tests: tuple[Pair, ...]


def read_tasks(path: Path) -> list[ArcTask]:
    """The tasks of a folder or a file, ordered by name. Raises ``InputError`` with file, task, pair and reason."""
    with readable(path):
        files = list(_task_files(path)) if path.is_dir() else [path]
    tasks = [task for file in files for task in _read_file(file)]
    if not tasks:
        raise InputError(f"{path}: there are no tasks in it")
    return sorted(tasks, key=lambda task: task.name)


def _task_files(folder: Path) -> Iterator[Path]:
    """The JSON files of a folder, or else of its sub-folders. Only one level deep: ``data`` has both splits in it.

    Hidden files are none of the tasks: macOS leaves a ``._NAME.json`` beside each file that it copies elsewhere."""
    entries = _visible(folder)
    files = [entry for entry in entries if entry.suffix == ".json"]
    if not files:
        subfolders = [entry for entry in entries if entry.is_dir()]
        if {"training", "evaluation"} <= {entry.name for entry in subfolders}:
            raise InputError(f"{folder} holds training and evaluation: name one of these two folders")
        files = [file for entry in subfolders for file in _visible(entry) if file.suffix == ".json"]
    for file in files:
        if file.name.endswith((CHALLENGES, SOLUTIONS)):
            raise InputError(f"{folder} is in the Kaggle layout: name one of its *{CHALLENGES} files")
        yield file


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _read_file(file: Path) -> Iterator[ArcTask]:
    content = _read_json(file)
    if "train" in content or "test" in content:
        yield _read_task(checked_name(file.stem, str(file)), str(file), content)
        return
    beside = file.with_name(file.name.removesuffix(CHALLENGES) + SOLUTIONS)
    has_solutions = file.name.endswith(CHALLENGES) and beside.exists()
    solutions = _read_solutions(beside, file, content) if has_solutions else {}
    for name, task in content.items():
        place = f"{file}: task {checked_name(name, str(file))}"
        if not isinstance(task, dict):
            raise InputError(f"{place}: not a task with train and test pairs")
        outputs = solutions.get(name)
        yield _read_task(name, place, task if outputs is None else _with_outputs(task, outputs, place, beside))


def _read_json(file: Path) -> dict[str, Any]:
    content: Any = read_json_value(file, missing=" or folder")
    if isinstance(content, list):
        raise InputError(
            f"{file}: not an ARC file: it holds a list, perhaps of pairs as re-ARC writes them, and does not say which "
            'are for train and which for test ("hrm train grid --data" reads a list of pairs whose grids have one size)'
        )
    if not isinstance(content, dict):
        raise InputError(f"{file}: not an ARC file: it holds no JSON object with train and test pairs")
    return content


def _read_solutions(file: Path, challenges: Path, tasks: Mapping[str, Any]) -> dict[str, Any]:
    solutions = _read_json(file)
    for name in sorted(tasks.keys() ^ solutions.keys()):
        holder, other = (challenges, file) if name in tasks else (file, challenges)
        raise InputError(f"{file} does not match its challenges: task {name} is in {holder.name}, not in {other.name}")
    return solutions


def _with_outputs(task: Mapping[str, Any], outputs: Any, place: str, solutions: Path) -> dict[str, Any]:
    """A challenge with the outputs of its solution put in."""
    tests = task.get("test")
    if not isinstance(outputs, list) or not isinstance(tests, list) or len(outputs) != len(tests):
        num_outputs, num_tests = (len(part) if isinstance(part, list) else "no" for part in (outputs, tests))
        raise InputError(f"{place}: {num_tests} test inputs, but {num_outputs} outputs in {solutions.name}")
    whole = [
        {**pair, "output": output} if isinstance(pair, dict) else pair
        for pair, output in zip(tests, outputs, strict=True)
    ]
    return {**task, "test": whole}


def _read_task(name: str, place: str, content: Mapping[str, Any]) -> ArcTask:
    demonstrations = tuple(_read_pairs(place, content, "train"))
    tests = tuple(_read_pairs(place, content, "test"))
    for number, pair in enumerate(demonstrations, start=1):
        if pair.output is None:
            raise InputError(f"{place}: train pair {number} has no output")
    unknown = [number for number, pair in enumerate(tests, start=1) if pair.output is None]
    if unknown and len(unknown) < len(tests):
        raise InputError(f"{place}: test pair {unknown[0]} has no output, although another one has")
    return ArcTask(name, place, demonstrations, tests)


def _read_pairs(place: str, content: Mapping[str, Any], key: str) -> Iterator[Pair]:
    pairs = content.get(key)
    if not isinstance(pairs, list) or not pairs:
        raise InputError(f"{place}: there are no {key} pairs")
    for number, pair in enumerate(pairs, start=1):
        where = f"{place}: {key} pair {number}"
        if not isinstance(pair, dict) or "input" not in pair:
            raise InputError(f"{where} has no input")
        output = pair.get("output")
        yield Pair(
            _read_grid(pair["input"], f"{where}, input"),
            None if output is None else _read_grid(output, f"{where}, output"),
        )


def _read_grid(value: Any, where: str) -> Grid:
    try:
        return read_grid(value)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def checked_name(name: str, place: str) -> str:
    """The name of a task, wherever it was read. Raises ``InputError`` for one that is no name of a file."""
    if not NAME.fullmatch(name):
        shown = name if len(name) <= 40 else f"{name[:40]}..."
        raise InputError(
            f"{place}: {shown!r} cannot be the name of a task: up to 100 letters, digits, '_', '-' and '.' only"
        )
    return name
