from __future__ import annotations

from pathlib import Path

import pytest

from hrm.llm.prompts import answer_format, prompt, statement
from hrm.tasks import TaskConfig
from hrm.tasks.families import DeliveryConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.published import PublishedConfig
from hrm.tasks.sudoku import SudokuConfig

GRID = GridConfig(symbols="ab", shape=(1, 2), symmetries=(), rename="")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            SudokuConfig(),
            ["9 x 9 cells", "box of 3 x 3", "each of 1 2 3 4 5 6 7 8 9 exactly once", "A dot is"],
        ),
        (SudokuConfig(size=16), ["16 x 16", "box of 4 x 4", "8 9 A B C D E F G exactly once"]),
        (SudokuConfig(size=6), ["box of 2 rows and 3 columns"]),
        (MazeConfig(), ["30 x 30", "# is a wall, . a free cell, S the start, G the goal", "with o in every"]),
        (GRID, ["1 x 2 cells (a b)", "find it in the examples"]),
        (DeliveryConfig(parcels=1), ["A parcel waits at a and goes to A. The courier"]),
    ],
)
def test_the_rules_are_told_in_the_letters_of_the_board(config: TaskConfig, words: list[str]) -> None:
    said = statement(config.build())
    assert all(word in said for word in words), said


def test_of_boards_that_nobody_knows_shape_and_letters_are_told(tmp_path: Path) -> None:
    config = PublishedConfig(folder=tmp_path, kind="grid", vocab_size=4, seq_len=3, num_puzzles=1)
    assert statement(config.build()) == "Solve a puzzle of 1 x 3 cells (0 1 2)."


def test_the_prompt_has_its_parts_in_order() -> None:
    said = prompt("Rules.", answer_format(SudokuConfig().build().spec), [("q1", "a1"), ("q2", "a2")], "the board")
    parts = ["Rules.", "between <answer> and </answer>: 9 lines of 9", "example 1:\n\nq1", "<answer>\na1\n</answer>"]
    parts += ["example 2:\n\nq2", "a2", "to solve:\n\nthe board"]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    assert said.endswith("the board")
    assert "example" not in prompt("Rules.", "Form.", [], "the board")
