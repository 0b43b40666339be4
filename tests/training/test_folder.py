from __future__ import annotations

import errno
import json
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from run_folders import restored, trained

from hrm.errors import InputError, Notice
from hrm.store.folder import load_model, read_tensors
from hrm.store.locate import list_checkpoints
from hrm.training import checkpoint as checkpoint_module
from hrm.training.checkpoint import STATE
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
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


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_place_that_is_no_run_is_not_offered_to_go_on(tiny_run: RunConfig, tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "runs/mine").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name, said in (("runs", "is not a run folder"), ("file", "is a file, not a folder")):
        with pytest.raises(InputError, match=said) as error:
            RunFolder.create(tmp_path / name, tiny_run, overwrite)
        assert "--resume" not in str(error.value)
