from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from export_models import untrained

from hrm.errors import InputError
from hrm.export.page_model import cells_of, check_page, facts, halting_of, open_tokens, rules_of, symmetries_of, written
from hrm.puzzles.maze.rules import are_shortest
from hrm.tasks import TASKS as NAMED
from hrm.tasks.arc.task import ArcConfig
from hrm.tasks.base import Task, required_text
from hrm.tasks.board import BoardConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig

FAMILIES = {name: config for name, config in NAMED.items() if issubclass(config, BoardConfig)}
TASKS: dict[str, Task] = {
    "sudoku": SudokuConfig(size=6, num_test=12).build(),
    "sudoku 16": SudokuConfig(size=16, num_test=2).build(),
    "maze": MazeConfig(size=9, kind="perfect", longer_than=4, num_test=12).build(),
    "grid": GridConfig(symbols=".ab", shape=(2, 3), symmetries=("left-right",), rename="ab").build(),
    **{name: config(num_test=12, num_train=12).build() for name, config in FAMILIES.items()},
}


@pytest.mark.parametrize("name", ["sudoku", "sudoku 16", "maze", *FAMILIES])
def test_what_the_page_writes_python_reads(name: str) -> None:
    task = TASKS[name]
    cells = cells_of(task)
    for inputs in next(iter(task.eval_batches(12))).inputs.numpy():
        line = written(inputs, cells)
        assert [cells.typed[character] for character in line] == inputs.tolist()
        assert required_text(task).parse(line).inputs.tolist() == inputs.tolist()


@pytest.mark.parametrize("name", TASKS)
def test_every_cell_has_a_sign_a_name_and_a_character(name: str) -> None:
    task, cells = TASKS[name], cells_of(TASKS[name])
    assert len(cells.symbols) == len(cells.names) == len(cells.line) == task.spec.vocab_size
    assert len(set(cells.names)) == task.spec.vocab_size
    assert not set(cells.skipped) & set(cells.typed)
    assert cells.blank in cells.keys
    assert all(cells.typed[cells.line[key]] == key for key in cells.keys)


def test_cells_that_are_to_be_filled_in() -> None:
    assert open_tokens(TASKS["sudoku"]) == [1]
    assert open_tokens(TASKS["maze"]) == [2]
    assert open_tokens(TASKS["grid"]) is None


def test_rules_have_names() -> None:
    sudoku, maze = rules_of(TASKS["sudoku"]), rules_of(TASKS["maze"])
    assert sudoku is not None
    assert maze is not None
    assert (sudoku["name"], sudoku["box"], sudoku["fewest"], len(sudoku["units"])) == ("sudoku", [2, 3], 8, 18)
    assert sudoku["units"][12] == [0, 1, 2, 6, 7, 8], "the first box"
    assert maze["name"] == "maze"
    assert rules_of(TASKS["grid"]) is None


@pytest.mark.parametrize(
    ("name", "num"), [("sudoku", 31), ("maze", 7), ("grid", 3), ("lights-out", 7), ("futoshiki", 15)]
)
def test_symmetries_differ_and_can_be_undone(name: str, num: int) -> None:
    task = TASKS[name]
    found = symmetries_of(task)
    assert found == symmetries_of(task), "a page is the same whenever it is made"
    assert len(found) == num
    assert len({json.dumps(one) for one in found}) == num
    for one in found:
        cells, tokens, back = (np.array(one[key]) for key in ("cells", "tokens", "back"))
        assert (cells[back] == np.arange(task.spec.seq_len)).all()
        assert sorted(tokens) == list(range(task.spec.vocab_size))
        if task.rules is None:
            continue
        batch = next(iter(task.eval_batches(12)))
        inputs, labels = (tokens[part.numpy()][:, cells] for part in batch[:2])
        assert task.rules.are_solved(inputs, labels).all()
        assert name != "maze" or are_shortest(inputs, labels).all()


def test_several_attempts_are_usual_where_rules_may_end_them() -> None:
    assert halting_of(untrained("trm")) == {"segments": 64, "attempts": 8}
    grid = untrained("trm")._replace(task=TASKS["grid"])
    assert halting_of(grid)["attempts"] == 1
    assert facts(grid)["grid"] == [2, 3]


def test_a_puzzle_table_cannot_be_a_page(tmp_path: Path) -> None:
    pair = {"input": [[1, 2]], "output": [[2, 1]]}
    (tmp_path / "task.json").write_text(json.dumps({"train": [pair, pair], "test": [pair]}))
    task = ArcConfig(train=(tmp_path / "task.json",)).build()
    with pytest.raises(InputError, match=r"knows [\d,]+ puzzles by their ids.*hrm train grid"):
        check_page(task)
    check_page(TASKS["sudoku"])


def test_questions_in_words_cannot_be_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    task = TASKS["sudoku"]
    monkeypatch.setattr(type(task.text), "words", lambda text, inputs, answer=None: "", raising=False)
    with pytest.raises(InputError, match=r"a page shows boards alone.*hrm solve"):
        check_page(task)
