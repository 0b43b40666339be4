from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hrm.evaluation.baselines import baselines, held_out, scored
from hrm.tasks.grid import GridConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import IGNORE_LABEL


def test_cells_and_whole_answers_are_counted_where_there_are_labels() -> None:
    labels = np.array([[1, 2, IGNORE_LABEL], [1, 1, 1], [IGNORE_LABEL] * 3])
    cells, exact = scored(np.array([[1, 2, 9], [1, 2, 1], [1, 1, 1]]), labels)
    assert cells.tolist() == pytest.approx([1.0, 2 / 3, 0.0])
    assert exact.tolist() == [True, False, False]


def test_copying_a_sudoku_gives_its_givens() -> None:
    task = SudokuConfig(size=4, num_train=30, num_test=40).build()
    found = {baseline.name: baseline for baseline in baselines(*held_out(task, None), 6)}
    givens = [(batch.inputs.numpy() > 1).mean(axis=1) for batch in task.eval_batches(100)]
    assert found["copying the input"].cells == pytest.approx(np.concatenate(givens))
    assert not found["copying the input"].exact.any()
    assert found["the most frequent symbol"].cells.mean() == pytest.approx(0.25), "each digit is a quarter"
    assert len(baselines(*held_out(task, 7), 6)[0].cells) == 7


def test_a_board_that_hardly_changes_is_nearly_right_when_copied(tmp_path: Path) -> None:
    pairs = [
        {"input": ["0" * 9 + "1"], "output": ["0" * 9 + "2"]},
        {"input": ["1" + "0" * 9], "output": ["2" + "0" * 9]},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(pair) for pair in pairs * 10))
    task = GridConfig(data=path).build()
    copying, _, overall = baselines(*held_out(task, None), task.spec.vocab_size)
    assert copying.cells.mean() == pytest.approx(0.9)
    assert overall.cells.mean() == pytest.approx(0.9)


def test_no_example_sees_its_own_label_and_no_training_data_are_read() -> None:
    labels = np.array([[3], [4], [3], [4], [5]])  # even rows: 3, 3, 5; odd rows: 4, 4
    _, of_cell, overall = baselines(np.zeros_like(labels), labels, 6)
    assert of_cell.exact.tolist() == [False] * 5, "even rows are answered 4, odd rows 3"
    assert overall.exact.tolist() == [False] * 5
    assert [one.name for one in baselines(labels[:1], labels[:1], 6)] == ["copying the input"]
