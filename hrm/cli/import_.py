"""``hrm import SOURCE --out FOLDER``"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from torch import Tensor

from hrm.cli.output import console, fetch
from hrm.cli.reading import options_of
from hrm.config import from_dict, to_dict
from hrm.datasets.download import hub_files, hub_url
from hrm.errors import InputError, look_up
from hrm.files import refuse_existing, within
from hrm.recipes import RECIPES
from hrm.store.folder import describe, write_model
from hrm.store.locate import WEIGHTS
from hrm.store.nano_trm import read_hyper_parameters
from hrm.store.published import Source, find, step_of
from hrm.store.published_hub import HubPlace, choose_on_hub, read_place
from hrm.store.published_settings import Settings, read_settings
from hrm.store.published_weights import TOKENS, PuzzleTable, Stored, fit, read_weights, without_end
from hrm.tasks import TaskConfig
from hrm.tasks.published import PublishedConfig
from hrm.training.settings import TrainingConfig

PUZZLE_FILE = "puzzles.safetensors"
"""Beside the model: a puzzle embedding that does not fit the task, which nothing loads."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """A model folder made of a checkpoint of the published code (HRM, TRM, its transformer baseline, URM)."""

    source: tyro.conf.Positional[str]
    """Folder with step_N and all_config.yaml, a file with all_config.yaml beside it, or a model of the hub
    (OWNER/NAME, OWNER/NAME/PATH@REVISION), which is fetched to data/checkpoints/."""
    out: Path
    """Where to: a folder that does not exist yet."""
    data: Path | None = None
    """The puzzles it is for: the folder in the published format that it was trained on."""
    recipe: str | None = None
    """The puzzles it is for: those of a recipe (sudoku-extreme, maze-hard ...)."""
    step: int | None = None
    """Which of the checkpoints in a folder; the latest when not given."""
    weights: str | None = None
    """Which of the weights in a file that holds several (model, ema ...)."""
    config: Path | None = None
    """The all_config.yaml of the checkpoint, where it is not beside it."""
    revision: str | None = None
    """Which commit, branch or tag of a model of the hub; main when not given."""
    puzzles: PuzzleTable = "keep"
    """What becomes of a puzzle embedding that does not fit the task: keep refuses it, drop leaves it out, separate
    writes it beside the model. One that fits is loaded."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm import")
    refuse_existing(options.out)
    task = task_for(options).build()
    source, place = locate(options)
    stored = read_weights(source.weights, options.weights)
    settings = settings_of(source, stored)
    training = to_dict(from_dict(TrainingConfig, settings.training, str(source.config or source.weights)))
    if settings.seq_len not in (None, task.spec.seq_len):
        raise InputError(
            f"{source.weights} was made for {settings.seq_len} cells, the task has {task.spec.seq_len}: name its data"
        )
    model, weights = settings.model.build(task.spec), stored.weights
    if source.config is None and len(weights.get(TOKENS, ())) == task.spec.vocab_size + 1:
        weights = without_end(weights)
    same_ids = options.data is not None or task.spec.num_puzzles == 1
    left_out = fit(model, weights, source, options.puzzles, same_ids)
    config = {
        **describe(settings.model, task.config),
        "seed": settings.seed,
        "training": {key: training[key] for key in settings.training},
        "imported": {
            "source": place.repository if place else options.source,
            **({"revision": place.revision} if place and place.revision else {}),
            "file": place.path if place else source.weights.name,
            "step": source.step,
        },
    }
    tensors = {WEIGHTS: model.state_dict()}
    if left_out is not None and options.puzzles == "separate":
        tensors[PUZZLE_FILE] = {"puzzles": left_out}
    num_parameters = sum(p.numel() for p in model.parameters())
    missing = " ".join(filter(None, (what_is_missing(left_out, options.puzzles, task.spec.num_puzzles), stored.said)))
    write_model(options.out, config, tensors, card(config, settings, num_parameters, missing))
    console.print(f"{source.weights} -> {options.out}: {num_parameters:,} parameters", markup=False)
    console.print(missing, markup=False)
    return 0


def task_for(options: Options) -> TaskConfig:
    """Puzzles that the model is for. Raises ``InputError`` when nothing, or two things, say so."""
    if (options.data is None) == (options.recipe is None):
        raise InputError(
            "a published checkpoint does not say which puzzles it is for: name the folder that it was trained on with "
            "--data, or a recipe with --recipe (one of them)"
        )
    if options.data is not None:
        return PublishedConfig(folder=options.data)
    return look_up(RECIPES, str(options.recipe), "recipe")().task


def locate(options: Options) -> tuple[Source, HubPlace | None]:
    """The files of a checkpoint, fetched first where the source is a model of the hub; and then, which file of it."""
    place = read_place(options.source, options.revision)
    if place is None:
        if options.revision is not None:
            raise InputError(f"--revision is for a model of the hub, and {options.source} is none: OWNER/NAME")
        return find(Path(options.source), options.step, options.config), None
    names = hub_files(place.repository, place.revision)
    weights, config = choose_on_hub(place, names, options.step, needs_config=options.config is None)
    to = Path("data/checkpoints") / place.folder
    for name in filter(None, (config, weights)):
        fetch(hub_url(place.repository, name, place.revision or "main", kind="models"), within(to, name))
    beside = options.config or (within(to, config) if config else None)
    return Source(within(to, weights), beside, step_of(Path(weights).name)), place._replace(path=weights)


def settings_of(source: Source, stored: Stored) -> Settings:
    """The settings beside the weights, or those that a Lightning checkpoint holds itself."""
    if source.config is None and stored.settings is not None:
        return read_hyper_parameters(stored.settings, str(source.weights))
    return read_settings(source)


def what_is_missing(left_out: Tensor | None, puzzles: PuzzleTable, num_puzzles: int) -> str:
    """A sentence on the weights that are not in the model."""
    if left_out is None:
        return "Every weight of the checkpoint is in the model."
    where = f"it is in {PUZZLE_FILE}, which nothing loads" if puzzles == "separate" else "it was left out"
    return (
        f"All but the puzzle embedding is in the model. That has {len(left_out):,} rows of {left_out.shape[1]}, and "
        f"does not fit a task of {num_puzzles:,} puzzle ids: {where}; the model has zeros in its place."
    )


def card(config: dict[str, Any], settings: Settings, num_parameters: int, missing: str) -> str:
    """The model card: where the weights come from, and what of them is missing."""
    imported = config["imported"]
    trained = ", ".join(f"{key} {value}" for key, value in config["training"].items())
    return (
        f"# {config['model']['name']}, imported\n\n"
        f"{num_parameters:,} parameters, float32. The weights of `{imported['file']}` of `{imported['source']}`, a "
        f"checkpoint of the published code (`{settings.architecture}`), made into a model folder by `hrm import`. "
        f"They are their authors', and so is the licence.\n\n{missing}\n\n"
        f"Trained with: {trained}, seed {settings.seed}.\n"
    )
