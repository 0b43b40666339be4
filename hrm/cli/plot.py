"""``hrm plot``"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from hrm.analysis.plots import check_can_draw, plot_runs
from hrm.cli.output import console, print_table
from hrm.cli.reading import options_of
from hrm.errors import InputError
from hrm.files import read_json
from hrm.store.locate import CONFIG
from hrm.training.metrics import METRICS, minutes_of, number, read_metrics
from hrm.training.overview import require_config, runs_below

Against = Literal["steps", "minutes", "operations"]

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 40
"""Characters of a line in the terminal; chosen by eye."""

FIELDS = {"loss": "loss", "exact_accuracy": "exact", "validated": "validated", "segments": "segments"}
"""Field of a report -> its name in the figure and the table."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Loss, accuracy and segments of several runs in one figure, or as lines in the terminal."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run folders, or folders of them."""
    against: Against = "steps"
    """The horizontal axis: training steps, minutes of training, or operations: matrix arithmetic (FLOP) of the steps,
    counted, the optimizer's left out. Of a run that began with the weights of another (--init), its own alone."""
    only: tuple[str, ...] = ()
    """Some of loss, exact, validated and segments; all of them when not given."""
    out: Path | None = None
    """Draw into this .png, .svg or .pdf file (with hrm-lab[plot]) instead of the terminal."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm plot")
    if options.out is not None:
        check_can_draw(options.out)
    if unknown := set(options.only) - set(FIELDS.values()):
        raise InputError(f"--only {' '.join(sorted(unknown))}: there are {', '.join(FIELDS.values())}")
    fields = {field: title for field, title in FIELDS.items() if title in (options.only or FIELDS.values())}
    runs: dict[str, dict[str, list[float]]] = {}
    for folder in options.runs:
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}: name runs (hrm runs lists them)")
        found = list(runs_below(folder))
        if not found:
            raise InputError(f"{folder} is no run, and holds none (hrm runs lists them)")
        for run in found:
            require_config(run)
        runs |= {label(run, options.against): curves(run, options.against) for run in found}
    if not options.runs:
        raise InputError("which runs? name their folders (hrm runs lists them)")
    for name in [name for name, curve in runs.items() if not has_numbers(curve)]:
        if len(runs) == 1:
            raise InputError(f"{name} has no reports yet ({METRICS}): nothing to draw")
        console.print(f"{name} has no reports yet: left out", markup=False)
        del runs[name]
    if options.out is None:
        show(runs, fields, options.against)
    else:
        plot_runs(runs, fields, options.out, options.against)
        console.print(f"-> {options.out}", markup=False)
    return 0


def label(run: Path, against: Against) -> str:
    """The name of a run. Which model it began with belongs to it where its operations are: theirs are not in them."""
    init = read_json(run / CONFIG).get("init") if against == "operations" else None
    return str(run) if init is None else f"{run} (after {init}, not counted)"


def has_numbers(curve: dict[str, list[float]]) -> bool:
    return any(math.isfinite(value) for field in FIELDS for value in curve[field])


def curves(run: Path, against: Against) -> dict[str, list[float]]:
    """``x`` and, as long, every field of a run; NaN where a report lacks it."""
    lines = read_metrics(run)
    of_a_step = _flops(run) if against == "operations" and lines else 1
    found = {"x": minutes_of(lines) if against == "minutes" else [float(of_a_step * line["step"]) for line in lines]}
    for field in FIELDS:
        found[field] = [_number(line, field) for line in lines]
    return found


def _flops(run: Path) -> int:
    # With torch, which steps and minutes do without.
    from hrm.training.cost import training_flops
    from hrm.training.folder import RunFolder

    config = RunFolder.open(run).config
    return training_flops(config.model.build, config.task.build().spec, config.training)


def _number(line: dict[str, Any], field: str) -> float:
    inner = line.get("validation")
    value = inner.get("solved") if field == "validated" and isinstance(inner, dict) else line.get(field)
    found = number(value)
    return math.nan if found is None else found


def show(runs: Mapping[str, Mapping[str, Sequence[float]]], fields: Mapping[str, str], against: Against) -> None:
    """A table for each field: a line of bars for every run, from its lowest to its highest value, over so many steps,
    minutes or operations."""
    for field, title in fields.items():
        rows = []
        for name, curve in runs.items():
            known = [value for value in curve[field] if math.isfinite(value)]
            if known:
                figures = (f"{x:.3g}" for x in (min(known), max(known), known[-1]))
                length = f"{curve['x'][-1]:,.0f}" if against == "steps" else f"{curve['x'][-1]:.3g}"
                rows.append((name, bars(known), *figures, length))
        if rows:
            print_table(title, ("run", "from first to last", "lowest", "highest", "last", against), rows)


def bars(values: Sequence[float]) -> str:
    """At most ``WIDTH`` bars, each the mean of as many values."""
    size = -(-len(values) // WIDTH)
    means = [sum(part) / len(part) for part in (values[i : i + size] for i in range(0, len(values), size))]
    low, high = min(means), max(means)
    return "".join(BARS[round((value - low) / (high - low) * (len(BARS) - 1)) if high > low else 0] for value in means)
