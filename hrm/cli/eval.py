"""``hrm eval MODEL``"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tyro
from rich.progress import track
from rich.table import Table as RichTable

from hrm.checkpoint import LoadedModel, load_model, run_of
from hrm.cli.console import console, percent, with_interval
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.runtime import RuntimeConfig, resolve
from hrm.training.folder import write_whole
from hrm.types import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    """Run folder, model folder, or the name of a model in the package."""
    data: Path | None = None
    """Puzzles from this CSV file instead of the recipe's held-out set."""
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
    results = measure(loaded, options)
    out = options.out or run_of(loaded) / "results.json"
    try:
        write_whole(out, json.dumps(results, indent=2).encode())
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}; choose another place with --out") from error
    if options.json:
        print(json.dumps(results))
    else:
        show(results)
        console.print(f"-> {out}")
    return 0


def measure(loaded: LoadedModel, options: Options) -> dict[str, Any]:
    """The figures of ``results.json`` and what they were measured on."""
    task, runtime = loaded.task, resolve(options.runtime)
    if options.data is not None:
        task = replace(task.config, test=options.data, num_test=0).build()  # type: ignore[attr-defined]
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
    return {
        "model": str(options.model),
        "checkpoint": loaded.path.name,
        "data": options.data.name if options.data else "held-out set of the recipe",
        "runtime": str(runtime),
        **summarize(concatenate(list(shown))),
    }


def show(results: dict[str, Any]) -> None:
    """The table on the screen."""
    table = RichTable(title=f"{results['model']} on {results['puzzles']:,} puzzles ({results['data']})")
    for heading in ("segments", "puzzles solved [95 %]", "equal to the label", "cells right"):
        table.add_column(heading, justify="right")
    for row in results["segments"]:
        table.add_row(str(row["segments"]), *_cells(row))
    halting = results["halting"]
    table.add_section()
    table.add_row(f"until it halts: {halting['mean_segments']:.1f}", *_cells(halting))
    console.print(table)


def _cells(row: dict[str, Any]) -> tuple[str, str, str]:
    return with_interval(row["solved"], row["solved_95"]), percent(row["exact"]), percent(row["cells"])
