from __future__ import annotations

import pytest

from hrm.cli import main
from hrm.puzzles.sudoku.tokens import decode
from hrm.recipes import RECIPES


def shown(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["data", "show", "sudoku-4x4", "--task.num-train", "20", "--task.num-test", "20", *args]) == 0
    return capsys.readouterr().out


def test_training_puzzles_are_drawn_as_batches_show_them(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "--num", "2")
    assert out.count("┌") == 4, "two questions and two answers"
    assert out == shown(capsys, "--num", "2")
    assert out != shown(capsys, "--num", "2", "--seed", "1")
    assert "." in out


def test_test_puzzles_are_drawn_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "--split", "test", "--num", "1")
    task = RECIPES["sudoku-4x4"]().task.build()
    first_row = decode(task.test_examples.labels)[0, :2]
    assert f"│ {first_row[0]} {first_row[1]} │" in out
    assert shown(capsys, "--split", "test", "--num", "99").count("test ") == 20, "no more than there are"


def test_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", "sudoku-4x4", "--num", "0"]) == 2
    assert "--num is 0: it must be at least 1" in capsys.readouterr().err
