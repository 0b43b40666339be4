"""``hrm train RECIPE``"""

from __future__ import annotations

import contextlib
import inspect
import io
import itertools
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from hrm.cli import measuring
from hrm.cli.progress import Circumstances, train_in
from hrm.cli.reading import WHOLE, options_of
from hrm.cli.source import recipe_first, with_architecture, with_data
from hrm.errors import InputError, Notice, require_above, require_at_most
from hrm.files import kind_of
from hrm.models import ModelConfig
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig
from hrm.store.locate import CONFIG
from hrm.tasks import TaskConfig
from hrm.tracking import require_trackers
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.settings import TrainingConfig
from hrm.world import joined

MOST_MINUTES = 525_600
"""Minutes of a run whose length is fitted to them: a year."""

OWN = ("grid", "arc")
"""Recipes for somebody's own puzzles: a run ends with what became of them."""


@dataclass(frozen=True, kw_only=True)
class Options:
    out: Path | None = None
    """Run folder (runs/RECIPE when not given)."""
    resume: bool = False
    """Go on where the run in that folder stopped, with its own settings; starts it if there is none. More
    --training.steps are allowed."""
    overwrite: bool = False
    """Delete the run in that folder and start anew."""
    minutes: float | None = None
    """As many steps as take so many minutes here, in place of --training.steps: tried at the beginning, and written
    into config.json. A warm-up of the learning rate is as much shorter as the run."""
    max_minutes: float | None = None
    """Save and stop after so many minutes; --resume goes on."""
    report_to: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = ()
    """Trackers that are told of every report and shown some boards, beside metrics.jsonl: tensorboard, trackio, wandb,
    or several of them. Each is an extra (pip install 'hrm-lab[tensorboard]'): docs/tracking.md."""
    data: Path | None = None
    """Train on this file or folder: short for the task's own setting (--task.train, --task.data, ...)."""
    architecture: str | None = None
    """Another model (hrm list) in the sizes of the recipe's, with its own levels and cycles."""
    init: str | None = None
    """Begin with the weights of this model: a run or model folder, the name of a model in the package, or user/name on
    the hub. It must have the shapes of the recipe's (--model..., --architecture). Steps, minutes and operations of this
    run are counted from here."""
    seed: int
    """Weights, order of the puzzles, augmentation, exploration."""
    task: TaskConfig
    model: ModelConfig
    training: TrainingConfig
    runtime: RuntimeConfig


USAGE = """usage: hrm train RECIPE [--out DIR] [--resume | --overwrite] [--minutes M | --max-minutes M] [--seed S] [...]
       hrm train --resume DIR [--training.steps N]      a run goes on, with its own settings
"""


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(f"{USAGE}\nrecipes:")
        for name in RECIPES:
            print(f"  {name:28s}{recipe_help(name).splitlines()[0]}")
        print("\n'hrm train RECIPE --help' lists everything that can be overridden.")
        return 0 if args else 2
    args = with_folder_named(args)
    with joined() as world:
        if not world.is_first:
            warnings.simplefilter("ignore", Notice)  # the first says it
        with contextlib.ExitStack() as stack:
            if not world.is_first:  # nor is help, or what is wrong with an option, said more than once
                for redirect in (contextlib.redirect_stdout, contextlib.redirect_stderr):
                    stack.enter_context(redirect(io.StringIO()))
            options, path, config = world.together(lambda: wanted(args))
        if world.size > 1 and options.minutes is not None:
            raise world.failure("--minutes tries how fast one process is: with several ranks, say --training.steps")
        trackers = tuple(itertools.chain(*options.report_to))
        world.first(lambda: require_trackers(trackers))  # the only one to use them
        how = Circumstances(
            resume=options.resume,
            overwrite=options.overwrite,
            minutes=options.minutes,
            max_minutes=options.max_minutes,
            report_to=trackers,
        )
        outcome = train_in(path, config, how, world)
    if outcome.is_finished and config.recipe in OWN and world.is_first:
        measuring.run(measuring.Options(model=str(path), runtime=config.runtime))
    if outcome.signal is None or world.size > 1:  # torchrun would start again what ends with another status
        return 0
    return 128 + outcome.signal


def wanted(args: list[str]) -> tuple[Options, Path, RunConfig]:
    """The options, the run folder, and the run that they ask for. Raises ``InputError``."""
    options, path, default = read(args)
    require_above(0, max_minutes=options.max_minutes, minutes=options.minutes)
    require_at_most(MOST_MINUTES, minutes=options.minutes)
    config = replace(
        default,
        seed=options.seed,
        task=with_data(options.task, options.data, default.task),
        model=options.model,
        training=options.training,
        runtime=options.runtime,
        init=options.init or default.init,
    )
    check(options, path, config, default)
    return options, path, config


