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


def test_the_faults_of_all_rows_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "a.csv"
    rows = [f".{GRID[1:]},{GRID}", "1.34,1234", f"1x{GRID[2:]},{GRID}", "1,2,3", f"{GRID[:-1]}.,3412123443212143"]
    data.write_text("\n".join(["question,answer", *rows]))
    test = write(tmp_path / "b.csv", "..34341221434321")
    args = ["data", "check", "sudoku", *FEW, "--task.test", str(test), "--data", str(data)]
    assert main(args) == 1
    shown = capsys.readouterr().out
    for line, fault in ((3, "has 4 cells"), (4, "'x' at position 2"), (5, "3 columns"), (6, "contradicts the givens")):
        assert f"  {data}, line {line}: " in shown
        assert fault in shown
    assert "train, 4 x a row of the file that is no puzzle:" in shown
    assert main([*args, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["test"]["examples"] == 1, "the other split is looked at all the same"
    (finding,) = report["findings"]
    assert (finding["count"], len(finding["first"])) == (4, 4)
    assert main(["eval", "sudoku", "--data", str(data)]) == 2


def test_data_are_named_as_for_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("\n".join(json.dumps({"input": [f"{i}1"], "output": [f"1{i}"]}) for i in range(2, 8)))
    assert main(["data", "check", "grid", "--data", str(pairs)]) == 0
    assert main(["data", "info", "grid", "--data", str(pairs)]) == 0
    assert main(["data", "show", "grid", "--data", str(pairs), "--num", "1"]) == 0
    assert main(["data", "export", "grid", "--data", str(pairs), "--out", str(tmp_path / "folder")]) == 0
    train = write(tmp_path / "a.csv", *(f"{GRID[:i]}.{GRID[i + 1 :]}" for i in range(16)))
    capsys.readouterr()
    args = ["data", "info", "sudoku-4x4", "--json", "--data", str(train)]
    for more, num in (([], 16), (["--task.num-train", "5"], 5)):
        assert main([*args, *more]) == 0
        assert json.loads(capsys.readouterr().out)["splits"]["train"]["puzzles"] == num
    assert main([*args, "--task.train", "other.csv"]) == 2
    assert "--data is short for --task.train: give one of them" in capsys.readouterr().err
    assert main(["data", "info", "arc-demo", "--data", str(train)]) == 2
    assert "data/arc-agi-1/data/training: no such file" in capsys.readouterr().err
