"""Model folders: ``config.json`` and ``model.safetensors`` are enough to build a model again.

::

    config.json         {"format": 1, "model": {"name": "hrm", ...}, "task": {"name": "sudoku", ...}, ...}
    model.safetensors   the weights that are evaluated (the moving average, when the run keeps one); exported ones may
                        be stored in float16, or in int8 with a scale per row
    README.md           the card
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from hrm import hub
from hrm.config import from_dict, look_up, to_dict
from hrm.models import MODELS, ModelConfig
from hrm.models.base import Reasoner
from hrm.quantize import dequantize
from hrm.tasks import TASKS, TaskConfig
from hrm.tasks.base import Task
from hrm.types import InputError

FORMAT = 1
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
CHECKPOINTS = "checkpoints"
BUILTIN = Path(__file__).parent / "assets"
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


def resolve(path: str | Path) -> Path:
    """The model folder behind what a person names: a model folder, a run folder (its latest checkpoint), the name of a
    model in the package, or a model of the hub (``user/name``), which is fetched. Raises ``InputError``."""
    folder = Path(path)
    if not folder.exists() and (BUILTIN / str(path) / WEIGHTS).exists():
        return BUILTIN / str(path)
    if (folder / WEIGHTS).exists():
        return folder
    if (folder / CHECKPOINTS).is_dir():
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


def run_of(loaded: LoadedModel) -> Path:
    """The run folder that a model came from, or its own folder when it stands alone."""
    folder = loaded.path
    return folder.parent.parent if folder.parent.name == CHECKPOINTS else folder


def list_checkpoints(run: Path) -> list[Path]:
    """The complete checkpoints of a run folder, oldest first."""
    return sorted(p for p in (run / CHECKPOINTS).glob("step_*") if p.is_dir())


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a folder. Raises ``InputError`` when it is missing or not JSON."""
    try:
        config = json.loads((folder / CONFIG).read_text())
    except OSError as error:
        raise InputError(f"cannot read {folder / CONFIG}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{folder / CONFIG} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise InputError(f"{folder / CONFIG} is not a configuration that hrm wrote")
    return config


def read_tensors(file: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file. Raises ``InputError`` when it is truncated or of another format."""
    try:
        return safetensors.torch.load_file(file)
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"cannot read {file}: truncated, or not a safetensors file ({error})") from error


def load_model(path: str | Path, device: torch.device | str = "cpu") -> LoadedModel:
    """Builds the model that ``path`` names and loads its weights, in float32 and in evaluation mode.

    Raises ``InputError`` for a folder that is missing, truncated, or whose weights do not fit its configuration.
    """
    folder = resolve(path)
    config = read_config(folder)
    model, task = build(config, str(folder / CONFIG))
    load_weights(model, dequantize(read_tensors(folder / WEIGHTS)), folder / WEIGHTS)
    return LoadedModel(model.to(device).eval(), task, config, folder)


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], where: Path) -> None:
    """Copies ``weights`` into ``model``; every name and shape must match, else ``InputError`` says which do not."""
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
        raise InputError(f"{where} does not fit its {CONFIG}: {'; '.join(problems[:5])}{more}")
    model.load_state_dict(dict(weights))
