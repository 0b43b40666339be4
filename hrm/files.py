"""Files and folders that appear whole or not at all, and JSON that people may have spoilt."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hrm.errors import InputError


def write_synced(file: Path, content: bytes) -> None:
    """Writes and waits until the disk has it."""
    with open(file, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def write_whole(file: Path, content: bytes) -> None:
    """Writes a file that is either whole or as it was before."""
    unfinished = file.with_name(f".{file.name}.tmp")
    write_synced(unfinished, content)
    os.replace(unfinished, file)


def sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):  # not on Windows
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object. Raises ``InputError`` when the file is missing or holds anything else."""
    try:
        values = json.loads(file.read_text())
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{file} is not a configuration that hrm wrote")
    return values


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` to write into, renamed to it at the end; gone when that end is not reached.

    Raises ``InputError`` when ``folder`` exists already, or the disk refuses.
    """
    refuse_existing(folder)
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


def refuse_existing(folder: Path) -> None:
    """Raises ``InputError`` for a model folder that would have to be overwritten."""
    if folder.exists():
        raise InputError(f"{folder} exists already: choose a folder that does not")
