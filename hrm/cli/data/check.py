"""``hrm data check SOURCE``"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from hrm.cli.output import console, print_table
from hrm.cli.source import read_options
from hrm.errors import InputError, require_at_least
from hrm.tasks import TaskConfig
from hrm.tasks.base import Split, Task
from hrm.tasks.check import Report, check


@dataclass(frozen=True, kw_only=True)
class Options:
    """Every puzzle looked at: tokens in range, duplicates (up to symmetry too), answers that break the rules or are one
    of several, test puzzles that are in the training set up to symmetry. Exit status 0: all is well; 1: it is not."""

    split: Literal["train", "test", "both"] = "both"
    """Which puzzles; leaks show only with both."""
    limit: int | None = None
    """Only the first so many of each."""
    json: bool = False
    """Print one JSON object instead of tables."""
    task: TaskConfig


def main(args: list[str]) -> int:
    source, options = read_options("data check", Options, args)
    require_at_least(1, limit=options.limit)
    splits: tuple[Split, ...] = ("train", "test") if options.split == "both" else (options.split,)
    task = options.task.build()
    check_readable(task, splits)
    columns = (TextColumn("checking {task.description}: {task.completed:,} examples"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=options.json) as progress:
        bars = {split: progress.add_task(split, total=None) for split in splits}
        report = check(
            task,
            splits,
            limit=options.limit,
            on_progress=lambda split, num: progress.update(bars[split], completed=num),
        )
    if options.json:
        print(json.dumps({"source": source, **asdict(report)}))
    else:
        show(source, report)
    return 1 if report.findings else 0


def check_readable(task: Task, splits: tuple[Split, ...]) -> None:
    """``InputError`` before anything was looked at, not after minutes, where a split cannot be read."""
    for split in splits:
        try:
            next(task.groups(split), None)
        except InputError as error:
            alone = "; --split looks at one split alone" if len(splits) > 1 else ""
            raise InputError(f"{error}{alone}") from error


def show(source: str, report: Report) -> None:
    print_table(
        f"{source}: what was looked at",
        ("split", "groups", "puzzles", "examples", "without an answer"),
        [
            (split, *(f"{n:,}" for n in (count.groups, count.puzzles, count.examples, count.without_answer)))
            for split, count in report.counts.items()
        ],
    )
    if not report.findings:
        console.print("nothing wrong was found")
        return
    print_table(
        "what is wrong",
        ("split", "examples", "finding", "the first ones"),
        [
            (f.split, f"{f.count:,}", f.kind, "; ".join(f.first) + ("; ..." if f.count > len(f.first) else ""))
            for f in report.findings
        ],
    )
