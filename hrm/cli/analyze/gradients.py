"""``hrm analyze gradients MODEL``"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
import tyro

from hrm.analysis.gradients import Measured, Settings, measure
from hrm.analysis.plots import check_can_draw, plot_gradients
from hrm.cli.eval import place_for, write_files
from hrm.cli.output import console, print_table
from hrm.errors import InputError, look_up, suggestion
from hrm.models import MODELS, same_size_as
from hrm.models.base import Reasoner
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig, resolve
from hrm.segments.losses import LossKind
from hrm.store.folder import BUILTIN, build, load_model
from hrm.tasks.base import Task
from hrm.training.folder import RunConfig


@dataclass(frozen=True, kw_only=True)
class Options:
    """Compares the gradient rules at several numbers of updates: what autograd keeps for the backward pass, the time of
    forward and backward, and the cosine with the gradient of bptt on the same weights, states and puzzles."""

    model: tyro.conf.Positional[str]
    """Run folder, model folder, the name of a model in the package (its weights, and fresh ones), or a recipe (fresh
    weights)."""
    architecture: str | None = None
    """With a recipe: another model (hrm list) in the sizes of the recipe's."""
    cycles: tuple[tuple[int, int], ...] = ((1, 1), (2, 2), (3, 3), (4, 4))
    """Pairs of N (H_cycles) and T (L_cycles): --cycles 1 1 8 8"""
    k: tuple[int, ...] = (2, 4)
    """last_k sees so many updates, neumann has so many terms: each for each of these."""
    batch: int = 8
    """Puzzles at a time."""
    batches: int = 6
    """Batches that cosines are averaged over: at least 2, for an interval."""
    rounds: int = 3
    """Times are medians over so many."""
    segments: int = 2
    """Segments of thinking before the one that is measured."""
    seed: int = 0
    """Of fresh weights, and of the choice of training puzzles."""
    plot: Path | None = None
    """Draw memory, time and cosines against N * T into this .png, .svg or .pdf file."""
    out: Path | None = None
    """The JSON file (gradients.json in the run or model folder, or here, when not given)."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(precision="float32"))


class Source(NamedTuple):
    """What is measured: one architecture, its weights by name, and the puzzles."""

    models: dict[str, Reasoner]
    task: Task
    loss: LossKind
    folder: Path  # where results go unless told otherwise


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm analyze gradients", config=(tyro.conf.FlagCreatePairsOff,))
    check(options)
    runtime, source = resolve(options.runtime), find(options)
    out = options.out or source.folder / "gradients.json"
    if not out.parent.is_dir():
        raise InputError(f"{out}: there is no folder {out.parent}; choose another place with --out")
    settings = Settings(
        ks=options.k,
        batch_size=options.batch,
        num_batches=options.batches,
        rounds=options.rounds,
        segments=options.segments,
        seed=options.seed,
        loss=source.loss,
    )
    with console.status("measuring") as status:
        lines = measure(
            *(source.models, source.task, options.cycles, settings, runtime),
            on_progress=lambda share: status.update(f"measuring: {share:.0%}, then times"),
        )
    figures = [line.figures() for line in lines]
    title = f"{options.model}{f' ({options.architecture})' if options.architecture else ''}, batch {options.batch}"
    show(f"{title}: kept for the backward pass, forward and backward, cosine with bptt (mean, 95 %)", lines)
    if options.plot is not None:
        plot_gradients(figures, options.plot, title)
    circumstances = {"model": options.model, "architecture": options.architecture, "runtime": str(runtime)}
    results: dict[str, Any] = {**circumstances, **asdict(settings), "lines": figures}
    write_files({out: json.dumps(results, indent=2).encode()})
    console.print(f"-> {out}")
    return 0


def check(options: Options) -> None:
    """Raises ``InputError`` for options that cannot be measured, before any work is done."""
    if not options.cycles or not options.k:
        raise InputError("--cycles and --k: give at least one (pair of) number")
    numbers = {
        "batch": (options.batch, 1),
        "batches": (options.batches, 2),
        "rounds": (options.rounds, 1),
        "segments": (options.segments, 0),
        "k": (min(options.k), 1),
        "cycles": (min(min(pair) for pair in options.cycles), 1),
    }
    for name, (number, least) in numbers.items():
        if number < least:
            raise InputError(f"--{name} is {number}: it must be at least {least}")
    if options.plot is not None:
        check_can_draw(options.plot)


def find(options: Options) -> Source:
    """The untrained model of a recipe, or a trained model and an untrained one like it. Raises ``InputError``."""
    name = options.model
    torch.manual_seed(options.seed)
    if name in RECIPES:
        recipe = with_architecture(RECIPES[name](), options.architecture)
        task = recipe.task.build()
        return Source({"fresh": recipe.model.build(task.spec)}, task, recipe.training.loss, Path())
    if not Path(name).exists() and not (BUILTIN / name).exists():
        raise InputError(f"there is no model, run or recipe {name!r}{suggestion(name, RECIPES)}")
    if options.architecture is not None:
        raise InputError(f"--architecture: {name} is a model already; give it with a recipe")
    loaded = load_model(name)
    fresh, _ = build(loaded.config, name)
    loss = loaded.config.get("training", {}).get("loss", "stablemax")
    return Source({"trained": loaded.model, "fresh": fresh}, loaded.task, loss, place_for(loaded, name))


def with_architecture(recipe: RunConfig, name: str | None) -> RunConfig:
    if name is None:
        return recipe
    look_up(MODELS, name, "model")
    return replace(recipe, model=same_size_as(recipe.model, name))


def show(title: str, lines: Sequence[Measured]) -> None:
    """The table on the screen."""
    weights = list(lines[0].cosine)
    print_table(
        title,
        ("N", "T", "rule", "seen", "MiB", "ms", *(f"cos, {name}" for name in weights)),
        [
            (
                str(line.H_cycles),
                str(line.L_cycles),
                str(line.rule),
                f"{line.num_seen} of {line.num_updates}",
                f"{line.memory_bytes / 2**20:,.1f}",
                f"{1000 * line.seconds:,.1f}",
                *(f"{c.mean:.2f} ± {c.interval[1] - c.mean:.2f}" for c in line.cosine.values()),
            )
            for line in lines
        ],
    )
