from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.store.locate import (
    BUILTIN,
    DEFAULT_MODEL,
    best_checkpoint,
    build_task,
    list_checkpoints,
    read_config,
    refuse_own,
    resolve,
    step_of,
    task_config,
)
from hrm.tasks.sudoku import SudokuConfig


def test_results_do_not_take_the_place_of_a_model(tmp_path: Path) -> None:
    for name in ("config.json", "metrics.jsonl", "README.md"):
        refuse_own(tmp_path / name, "choose another")
    model = model_at(tmp_path / "model")
    for name in ("config.json", "model.safetensors", "metrics.jsonl", "README.md", "validation.json"):
        with pytest.raises(InputError, match=rf"{name} belongs to the run or model in .*model: choose another$"):
            refuse_own(model / name, "choose another")
    refuse_own(model / "results.json", "choose another")


def model_at(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).touch()
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for step in (5, 10):
        model_at(tmp_path / f"run/checkpoints/step_{step:08d}")
    return tmp_path / "run"


def validated(run: Path, step: int, solved: float) -> Path:
    best = model_at(run / f"checkpoints/best_{step:08d}")
    values = {"step": step, "solved": solved, "cells": 0.9, "puzzles": 6}
    (best / "validation.json").write_text(json.dumps(values))
    return best


def test_a_run_means_its_best_or_else_its_latest_checkpoint(run: Path) -> None:
    earlier, latest = list_checkpoints(run)
    assert resolve(run) == resolve(latest) == latest
    assert best_checkpoint(run) is None
    validated(run, 4, 0.2)
    best = validated(run, 8, 0.5)
    assert resolve(run) == best_checkpoint(run) == best
    assert (step_of(best), step_of(latest)) == (8, 10)
    for name, folder in (("last", latest), ("best", best), ("step_5", earlier), ("step_00000005", earlier)):
        assert resolve(run, name) == folder
    with pytest.raises(InputError, match="has no checkpoint 'step_7': there are last, step_00000005"):
        resolve(run, "step_7")


def test_a_spoilt_validation_is_named(run: Path) -> None:
    (validated(run, 8, 0.5) / "validation.json").write_text('{"step": 8}')
    with pytest.raises(InputError, match=r"validation\.json is not a validation that hrm wrote"):
        resolve(run)


def test_models_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve(DEFAULT_MODEL) == BUILTIN / DEFAULT_MODEL
    assert resolve(model_at(tmp_path / DEFAULT_MODEL)) == tmp_path / DEFAULT_MODEL, "what is here comes first"


@pytest.mark.parametrize("name", ["runs/nope", "n" * 5000, "a\0b"])
def test_what_is_not_there(name: str) -> None:
    with pytest.raises(InputError, match="there is no model at"):
        resolve(name)


def test_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(InputError, match="not a model or run folder"):
            resolve(path)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(InputError, match="without a checkpoint yet"):
        resolve(tmp_path)


def test_the_task_alone() -> None:
    config = read_config(BUILTIN / DEFAULT_MODEL)
    assert build_task(config, "x").spec.grid_shape == (9, 9)
    assert isinstance(task_config(config, "x"), SudokuConfig)
    for values, message in (
        ({}, "x is not a configuration that hrm wrote"),
        ({**config, "task": []}, "it names no task"),
        ({**config, "task": {"name": "sudoko"}}, "unknown task 'sudoko': did you mean 'sudoku'"),
        ({**config, "task": {"name": "sudoku", "sice": 4}}, "sice"),
    ):
        with pytest.raises(InputError, match=message):
            build_task(values, "x")


def test_what_lacks_a_file_or_is_called_otherwise_is_no_checkpoint(run: Path) -> None:
    earlier, latest = list_checkpoints(run)
    model_at(run / "checkpoints/step_mine")
    model_at(run / "checkpoints/tmp_old_step_00000011")
    (validated(run, 8, 0.5) / "model.safetensors").unlink()
    assert (list_checkpoints(run), best_checkpoint(run)) == ([earlier, latest], None)
    (latest / "config.json").unlink()
    assert resolve(run) == earlier


def test_the_home_folder_is_known_to_the_library(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(run.parent))
    assert resolve(f"~/{run.name}") == list_checkpoints(run)[-1]


def test_a_name_that_is_nearly_one_of_the_package_is_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no model at maz: did you mean 'maze'"):
        resolve("maz")
