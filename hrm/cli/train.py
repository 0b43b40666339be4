"""``hrm train RECIPE``"""

from __future__ import annotations

import inspect
import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from hrm.cli.output import console
from hrm.errors import InputError, look_up
from hrm.models import ModelConfig, same_size_as
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig
from hrm.store.folder import CONFIG, best_checkpoint, read_validation
from hrm.tasks import TaskConfig
from hrm.training.folder import RunConfig, RunFolder
from hrm.training.loop import TrainingConfig
from hrm.training.report import Report
from hrm.training.run import Outcome, prepare, run


@dataclass(frozen=True, kw_only=True)
class Options:
    out: Path | None = None
    """Run folder (runs/RECIPE when not given)."""
    resume: bool = False
    """Go on where the run in that folder stopped; starts it if there is none."""
    overwrite: bool = False
    """Delete the run in that folder and start anew."""
    max_minutes: float | None = None
    """Save and stop after so many minutes; --resume goes on."""
    data: Path | None = None
    """Train on this file or folder: short for the task's own setting (--task.train, --task.data, ...)."""
    architecture: str | None = None
    """Another model (hrm list) in the sizes of the recipe's, with its own levels and cycles."""
    seed: int
    """Weights, order of the puzzles, augmentation, exploration."""
    task: TaskConfig
    model: ModelConfig
    training: TrainingConfig
    runtime: RuntimeConfig


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print("usage: hrm train RECIPE [--out DIR] [--resume | --overwrite] [--max-minutes M] [--seed S] [overrides]\n")
        print("recipes:")
        for name in RECIPES:
            print(f"  {name:28s}{recipe_help(name).splitlines()[0]}")
        print("\n'hrm train RECIPE --help' lists everything that can be overridden.")
        return 0 if args else 2
    if args[0].startswith("-"):
        raise InputError("name the recipe first: hrm train RECIPE [options]. Recipes: " + ", ".join(RECIPES))
    recipe = with_architecture(look_up(RECIPES, args[0], "recipe")(), args[1:])
    options = tyro.cli(
        Options,
        default=Options(
            seed=recipe.seed, task=recipe.task, model=recipe.model, training=recipe.training, runtime=recipe.runtime
        ),
        args=args[1:],
        prog=f"hrm train {args[0]}",
        description=recipe_help(args[0]),
        config=(tyro.conf.AvoidSubcommands, tyro.conf.FlagCreatePairsOff),
    )
    if options.max_minutes is not None and options.max_minutes <= 0:
        raise InputError(f"--max-minutes is {options.max_minutes}: it must be above 0")
    if options.resume and options.overwrite:
        raise InputError("--resume goes on with a run, --overwrite deletes it: give one of them")
    path = options.out or Path("runs") / args[0]
    config = replace(
        recipe,
        seed=options.seed,
        task=with_data(options.task, options.data, recipe.task),
        model=options.model,
        training=options.training,
        runtime=options.runtime,
    )
    outcome = train_in(path, config, options.resume, options.overwrite, options.max_minutes)
    return 0 if outcome.signal is None else 128 + outcome.signal


def with_architecture(recipe: RunConfig, args: list[str]) -> RunConfig:
    """The recipe with the model that ``--architecture NAME`` among the arguments puts in place of its own: the other
    options, ``--model.*`` among them, are those of that model. Raises ``InputError`` for an unknown one."""
    names = [after for before, after in itertools.pairwise(args) if before == "--architecture"]
    names += [arg.partition("=")[2] for arg in args if arg.startswith("--architecture=")]
    return replace(recipe, model=same_size_as(recipe.model, names[-1])) if names else recipe


def with_data(task: TaskConfig, data: Path | None, recipe: TaskConfig) -> TaskConfig:
    """The task with its training data from ``data``. Raises ``InputError`` when its own setting names others."""
    field = task.data_field
    if data is None:
        return task
    if field is None:
        raise InputError(f"--data: the puzzles of {task.name} come from no file")
    if getattr(task, field) not in (data, getattr(recipe, field)):
        raise InputError(f"--data is short for --task.{field.replace('_', '-')}: give one of them")
    changed: dict[str, Any] = {field: data}
    return replace(task, **changed)


