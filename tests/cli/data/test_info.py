from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.cli import main

GRID = "1234341221434321"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    rows = "".join(f".{GRID[1:]},{GRID},{rating}\n" for rating in (1, 2, 3, 10))
    path.write_text(f"question,answer,rating\n{rows}")
    return path


def test_facts_counts_and_ratings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["data", "info", "sudoku-4x4", "--task.train", str(file), "--task.num-train", "0", "--task.num-test", "5"]
    assert main([*args, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["grid"], facts["cells"], facts["tokens"], facts["puzzle_ids"]) == ([4, 4], 16, 6, 1)
    assert facts["symbols"] == [" ", ".", "1", "2", "3", "4"]
    assert facts["settings"]["train"] == str(file)
    assert facts["statement"].startswith("Solve a Sudoku of 4 x 4 cells")
    assert facts["splits"]["train"]["puzzles"] == 4
    assert facts["splits"]["train"]["ratings"] == {"least": 1, "median": 2.5, "mean": 4, "most": 10}
    assert facts["splits"]["test"] == {"groups": 5, "puzzles": 5, "examples": 5}
    assert main(args) == 0
    shown = capsys.readouterr().out
    assert "sudoku, 4 x 4\n" in shown
    assert "Solve a Sudoku of 4 x 4 cells" in shown
    assert "1 / 2.5 / 4 / 10" in shown
    assert "not given" in shown


def test_a_split_that_is_not_there_is_named(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = ["--task.test", str(tmp_path / "none.csv")]
    assert main(["data", "info", "sudoku-4x4", "--task.train", str(file), *missing]) == 0
    assert "none.csv: no such file" in capsys.readouterr().out
    assert main(["data", "info", "sudoku-4x4", "--task.train", str(tmp_path / "nor.csv"), *missing]) == 2
    assert "nor.csv: no such file" in capsys.readouterr().err


def test_the_rows_of_a_subset_are_a_list_that_training_reads(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.txt"
    args = ["data", "info", "sudoku-4x4", "--json", "--task.train", str(file)]
    assert main([*args, "--task.num-train", "2", "--names", str(rows)]) == 0
    drawn = [int(line) for line in rows.read_text().splitlines()]
    assert len(drawn) == 2
    again = tmp_path / "again.txt"
    assert main([*args, "--task.train-indices", str(rows), "--names", str(again)]) == 0
    assert again.read_text() == rows.read_text()
    assert main([*args, "--names", str(tmp_path / "no" / "rows.txt")]) == 2
    assert "cannot write" in capsys.readouterr().err
