"""``hrm analyze gradients MODEL``"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
import tyro

from hrm.analysis.gradients import Measured, Settings, measure
from hrm.analysis.plots import check_can_draw, plot_gradients
from hrm.cli.output import check_places, console, place_for, print_table, write_results
from hrm.cli.reading import options_of
from hrm.cli.source import recipe_named, recipe_names, with_architecture
from hrm.errors import MOST_ROUNDS, InputError, require_at_least, require_at_most, require_seed, suggestion
from hrm.files import kind_of
from hrm.inference.options import MOST_SEGMENTS
from hrm.models.base import Reasoner
from hrm.runtime import RuntimeConfig, resolve
from hrm.segments.losses import LossKind
from hrm.store.folder import build, load_model
from hrm.store.locate import BUILTIN
from hrm.tasks.base import Task


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
    k: tuple[int, ...] = Settings.ks
    """last_k sees so many updates, neumann has so many terms: each for each of these."""
    batch: int = Settings.batch_size
    """Puzzles at a time."""
    batches: int = Settings.num_batches
    """Batches that cosines are averaged over: at least 2, for an interval."""
    rounds: int = Settings.rounds
    """Times are medians over so many."""
    segments: int = Settings.segments
    """Segments of thinking before the one that is measured."""
    seed: int = Settings.seed
    """Of fresh weights, and of the choice of training puzzles."""
    plot: Path | None = None
    """Draw memory, time and cosines against N * T into this .png, .svg or .pdf file."""
    out: Path | None = None
    """The JSON file (gradients.json in the run or model folder, or here, when not given)."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(precision="float32"))


class Source(NamedTuple):
    """Subject of the measurement: one architecture, its weights by name, and the puzzles."""

    models: dict[str, Reasoner]
    task: Task
    loss: LossKind
    folder: Path  # where results go unless told otherwise


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm analyze gradients")
    check(options)
    runtime, source = resolve(options.runtime), find(options)
    out = options.out or source.folder / "gradients.json"
    check_places(out)
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
    circumstances = {"model": options.model, "architecture": options.architecture, "runtime": str(runtime)}
    results: dict[str, Any] = {**circumstances, **asdict(settings), "lines": figures}
    write_results({out: json.dumps(results, indent=2).encode()})
    console.print(f"-> {out}")
    if options.plot is not None:
        num = options.batch * options.batches
        about = f"{source.task.config.name}: {num:,} puzzles in {options.batches} batches, seed {options.seed}"
        plot_gradients(figures, options.plot, f"{title}\n{about}")
    return 0


def check(options: Options) -> None:
    """Options that can be measured; ``InputError`` for others, before any work is done."""
    if not options.cycles or not options.k:
        raise InputError("--cycles and --k: give at least one (pair of) number")
    cycles = min(min(pair) for pair in options.cycles)
    require_at_least(1, batch=options.batch, rounds=options.rounds, k=min(options.k), cycles=cycles)
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    require_at_least(2, batches=options.batches)
    require_at_least(0, segments=options.segments)
    require_at_most(MOST_SEGMENTS, segments=options.segments)
    require_seed("--seed", options.seed)
    if options.plot is not None:
        check_can_draw(options.plot)


def find(options: Options) -> Source:
    """The untrained model of a recipe, or a trained model and an untrained one like it. Raises ``InputError``."""
    name = options.model
    torch.manual_seed(options.seed)
    if (recipe := recipe_named(name)) is not None:
        recipe = with_architecture(recipe, options.architecture)
        task = recipe.task.build()
        return Source({"fresh": recipe.model.build(task.spec)}, task, recipe.training.loss, Path())
    if kind_of(name) is None and kind_of(BUILTIN / name) is None:
        raise InputError(f"there is no model, run or recipe {name!r}{suggestion(name, recipe_names())}")
    if options.architecture is not None:
        raise InputError(f"--architecture: {name} is a model already; give it with a recipe")
    loaded = load_model(name)
    fresh, _ = build(loaded.config, name)
    loss = loaded.config.get("training", {}).get("loss", "stablemax")
    return Source({"trained": loaded.model, "fresh": fresh}, loaded.task, loss, place_for(loaded, name))


def show(title: str, lines: Sequence[Measured]) -> None:
    """Print the table."""
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