def recipe_help(name: str) -> str:
    return inspect.getdoc(RECIPES[name]) or name


def train_in(path: Path, config: RunConfig, resume: bool, overwrite: bool, max_minutes: float | None) -> Outcome:
    """Trains ``config`` in the folder ``path`` with live progress."""
    resume = resume and (path / CONFIG).exists()
    if not resume:
        RunFolder.refuse_existing(path, overwrite)
    prepared = prepare(config)
    config = replace(config, task=prepared.task.config)
    folder = RunFolder.open(path, config) if resume else RunFolder.create(path, config, overwrite)
    state = prepared.state
    folder.restore(state)
    training = folder.config.training
    num_parameters = sum(p.numel() for p in state.model.parameters())
    console.print(f"{config.recipe}: {num_parameters:,} parameters, seed {config.seed}, {training.steps:,} steps")
    console.print(f"{prepared.runtime} -> {path}")
    if prepared.runtime.compile:
        console.print("compiling: the first steps take a while")
    if state.step:
        console.print(f"resumed at step {state.step:,}")
    with progress(state.step, training.steps, training.batch_size) as show:
        outcome = run(folder, prepared, max_minutes=max_minutes, on_report=show)
    if outcome.is_finished:
        if best := best_checkpoint(path):
            found = read_validation(best)
            solved, puzzles = _share(found["solved"], 1), found["puzzles"]
            console.print(f"best at step {found['step']:,}: {solved} of {puzzles:,} validation puzzles")
        console.print(f"finished: {path}. Measure it with: hrm eval {path}")
    else:
        console.print(f"stopped at step {outcome.step:,} of {training.steps:,} and saved. Go on with --resume")
    return outcome


@contextmanager
def progress(step: int, steps: int, batch_size: int) -> Iterator[Callable[[Report, float], None]]:
    """A live bar in a terminal, a line per report elsewhere."""

    def figures(report: Report, steps_per_s: float) -> str:
        solved = f"  validation {_share(report.validation.solved, 1)}" if report.validation else ""
        return (
            f"{steps_per_s * batch_size:,.0f} samples/s  loss {report.token_loss:.3f}  "
            f"cells {_share(report.cell_accuracy, 1)}  exact {_share(report.exact_accuracy, 1)}  "
            f"segments {_number(report.segments)}{solved}"
        )

    if not console.is_terminal:
        first: list[tuple[int, float]] = []  # the first report: what came before it was compiling, mostly

        def print_line(report: Report, steps_per_s: float) -> None:
            now = time.monotonic()
            first[:] = first or [(report.step, now)]
            done = report.step - first[0][0]
            left = f"  {(steps - report.step) * (now - first[0][1]) / done:,.0f} s left" if done else ""
            print(f"step {report.step:6,}/{steps:,}  {figures(report, steps_per_s)}{left}", flush=True)

        yield print_line
        return

    latest = [""]  # what validation last found: a bar shows it until the next time

    def short_figures(report: Report, steps_per_s: float) -> str:  # a line of the bar has to fit 80 columns
        if report.validation:
            latest[0] = f" val {_share(report.validation.solved, 0)}"
        return (
            f"{steps_per_s * batch_size:,.0f}/s loss {report.token_loss:.3f} cells {_share(report.cell_accuracy, 0)} "
            f"exact {_share(report.exact_accuracy, 0)} seg {_number(report.segments)}{latest[0]}"
        )

    columns = (
        TextColumn("{task.completed}/{task.total}"),
        BarColumn(bar_width=8),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=steps, completed=step, figures="first report soon ...")

        def move(report: Report, steps_per_s: float) -> None:
            bar.update(task, completed=report.step, figures=short_figures(report, steps_per_s))

        yield move


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _share(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}%}"  # no puzzle left its slot
