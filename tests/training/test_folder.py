from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from hrm.errors import InputError
from hrm.store.folder import load_model
from hrm.store.locate import list_checkpoints
from hrm.training import folder as folder_module
from hrm.training.folder import RunConfig, RunFolder
from hrm.training.loop import TrainState
from hrm.training.run import prepare, run


def test_the_configuration_is_enough_to_repeat_the_run(tiny_run: RunConfig, tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", tiny_run)
    saved = json.loads((tmp_path / "run/config.json").read_text())
    assert RunConfig.from_dict(saved, "config.json") == tiny_run


def test_an_existing_run_is_never_overwritten_unasked(tiny_run: RunConfig, tmp_path: Path) -> None:
    path = tmp_path / "run"
    RunFolder.create(path, tiny_run)
    with pytest.raises(InputError, match=r"exists already: go on with --resume"):
        RunFolder.create(path, tiny_run)
    (path / "checkpoints/step_00000001").mkdir()
    RunFolder.create(path, tiny_run, overwrite=True)
    assert list_checkpoints(path) == []


def test_what_is_no_run_folder_is_not_even_overwritten_when_asked(tiny_run: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="is not a run folder"):
        RunFolder.create(tmp_path, tiny_run, overwrite=True)
    assert (tmp_path / "thesis.tex").exists()


def test_resuming_with_other_settings_names_them(tiny_run: RunConfig, tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", tiny_run)
    other = replace(tiny_run, seed=4, training=replace(tiny_run.training, lr=0.5))
    with pytest.raises(InputError, match=r"seed is 3, not 4; training\.lr is 0\.01, not 0\.5"):
        RunFolder.open(tmp_path / "run", other)
    RunFolder.open(tmp_path / "run", replace(tiny_run, runtime=replace(tiny_run.runtime, compile="auto")))


def restored(folder: RunFolder) -> TrainState:
    state = prepare(folder.config).state
    assert folder.restore(state)
    return state


def trained(tiny_run: RunConfig, path: Path) -> RunFolder:
    folder = RunFolder.create(path, tiny_run)
    run(folder, prepare(folder.config))
    return folder


def test_the_last_two_checkpoints_are_kept_and_are_model_folders(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(replace(tiny_run, training=replace(tiny_run.training, save_every=3)), tmp_path / "run")
    assert [p.name for p in list_checkpoints(folder.path)] == ["step_00000009", "step_00000012"]
    loaded = load_model(list_checkpoints(folder.path)[0])
    assert loaded.config["recipe"] == "tiny"
    state = restored(folder)
    assert torch.equal(load_model(folder.path).model.lm_head.weight, state.ema.average["lm_head.weight"])


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_last_good_checkpoint(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    state = restored(folder)
    state.step = 13

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(folder_module.os, call, full)
    with pytest.raises(InputError, match=r"No space left.*last good checkpoint is step_00000012.*--resume"):
        folder.save(state)
    monkeypatch.undo()
    assert [p.name for p in (folder.path / "checkpoints").iterdir() if p.name.startswith("tmp_")] == []
    assert restored(folder).step == 12


def test_what_a_killed_save_left_is_ignored_and_swept_away(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    half = folder.path / "checkpoints/tmp_step_00000099"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    state = restored(folder)
    assert state.step == 12
    folder.save(state)
    assert not half.exists()


def test_lines_after_the_checkpoint_are_done_again(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    metrics = folder.path / "metrics.jsonl"
    metrics.write_text(metrics.read_text() + '{"step": 15}\n{"step": 16, "lo')
    restored(folder)
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    assert steps == [3, 6, 9, 12]


def test_a_seed_below_zero_is_refused(tiny_run: RunConfig) -> None:
    with pytest.raises(InputError, match="seed is -1"):
        replace(tiny_run, seed=-1)
