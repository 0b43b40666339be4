"""The folder that a person means by a model, and what can be said of it before its weights are read.

Nothing here imports torch: a puzzle is read and checked by the task of a ``config.json`` before a model is built.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrm.config import from_dict
from hrm.errors import InputError, look_up
from hrm.files import broken_link, kind_of, read_json
from hrm.store import hub
from hrm.store.published import IMPORT, is_published
from hrm.tasks import TASKS, TaskConfig
from hrm.tasks.base import Task

if TYPE_CHECKING:
    from hrm.store.folder import LoadedModel

FORMAT = 1
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
CARD = "README.md"
CHECKPOINTS = "checkpoints"
CHECKPOINT = re.compile(r"(step|best)_[0-9]+")
"""Names of checkpoints; what is called otherwise is on its way in or out."""
VALIDATION = "validation.json"
"""In the checkpoint of a run that was the best on its validation puzzles: what it solved of them, and at which step."""
OWN = (CONFIG, WEIGHTS, CARD, VALIDATION, "metrics.jsonl", "state.safetensors", "SHA256SUMS", "tracking.json")
"""Files that make a run, a checkpoint or a model folder what it is."""
BUILTIN = Path(__file__).parents[1] / "assets"
"""Models that ship in the package, by folder name."""
DEFAULT_MODEL = "sudoku"
"""The one of them that is meant when none is named."""
STRONGER = {"sudoku": "sudoku-hard"}
"""Model in the package -> another one there, slower and better, for what it does not solve."""


def refuse_own(file: Path, advice: str) -> None:
    """``InputError`` for a place of results that would take that of what a run or a model folder consists of."""
    if file.name in OWN and (file.parent / CONFIG).is_file():
        raise InputError(f"{file} belongs to the run or model in {file.parent}: {advice}")


def resolve(path: str | Path, checkpoint: str | None = None) -> Path:
    """The model folder behind what a person names: a model folder, a run folder, the name of a model in the package, or
    a model of the hub (``user/name``), which is fetched.

    Of a run the best checkpoint where it validates, else the latest one; or ``checkpoint``: last, best, step_N. Raises
    ``InputError``.
    """
    path = os.path.expanduser(path)
    folder, kind = Path(path), kind_of(path)
    if broken := broken_link(folder):
        raise InputError(f"{folder}: {broken}")
    if checkpoint is not None:
        return _checkpoint_of(folder, checkpoint)
    if kind is None and kind_of(BUILTIN / str(path) / WEIGHTS) == "file":
        return BUILTIN / str(path)
    if kind == "folder" and (folder / WEIGHTS).exists():
        return folder
    if kind == "folder" and (folder / CHECKPOINTS).is_dir():
        if best := best_checkpoint(folder):
            return best
        if saved := list_checkpoints(folder):
            return saved[-1]
        raise InputError(_incomplete(folder) or f"{folder} is a run without a checkpoint yet")
    if hub.is_hub_id(str(path)):
        return hub.fetch(str(path))
    if is_published(folder):
        raise InputError(f"{folder} is a checkpoint of the published code: {IMPORT.format(folder)}")
    if kind is None:
        shipped = sorted(p.parent.name for p in BUILTIN.glob(f"*/{WEIGHTS}"))
        if close := difflib.get_close_matches(str(path), shipped, n=1):
            raise InputError(f"there is no model at {folder}: did you mean {close[0]!r}?")
        raise InputError(
            f"there is no model at {folder} (a run folder, as runs/NAME after 'hrm train NAME', a model folder, one "
            f"of: {', '.join(shipped)}, or user/name on the hub)"
        )
    if kind == "file":
        raise InputError(f"{folder} is a file, not a model or run folder: name the folder it is in")
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
    if not there and (incomplete := _incomplete(run)):
        raise InputError(incomplete)
    raise InputError(
        f"{run} has no checkpoint {name!r}: "
        + (f"there are last, {', '.join(there)}" if there else "it is no run folder, or has none yet")
    )


def _incomplete(run: Path) -> str:
    """Words for the latest checkpoint of a run that lacks a file; empty where there is none."""
    there = [folder for folder in (run / CHECKPOINTS).glob("step_*") if CHECKPOINT.fullmatch(folder.name)]
    for folder in sorted(there, key=step_of, reverse=True):
        if lacking := [name for name in (CONFIG, WEIGHTS) if not (folder / name).is_file()]:
            return f"{folder} lacks {' and '.join(lacking)}, and there is no other checkpoint"
    return ""


def run_of(loaded: LoadedModel) -> Path:
    """The run folder that a model came from, or its own folder when it stands alone."""
    folder = loaded.path
    return folder.parent.parent if folder.parent.name == CHECKPOINTS else folder


def list_checkpoints(run: Path) -> list[Path]:
    """The complete checkpoints of a run folder, oldest first; those that lack a file are nobody's."""
    return sorted(_complete(run, "step", CONFIG, WEIGHTS), key=step_of)


def best_checkpoint(run: Path) -> Path | None:
    """The checkpoint of a run that was the best on its validation puzzles; None when it has not validated.

    There may be two for a moment, when a better one has just been written.
    """
    found = {folder: read_validation(folder) for folder in _complete(run, "best", CONFIG, WEIGHTS, VALIDATION)}
    return max(found, key=lambda folder: (found[folder]["solved"], found[folder]["cells"])) if found else None


def _complete(run: Path, kind: str, *files: str) -> list[Path]:
    folders = [p for p in (run / CHECKPOINTS).glob(f"{kind}_*") if CHECKPOINT.fullmatch(p.name)]
    return [folder for folder in folders if all((folder / file).is_file() for file in files)]


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


def task_config(config: Mapping[str, Any], where: str) -> TaskConfig:
    """The task of a ``config.json``. Raises ``InputError`` for an unknown name or key."""
    values = config.get("task")
    if not isinstance(values, dict) or not isinstance(values.get("name", ""), str):
        raise InputError(f"{where} is not a configuration that hrm wrote: it names no task")
    return from_dict(look_up(TASKS, values.get("name", ""), "task"), values, where)


def build_task(config: Mapping[str, Any], where: str) -> Task:
    """The task alone, without its model. Raises ``InputError``, as ``folder.build`` does for both."""
    if config.get("format") != FORMAT or "model" not in config or "task" not in config:
        raise InputError(f"{where} is not a configuration that hrm wrote (format {FORMAT})")
    return task_config(config, where).build()
