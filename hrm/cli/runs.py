"""``hrm runs``"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from hrm.cli.output import console, print_table
from hrm.cli.reading import options_of
from hrm.errors import InputError
from hrm.intervals import percent
from hrm.training.metrics import number
from hrm.training.overview import Overview, overview, runs_below


@dataclass(frozen=True, kw_only=True)
class Options:
    """A table of runs: what they train, how far they are, what they scored last, whether anybody is at it."""

    folders: tyro.conf.Positional[tuple[Path, ...]] = (Path("runs"),)
    """Folders of runs, or runs."""
    json: bool = False
    """Print a JSON list instead."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm runs")
    found, faulty = [], []
    for folder in options.folders:
        if not folder.is_dir():
            what = f"{folder} is a file" if folder.is_file() else f"there is no folder {folder}"
            raise InputError(f"{what}: name a folder that holds runs (hrm train --out)")
        for run in runs_below(folder):
            try:
                found.append(overview(run))
            except InputError as error:
                faulty.append(str(error))
    for line in faulty:
        print(f"hrm: {line}", file=sys.stderr)
    if options.json:
        print(json.dumps([{**one._asdict(), "path": str(one.path)} for one in found]))
        return 0
    if found:
        headings = ("run", "recipe", "model", "seed", "step", "state", "loss", "exact", "validated", "steps/s", "left")
        print_table("", headings, map(cells, found), spare=("seed", "steps/s", "model", "recipe", "left", "loss"))
    else:
        console.print(f"no runs in {', '.join(map(str, options.folders))}", markup=False)
    return 0


def cells(one: Overview) -> tuple[str, ...]:
    """A row of the table."""
    rate, loss, exact = (number(one.last.get(key)) for key in ("steps_per_s", "loss", "exact_accuracy"))
    left = "-"
    if one.state == "running" and rate is not None and rate > 0:
        left = f"{(one.steps - one.step) / rate / 60:,.0f} min"
    return (
        str(one.path),
        one.recipe,
        one.model,
        str(one.seed),
        f"{one.step:,} of {one.steps:,}",
        one.state,
        "-" if loss is None else f"{loss:.3f}",
        percent(exact),
        percent(one.validated),
        "-" if rate is None else f"{rate:.2g}",
        left,
    )
