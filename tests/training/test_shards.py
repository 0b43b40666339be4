"""A run with a sharded table of puzzle embeddings: the numbers, the checkpoints and the end of one with a whole one."""

from __future__ import annotations

import errno
import re
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from arc_tasks import settings_of
from conftest import tiny_config
from ranks import in_ranks

from hrm.errors import InputError, ToldError
from hrm.evaluation.table import concatenate, evaluate
from hrm.files import writable
from hrm.nn.embedding import sharded_tables
from hrm.runtime import Runtime
from hrm.store import shards as shards_module
from hrm.store.checksums import SUMS, require_undamaged
from hrm.store.folder import load_model, read_tensors
from hrm.store.locate import WEIGHTS, best_checkpoint, list_checkpoints
from hrm.store.shards import INDEX, file_name, shards_in
from hrm.tasks.arc import ArcConfig
from hrm.training.checkpoint import STATE
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import initial_state, train_step
from hrm.training.pace import seconds_per_step
from hrm.training.report import report_of
from hrm.training.run import begun, prepare, run
from hrm.training.shards import num_weights, shard_tables, spec_to_build
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


@pytest.mark.slow
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


def flip(file: Path) -> None:
    """One bit of the last number of a file: it is read as ever, and every number is finite."""
    whole = file.read_bytes()
    file.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])


def to_8(world: World, folder: Path) -> list[float]:
    return go_on(world, folder / "run", 8)


def restored(world: World, folder: Path) -> tuple[int, list[str], torch.Tensor]:
    """Where a rank goes on, what it is told there, and its rows."""
    opened = RunFolder.open(folder / "run")
    state = prepare(opened.config, is_new=False, world=world).state
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        world.together(lambda: opened.restore(state))
    (rows,) = sharded_tables(state.model).values()
    return state.step, [str(one.message) for one in told], rows.own.detach()


@pytest.mark.slow
def test_a_damaged_shard_sends_all_ranks_to_the_checkpoint_before_told_once(tmp_path: Path) -> None:
    config_in(tmp_path)
    in_ranks(2, to_8, tmp_path)
    before, last = list_checkpoints(tmp_path / "run")
    files = ["config.json", WEIGHTS, STATE, INDEX, file_name(0, 2), file_name(1, 2)]
    assert sorted(file.name for file in last.iterdir()) == sorted([*files, SUMS])
    require_undamaged(last, *files)
    assert len((last / SUMS).read_text().splitlines()) == len(files)
    flip(last / file_name(1, 2))
    told = f"{last / file_name(1, 2)} is damaged: its SHA-256 is not the one in {SUMS} beside it"
    with pytest.raises(InputError) as error:
        load_model(tmp_path / "run")
    assert str(error.value).startswith(told)
    load_model(tmp_path / "run", checkpoint="step_4")
    shards = shards_in(before)
    assert shards is not None
    table = shards.read_whole()[TABLE]
    for size in (1, 2):
        found = [restored(ALONE, tmp_path)] if size == 1 else in_ranks(size, restored, tmp_path)
        for rank, (step, notices, rows) in enumerate(found):
            assert step == 4
            passed_over = f"{told}: passed over. The run goes on from the checkpoint before, {before.name}"
            assert notices == ([passed_over] if rank == 0 else [])
            assert torch.equal(rows, table[rank::size])
    flip(before / file_name(0, 2))
    first, *others = in_ranks(4, restored, tmp_path)
    assert type(first) is InputError
    assert str(first) == f"{told}; no checkpoint is left to go on from: --overwrite starts anew"
    assert [type(other) for other in others] == [ToldError] * 3


@pytest.mark.slow
def test_a_best_checkpoint_with_a_spoilt_shard_is_dropped(tmp_path: Path) -> None:
    in_ranks(2, validated, tmp_path)
    best = best_checkpoint(tmp_path / "run")
    assert best is not None
    shutil.copytree(best, tmp_path / "kept")
    for name, spoil in ((file_name(0, 2), flip), (file_name(1, 2), Path.unlink), (INDEX, Path.unlink)):
        spoil(best / name)
        step, told, _ = restored(ALONE, tmp_path)
        assert step == 12
        assert len(told) == 1
        assert re.search(rf"{best.name}.*{name}.*: dropped", told[0])
        assert best_checkpoint(tmp_path / "run") is None
        shutil.copytree(tmp_path / "kept", best)
    assert restored(ALONE, tmp_path)[1] == []


def saved_in_passing(world: World, folder: Path) -> None:
    config = config_in(folder, shard_puzzle_table=True)
    with begun(folder / "run", config, world=world) as (opened, prepared):
        state = prepared.state
        (rows,) = sharded_tables(state.model).values()
        for state.step, is_passing in ((3, False), (4, True), (5, True), (6, False), (7, True)):
            with torch.no_grad():
                rows.own.fill_(state.step)
            opened.save(state, is_passing=is_passing)


@pytest.mark.slow
def test_checkpoints_by_the_clock_have_the_table_and_all_but_the_last_go(tmp_path: Path) -> None:
    config_in(tmp_path)
    in_ranks(2, saved_in_passing, tmp_path)
    checkpoints = list_checkpoints(tmp_path / "run")
    assert [p.name[-1] for p in checkpoints] == ["3", "6", "7"]
    for checkpoint in checkpoints:
        table = load_model(tmp_path / "run", checkpoint=checkpoint.name).model.state_dict()[TABLE]
        assert torch.equal(table, torch.full((22, 8), float(checkpoint.name[-1])))


def reported_norms(world: World, folder: Path) -> list[float]:
    """Norms of the gradient that six steps report, in float64. Few puzzles, so that ranks have the same ones; alone
    with the whole table."""
    config = tiny_config()
    config = replace(config, training=replace(config.training, report_every=1, shard_puzzle_table=world.size > 1))
    task, runtime = config.task.build(), Runtime(torch.device("cpu"), torch.float64, False)
    spec = replace(task.spec, num_puzzles=5)
    torch.manual_seed(3)
    model = config.model.build(spec_to_build(spec, config)).double()
    shard_tables(model, spec, config, world)
    state = initial_state(model, spec, config.training, 3, runtime, world)
    found = []
    for step in range(6):
        ids = torch.randint(5, (8,), generator=torch.Generator().manual_seed(step))
        sums = train_step(state, task.train_batch(step, 8, 3)._replace(puzzle_ids=ids), config.training)
        found.append(report_of(state.step, [sums], world).grad_norm)
    return found


def test_the_reported_norm_is_that_of_the_whole_gradient(tmp_path: Path) -> None:
    alone = reported_norms(ALONE, tmp_path)
    assert min(alone) > 0
    found = in_ranks(2, reported_norms, tmp_path)
    assert all(norms == found[0] for norms in found), "to the bit"
    assert found[0] == pytest.approx(alone, rel=1e-9)


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
