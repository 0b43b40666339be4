"""``hrm data generate TASK --num N --out FILE``"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrm.cli.source import read_options
from hrm.errors import ELSEWHERE, InputError, require_at_least
from hrm.files import check_writable, write_whole
from hrm.tasks import TaskConfig
from hrm.tasks.base import Split, StoredPuzzle, Task


@dataclass(frozen=True, kw_only=True)
class Options:
    """Generated puzzles as CSV, the format that --task.train, --task.test and 'hrm eval --data' read.

    The same settings give the same file; --task.data-seed gives another. Puzzles of --split test are none of --split
    train, whatever the seed."""

    num: int
    """How many puzzles."""
    out: Path
    """The file: .csv or .csv.gz."""
    split: Split = "train"
    """Puzzles as they are made for training, or for the held-out set. The two are of one kind, unless the settings of
    the task, below, tell how they differ."""
    overwrite: bool = False
    """Replace the file if it exists."""
    task: TaskConfig


def main(args: list[str]) -> int:
    source, options = read_options("data generate", Options, args)
    require_at_least(1, num=options.num)
    if not options.out.name.endswith((".csv", ".csv.gz")):
        raise InputError(f"--out {options.out}: give a name that ends in .csv or .csv.gz")
    if options.out.exists() and not options.overwrite:
        raise InputError(f"{options.out} exists already: replace it with --overwrite, or choose another with --out")
    check_writable(options.out, ELSEWHERE)
    task = generated(source, options.task, options.num).build()
    content = as_csv(task, options.split)
    if options.out.suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # no time in the file: equal puzzles, equal bytes
    write_whole(options.out, content)
    print(f"{options.num:,} puzzles -> {options.out}")
    return 0


def generated(source: str, config: TaskConfig, num: int) -> TaskConfig:
    """The task with ``num`` generated puzzles in both splits. Raises ``InputError`` where a task cannot generate."""
    changes: dict[str, Any] = {"train": None, "test": None, "num_train": num, "num_test": num}
    if not changes.keys() <= {field.name for field in dataclasses.fields(config)}:
        raise InputError(f"{source}: puzzles of the task {config.name!r} cannot be generated")
    return dataclasses.replace(config, **changes)


def as_csv(task: Task, split: Split) -> bytes:
    """Columns question and answer, and rating where puzzles have one."""
    puzzles = [puzzle for group in task.groups(split) for puzzle in group]
    has_ratings = not all(math.isnan(puzzle.rating) for puzzle in puzzles)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["question", "answer"] + ["rating"] * has_ratings)
    for puzzle in puzzles:
        writer.writerows(_rows(puzzle, task.spec.symbols, has_ratings))
    return text.getvalue().encode()


def _rows(puzzle: StoredPuzzle, symbols: tuple[str, ...], has_ratings: bool) -> list[list[str]]:
    rating = ["" if math.isnan(puzzle.rating) else f"{puzzle.rating:g}"] * has_ratings
    return [
        ["".join(symbols[token] for token in tokens) for tokens in pair] + rating
        for pair in zip(puzzle.inputs, puzzle.labels, strict=True)
    ]
