from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.cli import main

GRID = "1234341221434321"
FEW = ["--task.size", "4", "--task.num-train", "0", "--task.num-test", "0"]


def write(path: Path, *questions: str) -> Path:
    path.write_text("question,answer\n" + "".join(f"{question},{GRID}\n" for question in questions))
    return path


def test_good_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = write(tmp_path / "a.csv", ".23434122143432."), write(tmp_path / "b.csv", "..34341221434321")
    args = ["data", "check", "sudoku", *FEW, "--task.train", str(train), "--task.test", str(test)]
    assert main(args) == 0
    assert "nothing wrong was found" in capsys.readouterr().out
    assert main([*args, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["source"] == "sudoku"
    assert report["counts"]["train"]["examples"] == 1
    assert report["findings"] == []


def test_faults_are_shown_and_told_by_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write(tmp_path / "a.csv", ".23434122143432.", "." * 16, GRID)
    test = write(tmp_path / "b.csv", "1.3434122143.321", "12343412.143432.")
    args = ["data", "check", "sudoku", *FEW, "--task.train", str(train), "--task.test", str(test)]
    assert main([*args, "--json"]) == 1
    findings = {(f["split"], f["kind"]): f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["train", "by the rules: several solutions"]["first"] == ["1"]
    assert findings["train", "the input is its own answer"]["first"] == ["2"]
    assert main([*args, "--split", "train"]) == 1
    shown = capsys.readouterr().out
    assert "several solutions" in shown
    assert "b.csv" not in shown


def test_a_leak_up_to_symmetry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write(tmp_path / "a.csv", ".23434122143432.")
    test = tmp_path / "b.csv"
    test.write_text(f"question,answer\n{'.23434122143432.'[::-1]},{GRID[::-1]}\n")  # a half turn
    args = ["data", "check", "sudoku", *FEW, "--task.train", str(train), "--task.test", str(test), "--json"]
    assert main(args) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding == {
        "split": "test",
        "kind": "in the training set, up to symmetry",
        "count": 1,
        "first": ["0 = 0"],
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sudoku-extreme", "--task.train", "{}/none.csv"], "none.csv: no such file"),
        (["sudoku-4x4", "--task.test", "{}/none.csv"], "--split looks at one split alone"),
        (["sudoku", "--limit", "0"], "--limit is 0"),
    ],
)
def test_bad_input(args: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", *(arg.format(tmp_path) for arg in args)]) == 2
    assert message in capsys.readouterr().err
