from __future__ import annotations

import errno
import json
import math
import os
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from hrm.errors import InputError, Notice
from hrm.store import checksums
from hrm.store.checksums import SUMS
from hrm.store.folder import load_model, read_tensors
from hrm.store.locate import list_checkpoints
from hrm.training import checkpoint as checkpoint_module
from hrm.training.checkpoint import STATE
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import TrainState
from hrm.training.run import prepare, run
from hrm.training.validation import Validation


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


def test_what_changes_nothing_of_the_result_may_be_another_and_is_kept(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    other = replace(tiny_run, training=replace(tiny_run.training, save_minutes=1.5, keep_checkpoints=5))
    again = RunFolder.open(folder.path, other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert again.restore(prepare(other).state)
    assert RunFolder.open(folder.path).config == other


@pytest.mark.parametrize(("before", "wanted"), [(0, 2), (3, 2)])
def test_fewer_checkpoints_than_are_kept_would_delete_some(
    tiny_run: RunConfig, tmp_path: Path, before: int, wanted: int
) -> None:
    def keeping(num: int) -> RunConfig:
        return replace(tiny_run, training=replace(tiny_run.training, keep_checkpoints=num))

    RunFolder.create(tmp_path / "run", keeping(before))
    with pytest.raises(InputError, match=f"keep_checkpoints is {before}, not {wanted}"):
        RunFolder.open(tmp_path / "run", keeping(wanted))
    assert RunFolder.open(tmp_path / "run", keeping(0)).config == keeping(0)


def test_of_checkpoints_by_the_clock_the_last_stays_where_all_others_do(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = replace(tiny_run, training=replace(tiny_run.training, keep_checkpoints=0))
    folder, state = RunFolder.create(tmp_path / "run", config), prepare(config).state
    for state.step, is_passing in ((3, False), (4, True), (5, True), (6, False), (7, True)):
        folder.save(state, is_passing=is_passing)
    assert [p.name[-1] for p in list_checkpoints(folder.path)] == ["3", "6", "7"]


def test_of_checkpoints_by_the_clock_none_stays_after_a_kill_either(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = replace(tiny_run, training=replace(tiny_run.training, keep_checkpoints=0))
    state = prepare(config).state
    RunFolder.create(tmp_path / "run", config)
    for state.step, is_passing in ((3, False), (4, True), (5, False), (7, True), (8, True)):
        RunFolder.open(tmp_path / "run").save(state, is_passing=is_passing)  # each by a process of its own
    assert [p.name[-1] for p in list_checkpoints(tmp_path / "run")] == ["3", "5", "8"]


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


@pytest.mark.parametrize(("keep", "kept"), [(0, [3, 6, 9, 12]), (1, [12]), (3, [6, 9, 12])])
def test_as_many_checkpoints_are_kept_as_asked_for(
    tiny_run: RunConfig, tmp_path: Path, keep: int, kept: list[int]
) -> None:
    training = replace(tiny_run.training, save_every=3, keep_checkpoints=keep)
    folder = trained(replace(tiny_run, training=training), tmp_path / "run")
    assert [int(p.name.removeprefix("step_")) for p in list_checkpoints(folder.path)] == kept


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_last_good_checkpoint(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    state = restored(folder)
    state.step = 13

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint_module.os, call, full)
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


@pytest.mark.parametrize("call", ["save", "keep_if_best"])
def test_a_kill_while_an_old_checkpoint_goes_leaves_a_run_that_loads_and_resumes(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Deleting is many steps; the first takes the weights, the next never comes."""
    folder = trained(tiny_run, tmp_path / "run")
    state = restored(folder)
    folder.keep_if_best(state, Validation(5, 0.1, (0.0, 0.5), 0.5))

    class KilledError(Exception):
        pass

    def half(path: Path, **more: Any) -> None:
        (Path(path) / "model.safetensors").unlink()
        raise KilledError

    monkeypatch.setattr(checkpoint_module.shutil, "rmtree", half)
    state.step = 13
    with pytest.raises(KilledError):
        folder.save(state) if call == "save" else folder.keep_if_best(state, Validation(5, 0.9, (0.0, 1.0), 0.9))
    monkeypatch.undo()
    assert restored(folder).step == (13 if call == "save" else 12)
    assert load_model(folder.path).path.name == ("best_00000012" if call == "save" else "best_00000013")
    folder.save(state)
    assert not list((folder.path / "checkpoints").glob("tmp_*"))


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


def refuse_to_read(monkeypatch: pytest.MonkeyPatch, *files: Path, code: int = errno.EIO) -> None:
    """A disk that has these files, and does not give them."""

    def sha256(file: Path) -> str:
        if file in files:
            raise OSError(code, os.strerror(code))
        return whole(file)

    whole = checksums.sha256
    monkeypatch.setattr(checksums, "sha256", sha256)


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


def test_more_steps_and_no_fewer(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    longer = replace(tiny_run, training=replace(tiny_run.training, steps=20))
    fewer = replace(tiny_run, training=replace(tiny_run.training, steps=11))
    with pytest.raises(InputError, match=r"training\.steps is 12, not 11"):
        RunFolder.open(folder.path, fewer)
    more, prepared = RunFolder.open(folder.path, longer), prepare(longer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a constant rate is what it was
        more.restore(prepared.state)
    assert run(more, prepared).step == 20
    assert RunFolder.open(folder.path).config == longer
    whole = RunFolder.create(tmp_path / "whole", longer)
    run(whole, prepare(longer))
    a, b = (read_tensors(list_checkpoints(path)[-1] / STATE) for path in (folder.path, whole.path))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_schedule_that_is_stretched_is_told(tiny_run: RunConfig, tmp_path: Path) -> None:
    cosine = replace(tiny_run.training, lr_min_ratio=0.1, early_max_segments=(1, 2))
    folder = trained(replace(tiny_run, training=cosine), tmp_path / "run")
    longer = replace(tiny_run, training=replace(cosine, steps=24))
    told = r"24 steps in place of 12 .* step 12 on: the learning rate is 0\.\d+ of .*, not 0\.1, .* 2 segments, not 4"
    with pytest.warns(Notice, match=told):
        RunFolder.open(folder.path, longer).restore(prepare(longer).state)


def test_one_process_at_a_time(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    with folder.held(), folder.held(), pytest.raises(InputError, match="is training in"):
        run(RunFolder.open(folder.path), prepare(tiny_run))
    assert run(folder, prepare(tiny_run)).is_finished


def test_metrics_on_a_full_disk(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    (folder.path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"cannot write .*metrics\.jsonl: No space left.*saved at step 3: make room"):
        run(folder, prepare(tiny_run))
    assert [p.name for p in list_checkpoints(folder.path)] == ["step_00000003"]


def test_lines_after_the_checkpoint_are_done_again(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    metrics = folder.path / "metrics.jsonl"
    metrics.write_text(metrics.read_text() + '{"step": 15}\n{"step": 16, "lo')
    restored(folder)
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    assert steps == [3, 6, 9, 12]


def test_a_checkpoint_that_lacks_a_file_is_named_to_those_who_want_a_model(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = trained(tiny_run, tmp_path / "run")
    for checkpoint in list_checkpoints(folder.path):
        (checkpoint / "config.json").unlink()
    for chosen in (None, "step_00000012"):
        with pytest.raises(InputError, match=r"step_00000012 lacks config.json, and there is no other checkpoint"):
            load_model(folder.path, checkpoint=chosen)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_place_that_is_no_run_is_not_offered_to_go_on(tiny_run: RunConfig, tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "runs/mine").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name, said in (("runs", "is not a run folder"), ("file", "is a file, not a folder")):
        with pytest.raises(InputError, match=said) as error:
            RunFolder.create(tmp_path / name, tiny_run, overwrite)
        assert "--resume" not in str(error.value)
