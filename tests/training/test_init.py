from __future__ import annotations

import shlex
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hrm.errors import InputError, Notice
from hrm.export.card import command
from hrm.store.folder import load_model
from hrm.training.config import RunConfig
from hrm.training.init import begin_from
from hrm.training.run import begun, prepare, run


def finished(config: RunConfig, path: Path) -> Path:
    with begun(path, config) as (folder, prepared):
        assert run(folder, prepared).is_finished
    return path


def test_a_run_begins_with_the_evaluated_weights_of_another(tiny_run: RunConfig, tmp_path: Path) -> None:
    first = finished(tiny_run, tmp_path / "first")
    state = prepare(replace(tiny_run, seed=9, init=str(first))).state
    averaged = load_model(first).model.state_dict()
    assert state.step == 0
    for name, tensor in state.model.state_dict().items():
        assert torch.equal(tensor, averaged[name]), name
    assert state.ema is not None
    assert all(torch.equal(state.ema.average[name], averaged[name]) for name in state.ema.average)


def test_where_it_began_is_kept_and_told_and_not_needed_again(tiny_run: RunConfig, tmp_path: Path) -> None:
    first = finished(tiny_run, tmp_path / "first")
    config = replace(tiny_run, init=str(first))
    second = tmp_path / "second"
    with begun(second, config) as (folder, prepared):
        run(folder, prepared, max_minutes=1e-9)
    assert RunConfig.from_dict(config.to_dict(), "") == config
    assert "init" not in tiny_run.to_dict(), "other runs keep the configuration they had"
    assert shlex.join(["--init", str(first)]) in command({**config.to_dict(), "recipe": "sudoku-4x4"})
    first.rename(tmp_path / "moved")
    with begun(second, config, resume=True) as (folder, prepared):
        assert prepared.state.step == 1
        assert run(folder, prepared).is_finished


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_there_again(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    config = replace(tiny_run, init=str(finished(tiny_run, tmp_path / "first")))
    with begun(tmp_path / "second", config):
        pass
    with begun(tmp_path / "second", config, resume=True) as (_, prepared):
        wanted = load_model(tmp_path / "first").model.state_dict()
        assert all(torch.equal(tensor, wanted[name]) for name, tensor in prepared.state.model.state_dict().items())


def test_other_shapes_are_refused_before_anything_is_written(tiny_run: RunConfig, tmp_path: Path) -> None:
    first = finished(tiny_run, tmp_path / "first")
    wider = replace(tiny_run, model=replace(tiny_run.model, hidden_size=32), init=str(first))
    with (
        pytest.raises(InputError, match=r"does not fit the model of this run: .*the model needs"),
        begun(tmp_path / "second", wider),
    ):
        raise AssertionError("it cannot begin")
    assert not (tmp_path / "second").exists()
    with pytest.raises(InputError, match="there is no model at"):
        prepare(replace(tiny_run, init=str(tmp_path / "nowhere")))


def test_another_number_of_puzzles_begins_anew_and_is_told(tiny_run: RunConfig, tmp_path: Path) -> None:
    first = finished(tiny_run, tmp_path / "first")
    spec = tiny_run.task.build().spec
    other = tiny_run.model.build(replace(spec, num_puzzles=7))
    with pytest.warns(Notice, match="knows 1 puzzle ids, this task has 7: their embeddings begin anew"):
        begin_from(str(first), other)
    trained = load_model(first).model.state_dict()
    for name, tensor in other.state_dict().items():
        assert "puzzles" in name or torch.equal(tensor, trained[name]), name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        begin_from(str(first), tiny_run.model.build(spec))
