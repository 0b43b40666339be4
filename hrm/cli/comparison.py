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
    settings = usual_settings(task, max_segments)
    with console.status("warming up") as status:
        return compare(
            loaded, task, runtime, settings, limit=limit, rounds=rounds, on_turn=lambda name: status.update(name)
        )


def show(title: str, rows: Sequence[Compared]) -> None:
    """The table on the screen."""
    print_table(
        title,
        ("policy, limit, attempts", "solved [95 %]", "cells", "segments", "95th %", "puzzles/s", "idle"),
        [_texts(row.figures()) for row in rows],
    )
    best = max(rows, key=lambda row: int(row.solved.sum()))
    for table in best.scores.tables:
        print_table(f"{best.setting.name}: {table.title}", table.headings, table.rows)


def samples(rows: Sequence[Compared]) -> Iterator[dict[str, Any]]:
    """A row per setting and puzzle."""
    for row in rows:
        for s, solved, exact, cells in zip(row.solutions, row.solved, row.exact, row.cells, strict=True):
            values = (row.setting.name, s.index, solved, exact, cells, s.attempts, s.segments, s.spent, s.certainty)
            yield dict(zip(COLUMNS, values, strict=True))


def _texts(figures: dict[str, Any]) -> tuple[str, ...]:
    return (
        figures["name"],
        with_interval(figures["solved"], figures["solved_95"]),
        percent(figures["cells"]),
        f"{figures['mean_segments']:.1f}",
        f"{figures['p95_segments']:.0f}",
        f"{figures['puzzles_per_s']:,.1f}",
        percent(figures["idle_share"]),
    )
