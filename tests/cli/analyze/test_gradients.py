from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.cli import main

SMALL = ["--batch", "4", "--batches", "2", "--rounds", "1", "--k", "2", "--cycles", "1", "1", "1", "2"]


def test_a_recipes_fresh_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "g.json"
    assert main(["analyze", "gradients", "sudoku-4x4", "--out", str(out), *SMALL]) == 0
    shown = capsys.readouterr().out
    assert "last_round" in shown
    assert "3 of 3" in shown
    results = json.loads(out.read_text())
    assert (results["model"], results["batch_size"], results["loss"]) == ("sudoku-4x4", 4, "stablemax")
    names = ["one_step", "neumann 2", "last_round", "last_k 2", "bptt"]
    assert [(line["name"], line["L_cycles"]) for line in results["lines"]] == [(n, t) for t in (1, 2) for n in names]
    assert all(list(line["cosine"]) == ["fresh"] for line in results["lines"])


def test_a_run_and_a_figure(run_4x4: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    assert main(["analyze", "gradients", str(run_4x4), "--plot", str(tmp_path / "g.png"), *SMALL]) == 0
    assert (tmp_path / "g.png").stat().st_size > 5000
    lines = json.loads((run_4x4 / "gradients.json").read_text())["lines"]
    assert all(list(line["cosine"]) == ["trained", "fresh"] for line in lines)
    one_step, *_, bptt = lines[-5:]
    assert bptt["cosine"]["trained"]["mean"] == pytest.approx(1)
    assert one_step["cosine"]["trained"]["mean"] != one_step["cosine"]["fresh"]["mean"]


def test_another_architecture(tmp_path: Path) -> None:
    args = ["analyze", "gradients", "sudoku-4x4", "--architecture", "transformer", "--out", str(tmp_path / "g.json")]
    assert main([*args, *SMALL]) == 0
    assert json.loads((tmp_path / "g.json").read_text())["lines"][-1]["num_updates"] == 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sudoku-4x5"], "did you mean 'sudoku-4x4'"),
        (["sudoku-4x4", "--cycles", "1", "0"], "--cycles is 0: it must be at least 1"),
        (["sudoku-4x4", "--k", "0"], "--k is 0"),
        (["sudoku-4x4", "--batches", "1"], "--batches is 1: it must be at least 2"),
        (["sudoku-4x4", "--plot", "g.doc"], "a figure is"),
        (["sudoku-4x4", "--out", "nowhere/g.json"], "there is no folder nowhere"),
        (["sudoku-4x4", "--architecture", "dirct"], "did you mean 'direct'"),
        (["sudoku-4x4", "--architecture", "deep"], "'deep' has no cycles"),
        (["{run}", "--architecture", "trm"], "is a model already"),
        (["{run}", "--runtime.device", "cuda:77"], "cannot be used"),
    ],
)
def test_bad_input(run_4x4: Path, args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "gradients", *(arg.format(run=run_4x4) for arg in args)]) == 2
    assert message in capsys.readouterr().err


def test_the_verbs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--help"]) == 0
    assert "gradients" in capsys.readouterr().out
    assert main(["analyze"]) == 2
    assert main(["analyze", "gradient"]) == 2
    assert "did you mean 'gradients'" in capsys.readouterr().err
