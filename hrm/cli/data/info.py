"""``hrm data info SOURCE``"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from hrm.cli.output import console, print_table
from hrm.cli.source import NamedData, read_options
from hrm.config import to_dict
from hrm.errors import InputError
from hrm.files import check_writable, write_whole
from hrm.store.locate import refuse_own
from hrm.tasks import TaskConfig
from hrm.tasks.base import Split, Task

SPLITS: tuple[Split, ...] = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class Options(NamedData):
    """Counts, size of the grid, symbols, puzzle ids, ratings, and where the puzzles are read from."""

    names: Path | None = None
    """Write the names of the training puzzles to this file, one a line: of CSV files the numbers of the rows, which
    --task.train-indices reads."""
    json: bool = False
    """Print one JSON object instead of tables."""


def main(args: list[str]) -> int:
    source, options = read_options("data info", Options, args)
    if options.names is not None:
        refuse_own(options.names, "choose another place for --names")
        check_writable(options.names)
    task = options.task.build()
    facts = {"source": source, **describe(options.task, task)}
    splits = {split: count(task, split, quiet=options.json) for split in SPLITS}
    if all("missing" in figures for figures in splits.values()):
        reasons = dict.fromkeys(splits[split]["missing"] for split in SPLITS)  # mostly one and the same
        raise InputError(f"{source} has no data here: {'; '.join(reasons)}")
    if options.names is not None:
        write_names(task, options.names)
    if options.json:
        print(json.dumps({**facts, "splits": splits}))
    else:
        show(facts, splits)
    return 0


def describe(config: TaskConfig, task: Task) -> dict[str, Any]:
    """Facts that need no puzzle to be read."""
    spec = task.spec
    return {
        "settings": to_dict(config),
        "grid": list(spec.grid_shape),
        "cells": spec.seq_len,
        "tokens": spec.vocab_size,
        "symbols": list(spec.symbols),
        "puzzle_ids": spec.num_puzzles,
        "has_rules": task.rules is not None,
        "statement": task.statement,
    }


def count(task: Task, split: Split, *, quiet: bool) -> dict[str, Any]:
    """The figures of one split, or why it cannot be read: {"missing": reason}."""
    groups = puzzles = examples = 0
    ratings = []
    try:
        stored = task.groups(split)
        for group in track(stored, f"reading {split}", console=console, transient=True, disable=quiet):
            groups += 1
            puzzles += len(group)
            examples += sum(len(puzzle.inputs) for puzzle in group)
            ratings += [puzzle.rating for puzzle in group if not math.isnan(puzzle.rating)]
    except InputError as error:
        return {"missing": str(error)}
    figures: dict[str, Any] = {"groups": groups, "puzzles": puzzles, "examples": examples}
    if ratings:
        figures["ratings"] = {
            "least": min(ratings),
            "median": statistics.median(ratings),
            "mean": statistics.fmean(ratings),
            "most": max(ratings),
        }
    return figures


def write_names(task: Task, path: Path) -> None:
    names = [puzzle.name for group in task.groups("train") for puzzle in group]
    write_whole(path, "".join(f"{name}\n" for name in names).encode())


def show(facts: dict[str, Any], splits: dict[Split, dict[str, Any]]) -> None:
    rows, columns = facts["grid"]
    console.print(f"[bold]{facts['source']}[/bold]: {facts['settings']['name']}, {rows} x {columns}")
    symbols = " ".join(repr(symbol) if symbol.isspace() else symbol for symbol in facts["symbols"])
    console.print(f"{facts['tokens']} tokens: {symbols}", markup=False)
    plural = "" if facts["puzzle_ids"] == 1 else "s"
    rules = "answers are checked by the rules" if facts["has_rules"] else "answers are compared with the labels"
    console.print(f"{facts['puzzle_ids']:,} puzzle id{plural}; {rules}")
    if facts["statement"] is not None:
        console.print(facts["statement"], markup=False, highlight=False)
    settings = ", ".join(f"{key} {value}" for key, value in facts["settings"].items() if key != "name")
    console.print(f"settings: {settings}", markup=False)
    rows_shown: list[tuple[str, ...]] = []
    for split, figures in splits.items():
        if "missing" in figures:
            console.print(f"{split}: {figures['missing']}", markup=False)
            continue
        ratings = " / ".join(f"{value:,.4g}" for value in figures.get("ratings", {}).values()) or "not given"
        rows_shown.append((split, *(f"{figures[key]:,}" for key in ("groups", "puzzles", "examples")), ratings))
    headings = ("split", "groups", "puzzles", "examples", "ratings (least / median / mean / most)")
    print_table("", headings, rows_shown)
