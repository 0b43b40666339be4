"""``hrm eval --compare``"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hrm.cli.output import console, print_table
from hrm.evaluation.compare import Compared, compare, usual_settings
from hrm.intervals import percent, with_interval
from hrm.runtime import Runtime
from hrm.store.folder import LoadedModel
from hrm.tasks.base import Task

COLUMNS = ("setting", "puzzle", "solved", "exact", "cells", "attempts", "segments", "spent", "certainty")


def measure(
    loaded: LoadedModel, task: Task, runtime: Runtime, max_segments: int, limit: int | None, rounds: int
) -> list[Compared]:
    """The usual settings around ``max_segments``."""
    settings = usual_settings(task, max_segments, loaded.model.guesses)
    with console.status("warming up") as status:
        return compare(
            loaded, task, runtime, settings, limit=limit, rounds=rounds, on_turn=lambda name: status.update(name)
        )


def show(title: str, rows: Sequence[Compared]) -> None:
    """The table on the screen."""
    if not rows[0].has_verdict.all():
        console.print(f"{int((~rows[0].has_verdict).sum()):,} puzzles have no known answer and are not counted")
    print_table(
        title,
        ("policy, limit, attempts", "solved, % [95 %]", "cells, %", "segments", "95th %", "per s", "idle, %"),
        [_texts(row.figures()) for row in rows],
        spare=("95th %", "cells, %", "idle, %"),
    )
    best = max(rows, key=lambda row: int(row.solved[row.has_verdict].sum()))
    for table in best.scores.tables:
        print_table(f"{best.setting.name}: {table.title}", table.headings, table.rows)


def samples(rows: Sequence[Compared]) -> Iterator[dict[str, Any]]:
    """A row per setting and puzzle."""
    for row in rows:
        outcomes = zip(row.solved, row.exact, row.cells, row.has_verdict, row.has_answer, strict=True)
        for s, (solved, exact, cells, has_verdict, has_answer) in zip(row.solutions, outcomes, strict=True):
            judged = (solved if has_verdict else None, *((exact, cells) if has_answer else (None, None)))
            values = (row.setting.name, s.index, *judged, s.attempts, s.segments, s.spent, s.certainty)
            yield dict(zip(COLUMNS, values, strict=True))


def _texts(figures: dict[str, Any]) -> tuple[str, ...]:
    return (
        figures["name"],
        with_interval(figures["solved"], figures["solved_95"]).replace(" %", ""),
        percent(figures["cells"]).replace(" %", ""),
        f"{figures['mean_segments']:.1f}",
        f"{figures['p95_segments']:.0f}",
        f"{figures['puzzles_per_s']:,.1f}",
        percent(figures["idle_share"]).replace(" %", ""),
    )
