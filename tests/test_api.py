from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import REPOSITORY

import hrm
from hrm.errors import InputError
from hrm.training.config import RunConfig


def test_what_is_saved_is_the_model(tmp_path: Path) -> None:
    model = hrm.load()
    model.save_pretrained(tmp_path / "model")
    again = hrm.PuzzleModel.from_pretrained(tmp_path / "model")
    assert again.loaded.config == model.loaded.config
    for name, tensor in model.loaded.model.state_dict().items():
        assert torch.equal(again.loaded.model.state_dict()[name], tensor), name
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == ["README.md", "config.json", "model.safetensors"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        hrm.load().save_pretrained(tmp_path)


def test_loading_imports_no_extra_and_no_training() -> None:
    code = (
        "import sys, hrm; hrm.load();"
        "print([m for m in ('huggingface_hub', 'onnxruntime', 'hrm.training', 'hrm.recipes') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_there_is_is_shown() -> None:
    assert {"InputError", "PuzzleModel", "Solution", "Solver", "load", "train"} == set(hrm.__all__)
    assert set(hrm.__all__) <= set(dir(hrm))
    assert all(getattr(hrm, name).__name__ == name for name in hrm.__all__)
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        hrm.laod  # noqa: B018
    assert (Path(hrm.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"halt": "foo"}, "halt is 'foo': give one of rules, q, unchanged, rest, fixed"),
        ({"halt": ""}, "halt is ''"),
        ({"choose": "foo"}, "choose is 'foo': give one of vote, q, residual, verify"),
        ({"vary": "foo"}, "vary is 'foo': give one of symmetry, noise, starts, decisions, checkpoints"),
        ({"attempts": 2.5}, "attempts is 2.5: give a whole number"),
        ({"max_segments": "8"}, "max_segments is '8': give a whole number"),
        ({"num_slots": True}, "num_slots is True: give a whole number"),
        ({"tolerance": float("nan")}, "tolerance is nan: give a finite number"),
        ({"noise": float("inf")}, "noise is inf: give a finite number"),
        ({"attempt_seed": -1}, "attempt_seed is -1"),
        ({"runtime": "cpu"}, "runtime is 'cpu'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        hrm.load().solver(**options)
    assert str(refused.value).startswith(message)


def test_an_option_that_does_not_exist_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="no option 'max_segment': did you mean 'max_segments'"):
        hrm.load().solver(max_segment=3)
    with pytest.raises(InputError, match="precision is 'float8': give one of float32, float16, int8"):
        hrm.load().save_pretrained("never", precision="float8")  # type: ignore[arg-type]
    assert not Path("never").exists()


def test_a_recipe_is_trained_from_python(tiny_run: RunConfig, tmp_path: Path) -> None:
    reports = []
    run = replace(tiny_run, training=replace(tiny_run.training, steps=500))
    model = hrm.train(run, out=tmp_path / "run", steps=4, seed=7, on_report=lambda report, rate: reports.append(report))
    assert (model.loaded.config["seed"], model.loaded.config["training"]["steps"]) == (7, 4)
    assert model.loaded.path.name == "step_00000004"
    assert [report.step for report in reports][-1] == 4
    assert len(model.solve("1234341221434321")) == 1
    with pytest.raises(InputError, match="exists"):
        hrm.train(run, out=tmp_path / "run", steps=4)
    assert hrm.train(run, out=tmp_path / "run", steps=2, overwrite=True).loaded.path.name == "step_00000002"


def test_a_recipe_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown recipe 'sudoku-4x5': did you mean 'sudoku-4x4'"):
        hrm.train("sudoku-4x5", out=tmp_path / "run")
    with pytest.raises(InputError, match="give one of them"):
        hrm.train("sudoku-4x4", out=tmp_path / "run", resume=True, overwrite=True)
    assert list(tmp_path.iterdir()) == []
    assert hrm.train("sudoku-4x4", out=str(tmp_path / "run"), steps=1).loaded.config["recipe"] == "sudoku-4x4"


def test_the_maze_of_the_package_finds_the_way() -> None:
    model = hrm.load("maze")
    task = replace(model.loaded.task.config, num_train=1, num_test=30).build()
    mazes = ["".join(task.spec.symbols[t] for t in p.inputs[0]) for group in task.groups("test") for p in group]
    solutions = model.solver(attempts=1).solve(mazes)
    assert sum(s.solved is True for s in solutions) >= 25  # 96.9 % of 1,000 are, by its card


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": "ten"}, "steps is 'ten': give a whole number"),
        ({"steps": 2.5}, "steps is 2.5: give a whole number"),
        ({"steps": True}, "steps is True: give a whole number"),
        ({"seed": "x"}, "seed is 'x': give a whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"max_minutes": "5"}, "max_minutes is '5': give a finite number"),
        ({"max_minutes": float("nan")}, "max_minutes is nan"),
        ({"max_minutes": -1}, "max_minutes is -1: it must be above 0"),
        ({"recipe": None}, "recipe is None"),
        ({"recipe": {"task": "sudoku"}}, "recipe is {"),
        ({"out": None}, "out is None: give the folder"),
        ({"on_report": 3}, "on_report is 3"),
        ({"report_to": [3]}, "report_to is (3,): give the names of trackers"),
        ({"report_to": "wand"}, "unknown tracker 'wand': did you mean 'wandb'?"),
    ],
)
def test_wrong_arguments_of_train_are_named_before_anything_is_written(
    wrong: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        hrm.train(**{"recipe": "sudoku-4x4", "out": tmp_path / "run", **wrong})
    assert list(tmp_path.iterdir()) == []


def test_what_names_no_model_is_refused() -> None:
    with pytest.raises(InputError, match="None names no model"):
        hrm.load(None)  # type: ignore[arg-type]


def test_a_recording_of_a_typed_puzzle(tmp_path: Path) -> None:
    model, puzzle = hrm.load(), "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
    found = model.record([puzzle, puzzle], segments=2)
    assert found["inputs"].shape == (2, 81)
    assert found["answers"].shape == (2, 2, 81)
    (solution,) = model.solver(max_segments=2, attempts=1, halt="fixed").solve(puzzle)
    assert (found["answers"][0, -1] == solution.answer).mean() > 0.95
    found.save(tmp_path / "thoughts.safetensors")
    for options in ({"segments": 0}, {"max_mib": 0.001}, {"segments": "two"}):
        with pytest.raises(InputError):
            model.record(puzzle, **options)
    with pytest.raises(InputError):
        model.record("no puzzle")


def test_a_notebook_shows_what_a_model_is() -> None:
    shown = hrm.load()._repr_html_()
    for words in ("trm", "324,098, of which", "sudoku, 9 x 9", "sudoku-demo-trm", "16"):
        assert words in shown
    (solution,) = (
        hrm.load()
        .solver(max_segments=1, attempts=1)
        .solve("530070000600195000098000060800060003400803001700020006060000280000419005000080079")
    )
    assert solution._repr_html_().count("┌───────┬───────┬───────┐") == 1
