"""Where published checkpoints lie, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.store.locate import resolve
from hrm.store.published import CONFIG, Source, choose, config_in, find, is_published, is_weights, step_of


@pytest.fixture
def trm_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name in (CONFIG, "step_1234"):
        (folder / name).touch()
    return folder


def test_which_checkpoint(trm_folder: Path) -> None:
    for name in ("step_99", "step_5000", "step_9999_all_preds.0", "step_x"):
        (trm_folder / name).touch()
    assert find(trm_folder).step == 5000
    assert find(trm_folder, 99).weights == trm_folder / "step_99"
    assert find(trm_folder / "step_99") == Source(trm_folder / "step_99", trm_folder / CONFIG, 99)
    with pytest.raises(InputError, match=r"no checkpoint of step 7\. Steps: 99, 1234, 5000"):
        find(trm_folder, 7)
    with pytest.raises(InputError, match="--step chooses among the files of a folder"):
        find(trm_folder / "step_99", 99)
    assert step_of("step_21700_sudoku_50k") == 21700
    assert choose(["README.md", "checkpoint", CONFIG], None, "x") == "checkpoint"


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no checkpoint at"):
        find(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"it holds no all_config\.yaml"):
        find(tmp_path)
    (tmp_path / CONFIG).touch()
    with pytest.raises(InputError, match="no file step_N"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("step_10", 10),
        ("step_10.pt", 10),
        ("step-10.pth", 10),
        ("step_10.safetensors", 10),
        ("step_10?download=true", 10),
        ("maze_hard_step_32550", 32550),
        ("step_39060_sudoku_epoch_60k", 39060),
        ("epoch=3-step=1234.ckpt", 1234),
        ("trm.step_7.bin", 7),
        ("step_10_all_preds.0", None),
        ("footstep10.txt", None),
        ("step_x", None),
        ("checkpoint", None),
    ],
)
def test_names_that_people_give(name: str, step: int | None) -> None:
    assert step_of(name) == step


def test_names_of_weights() -> None:
    assert all(map(is_weights, ["checkpoint", "model.pt", "last.ckpt", "pytorch_model.bin", "best.pth?download=true"]))
    names = ["optimizer.pt", "scheduler.pt", "rng_state.pth", "README.md", "training_args.bin", "step_9_all_preds.0"]
    assert not any(map(is_weights, names))


def test_two_files_of_one_step_are_a_question() -> None:
    """As in a public repository: the same step of two models."""
    names = ["step_9", "step_39060_sudoku_epoch_60k", "step_39060_sudoku_60k_epoch_attn_type", CONFIG]
    for step in (None, 39060):
        with pytest.raises(
            InputError,
            match=r"2 checkpoints of step 39060: step_39060_sudoku_60k.*, step_39060_sudoku_ep.*import x/step_39060",
        ):
            choose(names, step, "x")
    assert choose(names, 9, "x") == "step_9"
    with pytest.raises(InputError, match="2 checkpoints of step 10"):
        choose(["step_10", "step_10.pt"], None, "x")
    with pytest.raises(InputError, match=r"2 checkpoints: best\.pt, last\.pt"):
        choose(["best.pt", "last.pt", "optimizer.pt"], None, "x")


def test_the_configuration_under_its_other_names(tmp_path: Path) -> None:
    assert config_in(["config.yaml", "all_config.yaml"]) == "all_config.yaml"
    assert config_in(["all_config.yaml?download=true"]) == "all_config.yaml?download=true"
    assert config_in(["README.md"]) is None
    (tmp_path / "a").mkdir()
    (tmp_path / "a/model.pt").touch()
    (tmp_path / "elsewhere.yaml").touch()
    with pytest.raises(InputError, match=r"holds no all_config\.yaml, which says what model\.pt is.*--config"):
        find(tmp_path / "a")
    assert find(tmp_path / "a", config=tmp_path / "elsewhere.yaml").config == tmp_path / "elsewhere.yaml"
    assert find(tmp_path / "a/model.pt") == Source(tmp_path / "a/model.pt", None, None)
    with pytest.raises(InputError, match="no configuration at"):
        find(tmp_path / "a", config=tmp_path / "nowhere.yaml")


def test_a_folder_of_checkpoints_names_them(trm_folder: Path) -> None:
    with pytest.raises(InputError, match=r"but checkpoint does: name .*/checkpoint"):
        find(trm_folder.parent)


def test_a_published_checkpoint_as_a_model_leads_to_import(trm_folder: Path) -> None:
    for path in (trm_folder, trm_folder / "step_1234", trm_folder.parent):
        assert is_published(path)
        with pytest.raises(InputError, match=rf"published code: .*hrm import {path} --recipe RECIPE --out FOLDER"):
            resolve(path)


def test_what_may_be_a_model_of_ours_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    (tmp_path / "model.safetensors").touch()
    assert not is_published(tmp_path)
    assert not is_published(tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="is a file, not a model or run folder"):
        resolve(tmp_path / "model.safetensors")
    assert not is_published(tmp_path / "nowhere")


def test_a_link_that_leads_nowhere_is_no_missing_checkpoint(trm_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "all_config.yaml").write_text((trm_folder / "all_config.yaml").read_text())
    (tmp_path / "step_7").symlink_to(tmp_path / "gone")
    for place in (tmp_path, tmp_path / "step_7"):
        with pytest.raises(InputError, match=r"step_7: a link to .*gone, where there is nothing"):
            find(place)
    with pytest.raises(InputError, match=r"step_7: a link to .*gone, where there is nothing"):
        resolve(tmp_path / "step_7")
