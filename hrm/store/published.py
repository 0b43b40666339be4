"""Checkpoints as the published training codes leave them (HRM, TRM, its transformer baseline, URM): where they lie.

::

    FOLDER/
        all_config.yaml     the run; ``arch`` is the model
        step_N              ``torch.save`` of a bare state dict; some are called ``checkpoint``

People pass them on under other names (``maze_hard_step_N``, ``step_N.pt``, ``model.safetensors``, ``last.ckpt``). What
is in the file is read by ``published_weights.py``, what its configuration says by ``published_settings.py``. No torch
here: whoever names such a folder as a model is told at once.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from hrm.errors import InputError
from hrm.files import broken_link, kind_of

CONFIG = "all_config.yaml"
CONFIGS = (CONFIG, "all_config.yml", "config.yaml", "config.yml")
"""Names of the configuration, the published one first."""

OURS = "config.json"
"""The configuration of a model folder of this package."""

BROWSER = "?download=true"
"""The end of a name that ``wget`` makes of a link to a hub's file."""

SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")
_SUFFIX = rf"(?:{'|'.join(map(re.escape, SUFFIXES))})?"
_STEP = re.compile(rf"(?:[\w.=-]*?[_.-])?step[_=-]?(\d+)(?:[_-](?!all_preds)[\w-]+)?{_SUFFIX}")
_NO_MODEL = re.compile(r"optim|scheduler|(^|[_.-])(preds?|rng|training_args)([_.-]|$)")
"""Files of a run that hold something else than the model."""

IMPORT = "make a model folder of it first: hrm import {} --recipe RECIPE --out FOLDER"


class Source(NamedTuple):
    """A checkpoint on disk."""

    weights: Path
    config: Path | None  # None: there is none beside it
    step: int | None


def step_of(name: str) -> int | None:
    """N of a file called ``step_N``, ``step_N_WORDS``, ``WORDS_step_N``, with a suffix or none; None for other files
    (saved predictions among them)."""
    match = _STEP.fullmatch(name.removesuffix(BROWSER))
    return int(match[1]) if match else None


def is_weights(name: str) -> bool:
    """True where a file is called like a checkpoint."""
    name = name.removesuffix(BROWSER)
    return step_of(name) is not None or name == "checkpoint" or (name.endswith(SUFFIXES) and not _NO_MODEL.search(name))


def config_in(names: Collection[str], wanted: Iterable[str] = CONFIGS) -> str | None:
    """The configuration among the files of a folder."""
    return next((name + end for name in wanted for end in ("", BROWSER) if name + end in names), None)


def choose(names: Iterable[str], step: int | None, where: str) -> str:
    """The latest checkpoint among the files, or that of ``step``.

    Raises ``InputError`` when there is none, and names those of which several would do.
    """
    names = sorted(name for name in names if is_weights(name))
    steps: dict[int, list[str]] = {}
    for name in names:
        if (n := step_of(name)) is not None:
            steps.setdefault(n, []).append(name)
    if step is not None and step not in steps:
        raise InputError(
            f"{where} has no checkpoint of step {step}. Steps: {', '.join(map(str, sorted(steps))) or 'none'}"
        )
    chosen = max(steps) if steps and step is None else step
    found = names if chosen is None else steps[chosen]
    if not found:
        raise InputError(
            f"{where} holds no checkpoint of the published code: no file step_N, none called checkpoint, none that "
            f"ends in {', '.join(SUFFIXES)}"
        )
    if len(found) > 1:
        listed = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        of = "" if chosen is None else f" of step {chosen}"
        raise InputError(
            f"{where} holds {len(found)} checkpoints{of}: {listed}. Name the file: hrm import {where}/{found[0]}"
        )
    return found[0]


def find(path: Path, step: int | None = None, config: Path | None = None) -> Source:
    """The checkpoint in a folder, or a file, with its configuration beside it. config: where that lies elsewhere.

    Raises ``InputError``.
    """
    kind = kind_of(path)
    if broken := broken_link(path):
        raise InputError(f"{path}: {broken}")
    if kind is None:
        raise InputError(f"there is no checkpoint at {path}: name a folder with step_N and {CONFIG}, or a file")
    if kind == "file" and step is not None:
        raise InputError(f"{path} is a file: --step chooses among the files of a folder")
    if config is not None and kind_of(config) != "file":
        raise InputError(f"there is no configuration at {config}")
    folder = path if kind == "folder" else path.parent
    names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    for entry in folder.iterdir() if kind == "folder" else ():
        if (is_weights(entry.name) or config_in([entry.name])) and (broken := broken_link(entry)):
            raise InputError(f"{entry}: {broken}")
    beside = config_in(names)
    if kind == "folder" and config is None and beside is None:
        _refuse_folder(folder, [name for name in names if is_weights(name)])
    name = path.name if kind == "file" else choose(names, step, str(folder))
    if config is None and beside is not None:
        config = folder / beside
    return Source(folder / name, config, step_of(name))


def _refuse_folder(folder: Path, weights: list[str]) -> None:
    """``InputError`` for a folder without a configuration, unless a file in it may have its own (``.ckpt``)."""
    if any(name.removesuffix(BROWSER).endswith(".ckpt") for name in weights):
        return
    if (folder / OURS).is_file():
        raise InputError(f"{folder} is no checkpoint of the published code: it has a config.json. Try it with --model")
    within = sorted(
        inner.name for inner in folder.iterdir() if inner.is_dir() and config_in([f.name for f in inner.iterdir()])
    )
    if within:
        raise InputError(f"{folder} holds no {CONFIG}, but {', '.join(within)} does: name {folder / within[0]}")
    raise InputError(f"{folder} is not a checkpoint of the published code: it holds no {CONFIG}{_without(weights)}")


def _without(weights: list[str]) -> str:
    if not weights:
        return ""
    return f", which says what {weights[0]} is. Get it from where that came from, or name it with --config"


def is_published(path: Path) -> bool:
    """True for a folder or file that looks like a checkpoint of the published code, or holds folders of them; False for
    what is, or may be, a model of this package."""
    kind = kind_of(path)
    with contextlib.suppress(OSError):
        if kind == "file":
            return is_weights(path.name) and not (path.parent / OURS).exists()
        if kind == "folder" and not (path / OURS).exists():
            return _holds_one(path) or any(_holds_one(inner) for inner in path.iterdir() if inner.is_dir())
    return False


def _holds_one(folder: Path) -> bool:
    names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    if any(step_of(name) is not None for name in names) or config_in(names, CONFIGS[:2]):
        return True
    return config_in(names) is not None and any(map(is_weights, names))
