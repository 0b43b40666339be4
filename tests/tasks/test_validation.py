from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrm.errors import InputError
from hrm.puzzles.maze.symmetry import wall_hashes
from hrm.puzzles.maze.tokens import WALL
from hrm.tasks import sudoku as sudoku
from hrm.tasks.base import Task
from hrm.tasks.grid import GridConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.tasks.validation import split_validation_rows


@given(st.lists(st.integers(0, 30), min_size=2), st.integers(0, 3), st.data())
def test_variants_of_one_puzzle_are_on_one_side(keys: list[int], seed: int, data: st.DataObject) -> None:
    num_kinds = len(set(keys))
    if num_kinds < 2:
        return
    num = data.draw(st.integers(1, num_kinds - 1))
    train, validation = split_validation_rows(keys, num, seed)
    held = [keys[row] for row in validation]
    assert len(held) == len(set(held)) == num
    assert {keys[row] for row in train} == set(keys) - set(held)
    assert len(train) == sum(key not in held for key in keys)
    again = split_validation_rows(keys, num, seed)
    assert np.array_equal(again[0], train)
    assert np.array_equal(again[1], validation)


def test_another_seed_holds_out_others() -> None:
    assert not np.array_equal(split_validation_rows(range(100), 10, 0)[1], split_validation_rows(range(100), 10, 1)[1])


@pytest.mark.parametrize("num", [0, -1, 3, 4])
def test_too_many_or_none(num: int) -> None:
    with pytest.raises(InputError, match=rf"num_validation is {num}: .* below 3, the number of different"):
        split_validation_rows(["a", "b", "b", "c"], num, 0)


PAIRS = "".join(json.dumps({"input": [[i, j]], "output": [[j, i]]}) + "\n" for i in range(8) for j in range(8))


def a_task(name: str, tmp_path: Path) -> Task:
    """Tasks with few puzzles, some of them symmetries of each other."""
    if name == "sudoku":
        return SudokuConfig(size=4, num_train=150, num_test=5).build()
    if name == "sudoku file":
        rows = SudokuConfig(size=4, num_train=60, num_test=1).build().groups("train")
        texts = [(symbols(p.inputs[0] - 1), symbols(p.labels[0] - 1)) for (p,) in rows]
        turned = [(question[::-1], answer[::-1]) for question, answer in texts]
        lines = [f"{question},{answer}" for question, answer in texts + turned]
        (tmp_path / "s.csv").write_text("\n".join(["question,answer", *lines]))
        return SudokuConfig(size=4, train=tmp_path / "s.csv", num_train=0, num_test=5).build()
    if name == "maze":
        return MazeConfig(size=6, kind="hard", longer_than=4, num_train=100, num_test=5).build()
    (tmp_path / "pairs.jsonl").write_text('{"header": true, "symmetries": ["left-right"]}\n' + PAIRS)
    return GridConfig(data=tmp_path / "pairs.jsonl").build()


def symbols(digits: Any) -> str:
    return "".join(map(str, digits))


@pytest.mark.parametrize("name", ["sudoku", "sudoku file", "maze", "grid"])
def test_no_validation_puzzle_is_in_a_training_batch(name: str, tmp_path: Path) -> None:
    """Nor is a symmetry of one, though batches are augmented; and nothing else is lost."""
    task = a_task(name, tmp_path)
    before = [batch.inputs for batch in task.eval_batches(7)]
    rest, validation = task.split_validation(10)
    assert rest.config == validation.config == task.config
    held = [puzzle for (puzzle,) in validation.groups("test")]
    trained = [puzzle for (puzzle,) in rest.groups("train")]
    names = {puzzle.name for puzzle in held}
    assert len(held) == len(names) == 10
    assert not names & {puzzle.name for puzzle in trained}
    assert {puzzle.name for puzzle in trained} <= {puzzle.name for (puzzle,) in task.groups("train")}

    if name == "sudoku":  # its batches show more cells than the base puzzle has: compared are base puzzles
        by_name = {puzzle.name: puzzle for (puzzle,) in task.groups("train")}
        held = [by_name[puzzle.name] for puzzle in held]
        keys = {key for p in trained for key in task.symmetries.keys(p.inputs, p.labels)}
    else:
        batches = [rest.train_batch(step, 16, 0) for step in range(20)]
        keys = {key for b in batches for key in task.symmetries.keys(b.inputs.numpy(), b.labels.numpy())}
        assert len(keys) > 20
    of_held = [key for p in held for key in task.symmetries.keys(p.inputs, p.labels)]
    assert len(set(of_held)) == 10
    assert not keys & set(of_held)
    every = {key for (p,) in task.groups("train") for key in task.symmetries.keys(p.inputs, p.labels)}
    if name != "maze":  # of mazes those with the same walls are held out together
        assert {key for p in trained for key in task.symmetries.keys(p.inputs, p.labels)} == every - set(of_held)

    after = [batch.inputs for batch in rest.eval_batches(7)]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    again = [puzzle.name for (puzzle,) in task.split_validation(10)[1].groups("test")]
    assert again == [puzzle.name for (puzzle,) in validation.groups("test")]


def test_mazes_with_the_walls_of_a_validation_maze_are_not_trained_on(tmp_path: Path) -> None:
    rest, validation = a_task("maze", tmp_path).split_validation(10)
    walls = [
        set(wall_hashes(np.concatenate([p.inputs for (p,) in part.groups(split)]) == WALL).tolist())
        for part, split in ((rest, "train"), (validation, "test"))
    ]
    assert len(walls[1]) == 10
    assert not walls[0] & walls[1]


def test_validation_sudokus_look_like_training_puzzles() -> None:
    task = SudokuConfig(size=4, num_train=150, num_test=5, train_givens=(10, 11)).build()
    _, validation = task.split_validation(30)
    (batch,) = validation.eval_batches(100)
    assert set((batch.inputs > 1).sum(1).tolist()) == {10, 11}
    assert validation.rules.are_solved(batch.inputs.numpy(), batch.labels.numpy()).all()


def test_a_validation_of_large_files_looks_for_no_symmetries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sudoku, "MOST_COMPARED", 100)
    rest, validation = a_task("sudoku file", tmp_path).split_validation(10)
    assert [len(list(part.groups(split))) for part, split in ((rest, "train"), (validation, "test"))] == [110, 10]
