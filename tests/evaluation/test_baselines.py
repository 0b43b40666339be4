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
    found = {baseline.name: baseline for baseline in baselines(task, *held_out(task, None))}
    givens = [(batch.inputs.numpy() > 1).mean(axis=1) for batch in task.eval_batches(100)]
    assert found["copying the input"].cells == pytest.approx(np.concatenate(givens))
    assert not found["copying the input"].exact.any()
    assert found["the most frequent symbol"].cells.mean() == pytest.approx(0.25), "each digit is a quarter"
    assert len(baselines(task, *held_out(task, 7))[0].cells) == 7


def test_a_board_that_hardly_changes_is_nearly_right_when_copied(tmp_path: Path) -> None:
    pairs = [
        {"input": ["0" * 9 + "1"], "output": ["0" * 9 + "2"]},
        {"input": ["1" + "0" * 9], "output": ["2" + "0" * 9]},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(pair) for pair in pairs * 10))
    task = GridConfig(data=path).build()
    copying, _, overall = baselines(task, *held_out(task, None))
    assert copying.cells.mean() == pytest.approx(0.9)
    assert overall.cells.mean() == pytest.approx(0.9)
