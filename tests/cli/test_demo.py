from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hrm.cli import demo, main
from hrm.puzzles.base import is_solved
from hrm.recipes import RECIPES
from hrm.tasks.sudoku import SudokuConfig


def test_the_published_puzzles_are_puzzles() -> None:
    task = SudokuConfig().build()
    for puzzle in demo.PUBLISHED.values():
        example = task.text.parse(puzzle)
        assert example.labels is not None
        assert is_solved(task.rules, example.inputs, example.labels)


@pytest.mark.parametrize("name", ["sudoku-demo-trm", "sudoku-demo"])
def test_the_whole_way(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = RECIPES[name]()
    short = replace(
        recipe,
        task=replace(recipe.task, num_train=20, num_test=10),
        training=replace(recipe.training, steps=2, batch_size=4, max_segments=2, early_max_segments=()),
        runtime=replace(recipe.runtime, compile="no"),
    )
    monkeypatch.setitem(RECIPES, name, lambda: short)
    monkeypatch.chdir(tmp_path)
    args = ["demo"] if name == "sudoku-demo-trm" else ["demo", "--recipe", name]
    assert main(args) == 0
    out = capsys.readouterr().out
    assert "solved [95 %]" in out
    assert all(source in out for source in demo.PUBLISHED)
    assert out.count("segment 2 ") == 3
    assert main(args) == 0  # a finished run is used as it is
    assert (tmp_path / "runs" / name / "results.json").exists()
    assert "resumed at step 2" in capsys.readouterr().out
