from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch

from hrm.errors import InputError
from hrm.store.folder import load_model
from hrm.store.locate import resolve
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare


@pytest.fixture
def run_folder(tiny_run: RunConfig, tmp_path: Path) -> Path:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    folder.save(prepare(folder.config).state)
    return folder.path


def test_a_model_is_found_by_its_run_or_its_folder(run_folder: Path) -> None:
    checkpoint = run_folder / "checkpoints/step_00000000"
    assert load_model(run_folder).path == checkpoint
    loaded = load_model(run_folder)
    assert not loaded.model.training
    assert loaded.task.spec.grid_shape == (4, 4)


def test_a_folder_alone_is_enough(run_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(run_folder / "checkpoints/step_00000000", copy)
    (copy / "state.safetensors").unlink()
    weights = load_model(copy).model.state_dict()
    for name, tensor in load_model(run_folder).model.state_dict().items():
        assert torch.equal(tensor, weights[name])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no model at runs/nope"):
        load_model("runs/nope")
    with pytest.raises(InputError, match="not a model or run folder"):
        load_model(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(InputError, match="without a checkpoint yet"):
        load_model(tmp_path)


def test_a_truncated_checkpoint(run_folder: Path) -> None:
    file = resolve(run_folder) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"cannot read .*model\.safetensors: truncated"):
        load_model(run_folder)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04 this is a torch.save file"])
def test_a_foreign_checkpoint(run_folder: Path, content: bytes) -> None:
    (resolve(run_folder) / "model.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="not a safetensors file"):
        load_model(run_folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format=9), "not a configuration that hrm wrote"),
        (lambda c: c["model"].update(name="hrn"), "unknown model 'hrn': did you mean 'hrm'"),
        (lambda c: c["task"].update(name="sudoko"), "unknown task 'sudoko': did you mean 'sudoku'"),
        (lambda c: c["model"].update(widht=3), "widht"),
        (lambda c: c["model"].update(hidden_size=24), r"embedding\.tokens is \(6, 16\), the model needs \(6, 24\)"),
        (lambda c: c["model"].update(H_layers=2), r"missing H_level\.blocks\.1"),
        (lambda c: c["model"].update(puzzle_embedding_size=0), r"unknown embedding\.puzzles\.weight"),
    ],
)
def test_a_configuration_that_does_not_fit(run_folder: Path, change: object, message: str) -> None:
    file = resolve(run_folder) / "config.json"
    config = json.loads(file.read_text())
    change(config)  # type: ignore[operator]
    file.write_text(json.dumps(config))
    with pytest.raises(InputError, match=message):
        load_model(run_folder)


def test_a_configuration_that_is_not_json(run_folder: Path) -> None:
    (resolve(run_folder) / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"config\.json: not JSON"):
        load_model(run_folder)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_loaded(run_folder: Path, number: float) -> None:
    file = resolve(run_folder) / "model.safetensors"
    weights = safetensors.torch.load_file(file)
    weights["lm_head.weight"][1, 2] = number
    safetensors.torch.save_file(weights, file)
    with pytest.raises(
        InputError,
        match=r"model\.safetensors is damaged: its SHA-256 is not the one in SHA256SUMS beside it. Take another",
    ):
        load_model(run_folder)
    (file.parent / "SHA256SUMS").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors: lm_head\.weight holds NaN or infinity \(1 of"):
        load_model(run_folder)
