"""``hrm data check SOURCE``"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from hrm.cli.output import console, print_table
from hrm.cli.source import NamedData, read_options
from hrm.errors import InputError, require_at_least
from hrm.tasks.base import Split, Task
from hrm.tasks.check import Finding, Report, check, faulty_rows

MOST_SHOWN = 1_000
"""Findings of a kind that are shown; --json has all that there are."""


@dataclass(frozen=True, kw_only=True)
class Options(NamedData):
    """Every puzzle looked at: tokens in range, duplicates (up to symmetry too), answers that break the rules or are one
    of several, test puzzles that are in the training set up to symmetry. Exit status 0: all is well; 1: it is not."""

    split: Literal["train", "test", "both"] = "both"
    """Which puzzles; leaks show only with both."""
    limit: int | None = None
    """Only the first so many of each."""
    json: bool = False
    """Print one JSON object instead of tables."""


def main(args: list[str]) -> int:
    source, options = read_options("data check", Options, args)
    require_at_least(1, limit=options.limit)
    splits: tuple[Split, ...] = ("train", "test") if options.split == "both" else (options.split,)
    task = options.task.build()
    faulty = unreadable(task, splits)
    readable = tuple(split for split in splits if split not in {finding.split for finding in faulty})
    columns = (TextColumn("checking {task.description}: {task.completed:,} examples"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=options.json) as progress:
        bars = {split: progress.add_task(split, total=None) for split in readable}
        report = check(
            task,
            readable,
            limit=options.limit,
            on_progress=lambda split, num: progress.update(bars[split], completed=num),
        )
    report = replace(report, findings=(*faulty, *report.findings))
    if options.json:
        print(json.dumps({"source": source, **asdict(report)}))
    else:
        show(source, report)
    return 1 if report.findings else 0


def unreadable(task: Task, splits: tuple[Split, ...]) -> list[Finding]:
    """Rows that are no puzzles, by split. ``InputError`` before anything was looked at, not after minutes, where a
    split cannot be read for another reason."""
    found = []
    for split in splits:
        try:
            found.append(faulty_rows(task, split))
        except InputError as error:
            alone = "; --split looks at one split alone" if len(splits) > 1 else ""
            raise InputError(f"{error}{alone}") from error
    return [finding for finding in found if finding is not None]


def show(source: str, report: Report) -> None:
    if report.counts:
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
    console.print("what is wrong", markup=False)
    for f in report.findings:
        console.print(f"{f.split}, {f.count:,} x {f.kind}:", markup=False)
        shown = f.first[:MOST_SHOWN]
        for name in shown:
            console.print(f"  {name}", markup=False)
        if f.count > len(shown):
            console.print(f"  and {f.count - len(shown):,} more")
