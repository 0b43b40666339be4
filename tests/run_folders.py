"""Run folders as tests need them: trained to the end, restored, on a disk that does not read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hrm.store import checksums
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import TrainState
from hrm.training.run import prepare, run


def trained(config: RunConfig, path: Path) -> RunFolder:
    """A run of these settings, trained to its end."""
    folder = RunFolder.create(path, config)
    run(folder, prepare(folder.config))
    return folder


def restored(folder: RunFolder) -> TrainState:
    """The state that a run goes on from."""
    state = prepare(folder.config).state
    assert folder.restore(state)
    return state


def refuse_to_read(monkeypatch: pytest.MonkeyPatch, *files: Path, code: int = errno.EIO) -> None:
    """A disk that has these files, and does not give them."""

    def sha256(file: Path) -> str:
        if file in files:
            raise OSError(code, os.strerror(code))
        return whole(file)

    whole = checksums.sha256
    monkeypatch.setattr(checksums, "sha256", sha256)