def with_folder_named(args: list[str]) -> list[str]:
    """The arguments with the folder of ``--resume DIR``, ``--resume=DIR`` or ``DIR --resume`` as ``--out DIR``. Raises
    ``InputError`` where there is another ``--out`` beside it."""
    found: list[str] = []
    for before, arg in itertools.pairwise(["", *args]):
        if arg.startswith("--resume="):
            found += ["--resume", "--out", arg.partition("=")[2]]
        elif before == "--resume" and not arg.startswith("-") and arg not in RECIPES and not written_as_setting(arg):
            found += ["--out", arg]
        else:
            found.append(arg)
    if found[0] not in RECIPES and "--resume" in found and kind_of(Path(found[0]) / CONFIG) == "file":
        found = ["--out", found[0], *found[1:]]
    if len(found) > len(args) and len(places := {*all_of("--out", found)}) > 1:
        raise InputError(f"--resume and --out name different folders, {' and '.join(sorted(places))}: name one")
    return found


def read(args: list[str]) -> tuple[Options, Path, RunConfig]:
    """The options, the run folder, and the settings that the options change: those of the recipe, or of the run that
    goes on. Raises ``InputError``."""
    given = last_of("--out", args)
    name = None if args[0].startswith("-") and given is not None and "--resume" in args else args[0]
    path = Path(given) if given is not None else Path("runs") / str(name)
    architecture, help = last_of("--architecture", args), "-h" in args or "--help" in args
    goes_on = "--resume" in args and not help and kind_of(path / CONFIG) == "file"
    if goes_on:
        default = RunFolder.open(path).config
        if name is not None and recipe_first([name], "hrm train RECIPE [options]").recipe != default.recipe:
            raise InputError(f"{path} is a run of the recipe {default.recipe}, not {name}: give another --out")
        if architecture not in (None, default.model.name):
            raise InputError(f"{path} trains the model {default.model.name}, not {architecture}: give another --out")
    elif name is None:
        raise InputError(f"there is no run in {path} to go on with: name a recipe, to begin one there")
    else:
        default = with_architecture(recipe_first(args, "hrm train RECIPE [options]"), architecture)
    rest = args if name is None else args[1:]
    options = options_of(
        Options,
        rest,
        f"hrm train {name or ''}".strip(),
        default=Options(
            seed=default.seed,
            task=default.task,
            model=default.model,
            training=default.training,
            runtime=default.runtime,
        ),
        description=recipe_help(name or default.recipe),
        # Of a run that goes on, a flag may say what is so already: the command that began it, and --resume, goes on.
        config=WHOLE[:1] if goes_on else WHOLE,
    )
    return options, path, default


def check(options: Options, path: Path, config: RunConfig, default: RunConfig) -> None:
    """``InputError`` for options that contradict one another, or the run that is there."""
    if options.resume and options.overwrite:
        raise InputError("--resume goes on with a run, --overwrite deletes it: give one of them")
    if options.init is not None and options.resume and (path / CONFIG).exists() and config.init != default.init:
        raise InputError(f"--init is for a new run, and there is one in {path}: leave it out, or give another --out")
    if options.minutes is None:
        return
    if config.training.steps != default.training.steps:
        raise InputError("--minutes sets the number of steps, and so does --training.steps: give one of them")
    if options.resume and (path / CONFIG).exists():
        raise InputError(
            f"--minutes is for a new run, and the one in {path} has {default.training.steps:,} steps: leave it out "
            "(--max-minutes stops a run), or give more --training.steps"
        )


def last_of(option: str, args: list[str]) -> str | None:
    """The value that ``option`` has among the arguments: what others may be given, and where a run is, depends on it
    before they are read."""
    values = all_of(option, args)
    return values[-1] if values else None


def all_of(option: str, args: list[str]) -> list[str]:
    """Every value that ``option`` has among the arguments."""
    values = [after for before, after in itertools.pairwise(args) if before == option]
    return values + [arg.partition("=")[2] for arg in args if arg.startswith(f"{option}=")]


def written_as_setting(arg: str) -> str | None:
    """The name in ``lr=1e-4``; None for anything else."""
    name, equals, _ = arg.partition("=")
    return name.replace("-", "_") if equals and re.fullmatch(r"[A-Za-z][\w.-]*", name) else None


def recipe_help(name: str) -> str:
    return (inspect.getdoc(RECIPES[name]) if name in RECIPES else None) or name
