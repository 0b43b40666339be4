from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.llm.sources import questions, recipe_task
from hrm.recipes import RECIPES


def test_a_recipes_held_out_puzzles_are_asked() -> None:
    assert recipe_task("sudoku-extreme") == RECIPES["sudoku-extreme"]().task
    found = questions("sudoku-4x4", limit=3)
    assert len(found.all) == 3
    assert found.task["size"] == 4


def test_data_stand_where_hrm_data_fetch_puts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/sudoku-extreme"
    folder.mkdir(parents=True)
    question = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    answer = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
    (folder / "test.csv").write_text(f"source,question,answer,rating\nx,{question},{answer},3\n")
    with pytest.warns(match="holds 1 puzzles, not 1,000"):
        found = questions("sudoku-extreme")
    assert [one.question for one in found.all] == [question]
    assert found.all[0].rating == 3


def test_pairs_of_your_own_need_a_file(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(json.dumps({"input": [[a, b]], "output": [[b, a]]}) for a in range(4) for b in range(4)))
    assert questions("grid", str(file)).task["name"] == "grid"


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ("sudoku-extreme", "there is no data/sudoku-extreme/test.csv in .*'hrm data fetch sudoku-extreme', or name"),
        ("maze-hard", "'hrm data fetch maze-hard'"),
        ("arc-1", "'hrm data fetch arc-agi-1'"),
        ("grid", "which pairs"),
        ("arc", "which ARC tasks"),
        ("sudoku", "unknown recipe 'sudoku'"),
    ],
)
def test_what_is_not_there_is_told_with_what_to_do(
    recipe: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=told):
        questions(recipe)


def test_neither_torch_nor_inspect_is_imported_before_somebody_asks() -> None:
    modules = ["arc", "logs", "ours", "prompts", "questions", "rows", "sources", "verdict", "written"]
    names = ", ".join(f"hrm.llm.{name}" for name in modules)
    script = f"import {names}, sys; sys.exit(bool({{'torch', 'inspect_ai'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
