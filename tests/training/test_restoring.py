from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from run_folders import refuse_to_read, restored, trained
from safetensors.torch import save_file

from hrm.errors import InputError, Notice
from hrm.store.checksums import SUMS
from hrm.store.folder import load_model, read_tensors
from hrm.store.locate import list_checkpoints
from hrm.training.checkpoint import STATE
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare, run


@pytest.mark.parametrize("name", ["state.safetensors", "model.safetensors", "config.json"])
def test_an_incomplete_checkpoint_is_nobodys(tiny_run: RunConfig, tmp_path: Path, name: str) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    (folder.path / "checkpoints/step_00000012" / name).unlink()
    (folder.path / "checkpoints/step_mine").mkdir()
    with pytest.warns(Notice, match=rf"step_00000012 lacks {name}: passed over.*before, step_00000006"):
        assert restored(folder).step == 6
    assert load_model(folder.path).path.name == ("step_00000012" if name == "state.safetensors" else "step_00000006")


@pytest.mark.parametrize("content", [b"", b"half", None])
def test_a_damaged_checkpoint_is_passed_over_and_named(
    tiny_run: RunConfig, tmp_path: Path, content: bytes | None
) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    earlier, last = (path / STATE for path in list_checkpoints(folder.path))
    last.write_bytes(last.read_bytes()[:-100] if content is None else content)
    with pytest.warns(Notice, match=r"step_00000012/state.*passed over.*the checkpoint before, step_00000006"):
        assert restored(folder).step == 6
    prepared = prepare(folder.config)
    with pytest.warns(Notice, match="passed over"):
        folder.restore(prepared.state)
    assert run(folder, prepared).is_finished
    assert restored(folder).step == 12
    for file in (earlier, last):
        file.write_bytes(b"")
    with pytest.raises(InputError, match=r"step_00000012/state\.safetensors: truncated.*no checkpoint is left"):
        restored(folder)
    for file in (earlier, last):
        file.unlink()
    with pytest.raises(
        InputError, match=r"step_00000012 lacks state\.safetensors; no checkpoint is left .* --overwrite"
    ):
        restored(folder)
    shutil.rmtree(folder.path / "checkpoints")
    with pytest.warns(Notice, match="has no checkpoint yet: its steps are done again from the first"):
        assert not folder.restore(prepare(folder.config).state)


FILES = ("config.json", "model.safetensors", STATE, SUMS)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_anywhere_is_seen_and_told_once(tiny_run: RunConfig, tmp_path: Path, name: str) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    before, last = list_checkpoints(folder.path)
    whole = (last / name).read_bytes()
    for place in sorted({0, len(whole) // 3, len(whole) - 1, *range(0, len(whole), len(whole) // 7)}):
        (last / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.warns(Notice, match=rf"step_00000012.*: passed over.*before, {before.name}") as told:
            assert restored(folder).step == 6
        assert len(told) == 1
    (last / name).write_bytes(whole)
    assert restored(folder).step == 12


def test_checkpoints_of_before_have_no_sums_and_load(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    for checkpoint in list_checkpoints(folder.path):
        (checkpoint / SUMS).unlink()
    assert restored(folder).step == 12
    assert load_model(folder.path).path.name == "step_00000012"


def test_what_was_passed_over_goes_when_there_is_something_better(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(replace(tiny_run, training=replace(tiny_run.training, keep_checkpoints=1)), tmp_path / "run")
    (folder.path / "checkpoints/step_00000012" / STATE).write_bytes(b"")
    state = prepare(folder.config).state
    state.step = 7
    folder.save(state)
    assert [p.name for p in list_checkpoints(folder.path)] == ["step_00000007"]


@pytest.mark.parametrize("keep", [0, 1, 2])
def test_a_checkpoint_that_a_disk_does_not_give_is_passed_over_and_stays(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: int
) -> None:
    folder = trained(replace(tiny_run, training=replace(tiny_run.training, keep_checkpoints=2)), tmp_path / "run")
    folder = RunFolder(folder.path, replace(tiny_run, training=replace(tiny_run.training, keep_checkpoints=keep)))
    last = folder.path / "checkpoints/step_00000012"
    refuse_to_read(monkeypatch, last / STATE)
    with pytest.warns(Notice, match=r"step_00000012/state.*passed over.*before, step_00000006"):
        state = restored(folder)
    for state.step in (7, 8):
        folder.save(state)
    kept = {0: ["06", "07", "08"], 1: ["08"], 2: ["07", "08"]}[keep]
    assert [p.name[-2:] for p in list_checkpoints(folder.path)] == [*kept, "12"], "it takes the place of none"
    monkeypatch.undo()
    assert restored(folder).step == 12
    refuse_to_read(monkeypatch, *(one / STATE for one in list_checkpoints(folder.path)))
    with pytest.raises(InputError, match=r"no checkpoint can be read: look at the disk, then --resume again"):
        restored(folder)


def test_a_state_of_another_model_or_without_numbers_is_refused_in_one_line(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    for state in (path / STATE for path in list_checkpoints(folder.path)):
        tensors = read_tensors(state)
        name = next(name for name in tensors if name.startswith("ema."))
        save_file({**tensors, name: tensors[name] * math.nan}, state)
        (state.parent / SUMS).unlink()  # as if training had done it
    with pytest.raises(InputError, match=r"step_00000012/state\.safetensors: .* holds NaN"):
        restored(folder)
    wider = replace(folder.config, model=replace(folder.config.model, hidden_size=32))
    with pytest.raises(InputError, match=r"does not fit its config.json: .*the model needs \(32") as error:
        RunFolder(folder.path, wider).restore(prepare(wider).state)
    assert "\n" not in str(error.value)


def test_a_checkpoint_that_lacks_a_file_is_named_to_those_who_want_a_model(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    for checkpoint in list_checkpoints(folder.path):
        (checkpoint / "config.json").unlink()
    for chosen in (None, "step_00000012"):
        with pytest.raises(InputError, match=r"step_00000012 lacks config.json, and there is no other checkpoint"):
            load_model(folder.path, checkpoint=chosen)
