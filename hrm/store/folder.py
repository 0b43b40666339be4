"""Model folders: ``config.json`` and ``model.safetensors`` are enough to build a model again.

::

    config.json         {"format": 1, "model": {"name": "hrm", ...}, "task": {"name": "sudoku", ...}, ...}
    model.safetensors   the weights that are evaluated (the moving average, when the run keeps one); exported ones may
                        be stored in float16, or in int8 with a scale per row
    README.md           the card
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from hrm.config import from_dict, to_dict
from hrm.errors import InputError, look_up
from hrm.files import new_folder, read_json
from hrm.models import MODELS, ModelConfig
from hrm.models.base import Reasoner
from hrm.store import hub
from hrm.store.quantize import dequantize
from hrm.tasks import TASKS, TaskConfig
from hrm.tasks.base import Task

FORMAT = 1
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
CARD = "README.md"
CHECKPOINTS = "checkpoints"
VALIDATION = "validation.json"
"""In the checkpoint of a run that was the best on its validation puzzles: what it solved of them, and at which step."""
BUILTIN = Path(__file__).parents[1] / "assets"
"""Models that ship in the package, by folder name."""


class LoadedModel(NamedTuple):
    """A model ready to think, the task it was made for, and its whole ``config.json``."""

    model: Reasoner
    task: Task
    config: dict[str, Any]
    path: Path


def describe(model: ModelConfig, task: TaskConfig) -> dict[str, Any]:
    """The part of ``config.json`` that a model is built from."""
    return {"format": FORMAT, "model": to_dict(model), "task": to_dict(task)}


def build(config: Mapping[str, Any], where: str) -> tuple[Reasoner, Task]:
    """A fresh model and its task from a ``config.json``. Raises ``InputError`` for unknown names and keys."""
    if config.get("format") != FORMAT or "model" not in config or "task" not in config:
        raise InputError(f"{where} is not a configuration that hrm wrote (format {FORMAT})")
    task_class = look_up(TASKS, config["task"].get("name", ""), "task")
    model_class = look_up(MODELS, config["model"].get("name", ""), "model")
    task = from_dict(task_class, config["task"], where).build()
    return from_dict(model_class, config["model"], where).build(task.spec), task


def resolve(path: str | Path, checkpoint: str | None = None) -> Path:
    """The model folder behind what a person names: a model folder, a run folder, the name of a model in the package, or
    a model of the hub (``user/name``), which is fetched.

    Of a run the best checkpoint where it validates, else the latest one; or ``checkpoint``: last, best, step_N. Raises
    ``InputError``.
    """
    folder = Path(path)
    if checkpoint is not None:
        return _checkpoint_of(folder, checkpoint)
    if not folder.exists() and (BUILTIN / str(path) / WEIGHTS).exists():
        return BUILTIN / str(path)
    if (folder / WEIGHTS).exists():
        return folder
    if (folder / CHECKPOINTS).is_dir():
        if best := best_checkpoint(folder):
            return best
        if saved := list_checkpoints(folder):
            return saved[-1]
        raise InputError(f"{folder} is a run without a checkpoint yet")
    if hub.is_hub_id(str(path)):
        return hub.fetch(str(path))
    if not folder.exists():
        shipped = ", ".join(sorted(p.parent.name for p in BUILTIN.glob(f"*/{WEIGHTS}")))
        raise InputError(
            f"there is no model at {folder} (a run folder, a model folder, one of: {shipped}, or user/name on the hub)"
        )
    raise InputError(f"{folder} holds neither {WEIGHTS} nor {CHECKPOINTS}/: not a model or run folder")


def _checkpoint_of(run: Path, name: str) -> Path:
    saved, best = list_checkpoints(run), best_checkpoint(run)
    number = name.removeprefix("step_")
    if name == "last" and saved:
        return saved[-1]
    if name == "best" and best:
        return best
    for folder in saved:
        if name.startswith("step_") and number.isdecimal() and int(number) == step_of(folder):
            return folder
    there = [*(folder.name for folder in saved), *(["best"] if best else [])]
    raise InputError(
        f"{run} has no checkpoint {name!r}: "
        + (f"there are last, {', '.join(there)}" if there else "it is no run folder, or has none yet")
    )


def run_of(loaded: LoadedModel) -> Path:
    """The run folder that a model came from, or its own folder when it stands alone."""
    folder = loaded.path
    return folder.parent.parent if folder.parent.name == CHECKPOINTS else folder


def list_checkpoints(run: Path) -> list[Path]:
    """The complete checkpoints of a run folder, oldest first."""
    return sorted(p for p in (run / CHECKPOINTS).glob("step_*") if p.is_dir())


def best_checkpoint(run: Path) -> Path | None:
    """The checkpoint of a run that was the best on its validation puzzles; None when it has not validated.

    There may be two for a moment, when a better one has just been written.
    """
    found = {folder: read_validation(folder) for folder in (run / CHECKPOINTS).glob("best_*")}
    return max(found, key=lambda folder: (found[folder]["solved"], found[folder]["cells"])) if found else None


def read_validation(folder: Path) -> dict[str, Any]:
    """``validation.json`` of a best checkpoint. Raises ``InputError`` when it is missing or not what was written."""
    values = read_json(folder / VALIDATION)
    if not all(isinstance(values.get(key), int | float) for key in ("step", "solved", "cells", "puzzles")):
        raise InputError(f"{folder / VALIDATION} is not a validation that hrm wrote")
    return values


def step_of(checkpoint: Path) -> int:
    """The step at which a checkpoint of a run was saved: ``step_00000100``, ``best_00000100``."""
    return int(checkpoint.name.rpartition("_")[2])


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a folder. Raises ``InputError`` when it is missing or not JSON."""
    return read_json(folder / CONFIG)


