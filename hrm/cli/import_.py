"""``hrm import SOURCE --out FOLDER``"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from torch import Tensor

from hrm.cli.output import console, fetch
from hrm.config import from_dict, to_dict
from hrm.datasets.download import hub_files, hub_url
from hrm.errors import InputError, look_up
from hrm.files import kind_of, refuse_existing
from hrm.recipes import RECIPES
from hrm.store.folder import describe, write_model
from hrm.store.locate import WEIGHTS
from hrm.store.published import CONFIG, PuzzleTable, Source, choose, find, fit, read_weights, step_of
from hrm.store.published_settings import Settings, read_settings
from hrm.tasks import TaskConfig
from hrm.tasks.published import PublishedConfig
from hrm.training.loop import TrainingConfig

PUZZLE_FILE = "puzzles.safetensors"
"""Beside the model: a puzzle embedding that does not fit the task, which nothing loads."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """A model folder made of a checkpoint of the published code (HRM, TRM, its transformer baseline, URM)."""

    source: tyro.conf.Positional[str]
    """Folder with step_N and all_config.yaml, a file with all_config.yaml beside it, or a model of the hub
    (OWNER/NAME), which is fetched to data/checkpoints/."""
    out: Path
    """Where to: a folder that does not exist yet."""
    data: Path | None = None
    """The puzzles it is for: the folder in the published format that it was trained on."""
    recipe: str | None = None
    """The puzzles it is for: those of a recipe (sudoku-extreme, maze-hard ...)."""
    step: int | None = None
    """Which of the checkpoints in a folder; the latest when not given."""
    puzzles: PuzzleTable = "keep"
    """What becomes of a puzzle embedding that does not fit the task: keep refuses it, drop leaves it out, separate
    writes it beside the model. One that fits is loaded."""


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm import", config=(tyro.conf.FlagCreatePairsOff,))
    refuse_existing(options.out)
    task = task_for(options).build()
    source = locate(options.source, options.step)
    settings = read_settings(source)
    training = to_dict(from_dict(TrainingConfig, settings.training, str(source.config)))
    model = settings.model.build(task.spec)
    same_ids = options.data is not None or task.spec.num_puzzles == 1
    left_out = fit(model, read_weights(source.weights), source, options.puzzles, same_ids)
    config = {
        **describe(settings.model, task.config),
        "seed": settings.seed,
        "training": {key: training[key] for key in settings.training},
        "imported": {"source": options.source, "file": source.weights.name, "step": source.step},
    }
    tensors = {WEIGHTS: model.state_dict()}
    if left_out is not None and options.puzzles == "separate":
        tensors[PUZZLE_FILE] = {"puzzles": left_out}
    num_parameters = sum(p.numel() for p in model.parameters())
    missing = what_is_missing(left_out, options.puzzles, task.spec.num_puzzles)
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


def locate(source: str, step: int | None) -> Source:
    """The files of a checkpoint, fetched first where ``source`` is a model of the hub."""
    if kind_of(source) is not None or not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source):
        return find(Path(source), step)
    names = hub_files(source)
    if CONFIG not in names:
        raise InputError(f"{source} on the hub is not a checkpoint of the published code: it has no {CONFIG}")
    weights, folder = choose(names, step, f"{source} on the hub"), Path("data/checkpoints") / source
    for name in (CONFIG, weights):
        fetch(hub_url(source, name, kind="models"), folder / name)
    return Source(folder / weights, folder / CONFIG, step_of(weights))


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
