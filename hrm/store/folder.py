"""Model folders, read and written: ``config.json`` and ``model.safetensors`` are enough to build a model again.

::

    config.json         {"format": 1, "model": {"name": "hrm", ...}, "task": {"name": "sudoku", ...}, ...}
    model.safetensors   the weights that are evaluated (the moving average, when the run keeps one); exported ones may
                        be stored in float16, or in int8 with a scale per row
    puzzles.json        of a run with a sharded table of puzzle embeddings: in which files that is (``store.shards``)
    README.md           the card
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from hrm.config import from_dict, to_dict
from hrm.errors import InputError, look_up
from hrm.files import new_folder, sync, umask, write_synced
from hrm.models import MODELS, ModelConfig
from hrm.models.base import Reasoner
from hrm.store.checksums import SUMS, require_undamaged
from hrm.store.locate import CARD, CONFIG, FORMAT, WEIGHTS, build_task, read_config, resolve
from hrm.store.quantize import dequantize
from hrm.store.shards import shards_in
from hrm.tasks import TaskConfig
from hrm.tasks.base import Task


class LoadedModel(NamedTuple):
    """A model ready to think, the task it was made for, and its whole ``config.json``."""

    model: Reasoner
    task: Task
    config: dict[str, Any]
    path: Path

    @property
    def max_segments(self) -> int:
        """M_max of its training, which it thinks for unless told otherwise."""
        return trained_segments(self.config)


def trained_segments(config: Mapping[str, Any]) -> int:
    """M_max of training by a ``config.json``; HRM's 16 where it tells of no training."""
    training = config.get("training", {})
    segments = training.get("max_segments", 16) if isinstance(training, dict) else None
    if type(segments) is not int or not 1 <= segments < 2**31:
        raise InputError(f"{CONFIG}: training.max_segments must be a whole number from 1 on")
    return segments


def describe(model: ModelConfig, task: TaskConfig) -> dict[str, Any]:
    """The part of ``config.json`` that a model is built from."""
    return {"format": FORMAT, "model": to_dict(model), "task": to_dict(task)}


def build(config: Mapping[str, Any], where: str) -> tuple[Reasoner, Task]:
    """A fresh model and its task from a ``config.json``. Raises ``InputError`` for unknown names and keys."""
    task = build_task(config, where)
    given = config["model"]
    if not isinstance(given, dict) or not isinstance(given.get("name", ""), str):
        raise InputError(f"{where}: model must be an object with the name of a model")
    model_class = look_up(MODELS, given.get("name", ""), "model")
    return from_dict(model_class, config["model"], where).build(task.spec), task


def read_tensors(file: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file. Raises ``InputError`` when it is truncated or of another format."""
    try:
        return safetensors.torch.load_file(file)
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"cannot read {file}: truncated, or not a safetensors file ({error})") from error


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The weights of a model folder as they are stored; tables that are sharded in one piece. Raises ``InputError``
    where a file of them is missing, no safetensors file, or not what was written."""
    weights, shards = read_tensors(folder / WEIGHTS), shards_in(folder)
    if shards is not None:
        weights |= shards.read_whole()
    try:
        require_undamaged(folder, WEIGHTS, *(() if shards is None else shards.names))
    except InputError as error:
        raise InputError(
            f"{error}. Take another checkpoint (--checkpoint), or delete {SUMS} if you changed it"
        ) from error
    return weights


def load_model(path: str | Path, device: torch.device | str = "cpu", *, checkpoint: str | None = None) -> LoadedModel:
    """The model that ``path`` names with its weights, in float32 and in evaluation mode. ``checkpoint``
    chooses one of a run (``resolve``).

    Raises ``InputError`` for a folder that is missing, truncated, or whose weights do not fit its configuration, are
    no numbers, or not those that were written.
    """
    folder = resolve(path, checkpoint)
    config = read_config(folder)
    model, task = build(config, str(folder / CONFIG))
    trained_segments(config)
    load_weights(model, dequantize(read_weights(folder)), folder / WEIGHTS)
    return LoadedModel(model.to(device).eval(), task, config, folder)


def write_model(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Mapping[str, Tensor]], card: str
) -> None:
    """Write a model folder, which appears whole or not at all. tensors: file name -> what it holds.

    Raises ``InputError`` when the folder exists already or the disk refuses.
    """
    with new_folder(folder) as unfinished:
        write_files(unfinished, config, tensors, card)


def write_files(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Mapping[str, Tensor]], card: str
) -> None:
    """Write the files of a model folder into one that is there."""
    write_synced(folder / CONFIG, (json.dumps(config, indent=2) + "\n").encode())
    for name, content in tensors.items():
        write_tensors(folder / name, content)
    write_synced(folder / CARD, card.encode())


def write_tensors(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file that is not there yet, and wait until the disk has it for good. It is written from the
    tensors themselves: those on the CPU are nowhere a second time in memory, of a 2 GB table neither.

    Raises ``OSError``, as ``write_synced`` does.
    """
    try:
        safetensors.torch.save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, file
        )
    except safetensors.SafetensorError as error:  # the library's word for what a disk refuses, too
        if (number := re.search(r"os error (\d+)", str(error))) is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
    file.chmod(0o666 & ~umask())  # the library lets nobody else read it
    sync(file)


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], where: Path, config: str = f"its {CONFIG}") -> None:
    """``weights`` copied into ``model``; every name and shape must match, every number be finite, else
    ``InputError`` says which do not.

    config: what the model was built from, for the message."""
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
        raise InputError(f"{where} does not fit {config}: {'; '.join(problems[:5])}{more}")
    require_finite(weights, where)
    model.load_state_dict(dict(weights))


def require_finite(weights: Mapping[str, Tensor], where: Path) -> None:
    """``InputError`` naming the first tensor that holds NaN or infinity."""
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not (finite := tensor.isfinite()).all():
            raise InputError(
                f"{where}: {name} holds NaN or infinity ({finite.numel() - int(finite.sum()):,} of {finite.numel():,} "
                "numbers): training had diverged, or the file is damaged. Take an earlier checkpoint"
            )