def read_tensors(file: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file. Raises ``InputError`` when it is truncated or of another format."""
    try:
        return safetensors.torch.load_file(file)
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"cannot read {file}: truncated, or not a safetensors file ({error})") from error


def load_model(path: str | Path, device: torch.device | str = "cpu", *, checkpoint: str | None = None) -> LoadedModel:
    """Builds the model that ``path`` names and loads its weights, in float32 and in evaluation mode. ``checkpoint``
    chooses one of a run (``resolve``).

    Raises ``InputError`` for a folder that is missing, truncated, or whose weights do not fit its configuration.
    """
    folder = resolve(path, checkpoint)
    config = read_config(folder)
    model, task = build(config, str(folder / CONFIG))
    load_weights(model, dequantize(read_tensors(folder / WEIGHTS)), folder / WEIGHTS)
    return LoadedModel(model.to(device).eval(), task, config, folder)


def write_model(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Mapping[str, Tensor]], card: str
) -> None:
    """Writes a model folder, which appears whole or not at all. tensors: file name -> what it holds.

    Raises ``InputError`` when the folder exists already or the disk refuses.
    """
    with new_folder(folder) as unfinished:
        write_files(unfinished, config, tensors, card)


def write_files(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Mapping[str, Tensor]], card: str
) -> None:
    """The files of a model folder into one that is there."""
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    for name, content in tensors.items():
        whole = {key: tensor.detach().cpu().contiguous() for key, tensor in content.items()}
        safetensors.torch.save_file(whole, folder / name)
        shutil.copymode(folder / CONFIG, folder / name)  # safetensors lets nobody else read what it writes
    (folder / CARD).write_text(card)


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], where: Path, config: str = CONFIG) -> None:
    """Copies ``weights`` into ``model``; every name and shape must match, else ``InputError`` says which do not.

    config: the file that the model was built from, for the message."""
    wanted = model.state_dict()
    problems = [f"missing {name}" for name in wanted if name not in weights]
    problems += [f"unknown {name}" for name in weights if name not in wanted]
    problems += [
        f"{name} is {tuple(weights[name].shape)}, the model needs {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in weights and weights[name].shape != tensor.shape
    ]
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise InputError(f"{where} does not fit its {config}: {'; '.join(problems[:5])}{more}")
    model.load_state_dict(dict(weights))
