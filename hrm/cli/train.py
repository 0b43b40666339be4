"""``hrm train RECIPE``"""

from __future__ import annotations

import inspect
import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from hrm.cli import measuring
from hrm.cli.progress import train_in
from hrm.cli.source import recipe_first, with_architecture, with_data
from hrm.errors import InputError, require_above
from hrm.models import ModelConfig
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig
from hrm.tasks import TaskConfig
from hrm.training.loop import TrainingConfig

OWN = ("grid", "arc")
"""Recipes for somebody's own puzzles: a run ends with what became of them."""


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
    recipe = with_architecture(recipe_first(args, "hrm train RECIPE [options]"), architecture_in(args[1:]))
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
    require_above(0, max_minutes=options.max_minutes)
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
    if outcome.is_finished and args[0] in OWN:
        measuring.run(measuring.Options(model=str(path), runtime=config.runtime))
    return 0 if outcome.signal is None else 128 + outcome.signal


def architecture_in(args: list[str]) -> str | None:
    """The model that ``--architecture NAME`` among the arguments puts in place of the recipe's own: the other options,
    ``--model.*`` among them, are those of that model."""
    names = [after for before, after in itertools.pairwise(args) if before == "--architecture"]
    names += [arg.partition("=")[2] for arg in args if arg.startswith("--architecture=")]
    return names[-1] if names else None


def recipe_help(name: str) -> str:
    return inspect.getdoc(RECIPES[name]) or name
