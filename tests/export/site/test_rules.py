"""The rules of the page, by name, against those of Python on many boards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.export.page_model import cells_of, rules_of, written
from hrm.puzzles.maze.board import _broken
from hrm.puzzles.maze.rules import describe_problem
from hrm.puzzles.maze.tokens import FREE, PATH
from hrm.puzzles.sudoku.rules import conflicts
from hrm.puzzles.sudoku.text import _describe_conflict
from hrm.puzzles.sudoku.tokens import decode
from hrm.tasks.base import required_text
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

VERDICTS = """async ([model, pairs]) => {
  const { RULES } = await import("./rules.js");
  const rules = RULES[model.rules.name];
  return pairs.map(([puzzle, answer]) => ({
    solved: rules.solved(puzzle, answer, model),
    conflicts: [...rules.conflicts(puzzle, answer, model)].sort((a, b) => a - b),
    fault: rules.fault(puzzle, model),
  }));
}"""


def verdicts(chrome: Any, shown: Any, task: Any, pairs: list[Any]) -> list[dict[str, Any]]:
    page = chrome.new_page()
    page.goto(shown.address)
    model = {"rules": rules_of(task), "grid": task.spec.grid_shape, **cells_of(task)._asdict()}
    told = page.evaluate(VERDICTS, [model, [[a.tolist(), b.tolist()] for a, b in pairs]])
    page.close()
    return list(told)


def spoilt(rng: np.random.Generator, board: np.ndarray, vocab: int) -> np.ndarray:
    """A board with a few cells that are anything."""
    other = board.copy()
    places = rng.integers(len(board), size=rng.integers(0, 4))
    other[places] = rng.integers(1, vocab, size=len(places))
    return other


@pytest.mark.parametrize("size", [4, 6, 9, 16])
def test_sudoku(chrome: Any, sudoku: Any, size: int) -> None:
    task = SudokuConfig(size=size, num_test=20, num_train=20).build()
    rng = np.random.default_rng(size)
    batch = next(iter(task.eval_batches(20)))
    pairs = [
        (spoilt(rng, a, task.spec.vocab_size), spoilt(rng, b, task.spec.vocab_size))
        for a, b in zip(batch.inputs.numpy(), batch.labels.numpy(), strict=True)
        for _ in range(15)
    ]
    told = verdicts(chrome, sudoku, task, pairs)
    assert task.rules is not None
    solved = [bool(task.rules.are_solved(a[None], b[None])[0]) for a, b in pairs]
    assert [one["solved"] for one in told] == solved
    assert 5 < sum(solved) < len(pairs)
    for (puzzle, answer), one in zip(pairs, told, strict=True):
        twice = conflicts(task.layout, np.maximum(decode(answer), 0)[None])[0]
        assert one["conflicts"] == np.flatnonzero(twice | ((puzzle >= 2) & (puzzle != answer))).tolist()
        digits = np.maximum(decode(puzzle), 0).astype(np.uint8)
        if conflicts(task.layout, digits[None]).any():
            assert one["fault"]["words"] == _describe_conflict(digits, task.layout)
        else:
            assert one["fault"] is None


def test_mazes(chrome: Any, maze: Any) -> None:
    task = MazeConfig(size=9, kind="hard", longer_than=6, num_test=20).build()
    rng = np.random.default_rng(0)
    batch = next(iter(task.eval_batches(20)))
    inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
    pairs = [(spoilt(rng, a, PATH), b) for a, b in zip(inputs, labels, strict=True) for _ in range(15)]
    sound = [(a, b) for a, b in zip(inputs, labels, strict=True)]
    longer = [(a, np.where((a == FREE) & (rng.random(81) < 0.1), PATH, b)) for a, b in sound for _ in range(5)]
    told = verdicts(chrome, maze, task, [*pairs, *sound, *longer])
    for (puzzle, answer), one in zip([*pairs, *sound, *longer], told, strict=True):
        fault = describe_problem(puzzle)
        assert (one["fault"] or {}).get("words") == fault
        if fault is None:
            assert one["solved"] == bool(task.rules.are_solved(puzzle[None], answer[None])[0])
            assert one["conflicts"] == np.flatnonzero(_broken(puzzle, answer)).tolist()
    assert all(one["solved"] for one in told[len(pairs) : len(pairs) + 20])
    assert {bool(one["solved"]) for one in told[-100:]} == {True, False}


READ = """async ([model, texts]) => {
  const { read } = await import("./text.js");
  return texts.map((text) => read(text, model));
}"""


def test_what_python_writes_is_read(chrome: Any, sudoku: Any, maze: Any, grid: Any) -> None:
    for shown in (sudoku, maze, grid):
        task = shown.loaded.task
        inputs = next(iter(task.eval_batches(10))).inputs.numpy()
        lines = [written(row, cells_of(task)) for row in inputs]
        rows, columns = task.spec.grid_shape
        boards = ["\n".join(line[i * columns : (i + 1) * columns] for i in range(rows)) for line in lines]
        text = required_text(task)
        for line, row in zip(lines, inputs, strict=True):
            try:
                assert text.parse(line).inputs.tolist() == row.tolist()
            except InputError as error:
                raise AssertionError(line) from error
        page = chrome.new_page()
        page.goto(shown.address)
        read = page.evaluate(READ, [shown.model, [*lines, *boards]])
        assert [one["board"] for one in read] == [*inputs.tolist(), *inputs.tolist()]
        page.close()
