"""A trained model as a folder to share: ``config.json``, ``model.safetensors``, ``README.md``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import safetensors.torch

from hrm.checkpoint import CONFIG, WEIGHTS, LoadedModel, run_of
from hrm.export.card import card, read_results
from hrm.quantize import Precision, stored_as
from hrm.types import InputError


def save_folder(loaded: LoadedModel, folder: Path, precision: Precision) -> None:
    """A model folder at ``folder``, whole or not at all. Raises ``InputError``."""
    with new_folder(folder) as unfinished:
        write_files(loaded, unfinished, precision, name=str(folder))


def write_files(loaded: LoadedModel, folder: Path, precision: Precision, name: str) -> None:
    """The files of a model folder into one that is there. name: what the card calls it in its commands."""
    weights = stored_as(loaded.model.state_dict(), precision)
    safetensors.torch.save_file(weights, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(loaded.config, indent=2) + "\n")
    (folder / "README.md").write_text(card(loaded, read_results(run_of(loaded)), precision, name))


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` to write into, renamed to it at the end; gone when that end is not reached.

    Raises ``InputError`` when ``folder`` exists already, or the disk refuses.
    """
    if folder.exists():
        raise InputError(f"{folder} exists already: choose a folder that does not")
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
        try:
            unfinished.chmod(0o777 & ~_umask())
            yield unfinished
            os.replace(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
