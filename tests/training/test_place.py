from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.lock import locked
from hrm.training.place import clear, is_run, refuse_existing, sign, withdraw


@pytest.fixture
def path(tiny_run: RunConfig, tmp_path: Path) -> Path:
    return RunFolder.create(tmp_path / "run", tiny_run).path


def test_what_a_run_may_hold(path: Path) -> None:
    for name in ("results.json", "results-mine.json", "compared.json", "measured.json", ".DS_Store", "tracking.json"):
        (path / name).touch()
    for name in (
        "results-mine",
        "tensorboard",
        "wandb",
        "checkpoints/step_00000003",
        "checkpoints/tmp_old_step_00000002",
    ):
        (path / name).mkdir()
    refuse_existing(path, overwrite=True)


@pytest.mark.parametrize("name", ["model.safetensors", "thesis.tex", "src/", "checkpoints/mine.pt", "results.csv"])
def test_a_run_that_holds_something_else_is_not_deleted(path: Path, name: str) -> None:
    (path / name).mkdir() if name.endswith("/") else (path / name).touch()
    with pytest.raises(InputError, match=f"holds what no run writes .{name.rstrip('/')}"):
        refuse_existing(path, overwrite=True)


@pytest.mark.parametrize("content", ["{}", "[1]", "no json", '{"architectures": ["BertModel"]}', '{"format": 1}'])
def test_a_config_of_others_makes_no_run(path: Path, content: str) -> None:
    assert is_run(path)
    (path / "config.json").write_text(content)
    with pytest.raises(InputError, match="is not a run folder: it is not overwritten"):
        refuse_existing(path, overwrite=True)


def test_an_exported_model_is_no_run(path: Path, tmp_path: Path) -> None:
    """It keeps the configuration of the run that it came from."""
    model = tmp_path / "model"
    model.mkdir()
    shutil.copy(path / "config.json", model)
    for name in ("model.safetensors", "README.md"):
        (model / name).touch()
    with pytest.raises(InputError, match=r"holds what no run writes \(README\.md, model\.safetensors\)"):
        refuse_existing(model, overwrite=True)


def test_the_working_directory_is_not_pulled_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path / "checkpoints")
    with pytest.raises(InputError, match="is where you are"):
        refuse_existing(Path(".."), overwrite=True)


def test_a_run_that_is_trained_is_not_deleted(path: Path) -> None:
    with locked(path), pytest.raises(InputError, match="is training in"):
        clear(path)
    assert is_run(path)
    clear(path)
    assert list(path.parent.iterdir()) == []


def test_a_link_leads_to_the_run_that_is_deleted(path: Path, tmp_path: Path, tiny_run: RunConfig) -> None:
    (tmp_path / "link").symlink_to(path)
    (path / "results.json").touch()
    RunFolder.create(tmp_path / "link", tiny_run, overwrite=True)
    assert not (path / "results.json").exists()
    assert is_run(path)


def test_a_run_that_never_began_is_withdrawn(path: Path) -> None:
    (path / "metrics.jsonl").write_text(json.dumps({"step": 3}) + "\n")
    withdraw(path)
    assert path.exists()
    (path / "metrics.jsonl").write_text("")
    withdraw(path)
    assert not path.exists()


def test_a_run_of_torchrun_that_never_began_is_withdrawn_with_what_its_ranks_left(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "a launch")
    sign(path)
    assert (path / ".launch").exists()
    for name in (".stacks", ".stacks-0", ".stacks-1", "thesis.tex"):
        (path / name).touch()
    withdraw(path)
    assert path.exists(), "what is not of the run is nobody's to delete"
    (path / "thesis.tex").unlink()
    withdraw(path)
    assert not path.exists()


def test_what_a_kill_leaves_before_there_is_a_configuration_is_no_run_and_in_nobodys_way(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    (path / "checkpoints").mkdir(parents=True)
    (path / ".config.json.123.tmp").write_text('{"for')
    refuse_existing(path)
    RunFolder.create(path, tiny_run)
    assert sorted(entry.name for entry in path.iterdir()) == ["checkpoints", "config.json"]
    other = tmp_path / "other"
    (other / "checkpoints/mine").mkdir(parents=True)
    with pytest.raises(InputError, match="is not a run folder"):
        refuse_existing(other)
