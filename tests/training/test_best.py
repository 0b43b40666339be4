from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from run_folders import refuse_to_read, restored, trained

from hrm.errors import Notice
from hrm.store.checksums import SUMS
from hrm.store.folder import load_model
from hrm.training.config import RunConfig
from hrm.training.validation import Validation


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "validation.json", SUMS])
def test_a_best_checkpoint_that_is_damaged_is_dropped_and_the_next_measurement_chooses(
    tiny_run: RunConfig, tmp_path: Path, name: str
) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    state = restored(folder)
    folder.keep_if_best(state, Validation(5, 0.9, (0.0, 1.0), 0.9))
    file = folder.path / "checkpoints/best_00000012" / name
    file.write_bytes(file.read_bytes()[:-1] + b"~")
    with pytest.warns(Notice, match=rf"best_00000012.*{name}.*: dropped. The next measurement"):
        assert restored(folder).step == 12
    assert not list((folder.path / "checkpoints").glob("best_*"))
    assert folder.keep_if_best(state, Validation(5, 0.1, (0.0, 1.0), 0.1))


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE])
def test_a_best_checkpoint_that_a_disk_does_not_give_is_kept(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    folder.keep_if_best(restored(folder), Validation(5, 0.9, (0.0, 1.0), 0.9))
    best = folder.path / "checkpoints/best_00000012"
    refuse_to_read(monkeypatch, best / "model.safetensors", code=code)
    with pytest.warns(Notice, match=rf"{os.strerror(code)}\): best_00000012 is kept") as told:
        state = restored(folder)
    assert len(told) == 1
    assert not folder.keep_if_best(state, Validation(5, 0.1, (0.0, 1.0), 0.1)), "it is still the best"
    monkeypatch.undo()
    assert load_model(folder.path).path == best


def test_of_two_best_ones_the_better_stays(tiny_run: RunConfig, tmp_path: Path) -> None:
    """A kill may come between the new one's writing and the old one's end."""
    folder = trained(tiny_run, tmp_path / "run")
    state = restored(folder)
    folder.keep_if_best(state, Validation(5, 0.9, (0.0, 1.0), 0.9))
    shutil.copytree(folder.path / "checkpoints/best_00000012", folder.path / "checkpoints/best_00000006")
    validation = folder.path / "checkpoints/best_00000006/validation.json"
    validation.write_text(validation.read_text().replace("0.9", "0.8"))
    (validation.parent / SUMS).unlink()
    restored(folder)
    assert [p.name for p in (folder.path / "checkpoints").glob("best_*")] == ["best_00000012"]
