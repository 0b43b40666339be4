"""``hrm eval MODEL``"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro
from rich.progress import track

from hrm.checkpoint import LoadedModel, load_model, run_of
from hrm.cli.console import console, print_table
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.runtime import RuntimeConfig, resolve
from hrm.statistics import percent, with_interval
from hrm.tasks.base import Scores
from hrm.training.folder import write_whole
from hrm.types import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    """Run folder, model folder, or the name of a model in the package."""
    data: Path | None = None
    """Puzzles from this file (Sudoku, mazes: CSV) instead of the recipe's held-out set."""
    limit: int | None = None
    """Only the first so many puzzles."""
    max_segments: int | None = None
    """Segments to think (as in training when not given)."""
    batch_size: int = 250
    """Puzzles at a time."""
    out: Path | None = None
    """Where results.json goes (into the run or model folder when not given)."""
    json: bool = False
    """Print the results as one JSON object instead of a table."""
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm eval", config=(tyro.conf.FlagCreatePairsOff,))
    for name in ("limit", "max_segments", "batch_size"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')} is {value}: it must be at least 1")
    loaded = load_model(options.model)
    results, scores = measure(loaded, options)
    out = options.out or run_of(loaded) / "results.json"
    try:
        write_whole(out, json.dumps(results, indent=2).encode())
        for name, content in scores.files:
            (out.parent / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(out.parent / name, content)
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}; choose another place with --out") from error
    if options.json:
        print(json.dumps(results))
    else:
        show(results)
        for table in scores.tables:
            print_table(*table)
        console.print(f"-> {out}")
    return 0


def measure(loaded: LoadedModel, options: Options) -> tuple[dict[str, Any], Scores]:
    """The figures of ``results.json`` and what they were measured on; and what the task makes of the answers."""
    task, runtime = loaded.task, resolve(options.runtime)
    if options.data is not None:
        task = task.held_out(options.data)
    max_segments = options.max_segments or loaded.config.get("training", {}).get("max_segments", 16)
    batches = evaluate(
        loaded.model.to(runtime.device),
        task,
        runtime,
        max_segments=max_segments,
        batch_size=options.batch_size,
        limit=options.limit,
    )
    shown = track(batches, "evaluating", console=console, transient=True, disable=options.json)
    table = concatenate(list(shown))
    scores = task.scores(table.answers, table.q_halt[:, -1])
    results = {
        "model": str(options.model),
        "checkpoint": loaded.path.name,
        "data": options.data.name if options.data else "held-out set of the recipe",
        "runtime": str(runtime),
        **summarize(table),
        "scores": scores.figures,
    }
    return results, scores


def show(results: dict[str, Any]) -> None:
    """The table on the screen."""
    halting = results["halting"]
    print_table(
        f"{results['model']} on {results['puzzles']:,} puzzles ({results['data']})",
        ("segments", "solved [95 %]", "equal to the label", "cells right"),
        [
            *((str(row["segments"]), *_cells(row)) for row in results["segments"]),
            (f"until it halts: {halting['mean_segments']:.1f}", *_cells(halting)),
        ],
    )


def _cells(row: dict[str, Any]) -> tuple[str, str, str]:
    return with_interval(row["solved"], row["solved_95"]), percent(row["exact"]), percent(row["cells"])
