from __future__ import annotations

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from trained import trained_figures

from hrm.cli import main
from hrm.recipes import RECIPES
from hrm.tasks.gym import GymConfig

NEEDS = "reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'"


@pytest.mark.slow
def test_a_small_grid_is_learned() -> None:
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    recipe = RECIPES["reasoning-gym"]()
    training = replace(recipe.training, steps=60, warmup_steps=10, lr=8e-3, ema_decay=0.9, batch_size=32)
    options = ("min_n=2", "max_n=3", "max_rotations=0")
    task = GymConfig(dataset="rotate_matrix", options=options, num_train=300, num_test=40)
    figures = trained_figures(replace(recipe, task=task, training=training), 4)
    assert figures["solved"] == figures["exact"]
    assert figures["cells"] > 0.6


def test_from_training_to_a_typed_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verbs of the program, on data that are made once."""
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    run, data = str(tmp_path / "run"), ["--task.dataset", "gcd", "--task.num-train", "40", "--task.num-test", "10"]
    quick = ["--training.steps", "4", "--training.batch-size", "8", "--training.warmup-steps", "1"]
    assert main(["train", "reasoning-gym", *data, *quick, "--runtime.compile", "no", "--out", run]) == 0
    saved = json.loads((tmp_path / "run/config.json").read_text())["task"]
    assert saved["layout"]["style"] == "text"
    assert main(["eval", run, "--max-segments", "2"]) == 0
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert results["with_verdict"] == 10
    assert 0 <= results["scores"]["mean_score"] <= 1
    capsys.readouterr()

    whole = "Find the Greatest Common Divisor (GCD) of these numbers: 1, 1. Give only the GCD as your final answer."
    assert main(["solve", whole, "--model", run, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["puzzle"] == "1, 1."
    assert told["solved"] is None, "nobody made that question"
    known = GymConfig(dataset="gcd", num_train=40, num_test=10).build().test_entries[0]
    main(["solve", known.question, "--model", run, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["solved"] is (told["solution"] == known.answer)
    main(["solve", known.question, "--model", run])
    assert "->" in capsys.readouterr().out

    assert main(["solve", "Which?", "--model", run]) == 2
    assert main(["solve", known.question, "--model", run, "--halt", "rules"]) == 2
    assert "no rules by which an answer could be checked" in capsys.readouterr().err
    for verb in (["info"], ["check"], ["show", "--num", "1"]):
        assert main(["data", verb[0], run, *verb[1:]]) == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--task.dataset", "gcb"], "did you mean 'gcd'"),
        (["--task.dataset", "gcd", "--task.options", "max_value=x"], "max_value is 'x': give a whole number"),
        (["--data", "x.csv"], "the puzzles of reasoning-gym come from no file"),
    ],
)
def test_a_slip_is_one_line_and_leaves_nothing(
    args: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    assert main(["train", "reasoning-gym", *args, "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err.strip()
    assert words in told
    assert "\n" not in told
    assert not (tmp_path / "run").exists()


def test_without_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert main(["train", "reasoning-gym", "--out", str(tmp_path / "run")]) == 2
    assert "pip install 'hrm-lab[gym]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
