"""A run with a sharded table of puzzle embeddings: the numbers, the checkpoints and the end of one with a whole one."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from arc_tasks import settings_of
from conftest import tiny_config
from ranks import in_ranks

from hrm.errors import InputError
from hrm.evaluation.table import concatenate, evaluate
from hrm.files import writable
from hrm.nn.embedding import sharded_tables
from hrm.store import shards as shards_module
from hrm.store.folder import load_model, read_tensors
from hrm.store.locate import WEIGHTS, best_checkpoint, list_checkpoints
from hrm.store.shards import INDEX, shards_in
from hrm.tasks.arc import ArcConfig
from hrm.training.config import RunConfig
from hrm.training.folder import STATE, RunFolder
from hrm.training.loop import initial_state
from hrm.training.pace import seconds_per_step
from hrm.training.run import begun, prepare, run
from hrm.training.shards import num_weights
from hrm.world import ALONE, World

TABLE = "embedding.puzzles.weight"


def config_in(folder: Path, **training: Any) -> RunConfig:
    """ARC tasks with 22 puzzle ids; a run of 12 steps that saves after 4 and 8."""
    config = tiny_config()
    task = ArcConfig(**settings_of(folder / "tasks"), num_augmentations=6, canvas=6)
    more = {"puzzle_lr": 0.05, "save_every": 4, "keep_checkpoints": 0, **training}
    return replace(config, task=task, training=replace(config.training, **more))


def go_on(world: World, folder: Path, until: int, sharded: bool = True) -> list[float]:
    """The run in ``folder`` up to a step: the losses that are shown."""
    config = config_in(folder.parent, shard_puzzle_table=sharded)
    shown: list[float] = []
    with begun(folder, config, resume=True, world=world) as (opened, prepared):
        opened.config = replace(opened.config, training=replace(config.training, steps=until))
        run(opened, prepared, on_report=lambda report, rate: shown.append(report.loss))
    return shown


def to_4(world: World, folder: Path) -> list[float]:
    return go_on(world, folder / "run", 4)


def to_12(world: World, folder: Path) -> list[float]:
    return go_on(world, folder / "run", 12)


def test_two_ranks_save_one_goes_on_then_four(tmp_path: Path) -> None:
    config_in(tmp_path)
    shown = in_ranks(2, to_4, tmp_path)[0] + go_on(ALONE, tmp_path / "run", 8) + in_ranks(4, to_12, tmp_path)[0]
    checkpoints = list_checkpoints(tmp_path / "run")
    assert [checkpoint.name for checkpoint in checkpoints] == ["step_00000004", "step_00000008", "step_00000012"]
    found = [shards_in(checkpoint) for checkpoint in checkpoints]
    assert [shards.num for shards in found if shards] == [2, 1, 4]
    for checkpoint in checkpoints:
        assert TABLE not in read_tensors(checkpoint / WEIGHTS)
        assert f"model.{TABLE}" not in read_tensors(checkpoint / STATE)
    plain = [go_on(ALONE, tmp_path / "plain", until, sharded=False) for until in (4, 8, 12)]
    assert shown == pytest.approx([loss for part in plain for loss in part], abs=1e-3)

    # One rank that goes on from what two have saved, evaluated: as with a whole table.
    one, other = (load_model(tmp_path / name, checkpoint="step_8") for name in ("run", "plain"))
    table = one.model.state_dict()[TABLE]
    assert table.shape == (22, 8)
    assert (table != 0).any(1).sum() > 5
    assert torch.allclose(table, other.model.state_dict()[TABLE], atol=1e-3)
    runtime = prepare(config_in(tmp_path)).runtime
    tables = [
        concatenate(list(evaluate(loaded.model, loaded.task, runtime, max_segments=2))) for loaded in (one, other)
    ]
    assert (tables[0].answers == tables[1].answers).mean() > 0.99


def test_one_rank_ends_as_with_a_whole_table_to_the_bit(tmp_path: Path) -> None:
    for name, sharded in (("run", True), ("plain", False)):
        go_on(ALONE, tmp_path / name, 8, sharded)
    one, other = (load_model(tmp_path / name).model.state_dict() for name in ("run", "plain"))
    assert all(torch.equal(one[name], other[name]) for name in other)
    state = prepare(RunFolder.open(tmp_path / "run").config).state
    plain = load_model(tmp_path / "plain").model
    assert num_weights(state.model) == num_weights(plain) == sum(p.numel() for p in plain.parameters())


def validated(world: World, folder: Path, sharded: bool = True) -> list[Any]:
    """What validation finds in a run of Sudokus, of which all have one id: the second rank has no row at all."""
    config = tiny_config()
    training = replace(config.training, validate_every=4, num_validation=5, shard_puzzle_table=sharded)
    found: list[Any] = []
    with begun(folder / "run", replace(config, training=training), world=world) as (opened, prepared):
        run(opened, prepared, on_report=lambda report, rate: found.append(report.validation))
    return [one for one in found if one is not None]


def test_the_best_checkpoint_has_its_table(tmp_path: Path) -> None:
    first, second = in_ranks(2, validated, tmp_path)
    assert second == [], "one rank alone shows reports"
    plain = validated(ALONE, tmp_path / "plain", sharded=False)
    assert [one.solved for one in first] == [one.solved for one in plain]
    assert [one.cells for one in first] == pytest.approx([one.cells for one in plain], abs=0.05)
    best = best_checkpoint(tmp_path / "run")
    assert best is not None
    shards = shards_in(best)
    assert shards is not None
    assert (shards.num, shards.tables) == (2, {TABLE: (1, 8)})
    table = load_model(tmp_path / "run").model.state_dict()[TABLE]
    assert torch.equal(table, shards.read_whole()[TABLE])
    assert table.any()


@pytest.mark.parametrize("what", ["missing", "short", "index"])
def test_a_checkpoint_with_a_spoilt_shard_is_passed_over(tmp_path: Path, what: str) -> None:
    go_on(ALONE, tmp_path / "run", 8)
    last = list_checkpoints(tmp_path / "run")[-1]
    shards = shards_in(last)
    assert shards is not None
    file = shards.file(0)
    if what == "short":
        file.write_bytes(file.read_bytes()[:-4])
    else:
        (file if what == "missing" else last / INDEX).unlink()
    with pytest.raises(InputError, match=r"missing, truncated|missing embedding.puzzles.weight"):
        load_model(tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    state = prepare(folder.config, is_new=False).state
    with pytest.warns(match="passed over. The run goes on from the checkpoint before, step_00000004"):
        assert folder.restore(state)
    assert state.step == 4


def test_a_disk_that_is_full_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on(ALONE, tmp_path / "run", 4)

    def full(file: Path, advice: str) -> None:
        with writable(file, advice):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shards_module, "whole_file", full)
    with pytest.raises(InputError, match=r"cannot write .*puzzles-00000.*: No space left on device.*--resume"):
        go_on(ALONE, tmp_path / "run", 8)
    assert [p.name for p in (tmp_path / "run" / "checkpoints").iterdir()] == ["step_00000004"]


def test_how_long_a_step_takes_is_tried_without_a_trace(tmp_path: Path) -> None:
    config = config_in(tmp_path, shard_puzzle_table=True)
    prepared = prepare(config)
    (rows,) = sharded_tables(prepared.state.model).values()
    with torch.no_grad():
        rows.own += 1
    seconds_per_step(prepared, config.training, 3, 0.1, lambda: 1.0)
    assert torch.equal(rows.own, torch.ones_like(rows.own))


def test_what_cannot_be_sharded_is_refused(tmp_path: Path) -> None:
    config = config_in(tmp_path, shard_puzzle_table=True)
    with pytest.raises(InputError, match=r"shard_puzzle_table: the model has no puzzle embeddings"):
        prepare(replace(config, model=replace(config.model, puzzle_embedding_size=0)))
    prepared = prepare(config)
    captured = prepared.runtime._replace(capture=True, must_capture=True)
    with pytest.raises(InputError, match=r"capture yes: rows of a sharded puzzle table"):
        initial_state(prepared.state.model, prepared.task.spec, config.training, 3, captured)
    with pytest.raises(InputError, match=r"a sharded table begins anew, not with --init"):
        prepare(replace(config, init="sudoku"))
